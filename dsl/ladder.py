"""The escalation paths of a document: who is told when, from tables, lists and sentences.

A path stands under a heading or a label that speaks of escalation. A list there is one only where
it states times or names people: steps of a procedure are none. A sub-heading that names a level
(``### SEV-1``) guards the lines below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from .columns import Meanings, cell, find_columns, rows
from .deadlines import unclear
from .diagnostics import Diagnostic
from .levels import find_level, is_tier, read_level
from .rung import (
    divide,
    empty_rung,
    names_somebody,
    placed,
    read_line,
    rung_entry,
    unchecked,
    unread_window,
)
from .syntax import Heading, Ladder, ListItem, RungEntry, Section, Table, Text, Window
from .timing import read_moment, read_response, read_window

_ABOUT = re.compile(
    r"escal(?:at|aci|aç|ad)|eskalation|phone tree|call tree|升级|エスカレーション", re.IGNORECASE
)
_NOT_ABOUT = re.compile(r"privilege|privesc|de-escal|permission", re.IGNORECASE)
_LABEL = re.compile(r"[*_\s]{0,4}(?P<title>[^*_:]{3,60})[*_]{0,2}:[*_]{0,2}\s{0,3}\Z")
_TIMELIKE = re.compile(r"\d+\s{0,3}(?:m|h|s|d|min|hour|sec|day)", re.IGNORECASE)
_COMMA = re.compile(r"[,;]\s")
_STATED = re.compile(r"^[\W]*while\b|^\W*$", re.IGNORECASE)

MEANINGS: Meanings = {
    "window": (
        *("time elapsed", "elapsed", "time", "window", "after", "when", "delay", "timeframe"),
        *("minutes", "timeline", "if unresolved", "when to escalate", "trigger", "duration"),
    ),
    "targets": (
        *("escalate to", "escalates to", "target", "targets", "who", "contact", "contacts"),
        *("notify", "page", "role", "roles", "responder", "responders", "team", "person"),
        "action",
    ),
    "guard": ("severity", "priority", "level", "only at"),
    "condition": ("condition", "scenario", "situation", "criteria", "case", "trigger"),
    "answer": ("response time", "response", "sla", "respond within"),
}
Columns = dict[str, int]


def read_ladders(
    sections: tuple[Section, ...],
) -> tuple[tuple[Ladder, ...], tuple[Diagnostic, ...]]:
    """The escalation paths of a document, one for each section about escalation that has rungs."""
    found: list[Diagnostic] = []
    ladders: list[Ladder] = []
    inside: Heading | None = None
    for section in sections:
        heading = section.heading
        if heading is not None and inside is not None and heading.depth <= inside.depth:
            inside = None
        if heading is not None and inside is None and _about(heading.title.value):
            inside = heading
        if inside is not None and heading is not None:
            ladders.extend(_under(section, heading, inside, found))
        else:
            ladders.extend(_labelled(section, found))
    return tuple(ladders), tuple(found)


def _about(title: str) -> bool:
    return _ABOUT.search(title) is not None and _NOT_ABOUT.search(title) is None


def _under(
    section: Section, heading: Heading, inside: Heading, found: list[Diagnostic]
) -> Iterator[Ladder]:
    """The paths in a section about escalation."""
    for table in section.tables:
        for rungs in _from_table(table, found):
            yield Ladder(tuple(rungs), inside.title.span, table.span)
            return
    rungs = _from_items(section.items, found) or _from_prose(section.prose, found)
    if rungs:
        guarded = [_guarded(rung, heading.title) for rung in rungs]
        span = heading.span.cover(rungs[-1].span)
        yield Ladder(tuple(guarded), inside.title.span, span)


def _labelled(section: Section, found: list[Diagnostic]) -> Iterator[Ladder]:
    """The paths under labels (``**Escalation path:**``) in a section about something else."""
    starts = [text for text in section.prose if (match := _LABEL.match(text.value)) and match]
    for at, label in enumerate(starts):
        match = _LABEL.match(label.value)
        if match is None or not _about(match["title"]):
            continue
        end = starts[at + 1].span.start if at + 1 < len(starts) else 1 << 60
        items = tuple(i for i in section.items if label.span.end <= i.span.start < end)
        rungs = _from_items(items, found)
        if rungs:
            yield Ladder(tuple(rungs), label.span, label.span.cover(rungs[-1].span))


def _guarded(rung: RungEntry, title: Text) -> RungEntry:
    """The rung under a sub-heading that names a level."""
    level = find_level(title)
    if level is None or rung.only_at is not None or is_tier(level[1].value):
        return rung
    return replace(rung, only_at=level)


# --- lists and sentences --------------------------------------------------------------------------


def _from_items(items: tuple[ListItem, ...], found: list[Diagnostic]) -> list[RungEntry]:
    """The items as rungs. Items below one that gives only a time are its targets."""
    entries = [read_line(item.text) for item in items if not _STATED.match(item.text.value)]
    items = tuple(item for item in items if not _STATED.match(item.text.value))
    timed = any(entry.window for entry in entries)
    if not _are_people(items) and not (timed and _tells(entries)):
        return []
    problems: list[Diagnostic] = []
    rungs: list[RungEntry] = []
    opened = False
    for item, entry in zip(items, entries, strict=True):
        if entry.window is None and not item.ordered and opened:
            rungs[-1] = _joined(rungs[-1], entry)
        elif entry.window is not None or timed or item.ordered:
            said = entry.window is not None or entry.condition is not None
            clocked = timed or _TIMELIKE.search(item.text.value) is not None
            if clocked and not said and not _is_first(rungs, entry):
                problems.append(unread_window(entry.text))
            rungs.append(entry)
            opened = entry.window is not None and not entry.targets
    found.extend(problems)
    found.extend(empty_rung(rung) for rung in rungs if not rung.targets)
    found.extend(_noted(rungs))
    return rungs


def _tells(entries: list[RungEntry]) -> bool:
    """Whether a line opens with its time, or any line names somebody."""
    return any(
        names_somebody(entry.text.value)
        or (entry.window is not None and divide(entry.text)[0] is not None)
        for entry in entries
    )


def _is_first(rungs: list[RungEntry], entry: RungEntry) -> bool:
    return not rungs and names_somebody(entry.text.value)


def _are_people(items: tuple[ListItem, ...]) -> bool:
    """Whether an ordered list without times names people for the most part."""
    ordered = [item for item in items if item.ordered]
    named = [item for item in ordered if names_somebody(_unmarked(item.text))]
    return len(named) * 2 > len(ordered)


def _unmarked(text: Text) -> str:
    return text.value.lstrip("-*+0123456789.)[] \t")


def _from_prose(prose: tuple[Text, ...], found: list[Diagnostic]) -> list[RungEntry]:
    """Sentences that say when somebody is told."""
    entries = [read_line(text) for text in prose if _TIMELIKE.search(text.value)]
    rungs = [
        entry
        for entry in entries
        if entry.window is not None and entry.targets and names_somebody(entry.text.value)
    ]
    found.extend(_noted(rungs))
    return rungs if len(rungs) > 1 else []


def _joined(rung: RungEntry, more: RungEntry) -> RungEntry:
    return replace(
        rung,
        targets=rung.targets + more.targets,
        only_at=rung.only_at or more.only_at,
        mode=more.mode,
        span=rung.span.cover(more.span),
    )


def _noted(rungs: list[RungEntry]) -> Iterator[Diagnostic]:
    for rung in rungs:
        if rung.condition is not None and rung.only_at is None:
            yield unchecked(rung.condition)


# --- tables ---------------------------------------------------------------------------------------


def _from_table(table: Table, found: list[Diagnostic]) -> Iterator[list[RungEntry]]:
    columns = find_columns(table.header, MEANINGS)
    columns = _by_moment(table, columns)
    answers = "answer" in columns and "window" not in columns
    if "targets" not in columns or not columns.keys() & {"window", "condition", "answer"}:
        return
    kept = rows(table)
    if answers and not _counts_people(kept, columns):
        return
    rises = not answers or _rises(kept, columns["answer"])
    notice = "notif" in table.header[columns["targets"]].value.lower()
    rungs = [
        rung
        for row in kept
        if (rung := _row(row, columns, found, notice=notice, rises=rises)) is not None
    ]
    if rungs and (any(rung.window for rung in rungs) or _mostly_people(rungs)):
        found.extend(empty_rung(rung) for rung in rungs if not rung.targets)
        found.extend(_noted(rungs))
        yield rungs


def _by_moment(table: Table, columns: Columns) -> Columns:
    """The columns, with the condition as the time where it states moments and nothing else does."""
    asked = columns.get("condition")
    if "window" in columns or asked is None:
        return columns
    cells = [row[asked] for row in rows(table) if asked < len(row)]
    if not any(read_moment(text) for text in cells):
        return columns
    rest = {kind: at for kind, at in columns.items() if kind != "condition"}
    return {**rest, "window": asked}


def _counts_people(kept: list[tuple[Text, ...]], columns: Columns) -> bool:
    """Whether the rows are tiers of support, not severities with their response times."""
    levels = [cell(row, columns, "guard") for row in kept]
    named = [level.value for level in levels if level is not None and level.value]
    return not named or is_tier(named[0])


def _mostly_people(rungs: list[RungEntry]) -> bool:
    people = [r for r in rungs if any(names_somebody(target.value) for target in r.targets)]
    return len(people) * 2 > len(rungs)


def _rises(kept: list[tuple[Text, ...]], at: int) -> bool:
    """Whether the times of a response column rise, so that they say when each is told.

    Times that fall are how fast each answers.
    """
    read = [read_response(row[at]) for row in kept if at < len(row)]
    times = [time.deadline_ms for time in read if time and time.deadline_ms]
    return times == sorted(times)


def _row(
    row: tuple[Text, ...],
    columns: Columns,
    found: list[Diagnostic],
    *,
    notice: bool,
    rises: bool,
) -> RungEntry | None:
    who = cell(row, columns, "targets")
    when = cell(row, columns, "window") or cell(row, columns, "answer")
    asked = cell(row, columns, "condition")
    if who is None or not (who.value or when):
        return None
    if (when is None or not when.value) and asked is not None:
        when, asked = asked, None
    if when is None:
        return None
    window = _window(when) if rises else None
    whole = Text("", when.span.cover(who.span))
    rung = rung_entry(window, who, Text(who.value, whole.span), notice=notice)
    only_at = rung.only_at or _level(cell(row, columns, "guard")) or _level(when) or _level(asked)
    if window is None:
        rung = placed(rung, who)
    condition = rung.condition or asked
    vague = window.from_ms == 0 and _COMMA.search(when.value) if window else only_at is None
    if vague and "window" in columns:
        condition = condition or when
    elif window is None and "answer" in columns:
        found.append(unclear(when))
    elif rung.window is None and condition is None:
        found.append(unread_window(when))
    return replace(rung, only_at=only_at, condition=condition or None, span=whole.span)


def _window(text: Text) -> Window | None:
    window = read_window(text) or read_moment(text)
    if window is None and (time := read_response(text)) and time.deadline_ms is not None:
        window = Window(time.deadline_ms, None, text)
    return window


def _level(text: Text | None) -> tuple[int, Text] | None:
    """The severity a cell names; a tier of support (``L2``) is none."""
    if text is None or is_tier(text.value):
        return None
    level = read_level(text.value) if text.value.strip().isdigit() else None
    return (level, text) if level is not None else find_level(text)
