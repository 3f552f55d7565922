"""A walk of the kernel: random events, mostly drawn from ``enabled``, some illegal.

The host's part is played as a real one would: time goes forward, overdue timers come as one event,
a crash is a ``Resumed`` with what is in flight.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from kernel_invariants import check_step
from kernel_plans import Choose

from armada.compiler.plan import Plan
from armada.runtime.kernel import State, enabled, finished, initial, step
from armada.runtime.kernel import events as ev

ILLEGAL: tuple[ev.Event, ...] = (
    ev.Declared(0, 1, "again"),
    ev.Acknowledged(0, "a stranger"),
    ev.Returned(0, "nothing.at-all:do:0:1", "ok"),
    ev.Returned(0, "nonsense", "ok"),
    ev.Voted(0, "s0.a0", "mallory", "nobody", True, "0000"),
    ev.Voted(0, "no.such", "mallory", "nobody", True, "0000"),
    ev.Proposed(0, "no.such", "0000", "mallory"),
    ev.Answered(0, "decide:no.such", "retry", "mallory"),
    ev.Answered(0, "idle:", "sell the company", "mallory"),
    ev.SeveritySet(0, 99, "mallory", True),
    ev.AgentEngaged(0, "a stranger", "mallory"),
    ev.Escalated(0, 99, "mallory"),
    ev.TargetUnreachable(0, 0, "a stranger"),
    ev.Closed(0, "mallory", "bored"),
    ev.Observed(0, "s0.a0:do:7:7", True),
    ev.TimersFired(0, ()),
)


@dataclass
class Walk:
    """One run under way, and what it has taken so far."""

    plan: Plan
    state: State
    moves: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    fired: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    restarts: int = 0

    @classmethod
    def of(cls, plan: Plan) -> Walk:
        return cls(plan, initial(plan))

    def take(self, event: ev.Event) -> str:
        """Step with an event, check everything, and return the verdict."""
        result = step(self.plan, self.state, event)
        check_step(self.plan, self.state, event, result)
        self.moves.update(result.moves)
        self._check_rungs(event, result.commands)
        self.state = result.state
        return result.verdict

    def _check_rungs(self, event: ev.Event, commands: tuple) -> None:
        repeats = isinstance(event, ev.TimersFired) and any(
            timer.kind == "acknowledgement" for timer in event.timers
        )
        for command in commands:
            if type(command).__name__ != "Record":
                continue
            self.restarts += command.what in ("reopened", "ladder-repeated", "escalated")
            if command.what == "rung-fired" and not repeats:
                name = (int(command.subject), self.state.control.loop, self.restarts)
                self.fired[name] += 1
                assert self.fired[name] == 1, f"rung {name} fired twice"

    @property
    def finished(self) -> bool:
        return finished(self.state)

    def legal(self, choose: Choose, unasked: bool) -> ev.Event | None:
        """One of the events that may come next."""
        found = enabled(self.plan, self.state, unasked=unasked)
        return choose(found) if found else None

    def crash(self) -> ev.Event:
        """The coordinator comes back with everything in flight unknown."""
        names = [e.command_id for e in enabled(self.plan, self.state) if isinstance(e, ev.Returned)]
        pages = [
            f"page:{rung}:{self.state.control.loop}:0"
            for rung, status in enumerate(self.state.control.rungs)
            if status == "fired"
        ]
        return ev.Resumed(self.state.registers.now_ms, (*dict.fromkeys(names), *pages))


def illegal(walk: Walk, choose: Choose) -> ev.Event:
    """An event that does not belong here."""
    event = choose(ILLEGAL)
    return event._replace(at_ms=walk.state.registers.now_ms)


def run(plan: Plan, choose: Choose, *, steps: int, unasked: tuple[bool, ...]) -> Walk:
    """Walk until the run is finished, or for so many steps."""
    walk = Walk.of(plan)
    walk.take(walk.legal(choose, False))
    for _ in range(steps):
        if walk.finished and not choose(unasked):
            break
        kind = choose(("legal",) * 12 + ("illegal", "crash"))
        if kind == "illegal":
            assert walk.take(illegal(walk, choose)) in ("refused", "ignored")
        elif kind == "crash":
            walk.take(walk.crash())
        else:
            event = walk.legal(choose, choose(unasked))
            if event is None:
                break
            assert walk.take(event) != "refused", event
    return walk
