"""An adapter that works in no time and counts what it was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from armada.compiler.plan import Effect, Plan
from armada.runtime.adapters.contract import Adapter, Message, Order, Result, Surroundings
from armada.runtime.binding import HOST, Bound, Carrier, Instance, bind


class Probe:
    """Answers every order; a ``make`` of the host that is every adapter at once."""

    def __init__(self, answers: Mapping[str, Result] | None = None) -> None:
        self.orders: Counter[str] = Counter()
        self.messages: list[Message] = []
        self.answers = answers or {}

    def __call__(self, _name: str, _settings: Mapping[str, Any], _lent: Surroundings) -> Adapter:
        return self  # type: ignore[return-value]

    async def prepare(self, order: Order) -> Mapping[str, Any]:
        return dict(order.arguments)

    async def dispatch(self, order: Order) -> Result:
        self.orders[order.key] += 1
        return self.answers.get(order.action, Result("ok"))

    async def observe(self, order: Order) -> bool | None:
        return self.orders[order.key] > 0

    async def cancel(self, key: str) -> None:
        """Nothing goes on."""

    async def send(self, message: Message) -> Result:
        self.messages.append(message)
        return Result("ok")

    async def close(self) -> None:
        """Nothing to let go of."""


def probed(plan: Plan, effect: Effect = Effect.READ) -> Bound:
    """A plan whose every command is carried out by the probe."""
    bound = bind(plan, None, {})
    carrier = Carrier("probe", "do", {}, effect, None, "probe")
    return replace(
        bound,
        carriers={
            key: each if each.instance == HOST else carrier for key, each in bound.carriers.items()
        },
        instances={"probe": Instance("probe", "probe", {})},
    )
