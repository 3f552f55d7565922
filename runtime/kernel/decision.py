"""A decision in the making: control as it becomes, and the effects it has, in order.

The rules (incident, escalation, stages, actions, approvals, questions, recovery) are functions
over a Decision. They read control and predicates, move machines along the tables, and leave
commands and register operations. They never see a time.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from . import commands as co
from . import registers as reg
from .index import Index
from .predicates import Predicates
from .state import ActionControl, Control, ItemControl, StageControl
from .timers import Timer
from .transitions import ACTION, GATE, INCIDENT, ITEM, LADDER, RUNG, STAGE, Table

Move = tuple[str, str, str]


class RefusedError(Exception):
    """The event is illegal here; the message is the typed reason."""


class IgnoredError(Exception):
    """The event is stale or says nothing new; the message is the reason."""


class Decision:
    """Control under one event. Every field of Control is an attribute; ``p`` are the predicates."""

    __slots__ = (*Control._fields, "effects", "index", "moves", "p", "sent", "queue")

    def __init__(self, index: Index, control: Control, p: Predicates) -> None:
        self.index = index
        self.p = p
        self.effects: list[co.Command | reg.Operation] = []
        self.moves: list[Move] = []
        self.sent: dict[str, None] = {}
        self.queue: deque[tuple[str, str]] = deque()
        self.phase = control.phase
        self.verdict = control.verdict
        self.level = control.level
        self.standing = control.standing
        self.acknowledged = control.acknowledged
        self.mitigated = control.mitigated
        self.verified = control.verified
        self.missed = control.missed
        self.verify_left = control.verify_left
        self.unsafe_left = control.unsafe_left
        self.unsafe_flying = control.unsafe_flying
        self.stages_left = control.stages_left
        self.closing_left = control.closing_left
        self.ended = control.ended
        self.reviews = control.reviews
        self.engaged = control.engaged
        self.told = control.told
        self.ladder = control.ladder
        self.loop = control.loop
        self.paging = control.paging
        self.repeats = control.repeats
        self.silent = control.silent
        self.rungs = control.rungs
        self.stages = control.stages
        self.actions = control.actions
        self.omitted = control.omitted
        self.questions = control.questions
        self.facts = control.facts
        self.waiting = control.waiting
        self.undoing = control.undoing
        self.careful = control.careful

    def control(self) -> Control:
        """Control as it has become."""
        return Control(
            self.phase,
            self.verdict,
            self.level,
            self.standing,
            self.acknowledged,
            self.mitigated,
            self.verified,
            self.missed,
            self.verify_left,
            self.unsafe_left,
            self.unsafe_flying,
            self.stages_left,
            self.closing_left,
            self.ended,
            self.reviews,
            self.engaged,
            self.told,
            self.ladder,
            self.loop,
            self.paging,
            self.repeats,
            self.silent,
            self.rungs,
            self.stages,
            self.actions,
            self.omitted,
            self.questions,
            self.facts,
            self.waiting,
            self.undoing,
            self.careful,
        )

    def then(self, rule: str, subject: str = "") -> None:
        """Have a rule of follow-ups (step.py) run after this one, in order of asking."""
        self.queue.append((rule, subject))

    # --- effects ------------------------------------------------------------------------------

    def emit(self, effect: co.Command | reg.Operation) -> None:
        """Leave a command or a register operation."""
        self.effects.append(effect)

    def record(self, what: str, subject: str = "", detail: str = "") -> None:
        """Leave a line for the journal."""
        self.effects.append(co.Record(what, subject, detail))

    def arm(self, kind: str, subject: str, delay_ms: int) -> None:
        """Set a timer from now."""
        self.effects.append(reg.Arm(Timer(kind, subject), delay_ms))

    def disarm(self, kind: str, subject: str) -> None:
        """Forget a timer if it is set."""
        self.effects.append(reg.Disarm(Timer(kind, subject)))

    def notify(self, about: str, subject: str) -> None:
        """Tell the coordinator and the current rung."""
        self.effects.append(co.Notify(about, subject, self.commanders()))

    def commanders(self) -> tuple[str, ...]:
        """The coordinator and the targets of the rung that was told last, each once."""
        found = {self.index.coordinator: None}
        if self.paging >= 0:
            found.update(dict.fromkeys(self.index.plan.escalation.rungs[self.paging].targets))
        return tuple(found)

    # --- machines -----------------------------------------------------------------------------

    def move(self, machine: str, table: Table, status: str, trigger: str) -> str:
        """The status after a trigger, by the table."""
        self.moves.append((machine, status, trigger))
        return table[(status, trigger)]

    def move_incident(self, trigger: str) -> None:
        """Move the incident."""
        self.phase = self.move("incident", INCIDENT, self.phase, trigger)

    def move_ladder(self, trigger: str) -> None:
        """Move the ladder."""
        self.ladder = self.move("ladder", LADDER, self.ladder, trigger)

    def move_rung(self, rung: int, trigger: str) -> None:
        """Move a rung."""
        status = self.move("rung", RUNG, self.rungs[rung], trigger)
        self.rungs = (*self.rungs[:rung], status, *self.rungs[rung + 1 :])

    def stage(self, stage_id: str) -> StageControl:
        """A stage as it stands."""
        found = self.stages.get(stage_id)
        if found is None:
            return StageControl("pending", len(self.index.stages[stage_id].needs))
        return found

    def set_stage(self, stage_id: str, stage: StageControl) -> None:
        """Keep a stage."""
        self.stages = self.stages.set(stage_id, stage)

    def move_stage(self, stage_id: str, trigger: str, **changes: Any) -> StageControl:
        """Move a stage; returns it as it is then."""
        now = self.stage(stage_id)
        status = self.move("stage", STAGE, now.status, trigger)
        after = StageControl(status, *now[1:])
        if changes:
            after = after._replace(**changes)
        self.stages = self.stages.set(stage_id, after)
        return after

    def action(self, action_id: str) -> ActionControl:
        """An action as it stands."""
        return self.actions.get(action_id, _PENDING)

    def set_action(self, action_id: str, action: ActionControl) -> None:
        """Keep an action."""
        self.actions = self.actions.set(action_id, action)

    def move_action(self, action_id: str, trigger: str) -> ActionControl:
        """Move an action; returns it as it is then."""
        now = self.action(action_id)
        after = ActionControl(self.move("action", ACTION, now.status, trigger), *now[1:])
        self.actions = self.actions.set(action_id, after)
        return after

    def move_gate(self, action_id: str, trigger: str) -> ActionControl:
        """Move the gate of an action; returns the action as it is then."""
        now = self.action(action_id)
        after = now._replace(gate=self.move("gate", GATE, now.gate, trigger))
        self.actions = self.actions.set(action_id, after)
        return after

    def move_item(
        self,
        action_id: str,
        at: int,
        trigger: str,
        *,
        attempt: int | None = None,
        tries: int | None = None,
    ) -> ItemControl:
        """Move an item of an action, with other counters where given; returns it as it is then."""
        status, items, gate, asked = self.actions[action_id]
        item = items[at]
        after = ItemControl(
            item.item,
            self.move("item", ITEM, item.status, trigger),
            item.attempt if attempt is None else attempt,
            item.failures,
            item.tries if tries is None else tries,
        )
        changed = (*items[:at], after, *items[at + 1 :])
        self.actions = self.actions.set(action_id, ActionControl(status, changed, gate, asked))
        return after


_PENDING = ActionControl("pending")
