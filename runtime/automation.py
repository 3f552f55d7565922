"""What of a plan is automated, what people do, and what nobody has been told how to do.

A function of a bound plan alone. A step is what the kernel can dispatch: an item or a phase.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..compiler.plan import Action, Approval, Effect
from .binding import CONSOLE, HOST, Bound, Carrier
from .bindings_check import facts_of
from .kernel.index import index_of
from .slots import item_of, slots

By = Literal["adapter", "armada", "people"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done: ``by`` whom, ``through`` which adapter's operation or which agent."""

    stage: str
    action: str
    slot: str
    text: str
    by: By
    through: str
    shown: str
    effect: Effect
    timeout_ms: int | None


@dataclass(frozen=True, slots=True)
class Gate:
    """An action that waits for votes."""

    action: str
    approval: Approval


@dataclass(frozen=True, slots=True)
class Automation:
    """The steps, and what is missing.

    ``untold`` are targets of the ladder that nothing of the bindings reaches, ``unread`` facts that
    a person is asked, ``unsent`` the actions whose notices appear on the console alone.
    """

    steps: tuple[Step, ...]
    gates: tuple[Gate, ...]
    untold: tuple[str, ...]
    unread: tuple[str, ...]
    unsent: tuple[str, ...]

    @property
    def counted(self) -> int:
        """How many steps there are, Armada's own documents left out: they ask people anyway."""
        return sum(step.by != "armada" for step in self.steps)

    @property
    def automated(self) -> int:
        """How many of them no person carries out."""
        return sum(step.by == "adapter" for step in self.steps)

    @property
    def share(self) -> float:
        """The part that is automated, from 0 to 1."""
        return self.automated / self.counted if self.counted else 0.0


def automation(bound: Bound) -> Automation:
    """What carries a plan out, step by step."""
    index = index_of(bound.plan)
    steps: list[Step] = []
    gates: list[Gate] = []
    unsent: list[str] = []
    for stage in bound.plan.stages:
        for action in stage.actions:
            if action.approval is not None:
                gates.append(Gate(action.id, action.approval))
            for slot in slots(action):
                carrier = bound.carriers[action.id, slot]
                agent = action.agent or index.coordinator
                steps.append(_step(bound, stage.id, action, slot, carrier, agent))
                if carrier.instance == CONSOLE:
                    unsent.append(action.id)
    targets = [name for rung in bound.plan.escalation.rungs for name in rung.targets]
    return Automation(
        tuple(steps),
        tuple(gates),
        tuple(dict.fromkeys(name for name in targets if name not in bound.targets)),
        tuple(name for name in facts_of(bound.plan) if name not in bound.facts),
        tuple(dict.fromkeys(unsent)),
    )


def _step(
    bound: Bound, stage: str, action: Action, slot: str, carrier: Carrier, agent: str
) -> Step:
    item = item_of(action, slot)
    text = item.text if item is not None else ("" if slot == "do" else slot)
    by: By = "adapter"
    through = agent
    if carrier.by_people:
        by = "people"
    elif carrier.instance == HOST:
        by, through = "armada", f"{HOST}.{carrier.operation}"
    else:
        through = f"{bound.instances[carrier.instance].adapter}.{carrier.operation}"
    return Step(
        stage,
        action.id,
        slot,
        text,
        by,
        through,
        carrier.shown,
        carrier.effect,
        carrier.timeout_ms,
    )
