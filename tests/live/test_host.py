"""The host against the clock, against another host, against a journal that cannot be written."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
from hand_clock import HandClock
from live_host import on_host
from live_people import answer_all
from probe import Probe, probed
from quiet import Quiet
from small_workflow import plan_of, until

from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order, Result
from armada.runtime.api import Api
from armada.runtime.carriers import carriers_of
from armada.runtime.desk import requests
from armada.runtime.host import Declaration, Host
from armada.runtime.journal import Journal
from armada.runtime.kernel import commands as co
from armada.runtime.live_timeline import timeline
from armada.runtime.postmortem import postmortem
from armada.runtime.status import Driver, status_data
from armada.runtime.tokens import Tokens
from armada.runtime.view import RunView


def hosted(
    folder: Path,
    probe: Probe,
    work: Callable[[Host, str], Coroutine[Any, Any, None]],
    clock: HandClock | None = None,
    effect: Effect = Effect.READ,
    title: str = "small",
) -> Quiet:
    """Declare a run and do something with its host."""

    async def begun(host: Host) -> None:
        run = host.declare(probed(plan_of(), effect), Declaration("ada", title, 1))
        await work(host, run)

    return on_host(folder, probe, begun, clock)[0]


def test_rungs_fire_on_the_wall_clock_and_stop_at_resolution(tmp_path: Path) -> None:
    """A ladder of seconds, no clock set: each rung at its time, none after the end."""
    held = asyncio.Event()

    class Slow(Probe):
        async def dispatch(self, order: Order) -> Result:
            await held.wait()
            return await super().dispatch(order)

    probe = Slow()
    times: dict[str, float] = {}

    async def work(host: Host, run: str) -> None:
        began = time.monotonic()
        await host.adopt(run)
        serving = asyncio.create_task(host.serve())

        def told(target: str) -> bool:
            return any(m.to == target and m.kind == "page" for m in probe.messages)

        for target in ("on-call engineer", "team lead"):
            await until(lambda target=target: told(target))
            times[target] = time.monotonic() - began
        held.set()
        await serving
        before = len(probe.messages)
        await asyncio.sleep(1.5)
        assert len(probe.messages) == before
        assert not told("engineering manager")

    watcher = hosted(tmp_path, probe, work)
    assert set(watcher.over.values()) == {"resolved"}
    assert times["on-call engineer"] < 0.5
    assert 0.9 <= times["team lead"] < 1.6


def test_an_unsafe_command_of_unknown_outcome_is_put_to_a_person(tmp_path: Path) -> None:
    """In words that say what ran, when, and what to check; and it is never repeated by itself."""
    asked: list[str] = []

    class Lost(Probe):
        async def dispatch(self, order: Order) -> Result:
            self.orders[order.key] += 1
            lost = order.action.endswith("roll_back")
            return Result("unknown", "the connection broke") if lost else Result("ok")

        async def observe(self, order: Order) -> bool | None:
            return None

    probe = Lost()

    async def work(host: Host, run: str) -> None:
        live = await host.adopt(run)
        serving = asyncio.create_task(host.serve())
        await until(lambda: any(r.form == "choice" for r in requests(live.view, live.carriers)))
        request = next(r for r in requests(live.view, live.carriers) if r.form == "choice")
        asked.extend((request.question, *request.detail))
        await asyncio.sleep(0.2)
        rolled = [n for key, n in probe.orders.items() if "roll_back" in key]
        assert rolled == [1]
        people = asyncio.create_task(answer_all(host))
        await asyncio.wait_for(serving, 20)
        people.cancel()
        assert [n for key, n in probe.orders.items() if "roll_back" in key] == [1]

    watcher = hosted(tmp_path, probe, work, effect=Effect.UNSAFE)
    assert set(watcher.over.values()) == {"resolved"}
    words = "\n".join(asked)
    assert "helm rollback shop" in words and "look at the system itself" in words
    assert "when:" in words or "at 2" in words, words


def test_the_wall_clock_set_by_an_hour_moves_no_timer(tmp_path: Path) -> None:
    """Either way: it is noted, and the ladder goes on by the steady clock."""
    for hour in (3_600_000, -3_600_000):
        clock, probe = HandClock(), Silent()
        folder = tmp_path / str(hour)
        folder.mkdir()

        async def work(host: Host, run: str, clock: HandClock = clock, hour: int = hour) -> None:
            live = await host.adopt(run)
            serving = asyncio.create_task(host.serve())
            await asyncio.sleep(0.1)
            clock.wall_at_zero_ms += hour
            clock.ms = 500
            host.journal.put(run, {"verb": "note", "by": "ada", "text": "looked"}, 0)
            await until(lambda: any(n.what == "clock" for n in live.view.notes))
            assert pages(live.view.batches) == ["on-call engineer"]
            clock.ms = 1_100
            await until(lambda: pages(live.view.batches)[-1] == "team lead")
            host.stop()
            await serving

        hosted(folder, probe, work, clock)


class Silent(Probe):
    """Never answers an order."""

    async def dispatch(self, order: Order) -> Result:
        await asyncio.Event().wait()
        raise AssertionError


def pages(batches: list[Any]) -> list[str]:
    commands = [c for batch in batches for c in batch.step.commands]
    return [target for c in commands if isinstance(c, co.Page) for target in c.targets]


def test_a_host_that_lost_its_lease_steps_back_before_its_next_effect(tmp_path: Path) -> None:
    """Another host has the run; nothing more is done here, and it is said."""
    held = asyncio.Event()

    class Slow(Probe):
        async def dispatch(self, order: Order) -> Result:
            self.orders[order.key] += 1
            await held.wait()
            return Result("ok")

    probe = Slow()

    async def work(host: Host, run: str) -> None:
        live = await host.adopt(run)
        serving = asyncio.create_task(host.serve())
        await until(lambda: bool(probe.orders))
        await asyncio.sleep(0.2)
        other = Journal.open(tmp_path / "journal.db")
        other._writer.execute("UPDATE runs SET token = token + 1")
        other.close()
        before = live.view.seq
        held.set()
        await asyncio.wait_for(serving, 10)
        assert host.lost(run)
        assert len(probe.orders) == 1
        assert sum(1 for _ in host.journal.entries(run)) <= before

    watcher = hosted(tmp_path, probe, work)
    assert not watcher.over and any("steps back" in text for text in watcher.troubles)


def test_secrets_reach_neither_journal_nor_documents(tmp_path: Path) -> None:
    """A reference's value and what looks like a key, in no form, in no file."""
    secret, key = "hunter2-and-more/=", "AKIAIOSFODNN7EXAMPLE"
    os.environ["ARMADA_TEST_SECRET"] = secret

    class Leaky(Probe):
        async def dispatch(self, order: Order) -> Result:
            host_of["host"]._redactor.remember(os.environ["ARMADA_TEST_SECRET"])
            text = f"used {secret} and {key}, password=swordfish99"
            return Result("ok", text, values={"seen": secret}, detail={"token": secret})

    host_of: dict[str, Host] = {}

    async def work(host: Host, run: str) -> None:
        host_of["host"] = host
        host.journal.put(run, host.redact({"verb": "note", "by": "ada", "text": f"key {key}"}), 0)
        await host.adopt(run)
        await asyncio.wait_for(host.serve(), 20)

    watcher = hosted(tmp_path, Leaky(), work, title=f"leaked {key}")
    assert set(watcher.over.values()) == {"resolved"}
    found = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for hidden in (secret, key, "swordfish99"):
        assert hidden.encode() not in found
    assert b"[redacted]" in found
    journal = Journal.open(tmp_path / "journal.db")
    try:
        (row,) = journal.runs()
        view = RunView.of(journal.entries(row.run))
        told = "\n".join(line.text for line in timeline(view))
        driver = Driver(row.holder, row.alive)
        data = json.dumps(status_data(view, carriers_of(view.header), view.at_ms, driver))
        api = asyncio.run(answers_of(journal, tmp_path, row.run))
        shown = "\n".join((told, data, postmortem(view), row.title, *api))
    finally:
        journal.close()
    shown += printed(tmp_path / "journal.db")
    assert not [hidden for hidden in (secret, key, "swordfish99") if hidden in shown]


