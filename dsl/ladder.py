"""The escalation paths of a document: who is told when, from tables, lists and sentences.

A path stands under a heading or a label that speaks of escalation. A list there is one only where
it states times or names people: steps of a procedure are none. A sub-heading that names a level
(``### SEV-1``) guards what is below it; sub-headings that count tiers (``### Level 1: On-call``)
are the path themselves.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from .diagnostics import Diagnostic
from .ladder_fences import read_fences
from .ladder_lists import asks_for_answers, read_chain, read_items, read_prose
from .ladder_tables import read_table
from .ladder_tiers import read_tiers
from .levels import about_levels, find_level, is_tier
from .patterns import lazy
from .source import Span
from .syntax import Heading, Ladder, ListItem, RungEntry, Section, Table, Text

_Part = TypeVar("_Part", Table, ListItem)

_ABOUT = lazy(
    r"escal(?:at|aci|aç|ad|am|on)|eskal|эскалац|升级|升級|上报|エスカレーション|에스컬레이션"
    r"|\b(?:notification|paging|call|phone|contact)[ -](?:chain|tree|ladder|order|timeline)\b"
    r"|\bwho gets (?:notified|paged|called)\b",
    re.IGNORECASE,
)
_NOT_ABOUT = lazy(r"privilege|privesc|de-escal|permission", re.IGNORECASE)
_LABEL = lazy(r"[*_\s]{0,4}(?P<title>[^*_:]{3,60})[*_]{0,2}:[*_]{0,2}\s{0,3}\Z")


def read_ladders(
    sections: tuple[Section, ...],
) -> tuple[tuple[Ladder, ...], tuple[Diagnostic, ...]]:
    """The escalation paths of a document, one for each section about escalation that has rungs."""
    found: list[Diagnostic] = []
    ladders: list[Ladder] = []
    inside: Heading | None = None
    tiers = 0
    for at, section in enumerate(sections):
        heading = section.heading
        if heading is not None and inside is not None and heading.depth <= inside.depth:
            inside = None
        if heading is not None and inside is None and _about(heading.title.value):
            inside = heading
        if at < tiers:
            continue
        if inside is None or heading is None:
            ladders.extend(list(_labelled(section, found)) or _unannounced(section, found))
            continue
        counted, ladder = read_tiers(sections, at, inside, found)
        if ladder is not None:
            tiers = at + counted
            ladders.append(ladder)
        else:
            ladders.extend(_under(section, heading, inside, found))
    return tuple(ladders), tuple(found)


def _about(title: str) -> bool:
    return _ABOUT.search(title) is not None and _NOT_ABOUT.search(title) is None


def _under(
    section: Section, heading: Heading, inside: Heading, found: list[Diagnostic]
) -> Iterator[Ladder]:
    """The paths in a section about escalation; a sub-heading about severities defines those."""
    tabled = False
    for table in section.tables:
        rungs = read_table(table, found)
        if rungs:
            tabled = True
            yield _ladder(rungs, heading, inside, table.span)
    if tabled or (about_levels(heading.title.value) and not _about(heading.title.value)):
        return
    rungs = (
        read_items(section.items, found)
        or read_prose(section.prose, found)
        or read_fences(section.fences, found)
        or read_chain((*section.prose, *(item.text for item in section.items)), found)
    )
    if rungs:
        yield _ladder(rungs, heading, inside, heading.span.cover(rungs[-1].span))


def _ladder(rungs: list[RungEntry], heading: Heading, inside: Heading, span: Span) -> Ladder:
    guarded = [_guarded(rung, heading.title) for rung in rungs]
    return Ladder(tuple(guarded), inside.title.span, span)


def _labelled(section: Section, found: list[Diagnostic]) -> Iterator[Ladder]:
    """The paths under labels (``**Escalation path:**``) in a section about something else."""
    starts = [text for text in section.prose if _LABEL.match(text.value)]
    for at, label in enumerate(starts):
        match = _LABEL.match(label.value)
        if match is None or not _about(match["title"]):
            continue
        end = starts[at + 1].span.start if at + 1 < len(starts) else 1 << 60
        tables = _within(section.tables, label.span.end, end)
        rungs = next((read for table in tables if (read := read_table(table, found))), None)
        if rungs is None:
            rungs = read_items(_within(section.items, label.span.end, end), found)
        if rungs:
            yield Ladder(tuple(rungs), label.span, label.span.cover(rungs[-1].span))


def _within(parts: tuple[_Part, ...], start: int, end: int) -> tuple[_Part, ...]:
    """Those of a section's parts that begin between two offsets; they are in order."""
    first = bisect_left(parts, start, key=_start)
    return parts[first : bisect_left(parts, end, first, key=_start)]


def _start(part: Table | ListItem) -> int:
    return part.span.start


def _unannounced(section: Section, found: list[Diagnostic]) -> Iterator[Ladder]:
    """The lists that nothing calls an escalation, but that ask for answers again and again."""
    for items in _lists(section):
        if asks_for_answers(items):
            rungs = read_items(items, found)
            if rungs:
                yield Ladder(tuple(rungs), items[0].span, items[0].span.cover(rungs[-1].span))


def _lists(section: Section) -> Iterator[tuple[ListItem, ...]]:
    """The items of a section, parted where prose stands between them."""
    ends = [text.span.start for text in section.prose]
    block: list[ListItem] = []
    at = 0
    for item in section.items:
        before = at
        while at < len(ends) and ends[at] < item.span.start:
            at += 1
        if at > before and block:
            yield tuple(block)
            block = []
        block.append(item)
    if block:
        yield tuple(block)


def _guarded(rung: RungEntry, title: Text) -> RungEntry:
    """The rung under a sub-heading that names a level."""
    level = find_level(title)
    if level is None or rung.only_at is not None or is_tier(level[1].value):
        return rung
    return replace(rung, only_at=level)
