"""A watch is many looks: each is new to its adapter, and what they know is in the journal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from live_host import Work, driven, view_of
from live_people import answer_all
from probe import Probe, probed
from quiet import Quiet
from small_workflow import HEAD, plan_of, until

from armada.runtime.adapters.alerts import Firing, judged
from armada.runtime.adapters.contract import Order, Result
from armada.runtime.host import Host
from armada.runtime.rehearsal import shorten
from armada.runtime.view import RunView

WORKFLOW = f"""\
{HEAD}\
  - "0-60 min: on-call engineer"
stages:
  - id: check
    agent: worker
    actions:
      - verify_all: {{checks: ["Error rate normalized"]}}
      - monitor_it: {{duration: 10 min, alerts: enabled}}
"""
MONITOR = "check.monitor_it"


class Alerts(Probe):
    """Alerts by name, with when they began; ``look`` may hold looks back or make them fail."""

    def __init__(self) -> None:
        super().__init__()
        self.firing = {"Old": "1"}
        self.keys: list[str] = []
        self.seen: list[Any] = []
        self.trouble: Result | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.cancelled: list[str] = []

    async def dispatch(self, order: Order) -> Result:
        if order.item != "watch":
            return Result("ok")
        self.keys.append(order.key)
        self.seen.append(order.seen)
        await self.open.wait()
        firing = [Firing({"alertname": name}, at) for name, at in self.firing.items()]
        return self.trouble or judged(firing, order.seen)

    async def cancel(self, key: str) -> None:
        self.cancelled.append(key)


def hosted(
    folder: Path, probe: Probe, work: Work, watch_ms: int = 400, run: str = ""
) -> tuple[Quiet, str]:
    """A run whose monitor lasts so long and is looked at thirty times a second; or go on."""
    plan = shorten(plan_of(WORKFLOW), 1_000, {MONITOR: watch_ms})
    return driven(folder, probe, run or probed(plan), work)


async def to_the_end(host: Host, run: str) -> None:
    people = asyncio.create_task(answer_all(host))
    await until(lambda: host.runs[run].finished, 20)
    people.cancel()


def status(view: RunView) -> str:
    return view.state.control.actions[MONITOR].status


def test_what_fired_before_is_no_alert(tmp_path: Path) -> None:
    """It is looked at again and again under keys of their own, and named in the journal once."""
    probe = Alerts()
    watcher, run = hosted(tmp_path, probe, to_the_end)
    assert set(watcher.over.values()) == {"resolved"}
    assert len(probe.keys) == len(set(probe.keys)) >= 3
    assert probe.seen[0] == {} and len(probe.seen[1]["known"]) == 1
    view = view_of(tmp_path, run)
    assert status(view) == "done"
    notes = [note for note in view.notes if note.what == "watch"]
    assert [note.text for note in notes] == [f"{MONITOR}: firing already, and no news: Old"]
    assert probe.cancelled, "nobody looks when the time is over"


@pytest.mark.parametrize("news", [{"Old": "1", "New": "2"}, {"Old": "9"}])
def test_a_new_alert_or_one_that_ended_and_fires_again_fails_it(
    tmp_path: Path, news: dict[str, str]
) -> None:
    probe = Alerts()

    async def work(host: Host, run: str) -> None:
        live = host.runs[run]
        await until(lambda: len(probe.keys) > 2)
        probe.firing = news
        await until(lambda: status(live.view) == "failed")

    _, run = hosted(tmp_path, probe, work, watch_ms=60_000)
    said = [said.text for of, said in view_of(tmp_path, run).outputs.items() if MONITOR in of]
    assert said == [f"newly firing: {'New' if 'New' in news else 'Old'}"]


def test_a_restart_goes_on_from_the_same_beginning(tmp_path: Path) -> None:
    """What began to fire while no host was there is new; what fired before is not."""
    probe = Alerts()

    async def begun(host: Host, run: str) -> None:
        live = host.runs[run]
        await until(lambda: bool(live.view.remembered))

    _, run = hosted(tmp_path, probe, begun, watch_ms=60_000)
    before = set(probe.keys)
    probe.firing["Meanwhile"] = "2"

    async def after(host: Host, run: str) -> None:
        live = host.runs[run]
        await until(lambda: status(live.view) == "failed")

    hosted(tmp_path, probe, after, run=run)
    assert not before & {probe.keys[-1]}
    view = view_of(tmp_path, run)
    assert any(said.text == "newly firing: Meanwhile" for said in view.outputs.values())


def test_the_end_waits_for_a_first_look(tmp_path: Path) -> None:
    """A watch whose time is over before anybody could look is not green, whatever the time."""
    probe = Alerts()
    probe.open.clear()

    async def work(host: Host, run: str) -> None:
        live = host.runs[run]
        await until(lambda: bool(probe.keys))
        await asyncio.sleep(0.6)
        assert status(live.view) == "watching"
        probe.open.set()
        await until(lambda: status(live.view) == "done")

    hosted(tmp_path, probe, work, watch_ms=50)


def test_looks_without_an_answer_fail_it(tmp_path: Path) -> None:
    """The kernel tries again as often as the document says, and then it is no green."""
    probe = Alerts()

    async def work(host: Host, run: str) -> None:
        live = host.runs[run]
        await until(lambda: len(probe.keys) > 1)
        probe.trouble = Result("unknown", "no data")
        await until(lambda: status(live.view) == "failed")

    hosted(tmp_path, probe, work, watch_ms=60_000)
