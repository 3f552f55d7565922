"""Two runs never change one object at a time: locks in the journal that they share."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_host import on_host
from probe import Probe, probed
from quiet import Quiet
from small_workflow import plan_of, until

from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order, Result
from armada.runtime.carriers import carriers_of
from armada.runtime.host import Declaration, Host
from armada.runtime.journal import Append, Journal
from armada.runtime.journal_faults import JournalTrouble
from armada.runtime.journal_lease import Holder
from armada.runtime.journal_rows import LeaseLost
from armada.runtime.view import RunView
from armada.runtime.waiting import waits

API = "deployment agents/api at https://one:443"
NOW = 1_764_000_000_000


class Locking(Probe):
    """Changes one object, and does so until it is let go."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = names or (API,)
        self.now: set[str] = set()
        self.most = 0
        self.go = asyncio.Event()

    async def locks(self, order: Order) -> tuple[str, ...]:
        return self.names if order.effect is not Effect.READ else ()

    async def dispatch(self, order: Order) -> Result:
        self.now.add(order.key)
        self.most = max(self.most, len(self.now))
        try:
            await self.go.wait()
        finally:
            self.now.discard(order.key)
        return await super().dispatch(order)


def hosted(folder: Path, probe: Probe, work: Callable[[Host], Coroutine[Any, Any, None]]) -> Quiet:
    """Do something with a host on the folder's journal."""
    return on_host(folder, probe, work)[0]


def declare(host: Host, effect: Effect = Effect.IDEMPOTENT) -> str:
    return host.declare(probed(plan_of(), effect), Declaration("ada", "", 1))


def waiting(journal: Journal, run: str) -> str:
    """What a run waits for, as a second terminal sees it."""
    view = RunView.of(journal.entries(run))
    return "\n".join(each.what for each in waits(view, carriers_of(view.header)))


@pytest.mark.parametrize("effect", [Effect.IDEMPOTENT, Effect.UNSAFE])
def test_two_runs_of_one_journal_change_one_object_one_after_the_other(
    tmp_path: Path, effect: Effect
) -> None:
    """The second says at once for whom it waits, and goes on when that is recorded."""
    probe = Locking()

    async def work(host: Host) -> None:
        first, second = declare(host, effect), declare(host, effect)
        await host.adopt(first)
        await until(lambda: len(probe.now) == 1)
        await host.adopt(second)
        said = f"mend.roll_back waits for {API}, held by {first} (mend.roll_back)"
        await until(lambda: said in waiting(host.journal, second))
        assert [(h.run, h.alive) for h in host.journal.locks.held()] == [(first, True)]
        probe.go.set()
        await host.serve()
        notes = [n.text for n in RunView.of(host.journal.entries(second)).notes if n.what == "lock"]
        assert notes == [said, "mend.roll_back goes on: nobody holds it any more"]
        assert host.journal.locks.held() == ()

    watcher = hosted(tmp_path, probe, work)
    assert set(watcher.over.values()) == {"resolved"}
    assert probe.most == 1


def test_runs_that_change_different_objects_do_not_wait(tmp_path: Path) -> None:
    """Only the name counts, and what only reads has none."""

    class Own(Locking):
        async def locks(self, order: Order) -> tuple[str, ...]:
            return (f"deployment agents/{order.run} at https://one:443",)

    probe = Own()

    async def work(host: Host) -> None:
        for _ in range(3):
            await host.adopt(declare(host))
        await until(lambda: len(probe.now) == 3)
        probe.go.set()
        await host.serve()

    assert set(hosted(tmp_path, probe, work).over.values()) == {"resolved"}


def test_a_host_that_stops_keeps_its_locks_for_the_run(tmp_path: Path) -> None:
    """The waiting run names it, and how it goes on; once taken up again both finish."""
    probe = Locking()
    names: list[str] = []

    async def first(host: Host) -> None:
        names.append(declare(host))
        await host.adopt(names[0])
        await until(lambda: bool(probe.now))

    hosted(tmp_path, probe, first)
    probe.go = asyncio.Event()

    async def second(host: Host) -> None:
        names.append(declare(host))
        await host.adopt(names[1])
        said = (
            f"held by {names[0]} (mend.roll_back), which nobody drives: `armada resume {names[0]}`"
        )
        await until(lambda: said in waiting(host.journal, names[1]))
        assert probe.orders.total() == 0
        await host.adopt(names[0])
        probe.go.set()
        await host.serve()
        assert host.journal.locks.held() == ()

    watcher = hosted(tmp_path, probe, second)
    assert set(watcher.over.values()) == {"resolved"} and len(watcher.over) == 2
    assert probe.most == 1


def test_a_run_that_is_closed_gives_everything_back(tmp_path: Path) -> None:
    """Whatever became of what it had begun."""
    journal = Journal.open(tmp_path / "journal.db", create=True)
    token = begun(journal, "one")
    assert journal.locks.take("one", token, "a:do:0:1", (API,)) == ()
    journal.commit([Append("one", token, (), finished="aborted")])
    assert journal.locks.held() == ()
    journal.close()


