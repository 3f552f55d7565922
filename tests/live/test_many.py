"""Many incidents at once, a thousand of them in CI, in one process and one journal file."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from probe import Probe, probed
from quiet import Quiet
from small_workflow import HEAD

from armada.compiler.compile import compile_source
from armada.dsl.source import SourceFile
from armada.runtime.host import Declaration, Host
from armada.runtime.journal import Journal

WORKFLOW = f"""\
{HEAD}\
  - "0-15 min: on-call engineer"
stages:
  - id: look
    agent: worker
    actions:
      - read_it:
          queries: ["Is it up?", "Is it fast?"]
  - id: check
    agent: worker
    needs: [look]
    actions:
      - verify_all:
          checks: ["Error rate normalized"]
"""


@pytest.mark.parametrize("number", [60, pytest.param(1_000, marks=pytest.mark.sweep)])
def test_many_runs_at_once_all_finish(tmp_path: Path, number: int) -> None:
    """Every run ends, its chain is whole, and nothing was done twice."""
    plan = compile_source(SourceFile("small.armada.yaml", WORKFLOW)).plan
    assert plan is not None
    probe, watcher = Probe(), Quiet()

    async def drive() -> None:
        journal = Journal.open(tmp_path / "journal.db", create=True)
        host = Host(journal, tmp_path, watcher, make=probe)
        bound = probed(plan)
        try:
            for _ in range(number):
                host.declare(bound, Declaration("ada", "many", 1))
            await host.adopt_all()
            await asyncio.wait_for(host.serve(), 120)
            rows = journal.runs()
            assert len(rows) == number and all(row.finished == "resolved" for row in rows)
            assert not journal.verify()
        finally:
            await host.close()
            journal.close()

    asyncio.run(drive())
    assert watcher.over and set(watcher.over.values()) == {"resolved"}
    assert not watcher.troubles
    assert len(probe.orders) == 3 * number and set(probe.orders.values()) == {1}


def test_a_run_that_is_broken_keeps_no_other_from_going_on(tmp_path: Path) -> None:
    """It is said once, and left as it is."""
    plan = compile_source(SourceFile("small.armada.yaml", WORKFLOW)).plan
    assert plan is not None
    watcher = Quiet()

    async def drive() -> None:
        journal = Journal.open(tmp_path / "journal.db", create=True)
        host = Host(journal, tmp_path, watcher, make=Probe())
        try:
            bad, good = (host.declare(probed(plan), Declaration("ada", "two", 1)) for _ in range(2))
            db = sqlite3.connect(tmp_path / "journal.db")
            db.execute("DROP TRIGGER kept")
            db.execute("UPDATE entries SET at_ms = 1 WHERE run = 1")
            db.commit()
            db.close()
            assert await host.adopt_all() == (good,)
            await asyncio.wait_for(host.serve(everything=True), 30)
            assert watcher.over == {good: "resolved"}
            assert [text for text in watcher.troubles if bad in text] == watcher.troubles
            assert len(watcher.troubles) == 1
        finally:
            await host.close()
            journal.close()

    asyncio.run(drive())