async def answers_of(journal: Journal, folder: Path, run: str) -> list[str]:
    """All that the API says of a run, as it goes over the wire."""
    tokens = Tokens(folder / "tokens")
    app = Api(
        journal, tokens, people_of=lambda _: None, wall_ms=lambda: 0, wait_s=0.1
    ).application()
    headers = {"authorization": f"Bearer {tokens.add('ada')}"}
    ends = ("", "/waiting", "/timeline", "/journal", "/postmortem")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers=headers
    ) as asking:
        answers = [await asking.get(path) for path in ("/v1/runs", "/v1/openapi.json")]
        answers += [await asking.get(f"/v1/runs/{run}{end}") for end in ends]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    return [f"{answer.headers}{answer.text}" for answer in answers]


def printed(path: Path) -> str:
    """All that the command line prints of the only run of a journal."""
    verbs = ("log", "status", "why", "postmortem", "journal show", "journal export")
    found: list[str] = []
    for verb in verbs:
        done = subprocess.run(
            [sys.executable, "-m", "armada", *verb.split(), "--journal", str(path)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        found.append(done.stdout + done.stderr)
    return "\n".join(found)


def test_a_journal_that_cannot_be_written_stops_effects_and_is_tried_again(tmp_path: Path) -> None:
    """Nothing is carried out that is not written down; when there is room again it goes on."""
    probe = Probe()

    async def full(host: Host, run: str) -> None:
        host.journal._writer.execute("PRAGMA max_page_count = 1")

        async def room() -> None:
            await until(lambda: bool(watching(host).troubles))
            done = len(probe.orders)
            await asyncio.sleep(0.3)
            assert len(probe.orders) == done
            host.journal._writer.execute("PRAGMA max_page_count = 1000000")

        making = asyncio.create_task(room())
        await host.adopt(run)
        await asyncio.wait_for(host.serve(), 20)
        await making

    def watching(host: Host) -> Quiet:
        assert isinstance(host.watcher, Quiet)
        return host.watcher

    watcher = hosted(tmp_path, probe, full)
    assert set(watcher.over.values()) == {"resolved"}
    assert (
        "cannot be written" in watcher.troubles[0] and "can be written again" in watcher.troubles[1]
    )
