"""kill -9 at every place of a live run, and what came of it. Run as a program, one shard of many.

    python crash_sweep.py FOLDER SHARD SHARDS STEP

A host in a process of its own drives the workflow and is killed with SIGKILL at one place: before
or after a commit, before or after an effect. Another host then resumes the run from the journal and
drives it to its end. One line of JSON a place is printed. Processes are forked, so that a thousand
of them do not import Armada a thousand times.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from live_people import answer_all
from quiet import Quiet

from armada.compiler.compile import compile_source
from armada.dsl.source import SourceFile
from armada.runtime.adapters.contract import Order, Result
from armada.runtime.adapters.registry import known_adapters
from armada.runtime.binding import Bound, Carrier, bind
from armada.runtime.bindings_file import read_bindings
from armada.runtime.clock import RealClock
from armada.runtime.host import Declaration, Host
from armada.runtime.journal import Append, Journal
from armada.runtime.modes import confirmed
from armada.runtime.view import RunView
from armada.runtime.workshop import Workshop

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60
MOMENTS = ("before-commit", "after-commit", "before-effect", "after-effect")
Place = tuple[str, int]


class Struck(Journal):
    """A journal whose process dies at one of its commits."""

    place: Place = ("", -1)
    commits = 0

    def commit(self, appends: Sequence[Append]) -> None:
        here = Struck.commits
        Struck.commits += 1
        if Struck.place == ("before-commit", here):
            die()
        super().commit(appends)
        if Struck.place == ("after-commit", here):
            die()


effects = 0
carry_out = Workshop._bounded


async def struck(shop: Workshop, carrier: Carrier, order: Order) -> Result:
    """An effect at which the process dies."""
    global effects
    here = effects
    effects += 1
    if Struck.place == ("before-effect", here):
        die()
    result = await carry_out(shop, carrier, order)
    if Struck.place == ("after-effect", here):
        die()
    return result


def die() -> None:
    """As the power goes: nothing is flushed, nothing is closed."""
    os.kill(os.getpid(), signal.SIGKILL)


def bound_plan(log: Path) -> Bound:
    """The seed bound to processes that write what they did to a file, one line each."""
    spec = ROOT / "specs/incident-response.md"
    plan = compile_source(SourceFile(spec.name, spec.read_text("utf-8"))).plan
    assert plan is not None
    text = (ROOT / "tests/live/counted.yaml").read_text("utf-8").replace("LOG", str(log))
    read = read_bindings(SourceFile("counted.yaml", text))
    assert read.bindings is not None, read.diagnostics
    bound = bind(plan, read.bindings, known_adapters())
    from dataclasses import replace

    return replace(bound, plan=confirmed(bound.plan, bound.carriers, bound.speed))


async def drive(folder: Path, run: str | None, bound: Bound) -> str:
    """Declare or resume, and drive to the end; how it ended."""
    journal = Struck.open(folder / "journal.db", create=True)
    watcher = Quiet()
    host = Host(journal, folder, watcher, clock=RealClock())
    if run is None:
        run = host.declare(bound, Declaration("ada", "Agents down", 1))
    people = asyncio.create_task(answer_all(host))
    try:
        await host.adopt(run)
        await asyncio.wait_for(host.serve(), LIMIT_S)
    except TimeoutError:
        watcher.over[run] = "timeout"
    finally:
        people.cancel()
        await host.close()
        journal.close()
    return watcher.over.get(run, "left")


def apart(folder: Path, run: str | None, bound: Bound, place: Place) -> int:
    """Drive in a process of its own; its exit status, negative where a signal ended it."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    Struck.place = place
    Workshop._bounded = struck  # type: ignore[method-assign]
    status = 3
    try:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 2)
        ended = asyncio.run(drive(folder, run, bound))
        (folder / "ended").write_text(f"{ended} {Struck.commits} {effects}")
        status = 0
    except BaseException as error:
        (folder / "ended").write_text(f"{type(error).__name__}: {error}")
    finally:
        os._exit(status)


def only_run(folder: Path) -> str | None:
    """The run of the journal, if it was declared before the process died."""
    journal = Journal.open(folder / "journal.db", create=True)
    try:
        rows = journal.runs()
        return rows[0].run if rows else None
    finally:
        journal.close()


def report(folder: Path, place: Place, status: int) -> dict[str, Any]:
    """What the journal and the world say afterwards."""
    journal = Journal.open(folder / "journal.db")
    try:
        run = journal.runs()[0].run
        view = RunView.of(journal.entries(run))
        broken = journal.verify()
        letters = [journal.letter(n) for n in range(1, 500)]
    finally:
        journal.close()
    taken = [each.payload for each in letters if each is not None and each.verdict == "taken"]
    said = Counter(each.get("request") or f"{each['verb']} {each.get('action')}" for each in taken)
    counted = Counter((folder / "effects").read_text("utf-8").split())
    done = {
        f"{name}:{item.item}": item.status
        for name, action in view.state.control.actions.items()
        for item in action.items
    }
    return {
        "place": place,
        "status": status,
        "ended": (folder / "ended").read_text("utf-8"),
        "outcome": view.status,
        "effects": counted,
        "items": done,
        "twice": sorted(name for name, times in said.items() if times > 1),
        "broken": [list(each) for each in broken],
    }


def strike(folder: Path, place: Place) -> dict[str, Any] | None:
    """Die at a place and go on; None where the run has no such place."""
    folder.mkdir(parents=True)
    (folder / "effects").touch()
    bound = bound_plan(folder / "effects")
    status = apart(folder, None, bound, place)
    if place[0] and status == 0:
        return None
    if place[0]:
        status = apart(folder, only_run(folder), bound, ("", -1))
    return report(folder, place, status)


def main(folder: Path, shard: int, shards: int, step: int) -> None:
    """Strike every ``step``-th place of this shard; the first line is a run left alone."""
    print(json.dumps(strike(folder / "alone", ("", -1))), flush=True)
    _, commits, count = (folder / "alone" / "ended").read_text().split()
    places = [(m, n) for m in MOMENTS[:2] for n in range(int(commits))]
    places += [(m, n) for m in MOMENTS[2:] for n in range(int(count))]
    for number, place in enumerate(places):
        if number % (shards * step) == shard * step:
            found = strike(folder / f"{place[0]}-{place[1]}", place)
            if found is not None:
                print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(each) for each in sys.argv[2:5]))
