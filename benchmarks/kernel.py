"""Kernel events a second, on the seed's plan and on a chain of 10,000 stages.

The events are those of a full drill, taken down once and stepped again without a simulator. The
peer is the least that a persistent state can cost in Python: for each event, one new frozen
dataclass put into an ``immutables.Map`` of as many entries as the plan has actions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness import OUTAGE, SEED, alone, measure, row, title
from immutables import Map
from synthetic import SCENARIO, document

from armada.compiler.compile import compile_source
from armada.compiler.plan import Plan
from armada.dsl.source import SourceFile
from armada.runtime.kernel import Event, finished, initial, step
from armada.simulator.drill import drill
from armada.simulator.scenario import Scenario, load_scenario
from armada.simulator.scenario_file import read_scenario

GOAL = 100_000


@dataclass(frozen=True, slots=True)
class Cell:
    """What the peer keeps of one action."""

    status: str
    attempt: int
    at_ms: int


def report(briefly: bool) -> None:
    """Print events a second beside the goal, and the ratio to the peer."""
    title(f"kernel: events a second (goal: {GOAL:,})")
    scenario = read_scenario(SourceFile("outage", OUTAGE.read_text(encoding="utf-8"))).scenario
    if scenario is None:
        raise RuntimeError("the outage scenario is not valid")
    seed = SourceFile("incident-response.md", SEED.read_text(encoding="utf-8"))
    length = 2_000 if briefly else 10_000
    chain = SourceFile("chain.armada.yaml", document("chain", length))
    _measure("the seed, the outage", seed, scenario, 40 if briefly else 200)
    _measure(f"a chain of {length:,} stages", chain, load_scenario(SCENARIO), 1)


def _measure(name: str, source: SourceFile, scenario: Scenario, times: int) -> None:
    plan = compile_source(source).plan
    if plan is None:
        raise RuntimeError(f"{source.name} does not compile")
    events = [batch.event for batch in drill(plan, scenario).batches]
    count = len(events) * times
    candidates: dict[str, Callable[[], object]] = {
        "kernel": lambda: [_replay(plan, events) for _ in range(times)],
        "peer": lambda: [_update(plan, events) for _ in range(times)],
    }
    found = measure(candidates, rounds=5)
    kernel, peer = found["kernel"], found["peer"]
    rate = kernel.per_second(count)
    row(name, f"{rate:,.0f} /s", f"{len(events):,} events a run; {rate / GOAL:.2f} of the goal")
    rows = f"{kernel.over(peer):.1f} x an event's time there"
    row("  one dataclass into an immutables.Map", f"{peer.per_second(count):,.0f} /s", rows)


def _replay(plan: Plan, events: Sequence[Event]) -> None:
    state = initial(plan)
    for event in events:
        state = step(plan, state, event).state
    if not finished(state):
        raise RuntimeError("the run did not finish again")


def _update(plan: Plan, events: Sequence[Event]) -> int:
    names = [action.id for stage in plan.stages for action in stage.actions]
    cells: Map[str, Cell] = Map((name, Cell("pending", 0, 0)) for name in names)
    for at, event in enumerate(events):
        name = names[at % len(names)]
        cell = cells[name]
        cells = cells.set(
            name, replace(cell, status="running", attempt=cell.attempt + 1, at_ms=event.at_ms)
        )
    return len(cells)


if __name__ == "__main__":
    alone(__doc__ or "", report)
