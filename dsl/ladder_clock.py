"""What stops a ladder, where a line under its heading says so: ``while: unacknowledged``."""

from __future__ import annotations

import re
from dataclasses import replace

from .source import SourceFile
from .syntax import Ladder, Section, Text

_CLOCK = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+|\d+\.[ \t]+)?(?:\*\*|__|`)?while(?:\*\*|__)?[ \t]*:(?:\*\*|__)?[ \t]*"
    r"[`\"']?(unresolved|unacknowledged)\b",
    re.IGNORECASE | re.MULTILINE,
)


def with_clock(source: SourceFile, sections: tuple[Section, ...], ladder: Ladder) -> Ladder:
    """The ladder with the clock that stands between its heading and the next behind its rungs."""
    starts = (section.heading.span.start for section in sections if section.heading is not None)
    end = next((start for start in starts if start >= ladder.span.end), len(source.text))
    match = _CLOCK.search(source.text, ladder.heading.end, end)
    if match is None:
        return ladder
    return replace(ladder, clock=Text(match[1].lower(), source.span(*match.span(1))))
