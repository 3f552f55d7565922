"""Journaled actions a second of the live host, beside what a journal costs at the least, and DBOS.

An action is one step that a program carries out in no time: decided, written down, done, its result
written down, every commit on the disk before the next thing happens. Peers in the same run: a bare
SQLite loop of two commits a step with the same settings, and DBOS on SQLite with the same number of
steps in a workflow. Time is what passes: most of it is the disk's.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness import alone, measure, row, title
from synthetic import document

from armada.compiler.compile import compile_source
from armada.compiler.plan import Effect
from armada.dsl.source import SourceFile
from armada.runtime.adapters.contract import Order, Result
from armada.runtime.binding import HOST, Bound, Carrier, Instance, bind
from armada.runtime.host import Declaration, Host
from armada.runtime.journal import Journal

GOAL = 1_000
"""Journaled actions a second that the host is to reach, all runs together."""


class Instant:
    """An adapter that answers at once; every adapter of the host is this one."""

    def __init__(self) -> None:
        self.orders = 0

    def __call__(self, *_: object) -> Any:
        return self

    async def prepare(self, order: Order) -> Mapping[str, Any]:
        return dict(order.arguments)

    async def dispatch(self, order: Order) -> Result:
        self.orders += 1
        return Result("ok", "done")

    async def observe(self, order: Order) -> bool | None:
        return None

    async def cancel(self, key: str) -> None:
        pass

    async def send(self, message: object) -> Result:
        return Result("ok")

    async def close(self) -> None:
        pass


class Silent:
    """A watcher that looks away."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


def bound(length: int) -> Bound:
    """A chain of that many stages, each one action by the instant adapter."""
    plan = compile_source(SourceFile("chain.armada.yaml", document("chain", length))).plan
    if plan is None:
        raise RuntimeError("the chain does not compile")
    found = bind(plan, None, {})
    carrier = Carrier("instant", "do", {}, Effect.READ, None, "instant")
    carriers = {
        key: each if each.instance == HOST else carrier for key, each in found.carriers.items()
    }
    instances = {"instant": Instance("instant", "instant", {})}
    return replace(found, carriers=carriers, instances=instances)


def host(chain: Bound, runs: int, actions: int) -> None:
    """Drive that many runs to their end; checks that every action was done."""
    with tempfile.TemporaryDirectory() as folder:
        adapter = Instant()
        asyncio.run(_drive(Path(folder), chain, runs, adapter))
        if adapter.orders != runs * actions:
            raise RuntimeError(f"{adapter.orders} actions, not {runs * actions}")


async def _drive(folder: Path, chain: Bound, runs: int, adapter: Instant) -> None:
    journal = Journal.open(folder / "journal.db", create=True)
    driver = Host(journal, folder, Silent(), make=adapter)
    try:
        for _ in range(runs):
            driver.declare(chain, Declaration("benchmark", "chain", 1))
        await driver.adopt_all()
        await driver.serve()
    finally:
        await driver.close()
        journal.close()


def bare(steps: int) -> None:
    """The least a durable step costs: what is to be done, and what came of it, each committed."""
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE entries (seq INTEGER PRIMARY KEY, payload TEXT NOT NULL)")
        payload = json.dumps({"kind": "command", "of": "s1.read_1:1:0:1", "text": "x" * 120})
        for _ in range(2 * steps):
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO entries (payload) VALUES (?)", (payload,))
            db.execute("COMMIT")
        db.close()


class Dbos:
    """DBOS on SQLite: one workflow of that many steps."""

    def __init__(self, folder: str, steps: int) -> None:
        from dbos import DBOS

        self._dbos = DBOS
        url = f"sqlite:///{folder}/dbos.sqlite"
        DBOS(
            config={
                "name": "benchmark",
                "system_database_url": url,
                "log_level": "ERROR",
                "console_log_level": "ERROR",
            }
        )

        @DBOS.step()
        def act(number: int) -> str:
            return f"done {number}"

        @DBOS.workflow()
        def chain() -> int:
            for number in range(steps):
                act(number)
            return steps

        self._chain = chain
        DBOS.launch()

    def run(self) -> None:
        """Run the workflow once."""
        self._chain()

    def close(self) -> None:
        """Stop its threads."""
        self._dbos.destroy()


def report(briefly: bool) -> None:
    """Print the figures."""
    title("host: journaled actions a second, every commit on the disk")
    length, runs = (50, 20) if briefly else (100, 100)
    steps = 200 if briefly else 1_000
    chain = bound(length)
    actions = sum(len(stage.actions) for stage in chain.plan.stages)
    candidates: dict[str, Callable[[], object]] = {
        "bare": lambda: bare(steps),
        "one": lambda: host(chain, 1, actions),
        "many": lambda: host(chain, runs, actions),
    }
    with tempfile.TemporaryDirectory() as folder:
        dbos = Dbos(folder, steps) if find_spec("dbos") is not None else None
        if dbos is not None:
            candidates["dbos"] = dbos.run
        try:
            found = measure(candidates, rounds=3, processes=True)
        finally:
            if dbos is not None:
                dbos.close()
    rates = {
        "bare": found["bare"].per_second(steps),
        "one": found["one"].per_second(actions),
        "many": found["many"].per_second(actions * runs),
    }
    many = rates["many"]
    row(f"{runs} runs at once", f"{many:,.0f} /s", f"{many / GOAL:.2f} of the goal")
    row("one run", f"{rates['one']:,.0f} /s", f"{rates['one'] / rates['bare']:.2f} x bare SQLite")
    row(
        "bare SQLite, two commits a step",
        f"{rates['bare']:,.0f} /s",
        f"{many / rates['bare']:.2f} x",
    )
    if "dbos" in found:
        rate = found["dbos"].per_second(steps)
        row("DBOS on SQLite", f"{rate:,.0f} /s", f"{many / rate:.2f} x")
    else:
        row("DBOS on SQLite", "not installed", "pip install 'armada[bench]'")


if __name__ == "__main__":
    alone(__doc__ or "", report)
