"""A run as a trace: spans for the incident, its stages, their actions and every attempt.

Pure: everything is read from a view, nothing is sent. Times are milliseconds of the run; a span
that is not over ends where the journal does and says so. What becomes of the spans is telemetry's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..compiler.plan import Action, Stage
from .journal_replay import Batch
from .kernel import commands as co
from .kernel import events as ev
from .kernel.state import Control
from .timeline import level_name
from .view import RunView

Attributes = Mapping[str, str | int | float | bool]

STAGE_OPEN = frozenset({"asking", "running", "blocked"})
ACTION_OPEN = frozenset(
    {"guarded", "gated", "running", "watching", "judging", "promoting", "reverting", "undoing"}
)
BAD = frozenset({"failed", "aborted", "undo-failed", "permanent", "unknown", "alert"})
ROOT = "incident"


class Moment(NamedTuple):
    """Something that happened within a span."""

    at_ms: int
    name: str
    attributes: Attributes


@dataclass(slots=True)
class Span:
    """A stretch of a run. ``key`` is unique in it, ``parent`` empty for the incident itself.

    ``outcome`` is the kernel's word for how it ended, empty while it is open; ``needs`` are the
    keys of the spans that had to end before this one began.
    """

    key: str
    parent: str
    name: str
    start_ms: int
    end_ms: int = -1
    outcome: str = ""
    attributes: dict[str, str | int | float | bool] = field(
        default_factory=dict[str, str | int | float | bool]
    )
    moments: list[Moment] = field(default_factory=list[Moment])
    needs: tuple[str, ...] = ()

    @property
    def bad(self) -> bool:
        """Whether it ended as nobody wants it to."""
        return self.outcome in BAD


def trace(view: RunView) -> tuple[Span, ...]:
    """All spans, parents before children, in the order in which they began."""
    return tuple(_Tracer(view).spans())


class _Tracer:
    """Follows the batches of a view and opens and closes spans."""

    def __init__(self, view: RunView) -> None:
        self._view = view
        self._stages = {stage.id: stage for stage in view.plan.stages}
        self._actions = {a.id: (s, a) for s in view.plan.stages for a in s.actions}
        self._open: dict[str, Span] = {}
        self._latest: dict[str, str] = {}
        self._times: dict[str, int] = {}
        self._found: list[Span] = []
        self._root = self._begin(ROOT, "", view.title, 0, {})

    def spans(self) -> list[Span]:
        before = Control()
        for batch in self._view.batches:
            if batch.step.verdict != "applied":
                continue
            after = batch.step.state.control
            self._follow_stages(before, after, batch.at_ms)
            self._follow_actions(before, after, batch.at_ms)
            self._follow_attempts(batch)
            self._root.moments.extend(_moments(self._view, batch, before))
            before = after
        self._finish(before)
        return self._found

    def _begin(self, key: str, parent: str, name: str, at_ms: int, attributes: Attributes) -> Span:
        """Open a span; one that is opened again (a retried stage) gets a number of its own."""
        self._times[key] = number = self._times.get(key, 0) + 1
        own = key if number == 1 else f"{key}#{number}"
        span = Span(own, self._latest.get(parent, ""), name, at_ms, attributes=dict(attributes))
        self._open[key] = span
        self._latest[key] = own
        self._found.append(span)
        return span

    def _end(self, key: str, at_ms: int, outcome: str) -> None:
        span = self._open.pop(key, None)
        if span is not None:
            span.end_ms, span.outcome = at_ms, outcome

    # --- stages and actions -------------------------------------------------------------------

    def _follow_stages(self, before: Control, after: Control, at_ms: int) -> None:
        if before.stages is after.stages:
            return
        for name, stage in self._stages.items():
            old, new = before.stages.get(name), after.stages.get(name)
            if new is None or new is old:
                continue
            key = f"stage {name}"
            if new.status in STAGE_OPEN and key not in self._open:
                span = self._begin(key, ROOT, stage.title, at_ms, _of_stage(stage))
                done = (self._latest.get(f"stage {need}") for need in stage.needs)
                span.needs = tuple(each for each in done if each)
            elif new.status not in STAGE_OPEN and key in self._open:
                self._end(key, at_ms, new.status)
            elif new.status in ("omitted", "skipped") and (old is None or old.status != new.status):
                told = {"armada.stage": name, "armada.reason": new.reason}
                self._root.moments.append(Moment(at_ms, f"stage {new.status}", told))

    def _follow_actions(self, before: Control, after: Control, at_ms: int) -> None:
        if before.actions is after.actions:
            return
        for name, (stage, action) in self._actions.items():
            old, new = before.actions.get(name), after.actions.get(name)
            if new is None or new is old:
                continue
            key = f"action {name}"
            if new.status in ACTION_OPEN and key not in self._open:
                self._begin(key, f"stage {stage.id}", name, at_ms, _of_action(action))
            elif new.status not in ACTION_OPEN:
                self._end(key, at_ms, new.status)

    # --- attempts -----------------------------------------------------------------------------

    def _follow_attempts(self, batch: Batch) -> None:
        event = batch.event
        if isinstance(event, ev.Returned):
            self._returned(batch.at_ms, event)
        elif isinstance(event, ev.Observed) and event.happened is not None:
            word = "ok" if event.happened else "did not happen"
            self._end(f"attempt {event.command_id}", batch.at_ms, word)
        for command in batch.step.commands:
            if isinstance(command, co.Dispatch):
                self._dispatched(batch.at_ms, command)
            elif isinstance(command, co.CancelDispatch):
                self._end(f"attempt {command.command_id}", batch.at_ms, "cancelled")

    def _returned(self, at_ms: int, event: ev.Returned) -> None:
        key = f"attempt {event.command_id}"
        span = self._open.get(key)
        if span is not None and event.by:
            span.attributes["armada.by"] = event.by
        if event.result != "unknown" or span is None:
            self._end(key, at_ms, event.result)
        else:  # it stays open until somebody finds out what happened
            span.moments.append(Moment(at_ms, "outcome unknown", {}))

    def _dispatched(self, at_ms: int, command: co.Dispatch) -> None:
        key = f"attempt {command.command_id}"
        if key in self._open:
            return
        attributes: Attributes = {
            "armada.command_id": command.command_id,
            "armada.action": command.action,
            "armada.item": command.item,
            "armada.agent": command.agent,
            "armada.effect": command.effect,
            "armada.attempt": command.attempt,
        }
        name = f"{command.action} {command.item}"
        self._begin(key, f"action {command.action}", name, at_ms, attributes)

    # --- the end ------------------------------------------------------------------------------

    def _finish(self, control: Control) -> None:
        view, root = self._view, self._root
        ended_ms = max(view.state.registers.resolved_ms, view.state.registers.closed_ms)
        root.attributes.update(_of_run(view))
        over = control.phase in ("resolved", "closed") and control.closing_left == 0
        for key, span in list(self._open.items()):
            span.end_ms = max(view.at_ms, span.start_ms)
            if key == ROOT and over:
                span.end_ms, span.outcome = max(view.at_ms, ended_ms), view.status
            elif key != ROOT:
                span.attributes["armada.open"] = True
        if not over:
            root.attributes["armada.open"] = True


def _of_stage(stage: Stage) -> Attributes:
    return {"armada.stage": stage.id, "armada.agent": stage.agent or ""}


def _of_action(action: Action) -> Attributes:
    return {"armada.action": action.id, "armada.kind": action.kind.value}


def _of_run(view: RunView) -> Attributes:
    control = view.state.control
    return {
        "armada.run": view.run,
        "armada.workflow": view.plan.name,
        "armada.plan.digest": str(view.header.get("plan_digest", "")),
        "armada.severity": control.level,
        "armada.severity.name": level_name(view.plan, control.level) if control.level else "",
        "armada.status": view.status,
        "armada.commander": view.commander,
        "armada.mode": str(view.header.get("mode", "")),
        "armada.rehearsal": bool(view.header.get("rehearsal", False)),
    }


def _moments(view: RunView, batch: Batch, before: Control) -> Iterator[Moment]:
    """Milestones, pages and decisions: what a reader looks for on the incident's own line."""
    after = batch.step.state.control
    by = str((batch.reading or {}).get("by", "") or getattr(batch.event, "by", ""))
    about: Attributes = {"armada.by": by} if by else {}
    if type(batch.event) in _MILESTONES:
        yield Moment(batch.at_ms, _MILESTONES[type(batch.event)], about)
    if after.phase != before.phase and before.phase != "undeclared":
        yield Moment(batch.at_ms, _PHASES.get(after.phase, after.phase), about)
    if after.level != before.level and before.level:
        name = level_name(view.plan, after.level)
        yield Moment(batch.at_ms, "severity changed", {"armada.severity.name": name, **about})
    for command in batch.step.commands:
        if isinstance(command, co.Page):
            yield _told(batch.at_ms, command)


def _told(at_ms: int, page: co.Page) -> Moment:
    late = {"armada.late_ms": page.late_ms} if page.late_ms else {}
    about: Attributes = {"armada.rung": page.rung + 1, "armada.targets": ", ".join(page.targets)}
    return Moment(at_ms, "paged" if page.mode == "page" else "notified", {**about, **late})


_MILESTONES: Mapping[type[ev.Event], str] = {
    ev.Declared: "declared",
    ev.Acknowledged: "acknowledged",
    ev.Mitigated: "mitigated",
    ev.Aborted: "stopped",
    ev.Escalated: "escalated",
    ev.Resumed: "resumed",
}
_PHASES = {"open": "reopened"}
