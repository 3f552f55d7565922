"""Escalation paths as list items and sentences.

An item that only names a level opens a list guarded by it; an item that only gives a time opens a
list of its targets. In a list with times, lines that name nobody or state a step are no rungs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .delays import counted
from .diagnostics import Diagnostic
from .levels import find_level, is_level, is_tier
from .patterns import lazy
from .rung import (
    divide,
    empty_rung,
    names_somebody,
    read_line,
    states_step,
    step_rung,
    unchecked,
    unmarked,
    unread_window,
)
from .syntax import ListItem, RungEntry, Text, Window
from .timing import read_moment
from .words import clip, seen, split

MAX_TARGETS = 500
"""How many items below a time are its targets."""
_TIMELIKE = lazy(
    r"\d+\+?\s{0,3}(?:m|h|s|d|min|hour|sec|day)|\b(?:minutes?|hour|分|小时|時間|분|мин|час)",
    re.IGNORECASE,
)
_STATED = lazy(r"^[\W]*while\b|^\W*$", re.IGNORECASE)
_LABEL = lazy(r"[*_]{0,2}(?P<name>[^:]{1,60}?)[*_]{0,2}:?[*_]{0,2}\s*(?::|\Z)")
_NEXT = lazy(r"[*_]{0,2}(?:escalat\w+|timeout|wait|hand over)\b", re.IGNORECASE)
_WAITS = lazy(r"[*_]{0,2}wait\b", re.IGNORECASE)
_UNANSWERED = lazy(
    r"\b(?:if|after|when)\b.{0,40}\b(?:no|not|without|un(?:ack|ans|res)\w*|doesn't)\b",
    re.IGNORECASE,
)
_NOT_TOLD = lazy(
    r"\b(?:no|not|without)\s(?:\w+\s){0,2}(?:notif\w+|escalation|pag(?:e|ing)|alert)\b",
    re.IGNORECASE,
)
_LABELLED = lazy(r"[^:]{1,40}:\s+\S")
_SENTENCE = lazy(
    r"(?<=[.;])\s+|,\s+(?:and\s+)?then\s+|(?<!\s)\s+then\s+(?=wait|page|call|escalat|notif)"
    r"|,\s+(?=wait|escalat|page|call|notif)",
    re.IGNORECASE,
)
_TELLS = lazy(r"\b(?:escalat|pag(?:e|ing)|notif|alert|call|contact|inform)", re.IGNORECASE)
_ASKED = lazy(r"(?:if|when|after|once|unless|should)\b", re.IGNORECASE)
_ARROW = lazy(r"\s{0,3}(?:\u2192|\u21d2|[-=]+>)\s{0,3}")


@dataclass(frozen=True, slots=True)
class _Line:
    """An item, the rung it states, and the level that an item above it names."""

    item: ListItem
    entry: RungEntry


def read_items(items: Iterable[ListItem], found: list[Diagnostic]) -> list[RungEntry]:
    """The items as rungs. Items below one that gives only a time are its targets."""
    lines = list(_lines([item for item in items if not _STATED.match(item.text.value)]))
    timed = any(_wait(line) or (line.entry.window and is_rung(line.entry)) for line in lines)
    if not _are_people(lines) and not (timed and any(_tells(line.entry) for line in lines)):
        return []
    problems: list[Diagnostic] = []
    rungs: list[RungEntry] = []
    opened, top = -1, 0
    due: Window | None = None
    for line in lines:
        entry, item = line.entry, line.item
        if rungs and item.indent > top and _goes_on(entry):
            due = entry.window
            continue
        if rungs and item.indent <= top and (wait := _wait(line)):
            due = wait
            continue
        if due is not None and entry.window is None and item.indent <= top:
            rungs[0] = rungs[0] if rungs[0].window else _at_once(rungs[0])
            entry, due = replace(entry, window=due), None
        if opened >= 0 and entry.window is None and item.indent > opened:
            few = len(rungs[-1].targets) < MAX_TARGETS
            if few and (_names(entry) or _is_short(entry)):
                rungs[-1] = _joined(rungs[-1], entry)
        elif (timed and not is_rung(entry)) or (not timed and _is_step(entry)):
            opened = -1
            if timed and _is_step(entry) and divide(entry.text)[0] is not None:
                problems.append(step_rung(entry))
        elif entry.window is not None or timed or item.ordered:
            said = entry.window is not None or entry.condition is not None
            clocked = timed or _TIMELIKE.search(item.text.value) is not None
            if clocked and not said and not _is_first(rungs, entry):
                problems.append(unread_window(entry.text))
            rungs.append(entry)
            top = item.indent if len(rungs) == 1 else top
            opened = item.indent if entry.window is not None and not entry.targets else -1
    return finished(rungs, problems, found)


def asks_for_answers(items: Iterable[ListItem]) -> bool:
    """Whether two items or more tell somebody if nobody answered (``if no response in 5 min``)."""
    asking = [item for item in items if _UNANSWERED.search(item.text.value)]
    entries = [read_line(item.text) for item in asking]
    return sum(entry.window is not None and _names(entry) for entry in entries) > 1


def read_prose(prose: tuple[Text, ...], found: list[Diagnostic]) -> list[RungEntry]:
    """Sentences that say when somebody is told; a single one only where it says so in words."""
    rungs: list[RungEntry] = []
    for text in prose:
        if _TIMELIKE.search(text.value):
            rungs.extend(_in_sentences(text))
    enough = len(rungs) > 1 or any(_TELLS.search(rung.text.value) for rung in rungs)
    return finished(rungs, [], found) if rungs and enough else []


def read_chain(lines: Iterable[Text], found: list[Diagnostic]) -> list[RungEntry]:
    """The rungs of one line of arrows: ``Analyst → SOC lead → Security officer``."""
    for line in lines:
        parts = list(split(unmarked(line), _ARROW))
        entries = [read_line(part) for part in parts]
        people = [entry for entry in entries if _names(entry)]
        if len(parts) > 2 and len(people) * 2 > len(parts):
            return finished([entry for entry in entries if entry.targets], [], found)
    return []


def finished(
    rungs: list[RungEntry], problems: list[Diagnostic], found: list[Diagnostic]
) -> list[RungEntry]:
    """The rungs of one path, each due since the start; what is wrong with them is reported."""
    found.extend(problems)
    found.extend(empty_rung(rung) for rung in rungs if not rung.targets)
    found.extend(noted(rungs))
    return counted(rungs, found)


def noted(rungs: list[RungEntry]) -> Iterator[Diagnostic]:
    """The notes about conditions that no clock can check."""
    for rung in rungs:
        if rung.condition is not None and rung.only_at is None:
            yield unchecked(rung.condition)


# --- items ----------------------------------------------------------------------------------------


def _lines(items: list[ListItem]) -> Iterator[_Line]:
    guard: tuple[int, Text] | None = None
    for at, item in enumerate(items):
        if guard is not None and item.indent <= guard[0]:
            guard = None
        deeper = at + 1 < len(items) and items[at + 1].indent > item.indent
        level = _opened_level(item) if deeper else None
        if level is not None:
            guard = item.indent, level
            continue
        entry = read_line(item.text)
        if guard is not None and entry.only_at is None:
            entry = replace(entry, only_at=find_level(guard[1]))
        yield _Line(item, entry)


def _opened_level(item: ListItem) -> Text | None:
    """The level that an item names and says nothing of whom to tell."""
    text = unmarked(item.text)
    label = _LABEL.match(text.value)
    if label is None:
        return None
    name = clip(text, *label.span("name"))
    rest = text.value[label.end() :]
    plain = is_level(seen(name.value)) and not is_tier(name.value)
    return name if plain and not names_somebody(rest) else None


def is_rung(entry: RungEntry) -> bool:
    """Whether a line of a list with times is a rung: it tells somebody, and is no step."""
    if _NOT_TOLD.search(entry.text.value):
        return False
    if entry.window is None:
        said = unmarked(entry.text).value
        return names_somebody(said) or (_LABELLED.match(said) is not None and not states_step(said))
    if _is_step(entry):
        return False
    return _names(entry) or divide(entry.text)[0] is not None or _is_brief(entry)


def _goes_on(entry: RungEntry) -> bool:
    """Whether a line below a tier says when the next one is told: ``Escalate after 30 min``."""
    said = unmarked(entry.text).value
    return entry.window is not None and not entry.targets and _NEXT.match(said) is not None


def _wait(line: _Line) -> Window | None:
    """The time of a line beside the rungs that only waits for the next: ``Wait 15 minutes.``"""
    said = unmarked(line.item.text)
    alone = _WAITS.match(said.value) is not None and not names_somebody(said.value)
    return read_moment(said) if alone else None


def _at_once(rung: RungEntry) -> RungEntry:
    return replace(rung, window=Window(0, None, rung.text))


def _is_step(entry: RungEntry) -> bool:
    return bool(entry.targets) and all(states_step(name.value) for name in entry.targets)


def _is_brief(entry: RungEntry) -> bool:
    """Whether the targets are short enough to be names that are not known as such."""
    return all(len(name.value.split()) < 4 for name in entry.targets)


def _names(entry: RungEntry) -> bool:
    return any(
        names_somebody(name.value) or "#" in name.value or "@" in name.value
        for name in entry.targets
    )


def _is_short(entry: RungEntry) -> bool:
    """Whether a line is no more than a name, whatever it names."""
    said = unmarked(entry.text).value
    return len(said.split()) < 4 and not states_step(said)


def _tells(entry: RungEntry) -> bool:
    """Whether a line opens with its time, or names somebody."""
    if names_somebody(entry.text.value):
        return True
    return entry.window is not None and divide(entry.text)[0] is not None


def _is_first(rungs: list[RungEntry], entry: RungEntry) -> bool:
    return not rungs and names_somebody(entry.text.value)


def _are_people(lines: list[_Line]) -> bool:
    """Whether an ordered list without times names people for the most part."""
    ordered = [line.item for line in lines if line.item.ordered]
    named = [item for item in ordered if names_somebody(unmarked(item.text).value)]
    return len(named) * 2 > len(ordered)


def _joined(rung: RungEntry, more: RungEntry) -> RungEntry:
    return replace(
        rung,
        targets=rung.targets + more.targets,
        only_at=rung.only_at or more.only_at,
        mode=more.mode,
        span=rung.span.cover(more.span),
    )


# --- sentences ------------------------------------------------------------------------------------


def _in_sentences(text: Text) -> Iterator[RungEntry]:
    """The rungs of a line of prose; ``wait 5 min`` on its own is the next one's time."""
    parts = list(split(text, _SENTENCE))
    waiting = None
    for at, part in enumerate(parts):
        entry = read_line(part)
        told = at + 1 < len(parts) and _TELLS.match(parts[at + 1].value) is not None
        asked = told and _ASKED.match(part.value) is not None
        alone = None if _names(entry) and not asked else read_moment(part) or entry.window
        if alone is not None:
            waiting = alone
        elif _names(entry) and (entry.window or waiting or _TELLS.search(part.value)):
            window = entry.window or waiting
            yield replace(entry, window=window)
            waiting = None
