"""Rotas: who is on call at an instant, as pure functions of time zones and rules.

Owns the one way a local time becomes an instant: *the first instant at which the wall clock reads
that time or later*. So a time that daylight saving skips is the moment of the change, a time that
comes twice is the first of the two, handovers never overlap, and shifts that touch on paper touch
in fact. Every interval is half-open. Nothing here reads a clock or a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON = timedelta(days=9)
"""How far a next change is looked for: every week of shifts repeats within it."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a rota at an instant, first asked first; ``until`` None: nothing changes soon."""

    persons: tuple[str, ...]
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """From ``start`` up to, not including, ``end`` (UTC)."""

    start: datetime
    end: datetime
    persons: tuple[str, ...]
    reason: str = ""

    def holds(self, at: datetime) -> bool:
        """Whether the instant is in it."""
        return self.start <= at < self.end


class Schedule(Protocol):
    """What says who is on call."""

    def holding(self, at: datetime) -> Holding:
        """Who is on call at ``at`` (aware), and until when nothing changes."""
        ...


@lru_cache(maxsize=4096)
def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant, in UTC, at which the wall clock of ``zone`` reads ``local`` or later."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if second >= first:
        return first
    low, high = second, first
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).replace(tzinfo=None) >= local:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)


def wall(at: datetime, zone: ZoneInfo) -> str:
    """An instant on a zone's wall clock: ``Sun 29 Mar 03:10 CEST``."""
    return at.astimezone(zone).strftime("%a %d %b %H:%M %Z")


@dataclass(frozen=True, slots=True)
class Turns:
    """Persons in turn, ``days`` each, handing over at ``at`` local time from ``first`` on."""

    persons: tuple[str, ...]
    first: date
    at: time
    zone: ZoneInfo
    days: int = 7

    def handover(self, turn: int) -> datetime:
        """When the turn (from 0) begins."""
        day = self.first + timedelta(days=turn * self.days)
        return instant(datetime.combine(day, self.at), self.zone)

    def holding(self, at: datetime) -> Holding:
        """Exactly one person from the first handover on; nobody before it."""
        elapsed = (at.astimezone(self.zone).date() - self.first).days
        turn = elapsed // self.days
        while turn >= 0 and self.handover(turn) > at:
            turn -= 1
        if turn < 0:
            start = self.handover(0)
            return Holding((), f"it begins {wall(start, self.zone)}", start)
        while self.handover(turn + 1) <= at:
            turn += 1
        until = self.handover(turn + 1)
        person = self.persons[turn % len(self.persons)]
        return Holding((person,), f"until {wall(until, self.zone)}", until)


@dataclass(frozen=True, slots=True)
class Hours:
    """Local hours on some weekdays; ``end_minute`` beyond 1440 is on the next day."""

    start_minute: int
    end_minute: int
    zone: ZoneInfo
    days: frozenset[int] = frozenset(range(7))
    holidays: frozenset[date] = frozenset()

    def around(self, at: datetime, persons: tuple[str, ...] = ()) -> Iterator[Interval]:
        """The intervals that may hold ``at``, and those up to the horizon."""
        today = at.astimezone(self.zone).date()
        for offset in range(-2, HORIZON.days):
            day = today + timedelta(days=offset)
            if day.weekday() not in self.days or day in self.holidays:
                continue
            start, end = (self._at(day, m) for m in (self.start_minute, self.end_minute))
            if end > start:
                yield Interval(start, end, persons)

    def _at(self, day: date, minute: int) -> datetime:
        return instant(datetime.combine(day, time()) + timedelta(minutes=minute), self.zone)


@dataclass(frozen=True, slots=True)
class Shifts:
    """Shifts by local hours; where several hold at once their persons are asked in order."""

    shifts: tuple[tuple[tuple[str, ...], Hours], ...]

    def holding(self, at: datetime) -> Holding:
        """Those whose hours it is; nobody in a gap between shifts."""
        return held([i for persons, hours in self.shifts for i in hours.around(at, persons)], at)


@dataclass(frozen=True, slots=True)
class Expanded:
    """A schedule that a calendar states: ``between`` gives the events of a stretch of time."""

    between: Callable[[datetime, datetime], tuple[Interval, ...]]

    def holding(self, at: datetime) -> Holding:
        """Those whose events hold now."""
        return held(list(self.between(at, at + HORIZON)), at)


@dataclass(frozen=True, slots=True)
class Rota:
    """A schedule with overrides, which win; of overlapping ones the later in the file."""

    name: str
    schedule: Schedule
    zone: ZoneInfo
    overrides: tuple[Interval, ...] = ()

    def holding(self, at: datetime) -> Holding:
        """Who is on call, an override before the schedule."""
        at = at.astimezone(UTC)
        edges = [e for o in self.overrides for e in (o.start, o.end) if e > at]
        override = next((o for o in reversed(self.overrides) if o.holds(at)), None)
        if override is not None:
            until = min(edges)
            reason = f"in place of others until {wall(until, self.zone)}"
            return Holding(override.persons, reason, until)
        planned = self.schedule.holding(at)
        if planned.until is not None:
            edges.append(planned.until)
        return Holding(planned.persons, planned.reason, min(edges, default=None))

    def changes(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, Holding]]:
        """Who holds it from ``start`` to ``end``: each change, the state at the start first."""
        at = start
        while at < end:
            now = self.holding(at)
            yield at, now
            at = now.until or end


def held(intervals: list[Interval], at: datetime) -> Holding:
    """Who holds at an instant, and the next edge at which that changes."""
    persons = _persons(intervals, at)
    edges = sorted({e for i in intervals for e in (i.start, i.end) if e > at})
    until = next((edge for edge in edges if _persons(intervals, edge) != persons), None)
    return Holding(persons, "on shift" if persons else "nobody has a shift then", until)


def _persons(intervals: list[Interval], at: datetime) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p for i in intervals if i.holds(at) for p in i.persons))
