"""Beats for a dead-man switch: while runs are open, and not a moment longer than the host lives."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from local_server import Answer, Seen, Server, serving
from probe import Probe, probed
from quiet import Quiet
from small_workflow import WORKFLOW, until
from terminal import armada

from armada.cli.driving import switch
from armada.cli.main import run as command
from armada.compiler.compile import compile_source
from armada.compiler.plan import Effect
from armada.dsl.source import SourceFile
from armada.runtime.adapters.contract import Order, Result
from armada.runtime.heartbeat import Heartbeat, Switch
from armada.runtime.host import Declaration, Host
from armada.runtime.journal import Journal


def beats(server: Server, path: str = "/beat") -> int:
    return sum(seen.path == path for seen in server.seen)


class Held(Probe):
    """Has an order under way until it is let go, so that its run stays open."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def dispatch(self, order: Order) -> Result:
        await self.go.wait()
        return await super().dispatch(order)


def kept(
    folder: Path, server: Server, work: Callable[[Host, Held], object], secret: str = "beat"
) -> tuple[Journal, Quiet]:
    """Drive one run with a heartbeat beside it until ``work`` is true; the host stops in order."""
    compiled = compile_source(SourceFile("small.armada.yaml", WORKFLOW))
    assert compiled.plan is not None
    plan = compiled.plan
    watcher = Quiet()
    journal = Journal.open(folder / "journal.db", create=True)

    def resolve(text: str) -> str:
        if text == "env:NOWHERE":
            raise LookupError("The environment variable of the secret env:NOWHERE is not set")
        return f"{server.url}/{text}"

    async def drive() -> None:
        probe = Held()
        host = Host(journal, folder, watcher, make=probe)
        over = asyncio.Event()
        heart = Heartbeat(Switch(secret, "done", 100), host, resolve, lambda text: text)
        beating = asyncio.ensure_future(heart.keep(over))
        await host.adopt(host.declare(probed(plan, Effect.READ), Declaration("ada", "s", 1)))
        serving = asyncio.ensure_future(host.serve(forever=True))
        try:
            await until(lambda: bool(work(host, probe)))
        finally:
            host.stop()
            probe.go.set()
            await serving
            over.set()
            await beating
            await host.close()

    asyncio.run(drive())
    return journal, watcher


def test_it_beats_while_a_run_is_open_and_then_rests(tmp_path: Path) -> None:
    """Again and again; the address that sets it at rest is asked for once, after the last beat."""
    with serving(lambda _: Answer()) as server:

        def work(_host: Host, probe: Held) -> bool:
            if beats(server) > 2:
                probe.go.set()
            return beats(server, "/done") == 1

        journal, _ = kept(tmp_path, server, work)
        journal.close()
        assert [seen.path for seen in server.seen].index("/done") == beats(server)
        assert {seen.method for seen in server.seen} == {"GET"}


def test_a_host_that_is_stopped_with_an_open_run_does_not_set_it_at_rest(tmp_path: Path) -> None:
    with serving(lambda _: Answer()) as server:
        journal, _ = kept(tmp_path, server, lambda _host, _probe: beats(server) > 1)
        journal.close()
        assert beats(server, "/done") == 0


def notes(journal: Journal) -> list[str]:
    (row,) = journal.runs()
    said = [str(e.payload.get("text", "")) for e in journal.entries(row.run) if e.kind == "note"]
    return [text for text in said if "dead-man" in text]


def test_a_beat_that_fails_is_noted_once_and_stops_nothing(tmp_path: Path) -> None:
    """And that it succeeds again; the run goes on all the while."""

    def answer(_seen: Seen) -> Answer:
        return Answer(500 if 1 < len(server.seen) < 5 else 200)

    with serving(answer) as server:
        journal, watcher = kept(
            tmp_path, server, lambda host, _: beats(server) > 5 and not host.journal.pending()
        )
        first, second = notes(journal)
        assert "HTTP 500" in first and "beaten again" in second
        assert any("HTTP 500" in text for text in watcher.troubles)
        assert not journal.runs()[0].finished
        journal.close()


def test_an_address_that_cannot_be_had_is_noted(tmp_path: Path) -> None:
    with serving(lambda _: Answer()) as server:

        def work(host: Host, _probe: Held) -> bool:
            (run,) = host.runs
            return any(e.kind == "note" for e in host.journal.entries(run))

        journal, _ = kept(tmp_path, server, work, "env:NOWHERE")
        assert "env:NOWHERE is not set" in notes(journal)[0] and not server.seen
        journal.close()


def test_a_host_that_is_killed_beats_no_more(tmp_path: Path) -> None:
    """The real command with the real configuration: named when declared, silent when dead."""
    (tmp_path / "small.yaml").write_text(WORKFLOW, "utf-8")
    (tmp_path / "armada.toml").write_text(
        'heartbeat = "env:SWITCH"\nheartbeat_done = "env:DONE"\nheartbeat_every = "1s"\n', "utf-8"
    )
    with serving(lambda _: Answer()) as server:
        away = {"SWITCH": f"{server.url}/beat", "DONE": f"{server.url}/done"}
        words = ("run", "small.yaml", "--severity", "1")
        out = tmp_path / "out"
        with armada(tmp_path / "journal.db", *words, cwd=tmp_path, log=out, **away) as host:
            end = time.monotonic() + 30
            while beats(server) < 2:
                assert time.monotonic() < end and host.poll() is None, out.read_text()
                time.sleep(0.05)
            os.kill(host.pid, signal.SIGKILL)
            host.wait(10)
        before = len(server.seen)
        time.sleep(1.6)
        assert len(server.seen) == before and beats(server, "/done") == 0
        said = out.read_text("utf-8")
        assert "a dead-man switch is beaten every 1 s while it is open: env:SWITCH" in said


def test_the_configuration_of_a_switch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None without an address; a wrong interval ends the command before anything is declared."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARMADA_HEARTBEAT", raising=False)
    assert switch() is None
    monkeypatch.setenv("ARMADA_HEARTBEAT", "env:SWITCH")
    assert switch() == Switch("env:SWITCH", "", 30_000)
    (tmp_path / "armada.toml").write_text('heartbeat_every = "often"\n', "utf-8")
    (tmp_path / "small.yaml").write_text(WORKFLOW, "utf-8")
    journal = tmp_path / "journal.db"
    assert command(["run", "small.yaml", "--as", "ada", "--journal", str(journal)]) == 2
    assert not journal.exists()
