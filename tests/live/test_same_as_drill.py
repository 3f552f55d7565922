"""Simulator and live host are one: what a drill was told, told to a live run, decides the same."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hand_clock import HandClock
from probe import Probe
from quiet import Quiet

from armada.compiler.compile import compile_source
from armada.dsl.source import SourceFile
from armada.runtime.binding import PEOPLE, bind
from armada.runtime.host import Declaration, Host
from armada.runtime.journal import Journal
from armada.runtime.journal_lease import Holder
from armada.runtime.journal_replay import Batch
from armada.runtime.kernel import encode
from armada.runtime.kernel import events as ev
from armada.simulator.drill import drill
from armada.simulator.scenario_file import read_scenario

SPECS = Path(__file__).resolve().parents[2] / "specs"


class Idle:
    """A crew that carries nothing out: what came of it is the drill's to say."""

    busy = False
    unlooked = ()

    def carry_out(self, batch: Batch) -> None:
        """Nothing."""

    def reconsider(self) -> None:
        """Nothing."""

    async def let_go(self) -> None:
        """Nothing."""


def drilled(spec: str, scenario: str, trial: int) -> tuple[object, tuple[Batch, ...]]:
    text = (SPECS / spec).read_text("utf-8")
    plan = compile_source(SourceFile(spec, text)).plan
    found = read_scenario(SourceFile(scenario, (SPECS / "scenarios" / scenario).read_text("utf-8")))
    assert plan is not None and found.scenario is not None
    return plan, tuple(drill(plan, found.scenario, trial=trial).batches)


@pytest.mark.parametrize("trial", range(3))
@pytest.mark.parametrize("spec", ["incident-response.md", "warehouse-freshness.md"])
@pytest.mark.parametrize(
    "scenario", ["outage.yaml", "on-call-no-show.yaml", "failed-rollback.yaml"]
)
def test_the_same_events_give_the_same_commands(
    tmp_path: Path, spec: str, scenario: str, trial: int
) -> None:
    """Event by event, command by command; timers fire by the host's own reckoning."""
    plan, batches = drilled(spec, scenario, trial)
    bound = bind(plan, None, {})  # type: ignore[arg-type]
    people = {key: replace(each, instance=PEOPLE) for key, each in bound.carriers.items()}
    bound = replace(bound, plan=plan, carriers=people)  # type: ignore[arg-type]
    first = batches[0].event
    assert isinstance(first, ev.Declared)

    async def live() -> list[tuple[object, list[object]]]:
        clock = HandClock()
        journal = Journal.open(tmp_path / "journal.db", create=True)
        host = Host(journal, tmp_path, Quiet(), clock=clock, make=Probe())
        try:
            stated = Declaration(first.by, "", first.level, first.person)
            run = host.declare(bound, stated)
            taken = host._live(run, journal.lease(run, Holder.me(), 0, 10**9))
            taken.crew = Idle()  # type: ignore[assignment]
            clock.ms = batches[0].at_ms
            await taken.start(resumed=False)
            for batch in batches[1:]:
                clock.ms = batch.at_ms
                if isinstance(batch.event, ev.TimersFired):
                    await taken._wait()
                else:
                    taken.offer(lambda at, event=batch.event: event)
                    await taken._handle(taken._queue.popleft())
            written = [(e.kind, e.payload) for e in journal.entries(run)]
            told = [payload for kind, payload in written if kind == "command"]
            assert told == [encode(c) for b in batches for c in b.step.commands]
            return [
                (b.at_ms, encode(b.event), [encode(c) for c in b.step.commands])
                for b in taken.view.batches
            ]
        finally:
            await host.close()
            journal.close()

    expected = [(b.at_ms, encode(b.event), [encode(c) for c in b.step.commands]) for b in batches]
    assert asyncio.run(live()) == expected
