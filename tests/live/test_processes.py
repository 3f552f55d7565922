"""Hosts in processes of their own, as engineers have them: killed, stopped, one after another."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from live_journal import only_row
from responder import Responder
from terminal import armada

from armada.runtime.journal import Journal

ROOT = Path(__file__).resolve().parents[2]
SEED = str(ROOT / "specs/incident-response.md")
ONCE = ("scale", "rollback", "canary", "promote")

pytestmark = pytest.mark.sweep


def bindings(folder: Path) -> str:
    """The seed bound to processes that each leave a line in a file."""
    text = (ROOT / "tests/live/counted.yaml").read_text("utf-8")
    (folder / "effects").touch()
    path = folder / "bindings.yaml"
    path.write_text(text.replace("LOG", str(folder / "effects")), "utf-8")
    return str(path)


def entries(path: Path) -> tuple[str, int]:
    """The only run and how many entries it has; none where nothing was declared yet."""
    row = only_row(path)
    return ("", 0) if row is None else (row.run, row.entries)


def answered_until(folder: Path, wanted: int) -> str:
    """Answer what the run asks until it has so many entries; its name."""
    path = folder / "journal.db"
    end = time.monotonic() + 30
    while not (found := entries(path))[0]:
        assert time.monotonic() < end
        time.sleep(0.02)
    people = Responder(path, found[0])
    try:
        people.until_over(60, stop=lambda: entries(path)[1] >= wanted)
    finally:
        people.close()
    return found[0]


def check(folder: Path, run: str) -> None:
    """Resolved, whole, and every effect once."""
    counted = Counter((folder / "effects").read_text("utf-8").split())
    assert [counted[effect] for effect in ONCE] == [1, 1, 1, 1], counted
    journal = Journal.open(folder / "journal.db")
    try:
        assert not journal.verify() and [row.finished for row in journal.runs()] == ["resolved"]
    finally:
        journal.close()


@pytest.mark.parametrize("wanted", [20, 60, 95, 120, 150])
def test_a_killed_host_is_gone_at_once_and_another_goes_on(tmp_path: Path, wanted: int) -> None:
    """``armada run``, kill -9, and ``armada resume`` in the next moment."""
    declared = ("run", SEED, "--severity", "1", "--bindings", bindings(tmp_path))
    with armada(tmp_path / "journal.db", *declared) as host:
        run = answered_until(tmp_path, wanted)
        host.send_signal(signal.SIGKILL)
        host.wait(10)
    with armada(tmp_path / "journal.db", "resume") as other:
        answered_until(tmp_path, 10_000)
        out, _ = other.communicate(timeout=30)
        assert other.returncode == 0, out
    check(tmp_path, run)


def freeze(process: subprocess.Popen[str], journal: Path) -> None:
    """Stop a process between two of its writes: in one it would keep everybody else out."""
    for _ in range(200):
        process.send_signal(signal.SIGSTOP)
        with closing(sqlite3.connect(journal, timeout=0.1)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
                time.sleep(0.01)
    pytest.fail("the process writes all the time")


def test_a_host_that_was_stopped_past_its_lease_steps_back(tmp_path: Path) -> None:
    """A frozen process wakes up, finds another one driving its run, and does nothing more."""
    declared = ("run", SEED, "--severity", "1", "--bindings", bindings(tmp_path))
    with armada(tmp_path / "journal.db", *declared) as first:
        run = answered_until(tmp_path, 50)
        freeze(first, tmp_path / "journal.db")
        try:
            with armada(tmp_path / "journal.db", "resume") as early:
                out, _ = early.communicate(timeout=20)
                assert early.returncode == 3 and "is driven by process" in out, out
            time.sleep(10.5)
            with armada(tmp_path / "journal.db", "resume") as second:
                time.sleep(2)
                first.send_signal(signal.SIGCONT)
                out, _ = first.communicate(timeout=20)
                assert first.returncode == 4 and "steps back" in out, out
                answered_until(tmp_path, 10_000)
                out, _ = second.communicate(timeout=30)
                assert second.returncode == 0, out
        finally:
            if first.poll() is None:
                first.send_signal(signal.SIGCONT)
    check(tmp_path, run)