def begun(journal: Journal, run: str) -> int:
    journal.create(run, workflow="w", title="", created_ms=NOW, header={"run": run})
    return journal.lease(run, Holder.me(), NOW)


def test_all_names_or_none(tmp_path: Path) -> None:
    """Nobody holds half of what it needs while it waits for the rest, so no circle forms."""
    journal = Journal.open(tmp_path / "journal.db", create=True)
    one, two = begun(journal, "one"), begun(journal, "two")
    assert journal.locks.take("one", one, "a:do:0:1", ("x", "y")) == ()
    (held,) = journal.locks.take("two", two, "b:do:0:1", ("z", "y"))
    assert (held.name, held.run, held.action) == ("y", "one", "a")
    assert {each.run for each in journal.locks.held()} == {"one"}
    journal.commit([Append("one", one, (), unlock=("a:do:0:1",))])
    assert journal.locks.take("two", two, "b:do:0:1", ("z", "y")) == ()
    assert journal.locks.take("two", two, "c:do:0:1", ("z",)) == ()
    journal.close()


def test_a_host_that_lost_its_run_takes_no_lock(tmp_path: Path) -> None:
    """The lease's token is checked in the same transaction."""
    journal = Journal.open(tmp_path / "journal.db", create=True)
    token = begun(journal, "one")
    with pytest.raises(LeaseLost):
        journal.locks.take("one", token - 1, "a:do:0:1", (API,))
    assert journal.locks.held() == ()
    journal.close()


def test_a_journal_from_before_there_were_locks_is_read_and_gets_them(tmp_path: Path) -> None:
    """By whoever may only read it, too."""
    path = tmp_path / "journal.db"
    journal = Journal.open(path, create=True)
    token = begun(journal, "one")
    with journal.transaction() as db:
        db.execute("DROP TABLE locks")
    journal.close()
    reading = Journal.open(path, read_only=True)
    assert reading.locks.held() == ()
    reading.close()
    journal = Journal.open(path)
    assert journal.locks.take("one", token, "a:do:0:1", (API,)) == ()
    journal.close()


NAMES = st.sampled_from(["x", "y", "z"])
RUNS = st.sampled_from(["one", "two", "three"])
STEPS = st.lists(st.tuples(RUNS, st.frozensets(NAMES, min_size=1), st.booleans()))


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_no_name_is_ever_held_by_two_runs(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, frozenset[str], bool]]
) -> None:
    """Whatever is taken and given back, in whatever order; and a refusal changes nothing."""
    journal = Journal.open(tmp_path_factory.mktemp("j") / "journal.db", create=True)
    tokens = {run: begun(journal, run) for run in ("one", "two", "three")}
    holds: dict[str, set[str]] = {run: set() for run in tokens}
    for run, names, back in steps:
        taken = {name for other, held in holds.items() if other != run for name in held}
        if back:
            journal.commit([Append(run, tokens[run], (), unlock=("a:do:0:1",))])
            holds[run] = set()
        else:
            others = journal.locks.take(run, tokens[run], "a:do:0:1", tuple(names))
            assert {each.name for each in others} == taken & names
            holds[run] |= names if not others else set()
        assert {(h.name, h.run) for h in journal.locks.held()} == {
            (name, each) for each, held in holds.items() for name in held
        }
    journal.close()


CHILD = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = {path!r}
from test_locks import Locking, declare
from quiet import Quiet
from armada.runtime.host import Host
from armada.runtime.journal import Journal
from armada.compiler.plan import Effect

async def main():
    journal = Journal.open(Path({journal!r}), create=True)
    host = Host(journal, Path({folder!r}), Quiet(), make=Locking())
    await host.adopt(declare(host, Effect.UNSAFE))
    await host.serve()

asyncio.run(main())
"""


def test_kill_9_while_holding_a_lock(tmp_path: Path) -> None:
    """The lock outlives the process; who resumes finds out what happened, and then it is free."""
    path = tmp_path / "journal.db"
    code = CHILD.format(
        path=[str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")],
        journal=str(path),
        folder=str(tmp_path),
    )
    child = subprocess.Popen([sys.executable, "-c", code], env=dict(os.environ))
    end = time.monotonic() + 20
    while not (path.exists() and _holds(path)):
        assert time.monotonic() < end and child.poll() is None
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    probe = Locking()
    probe.go.set()

    async def work(host: Host) -> None:
        (held,) = host.journal.locks.held()
        assert held.name == API and not held.alive
        second = declare(host, Effect.UNSAFE)
        await host.adopt(second)
        await until(lambda: "which nobody drives" in waiting(host.journal, second))
        await host.adopt(held.run)
        await host.serve()
        assert host.journal.locks.held() == ()

    watcher = hosted(tmp_path, probe, work)
    assert set(watcher.over.values()) == {"resolved"} and len(watcher.over) == 2


def _holds(path: Path) -> bool:
    """Whether something is held in a journal that may still be in the making."""
    try:
        journal = Journal.open(path, read_only=True)
    except JournalTrouble:
        return False
    try:
        return bool(journal.locks.held())
    finally:
        journal.close()
