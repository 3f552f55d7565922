"""Escalation paths in plain blocks: lines that open with a time, columns, or arrows between people.

Between two people an arrow may carry a time (``↓ 15 min``). Times that grow along the arrows count
from the start, others from the person before; a note says which, since the drawing does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from .codes import report
from .delays import counts_on
from .diagnostics import Diagnostic
from .ladder_lists import finished, is_rung
from .levels import find_level, find_levels
from .patterns import lazy
from .rung import names_somebody, read_line, rung_entry, unmarked
from .syntax import Fence, RungEntry, Text, Window
from .timing import read_moment, read_window
from .words import clip, split

_LANGUAGES = frozenset({"", "text", "txt", "plain", "plaintext"})
_LONGEST = 4000
_COLUMNS = lazy(r"\s{2,}|\s{0,3}\|\s{0,3}")
_GRID = lazy(r"\S\s{2,}\S")
_HOP = lazy(r"\s{0,8}(?:[\u2192\u21d2\u2193\u21d3\u25bc\u2b07]\ufe0f?|[-=]+>)\s{0,8}")
_STEM = lazy(r"[\s|\u2502vV]+")
"""A line that only draws an arrow's stem."""
_BRANCH = lazy(r"[\u250c-\u254b]|\+--")
"""What boxes and trees are drawn with; neither is one path."""


def read_fences(fences: Iterable[Fence], found: list[Diagnostic]) -> list[RungEntry]:
    """The rungs of the first plain block that is a path, two or more."""
    for fence in fences:
        if fence.language not in _LANGUAGES or len(fence.text) >= _LONGEST:
            continue
        lines = list(_lines(fence))
        rungs = _by_columns(lines) or _by_lines(lines)
        if rungs:
            return finished(rungs, [], found)
        rungs = _by_arrows(lines, found)
        if rungs:
            return finished(rungs, [], found)
    return []


def _lines(fence: Fence) -> Iterator[Text]:
    at = 0
    whole = Text(fence.text, fence.body)
    for line in fence.text.splitlines(keepends=True):
        part = clip(whole, at, at + len(line))
        at += len(line)
        if part.value:
            yield part


def _by_lines(lines: list[Text]) -> list[RungEntry]:
    """The lines that open with times, where those are most of the block."""
    entries = [read_line(line) for line in lines]
    rungs = [entry for entry in entries if entry.window is not None and is_rung(entry)]
    if any(_GRID.search(name.value) for rung in rungs for name in rung.targets):
        return []
    return rungs if len(rungs) > 1 and len(rungs) * 2 > len(entries) else []


def _by_columns(lines: list[Text]) -> list[RungEntry]:
    """The lines whose first column is a time, with the one column behind it that names people."""
    rungs: list[RungEntry] = []
    several = 0
    for line in lines:
        cells = [cell for cell in split(line, _COLUMNS) if cell.value]
        window = (read_window(cells[0]) or read_moment(cells[0])) if len(cells) > 1 else None
        people = [cell for cell in cells[1:] if names_somebody(cell.value)]
        several += len(cells) > 2
        if len(people) > 1:
            return []
        if window is not None and people:
            rungs.append(rung_entry(window, people[0], line))
    enough = len(rungs) > 1 and len(rungs) * 2 > len(lines)
    return rungs if enough and several * 2 > len(lines) else []


# --- arrows ---------------------------------------------------------------------------------------


def _by_arrows(lines: list[Text], found: list[Diagnostic]) -> list[RungEntry]:
    """The people between arrows, each with the time on the arrow that leads there."""
    hops = sum(_HOP.search(line.value) is not None for line in lines)
    if not hops or any(_BRANCH.search(line.value) for line in lines):
        return []
    rungs: list[RungEntry] = []
    waits: list[Window | None] = []
    wait: Window | None = None
    for part in _parts(lines):
        who = read_line(part)
        timed = _delay(part)
        if any(names_somebody(name.value) for name in who.targets) and not (
            timed and not names_somebody(unmarked(part).value)
        ):
            rungs.append(who)
            waits.append(wait)
            wait = None
        elif timed is not None:
            wait = timed
        else:
            return []
    if len(rungs) < 2 or waits[0] is not None or any(rung.window for rung in rungs):
        return []
    return _placed(rungs, waits, found)


def _parts(lines: list[Text]) -> Iterator[Text]:
    """What stands between the arrows."""
    for line in lines:
        if not _STEM.fullmatch(line.value):
            yield from (part for part in split(line, _HOP) if part.value)


def _delay(part: Text) -> Window | None:
    """The time that an arrow carries, in brackets or not."""
    bare = part.value.strip("()[] |\u2502")
    start = part.value.find(bare)
    words = clip(part, start, start + len(bare))
    return read_window(words) or read_moment(words)


def _placed(
    rungs: list[RungEntry], waits: list[Window | None], found: list[Diagnostic]
) -> list[RungEntry]:
    times = [wait.from_ms if wait else None for wait in waits]
    known = [time for time in times[1:] if time is not None]
    if len(known) < len(rungs) - 1:
        return [_told(rung, wait, None) for rung, wait in zip(rungs, waits, strict=True)]
    grows = all(later > earlier for earlier, later in pairwise(known))
    if len(known) > 1:
        first = next(wait for wait in waits if wait)
        found.append(_from_start(first.text) if grows else counts_on(first.text))
    due = 0
    placed: list[RungEntry] = []
    for rung, wait in zip(rungs, waits, strict=True):
        due = 0 if wait is None else wait.from_ms if grows else due + wait.from_ms
        placed.append(_told(rung, wait, due))
    return placed


def _told(rung: RungEntry, wait: Window | None, due: int | None) -> RungEntry:
    """The rung, due at a time, at the levels for which the arrow says so."""
    text = wait.text if wait else rung.text
    window = Window(due, None, text) if due is not None else None
    if wait is None:
        return replace(rung, window=window)
    several = len(find_levels(wait.text.value)) > 1
    return replace(
        rung,
        window=window or replace(wait, relative=False),
        only_at=rung.only_at or find_level(wait.text),
        condition=rung.condition or (wait.text if several else None),
    )


def _from_start(text: Text) -> Diagnostic:
    return report(
        "ARM021",
        text.span,
        "the times on these arrows grow, so they are read as counted from the start",
        help="write each time before its target, such as `15 min: team lead`",
    )
