"""What stops a ladder, where a line under its heading says so: ``while: unacknowledged``."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace

from .patterns import lazy
from .source import SourceFile
from .syntax import Ladder, Section, Text

_CLOCK = lazy(
    r"^[ \t]*(?:[-*+][ \t]+|\d+\.[ \t]+)?(?:\*\*|__|`)?while(?:\*\*|__)?[ \t]*:(?:\*\*|__)?[ \t]*"
    r"[`\"']?(unresolved|unacknowledged)\b",
    re.IGNORECASE | re.MULTILINE,
)


def with_clocks(
    source: SourceFile, sections: tuple[Section, ...], ladders: tuple[Ladder, ...]
) -> tuple[Ladder, ...]:
    """The ladders, each with the clock between its heading and the next behind its rungs."""
    starts = [section.heading.span.start for section in sections if section.heading is not None]
    ends = [bisect_left(starts, ladder.span.end) for ladder in ladders]
    starts.append(len(source.text))
    clocks = list(_CLOCK.finditer(source.text)) if ladders else []
    return tuple(
        _with_clock(source, ladder, clocks, starts[end])
        for ladder, end in zip(ladders, ends, strict=True)
    )


def _with_clock(
    source: SourceFile, ladder: Ladder, clocks: list[re.Match[str]], end: int
) -> Ladder:
    first = bisect_left(clocks, ladder.heading.end, key=lambda clock: clock.start())
    if first == len(clocks) or clocks[first].end() > end:
        return ladder
    match = clocks[first]
    return replace(ladder, clock=Text(match[1].lower(), source.span(*match.span(1))))
