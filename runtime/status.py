"""Where a run stands, for one screen at three in the morning.

A pure function of the view, who carries what out, the time and whoever drives the run. Times are
the run's own milliseconds; whoever shows them knows the zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..compiler.plan import Rung, as_data
from .desk import Carriers, requests
from .kernel import Timer, finished
from .kernel import commands as co
from .kernel import events as ev
from .kernel.index import index_of
from .live_timeline import timeline
from .plain_text import one_line
from .request import Request
from .timeline import Line, level_name
from .view import RunView
from .waiting import Wait, started_ms, waits

LAST = 6
"""How many of the last lines of the timeline are shown."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Who drives the run: ``pid 123 on host``, and whether that process still lives."""

    holder: str = ""
    alive: bool = False


@dataclass(frozen=True, slots=True)
class StageStatus:
    """A stage, since when it stands so, and what it waits for."""

    id: str
    title: str
    agent: str
    status: str
    reason: str
    since_ms: int | None
    waits: tuple[Wait, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told next; ``again``: they have been told before."""

    targets: tuple[str, ...]
    mode: str
    rung: int
    at_ms: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time that was promised. ``state``: running, met, broken or none."""

    what: str
    state: str
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that the screen shows."""

    run: str
    title: str
    workflow: str
    status: str
    since_ms: int
    now_ms: int
    severity: str
    standing: str
    confirmed_by: str
    acknowledged_for: str
    acknowledged_by: str
    acknowledged_ms: int | None
    commander: str
    mode: str
    rehearsal: bool
    speed: float
    driver: Driver
    finished: bool
    stages: tuple[StageStatus, ...]
    others: tuple[Wait, ...]
    requests: tuple[Request, ...]
    next_told: tuple[Told, ...]
    ladder: str
    deadline: Deadline
    last: tuple[Line, ...]


def status(view: RunView, carriers: Carriers, now_ms: int, driver: Driver) -> Status:
    """Where the run stands now."""
    control, registers = view.state
    found = waits(view, carriers)
    by = _acknowledger(view)
    return Status(
        run=view.run,
        title=one_line(view.title),
        workflow=view.plan.name,
        status=view.status,
        since_ms=_since(view),
        now_ms=max(now_ms, view.at_ms),
        severity=level_name(view.plan, control.level),
        standing=control.standing,
        confirmed_by=one_line(registers.confirmed_by),
        acknowledged_for=control.acknowledged,
        acknowledged_by=one_line(by) if control.acknowledged else "",
        acknowledged_ms=registers.acknowledged_ms if control.acknowledged else None,
        commander=one_line(view.commander),
        mode=str(view.header.get("mode", "")),
        rehearsal=bool(view.header.get("rehearsal", False)),
        speed=float(view.header.get("speed", 1.0)),
        driver=driver,
        finished=finished(view.state),
        stages=tuple(_stages(view, found)),
        others=tuple(wait for wait in found if not wait.stage),
        requests=_urgent_first(requests(view, carriers)),
        next_told=next_told(view),
        ladder=control.ladder,
        deadline=deadline(view),
        last=timeline(view)[-LAST:],
    )


def status_data(view: RunView, carriers: Carriers, now_ms: int, driver: Driver) -> dict[str, Any]:
    """The same as plain data: times as the run's milliseconds, and on the wall in UTC."""
    found = status(view, carriers, now_ms, driver)
    data: dict[str, Any] = as_data(found)
    data["requests"] = [request_data(each) for each in found.requests]
    for stage, known in zip(data["stages"], found.stages, strict=True):
        stage["waits"] = [wait._asdict() for wait in known.waits]
    data["others"] = [wait._asdict() for wait in found.others]
    data["last"] = [line._asdict() for line in found.last]
    for line in data["last"]:
        line["text"] = line["text"].strip()
    data["zero"] = view.wall(0).isoformat()
    data["timezone"] = view.zone.key
    return data


def request_data(request: Request) -> dict[str, Any]:
    """A request as plain data, with what an answer looks like and the next line to type."""
    return {
        **request._asdict(),
        "options": [option._asdict() for option in request.options],
        "fields": [field._asdict() for field in request.fields],
        "answer": request.answer,
        "line": request.line,
    }


def now_of(view: RunView, wall_ms: int) -> int:
    """The run's own time when the wall clock shows ``wall_ms``; never before its last entry."""
    return max(view.at_ms, wall_ms - view.zero_ms - view.shift_ms)


def _since(view: RunView) -> int:
    registers = view.state.registers
    phase = view.state.control.phase
    at_ms = {
        "resolved": registers.resolved_ms,
        "closed": registers.closed_ms,
    }.get(phase, max(registers.declared_ms, registers.reopened_ms))
    return max(at_ms, 0)


def _acknowledger(view: RunView) -> str:
    for batch in reversed(view.batches):
        if isinstance(batch.event, ev.Acknowledged) and batch.step.verdict == "applied":
            return str((batch.reading or {}).get("by") or batch.event.by)
    return ""


def _stages(view: RunView, found: tuple[Wait, ...]) -> list[StageStatus]:
    started = started_ms(view)
    shown: list[StageStatus] = []
    for stage in view.plan.stages:
        now = view.state.control.stages.get(stage.id)
        mine = tuple(wait for wait in found if wait.stage == stage.id)
        shown.append(
            StageStatus(
                stage.id,
                stage.title,
                stage.agent or "",
                now.status if now is not None else "pending",
                now.reason if now is not None else "",
                started.get(stage.id),
                mine,
            )
        )
    return shown


def _urgent_first(found: tuple[Request, ...]) -> tuple[Request, ...]:
    """What holds the run up comes before what does not; otherwise as the desk has it."""
    return tuple(sorted(found, key=lambda request: not request.waits))


# --- who is told next -----------------------------------------------------------------------------


def next_told(view: RunView) -> tuple[Told, ...]:
    """Every rung ahead that counts at this level, and a page that is repeated, soonest first."""
    timers = view.state.registers.timers
    rungs = view.plan.escalation.rungs
    found = [
        Told(rung.targets, rung.mode, at, timers[Timer("rung", str(at))])
        for at, rung in enumerate(rungs)
        if Timer("rung", str(at)) in timers and _counts(view, rung)
    ]
    paging = view.state.control.paging
    again_ms = timers.get(Timer("repage"))
    if again_ms is not None and 0 <= paging < len(rungs):
        found.append(Told(rungs[paging].targets, rungs[paging].mode, paging, again_ms, True))
    return tuple(sorted(found, key=lambda told: (told.at_ms, told.rung)))


def _counts(view: RunView, rung: Rung) -> bool:
    return not rung.only_at or view.state.control.level in rung.only_at


def deadline(view: RunView) -> Deadline:
    """The response that the level promises."""
    control, registers = view.state
    within_ms = index_of(view.plan).deadlines.get(control.level)
    if within_ms is None:
        return Deadline("no response time is promised", "none")
    due_ms = registers.timers.get(Timer("response"))
    what = "response"
    if due_ms is not None:
        return Deadline(what, "running", due_ms)
    broken = [b.at_ms for b in view.batches if _breaks(b.step.commands)]
    if broken:
        return Deadline(what, "broken", broken[-1])
    return Deadline(what, "met" if control.acknowledged else "none")


def _breaks(commands: tuple[co.Command, ...]) -> bool:
    return any(isinstance(c, co.Record) and c.what == "deadline-broken" for c in commands)
