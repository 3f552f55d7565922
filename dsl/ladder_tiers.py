"""Escalation paths whose rungs are headings: ``### Level 1: On-call``, ``### Tier 2 - Lead``.

The time stands in the heading, or in a line of its block that says when the tier is reached; a line
that says when to go on (``Escalate to Level 2 after 30 min``) is the next tier's time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .delays import counted
from .diagnostics import Diagnostic
from .levels import read_urgency
from .patterns import lazy
from .rung import names_somebody, read_line, unmarked
from .source import Span
from .syntax import Heading, Ladder, RungEntry, Section, Text, Window
from .timing import read_moment, read_window
from .words import clip, seen

_TIER = lazy(
    r"[^\w]{0,6}(?:level|tier|line|step|stage|stufe|niveau|nivel|nível|l)\s?-?(?P<number>\d)\b"
    r"\s{0,3}[:\u2013\u2014.(-]\s{0,3}(?P<name>\S.{0,80})",
    re.IGNORECASE,
)
_REACHED = lazy(
    r"\W{0,4}(?:when|trigger|after|time(?:frame|line)?|activat\w+|engage\w*|if|reached|escalated)\b",
    re.IGNORECASE,
)
_GOES_ON = lazy(r"\W{0,4}(?:escalate|escalation|escalates|timeout|wait|hand over)\b", re.I)
_TELLS = lazy(r"\W{0,4}(?:notify|page|call|alert|contact|inform|engage|escalate to)\b", re.I)
_SAID = lazy(r"[*_]{0,2}(?P<label>[^:*]{2,50})[*_]{0,2}:[*_]{0,2}\s*(?P<value>.*)\Z", re.S)


def read_tiers(
    sections: Sequence[Section], start: int, inside: Heading, found: list[Diagnostic]
) -> tuple[int, Ladder | None]:
    """The path that starts at a section, and how many sections it takes."""
    first = sections[start].heading
    if first is None or _tier(first) is None:
        return 0, None
    tiers: list[Section] = []
    taken, last = 0, 0
    for at in range(start, len(sections)):
        section = sections[at]
        heading = section.heading
        assert heading is not None
        if heading.depth < first.depth or (heading.depth <= inside.depth and tiers):
            break
        if heading.depth == first.depth:
            name = _tier(heading)
            if name is None or (tiers and name[0] != last + 1):
                break
            last = name[0]
            tiers.append(section)
        taken += 1
    names = [_name(section).value for section in tiers]
    graded = [n for n in names if read_urgency(n) is not None and not names_somebody(n)]
    if len(tiers) < 2 or len(graded) > 1 or not any(_who(section) for section in tiers):
        return 0, None
    rungs = counted(list(_rungs(tiers)), found)
    return taken, Ladder(tuple(rungs), inside.title.span, first.span.cover(rungs[-1].span))


def _tier(heading: Heading) -> tuple[int, Text] | None:
    match = _TIER.match(heading.title.value)
    if match is None:
        return None
    name = clip(heading.title, *match.span("name"))
    if name.value.endswith(")") and "(" not in name.value:
        name = clip(name, 0, len(name.value) - 1)
    return int(match["number"]), name


def _name(section: Section) -> Text:
    tier = _tier(section.heading) if section.heading else None
    assert tier is not None
    return tier[1]


def _who(section: Section) -> tuple[Text, ...]:
    """Whom the heading names, else whom the lines below it say to tell."""
    entry = read_line(_name(section))
    if any(names_somebody(name.value) for name in entry.targets):
        return entry.targets
    told = [item.text for item in section.items if _TELLS.match(unmarked(item.text).value)]
    return tuple(
        name for text in told for name in read_line(text).targets if names_somebody(name.value)
    )


def _rungs(tiers: list[Section]) -> Iterator[RungEntry]:
    """The tiers as rungs. Where a later one has a time, the first is told at once."""
    entries = [read_line(_name(section)) for section in tiers]
    told = [_who(section) for section in tiers]
    entries = [
        replace(entry, targets=who or entry.targets)
        for entry, who in zip(entries, told, strict=True)
    ]
    goes_on = [None, *(_stated(section, _GOES_ON) for section in tiers)]
    windows = [
        entry.window or _stated(section, _REACHED) or due
        for entry, section, due in zip(entries, tiers, goes_on, strict=False)
    ]
    if windows[0] is None and any(windows):
        windows[0] = Window(0, None, entries[0].text)
    for entry, window, section in zip(entries, windows, tiers, strict=True):
        yield replace(entry, window=window, text=_name(section), span=_extent(section))


def _stated(section: Section, labels: re.Pattern[str]) -> Window | None:
    """The first time in a line, or in the lines under a label, that such a label announces."""
    announced = False
    lines = sorted(
        (*section.prose, *(item.text for item in section.items)), key=lambda text: text.span.start
    )
    for written in lines:
        line = unmarked(written)
        said = _SAID.match(line.value)
        if said:
            announced = labels.match(seen(said["label"])) is not None
            line = clip(line, *said.span("value"))
        elif labels.match(seen(line.value)):
            announced = True
        if announced and line.value:
            window = read_window(line) or read_moment(line)
            if window is not None:
                return window
    return None


def _extent(section: Section) -> Span:
    """The tier's heading and the lines below it."""
    assert section.heading is not None
    span = section.heading.span
    for text in (*section.prose, *(item.text for item in section.items)):
        span = span.cover(text.span)
    return span
