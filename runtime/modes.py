"""How much is done without asking: a mode is a change of the plan, so the kernel alone decides.

``auto`` leaves the plan as it is. ``confirm`` puts a gate before every action in which a program
does something unsafe, where the document has none: one approval by the coordinator or the action's
own agent. What the document has approved already is not asked again, and where people choose or do
it themselves their word is the confirmation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from ..compiler.plan import Action, Approval, Effect, Kind, Plan
from .binding import HOST, PEOPLE, Carrier, with_actions
from .slots import actions_of

Mode = Literal["confirm", "auto"]
CONFIRM_EXPIRES_MS = 900_000


def confirmed(plan: Plan, carriers: Mapping[tuple[str, str], Carrier], speed: float = 1.0) -> Plan:
    """The plan with a gate before whatever a program does that cannot be repeated.

    ``speed`` is that of a rehearsal, so that a gate expires as soon as the rest does.
    """
    expires_ms = max(1, round(CONFIRM_EXPIRES_MS / speed))
    changed = {
        action.id: replace(action, approval=_gate(plan, action, expires_ms))
        for action in actions_of(plan)
        if _wants_word(action, carriers)
    }
    return with_actions(plan, changed)


def _wants_word(action: Action, carriers: Mapping[tuple[str, str], Carrier]) -> bool:
    if action.approval is not None or action.kind in (Kind.APPROVE, Kind.CHOOSE):
        return False
    return any(
        carrier.effect is Effect.UNSAFE and carrier.instance not in (PEOPLE, HOST)
        for (owner, slot), carrier in carriers.items()
        if owner == action.id and slot != "compensate"
    )


def _gate(plan: Plan, action: Action, expires_ms: int) -> Approval:
    asked = (plan.coordinator, action.agent)
    return Approval(1, tuple(dict.fromkeys(each for each in asked if each)), (), expires_ms)
