"""The seed from declaration to a finished postmortem, in processes as an engineer has them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_journal import only_row
from responder import Responder
from terminal import environment

ROOT = Path(__file__).resolve().parents[2]
SEED = str(ROOT / "specs/incident-response.md")
BINDINGS = str(ROOT / "specs/bindings/example.yaml")


def armada(*args: str, journal: Path, me: str | None = "ada") -> subprocess.CompletedProcess[str]:
    """One command in a second terminal."""
    return subprocess.run(
        [sys.executable, "-m", "armada", *args],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env=environment(journal, me),
    )


@contextmanager
def running(journal: Path, *args: str) -> Iterator[subprocess.Popen[str]]:
    """A host in a process of its own."""
    host = subprocess.Popen(
        [sys.executable, "-m", "armada", *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(journal),
    )
    try:
        yield host
    finally:
        if host.poll() is None:
            host.kill()
        host.communicate()


def only_run(journal: Path) -> str:
    """The run that a host has declared, as soon as it has."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        row = only_row(journal)
        if row is not None and row.alive:
            return row.run
        time.sleep(0.05)
    raise AssertionError("no run was declared")


def test_the_seed_runs_whole(tmp_path: Path) -> None:
    """Declared in one terminal, answered from others, ended with a postmortem file."""
    journal = tmp_path / "journal.db"
    declared = ("run", SEED, "--severity", "1", "--title", "Agents down", "--bindings", BINDINGS)
    with running(journal, *declared) as host:
        run = only_run(journal)
        assert armada("ack", "--as", "ada", journal=journal).returncode == 0
        said = armada("answer", "triage.assess_impact.1", "agents", journal=journal)
        assert (said.returncode, said.stdout) == (0, "triage.assess_impact.1: agents\n")
        assert armada("note", "the vendor knows", journal=journal).returncode == 0
        assert armada("did", "kubectl get pods", journal=journal).returncode == 0
        status = json.loads(armada("status", "--format", "json", journal=journal).stdout)
        assert status["run"] == run
        people = Responder(journal, run)
        try:
            view = people.until_over(200)
        finally:
            people.close()
        out, _ = host.communicate(timeout=60)
    assert host.returncode == 0, out
    assert view.status == "resolved"
    document = (tmp_path / "postmortems" / f"{run}.md").read_text("utf-8")
    assert run in document and "kubectl get pods" in document and "the vendor knows" in document
    assert armada("journal", "verify", journal=journal).returncode == 0
    assert armada("ack", "--as", "ada", run, journal=journal).returncode == 3


def test_ctrl_c_leaves_the_run_in_its_journal(tmp_path: Path) -> None:
    """It says how to go on; and going on asks nothing again that was answered."""
    journal = tmp_path / "journal.db"
    with running(journal, "run", SEED, "--severity", "2", "--bindings", BINDINGS) as host:
        run = only_run(journal)
        assert armada("answer", "triage.assess_impact.1", "agents", journal=journal).returncode == 0
        host.send_signal(signal.SIGINT)
        _, err = host.communicate(timeout=20)
    assert host.returncode == 130
    assert f"armada resume {run}" in err
    kept = armada("answer", "triage.assess_impact.2", "all of them", journal=journal)
    assert kept.returncode == 4 and "kept" in kept.stderr
    with running(journal, "resume") as host:
        only_run(journal)
        time.sleep(0.5)
        again = armada("answer", "triage.assess_impact.2", "none", journal=journal)
        assert again.returncode == 3 and "not asked now" in again.stderr
        other = armada("resume", journal=journal)
        assert other.returncode == 3 and "is driven by process" in other.stderr
        host.send_signal(signal.SIGTERM)
        host.communicate(timeout=20)
    assert host.returncode == 4


def test_bad_input_ends_with_2_and_changes_nothing(tmp_path: Path) -> None:
    """No such run, no such file, nobody named: a sentence, and the journal as it was."""
    journal = tmp_path / "journal.db"
    missing = armada("ack", journal=journal)
    assert missing.returncode == 2 and "there is no journal" in missing.stderr
    assert not journal.exists()
    for args in (
        ("run", "nowhere.md"),
        ("run", SEED, "--severity", "9"),
        ("run", SEED, "--bindings", "nowhere.yaml"),
        ("run", SEED, "--set", "nonsense"),
        ("run", SEED, "--people", "nowhere.yaml"),
        ("resume", "INC-1"),
        ("approve", "mitigate.rollback"),
        ("journal", "verify"),
    ):
        found = armada(*args, journal=journal)
        assert found.returncode == 2, (args, found)
        assert found.stderr and "Traceback" not in found.stderr
        assert not journal.exists(), args
