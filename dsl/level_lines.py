"""Severities told in one line: ``Sev1: respond within 1 h; Sev2: 4 h``, ``Critical = 2 h``.

A line counts where it names two levels or more and gives each a first response of its own, and only
where no table, heading or list of the document says so already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .columns import says_any
from .level_blocks import RESPONDS, spoken_in
from .levels import identity, is_tier, read_urgency
from .patterns import lazy
from .severity_row import FIXES, severity_row
from .syntax import Section, SeverityRow, SeverityTable, Text
from .timing import read_response
from .words import clip

_NUMBERED = lazy(
    r"(?<![\w-])(?:severity|sev|priority|prio|p|s)[\s_-]{0,2}\d{1,2}(?![\w.]|-\d)"
    r"(?:\s(?:issues?|incidents?|alerts?|bugs?|tickets?))?",
    re.IGNORECASE,
)
_WORDED = lazy(
    r"(?<![\w-])(?P<word>[^\W\d_]{3,20})(?:\s(?:issues?|incidents?|priority|severity))?"
    r"\s{0,2}(?=[:=\u2192\uff1a(]|[\u2013\u2014-]\s)",
)
_LEAD = lazy(r"\A[\s:=\u2192\uff1a(,\u2013\u2014>-]+")
_SECOND = lazy(r"[;.]\s|\)")
_LONGEST = 600


def read_lines(sections: tuple[Section, ...]) -> Iterator[SeverityTable]:
    """The matrices that single lines hold, in the order of the text."""
    for section in sections:
        titled = bool(section.path) and _promises(section.path[-1])
        lines = (*(item.text for item in section.items), *section.prose)
        for text in sorted(lines, key=lambda text: text.span.start):
            about = len(text.value) <= _LONGEST and (titled or _promises(text.value))
            rows = list(_rows(text)) if about else []
            if len(rows) > 1:
                yield SeverityTable(tuple(rows), text.span)


def _promises(words: str) -> bool:
    return RESPONDS.search(words) is not None or says_any(words, ("sla", "slas"))


def _rows(text: Text) -> Iterator[SeverityRow]:
    names = [found.span() for found in _NUMBERED.finditer(text.value)]
    if not names:
        words = _WORDED.finditer(text.value)
        names = [w.span("word") for w in words if read_urgency(w["word"]) is not None]
    told = [text.value[start:end] for start, end in names]
    if len(names) < 2 or len({identity(name) for name in told}) < len(told):
        return
    if any(is_tier(name) for name in told) or says_any(text.value[: names[0][0]], FIXES):
        return
    said = [
        _response(clip(text, end, after))
        for (_, end), after in zip(names, [*(s for s, _ in names[1:]), 1 << 20], strict=True)
    ]
    if sum(value is not None for value in said) == len(said):
        for (start, end), value in zip(names, said, strict=True):
            yield severity_row(clip(text, start, end), None, value, None, [])


def _response(text: Text) -> Text | None:
    lead = _LEAD.match(text.value)
    value = clip(text, lead.end() if lead else 0, len(text.value))
    end = _SECOND.search(value.value)
    first = clip(value, 0, end.start() if end else len(value.value)) if end else value
    first = clip(first, 0, len(first.value.rstrip(" ,;.)")))
    if read_response(first) is not None:
        return first
    return spoken_in(value)
