"""What lasts only while it is renewed lives as long as its run or stage, and as its host."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from live_host import Work, driven, view_of
from probe import Probe, probed
from quiet import Quiet
from small_workflow import HEAD, plan_of, until

from armada.runtime.adapters.contract import Keep, Order, Result
from armada.runtime.binding import Bound, Instance
from armada.runtime.host import Host

WORKFLOW = f"""\
{HEAD}\
  - "0-60 min: on-call engineer"
stages:
  - id: mend
    agent: worker
    actions:
      - hush: {{constraints: ["Keep it quiet"]}}
      - mend_it: {{constraints: ["Mend it"]}}
  - id: check
    agent: worker
    needs: [mend]
    actions:
      - verify_all: {{checks: ["It works"]}}
"""
LASTS_MS = 150


class Keeper(Probe):
    """Does something that lasts; ``held`` are actions that wait until they are let go."""

    def __init__(self, until_: Any = "run", lasts_ms: int = LASTS_MS) -> None:
        super().__init__()
        self.keep = Keep(lasts_ms, until_)
        self.renewed: list[tuple[str, float]] = []
        self.released: list[str] = []
        self.answer = Result("ok")
        self.held = {"mend.mend_it": asyncio.Event(), "check.verify_all": asyncio.Event()}

    async def dispatch(self, order: Order) -> Result:
        if order.action == "mend.hush":
            return Result("ok", "hushed", keep=self.keep)
        await self.held[order.action].wait()
        return Result("ok")

    async def renew(self, order: Order, lasts_ms: int) -> Result:
        assert lasts_ms == self.keep.lasts_ms and order.operation == "do"
        self.renewed.append((order.key, time.monotonic()))
        return self.answer

    async def release(self, order: Order) -> Result:
        self.released.append(order.key)
        return self.answer


def hosted(folder: Path, probe: Probe, work: Work, goes_by: Bound | str = "") -> tuple[Quiet, str]:
    """Declare a run, or go on with one; serve it while something is done with it."""
    return driven(folder, probe, goes_by or probed(plan_of(WORKFLOW)), work)


def test_it_is_renewed_until_the_incident_is_over(tmp_path: Path) -> None:
    """Well before it would end, under its own key; then it is released once, and it is written."""
    probe = Keeper()

    async def work(host: Host, run: str) -> None:
        await until(lambda: len(probe.renewed) > 3)
        assert not probe.released
        for event in probe.held.values():
            event.set()
        await until(lambda: bool(host.runs[run].finished and probe.released))
        await until(lambda: not host.runs[run].crew.busy)
        count = len(probe.renewed)
        await asyncio.sleep(0.3)
        assert len(probe.renewed) == count

    _, run = hosted(tmp_path, probe, work)
    keys = {key for key, _ in probe.renewed}
    assert keys == {f"{run}/mend.hush:do:0:g0"} and probe.released == sorted(keys)
    gaps = [b[1] - a[1] for a, b in zip(probe.renewed, probe.renewed[1:], strict=False)]
    assert min(gaps) >= LASTS_MS / 3_000 * 0.9
    view = view_of(tmp_path, run)
    assert not view.kept and [n.data["over"] for n in view.notes if n.what == "kept"] == [True]


def test_what_is_for_the_stage_ends_with_it(tmp_path: Path) -> None:
    probe = Keeper("stage")

    async def work(host: Host, run: str) -> None:
        await until(lambda: bool(probe.renewed))
        probe.held["mend.mend_it"].set()
        await until(lambda: bool(probe.released))
        assert host.runs[run].view.state.control.phase == "open"

    hosted(tmp_path, probe, work)


def test_the_next_host_goes_on_at_once(tmp_path: Path) -> None:
    """A host that stops releases nothing: the run is still open, and it ends by itself.

    What lasts a minute is renewed every 20 s: sooner than that it was taken up, not waited for.
    """
    probe = Keeper(lasts_ms=60_000)

    async def begun(host: Host, run: str) -> None:
        await until(lambda: bool(host.runs[run].view.kept))

    _, run = hosted(tmp_path, probe, begun)
    assert not probe.released and not probe.renewed

    async def after(host: Host, run: str) -> None:
        await until(lambda: bool(probe.renewed))

    hosted(tmp_path, probe, after, run)
    assert not probe.released


def test_what_somebody_has_ended_is_not_renewed(tmp_path: Path) -> None:
    probe = Keeper()
    probe.answer = Result("permanent", "somebody has ended it")

    async def work(host: Host, run: str) -> None:
        await until(lambda: bool(probe.renewed))
        await asyncio.sleep(0.3)

    _, run = hosted(tmp_path, probe, work)
    assert len(probe.renewed) == 1
    view = view_of(tmp_path, run)
    assert not view.kept and "somebody has ended it" in view.notes[-1].text


@pytest.mark.parametrize("answer", ["failed", "unknown"])
def test_a_renewal_that_fails_is_told_once_and_tried_again(tmp_path: Path, answer: Any) -> None:
    probe = Keeper()
    probe.answer = Result(answer, "nobody is there")

    async def work(host: Host, run: str) -> None:
        await until(lambda: len(probe.renewed) > 3)
        probe.answer = Result("ok")
        notes = host.runs[run].view.notes
        await until(lambda: any(note.text.endswith("is renewed again") for note in notes))

    _, run = hosted(tmp_path, probe, work)
    texts = [note.text for note in view_of(tmp_path, run).notes if note.what == "kept"]
    assert len(texts) == 2 and "nobody is there" in texts[0]


def test_of_an_ended_automation_nothing_is_touched(tmp_path: Path) -> None:
    """Who says stop wants nothing changed any more: it ends by itself."""
    probe = Keeper()

    async def work(host: Host, run: str) -> None:
        await until(lambda: bool(probe.renewed))
        host.journal.put(run, {"verb": "stop", "by": "ada", "via": "cli"}, 0)
        await until(lambda: host.runs[run].view.state.control.ended)
        count = len(probe.renewed)
        await asyncio.sleep(0.3)
        assert len(probe.renewed) <= count + 1 and not probe.released

    hosted(tmp_path, probe, work)


def test_an_end_that_comes_with_an_answer_is_not_lost(tmp_path: Path) -> None:
    """Python 3.11's ``asyncio.wait_for`` forgets a cancellation that meets the awaited result."""

    class Meeting(Keeper):
        async def renew(self, order: Order, lasts_ms: int) -> Result:
            for task in asyncio.all_tasks():
                if task.get_name().startswith("keep:"):
                    task.cancel()
            return await super().renew(order, lasts_ms)

    probe = Meeting()

    async def work(host: Host, run: str) -> None:
        await until(lambda: bool(probe.renewed))
        await asyncio.sleep(0.3)
        assert len(probe.renewed) == 1

    hosted(tmp_path, probe, work)


def test_nothing_hides_what_the_plan_checks_by(tmp_path: Path) -> None:
    """Asked again with every name filled in, whatever was linted; the reason names the check."""
    probe = Keeper()

    async def work(host: Host, run: str) -> None:
        hush = "mend.hush"
        await until(lambda: host.runs[run].view.state.control.actions[hush].status == "failed")

    bound = probed(plan_of(WORKFLOW))
    silence = replace(
        bound.carriers["mend.hush", "do"],
        operation="silence",
        arguments={"labels": {"service": "api"}},
    )
    read = replace(
        bound.carriers["check.verify_all", "1"],
        operation="alerts",
        arguments={"labels": {"service": "api", "severity": "page"}},
    )
    carriers = {**bound.carriers, ("mend.hush", "do"): silence, ("check.verify_all", "1"): read}
    instances = {"probe": Instance("probe", "alertmanager", {})}
    _, run = hosted(tmp_path, probe, work, replace(bound, carriers=carriers, instances=instances))
    said = [
        s.text for of, s in view_of(tmp_path, run).outputs.items() if of.startswith("mend.hush")
    ]
    assert "may silence alerts that check.verify_all" in said[0]
