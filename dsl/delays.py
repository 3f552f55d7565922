"""Delays that count from the line before, turned into times since the declaration.

``after another 15 min`` says so itself; ``if no response in 15 min`` said twice, and times in
brackets that do not grow (``Primary (15 min)``, ``Secondary (15 min)``), mean it. A note stands
where it is not said.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from .codes import report
from .diagnostics import Diagnostic
from .patterns import lazy
from .rung import GIVEN, unread_window
from .syntax import RungEntry, Text, Window

_UNANSWERED = lazy(
    r"\b(?:no|not|without|un(?:ack|ans|res)\w*|doesn't|hasn't|can't|cannot|fails?)\b", re.IGNORECASE
)


def counted(rungs: list[RungEntry], found: list[Diagnostic]) -> list[RungEntry]:
    """The rungs of one path, each due since the declaration."""
    if _are_turns(rungs) or _are_given(rungs):
        found.append(counts_on(next(r.window.text for r in rungs if r.window)))
        return in_turns(rungs)
    rungs = _answered(rungs, found)
    due: list[RungEntry] = []
    last: dict[tuple[int, Text] | None, RungEntry] = {}
    for rung in rungs:
        before = last.get(rung.only_at)
        due.append(_since(rung, before, rungs[len(due) - 1] if due else None, found))
        if due[-1].window is not None:
            last[rung.only_at] = due[-1]
    return due


def _since(
    rung: RungEntry, before: RungEntry | None, written: RungEntry | None, found: list[Diagnostic]
) -> RungEntry:
    window = rung.window
    if window is None or before is None or before.window is None:
        return rung
    repeated = (
        written is not None
        and written.window is not None
        and window.to_ms is None
        and 0 < window.from_ms <= written.window.from_ms
        and written.only_at == rung.only_at
        and _UNANSWERED.search(window.text.value) is not None
        and _UNANSWERED.search(written.window.text.value) is not None
    )
    if not window.relative and not repeated:
        return rung
    if repeated:
        found.append(counts_on(window.text))
    start = before.window.from_ms + window.from_ms
    return replace(rung, window=Window(start, None, window.text))


def in_turns(rungs: list[RungEntry]) -> list[RungEntry]:
    """The rungs one after another, where each time is how long a rung lasts."""
    start: int | None = 0
    due: list[RungEntry] = []
    for rung in rungs:
        lasts = rung.window.from_ms if rung.window else None
        if start is not None:
            end = None if lasts is None else start + lasts
            place = rung.window.text if rung.window else rung.text
            rung = replace(rung, window=Window(start, end, place))
            start = end
        due.append(rung)
    return due


def _are_turns(rungs: list[RungEntry]) -> bool:
    """Whether times in brackets behind the targets do not grow, from one that is not zero."""
    timed = [rung for rung in rungs if rung.window is not None]
    times = [rung.window.from_ms for rung in timed if rung.window]
    one_path = len({rung.only_at for rung in rungs}) == 1
    if len(times) < 2 or not one_path or rungs[: len(timed)] != timed or times[0] == 0:
        return False
    grows = all(later > earlier for earlier, later in pairwise(times))
    return not grows and all(_is_bracketed(rung) for rung in timed)


def _are_given(rungs: list[RungEntry]) -> bool:
    """Whether all times say how long somebody has: ``Primary: 5 minutes to acknowledge``."""
    timed = [rung for rung in rungs if rung.window is not None]
    one_path = len({rung.only_at for rung in rungs}) == 1
    return bool(timed) and one_path and rungs[: len(timed)] == timed and all(map(_is_given, timed))


def _is_given(rung: RungEntry) -> bool:
    window = rung.window
    return (
        window is not None and window.to_ms is None and GIVEN.search(window.text.value) is not None
    )


def _answered(rungs: list[RungEntry], found: list[Diagnostic]) -> list[RungEntry]:
    """The rungs without the times to answer in, which do not say when somebody is told."""
    read: list[RungEntry] = []
    for rung in rungs:
        if rung.window is not None and _is_given(rung):
            first = None if read else Window(0, rung.window.from_ms, rung.window.text)
            if first is None:
                found.append(unread_window(rung.window.text))
            rung = replace(rung, window=first)
        read.append(rung)
    return read


def _is_bracketed(rung: RungEntry) -> bool:
    if rung.window is None or rung.window.to_ms is not None:
        return False
    at = rung.window.text.span.start - rung.text.span.start
    return at > 0 and rung.text.value[at - 1 : at] in ("(", "[")


def counts_on(text: Text) -> Diagnostic:
    """The note that a time is read as one that starts with the line before."""
    return report(
        "ARM021",
        text.span,
        f"{text.value!r} is read as counted from the line before",
        help="write each time since the start, such as `T+15 min`, or say `another 15 min`",
    )
