"""``status``, ``why``, ``log``, ``postmortem`` and ``replay`` on a journal file."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from live_journal import append, record
from live_script import LiveScript, triaged, whole

from armada.runtime.journal import Journal

Command = Callable[..., tuple[int, str, str]]
SECOND = "INC-20261124-0232"


@pytest.fixture
def open_run(tmp_path: Path) -> Path:
    """A journal with one open run."""
    return record(tmp_path / "armada.db", triaged(LiveScript()))


@pytest.fixture
def over(tmp_path: Path) -> Path:
    """A journal with one finished run."""
    return record(tmp_path / "over.db", whole(LiveScript()))


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A journal with two open runs and a finished one."""
    other = LiveScript(run=SECOND).declare()
    third = whole(LiveScript(run="INC-20261124-0233"))
    return record(tmp_path / "two.db", triaged(LiveScript()), other, third)


# --- status ---------------------------------------------------------------------------------------


def test_the_only_open_run_needs_no_name(call: Command, open_run: Path) -> None:
    """And status is an answer: 0 whatever it says."""
    status, out, _ = call("status", "--journal", open_run)
    assert status == 0
    assert out.startswith("NO HOST IS DRIVING THIS RUN")
    assert "armada resume INC-20261124-0231" in out


def test_several_open_runs_are_a_table(call: Command, two: Path) -> None:
    """The finished one is left out, unless all are asked for."""
    _, out, _ = call("status", "--journal", two)
    assert "INC-20261124-0231" in out
    assert SECOND in out
    assert "INC-20261124-0233" not in out
    assert "INC-20261124-0233" in call("status", "--all", "--journal", two).out


def test_a_run_is_named_by_its_end(call: Command, two: Path) -> None:
    """Lines to type then name it in full."""
    status, out, _ = call("status", "0232", "--journal", two)
    assert status == 0
    assert f"--run {SECOND}" in out


def test_no_open_run_is_said_with_those_that_finished(call: Command, over: Path) -> None:
    """Naming it shows it."""
    status, out, _ = call("status", "--journal", over)
    assert status == 0
    assert "no run is open; finished: INC-20261124-0231" in out
    assert "FINISHED: resolved" in call("status", "INC-20261124-0231", "--journal", over).out


def test_status_as_json(call: Command, open_run: Path) -> None:
    """One object for one run, with what alerts propose; all runs under a name."""
    data = json.loads(call("status", "--journal", open_run, "--format", "json").out)
    assert data["run"] == "INC-20261124-0231"
    assert data["driver"]["alive"] is False
    assert data["requests"][0]["line"].startswith("armada answer ")
    assert data["proposals"] == []
    named = ("status", data["run"], "--journal", open_run, "--format", "json")
    assert data.keys() - json.loads(call(*named).out).keys() == {"proposals"}
    table = json.loads(call("status", "--all", "--journal", open_run, "--format", "json").out)
    assert [row["run"] for row in table["runs"]] == ["INC-20261124-0231"]
    assert table["proposals"] == []


def test_watching_a_finished_run_ends(call: Command, over: Path) -> None:
    """There is nothing more to see."""
    assert call("status", "--watch", "--journal", over).status == 0


# --- why ------------------------------------------------------------------------------------------


def test_why_names_everything_that_is_waited_for(call: Command, open_run: Path) -> None:
    """With on whom, and the line that answers it."""
    status, out, _ = call("why", "--journal", open_run)
    assert status == 0
    assert "Diagnose (running) waits for" in out
    assert "an answer: Error rate spike?, of observability" in out
    assert 'armada answer diagnose.check_metrics.1 "…"' in out


def test_why_of_a_stage_is_the_whole_chain(call: Command, open_run: Path) -> None:
    """Deploy waits for Fix, Fix for Diagnose and Mitigate, and those for people."""
    _, out, _ = call("why", "deploy", "--journal", open_run)
    order = [out.index(name) for name in ("Deploy (", "Fix (", "Diagnose (", "Mitigate (")]
    assert order == sorted(order)
    assert "Postmortem" not in out


def test_why_of_what_is_over_says_how_it_ended(call: Command, open_run: Path) -> None:
    """It waits for nothing."""
    status, out, _ = call("why", "triage", "--journal", open_run)
    assert (status, out) == (0, "stage triage is done\n")


# --- log ------------------------------------------------------------------------------------------


def test_the_log_tells_the_run(call: Command, over: Path) -> None:
    """With the entry that each line is of."""
    status, out, _ = call("log", "--journal", over)
    assert status == 0
    assert out.splitlines()[0].startswith("2026-11-24 02:31:00      2  INCIDENT DECLARED")
    assert out.splitlines()[-1].endswith("FINISHED: resolved")


def test_the_log_since_an_entry_and_since_a_while(call: Command, over: Path) -> None:
    """By number, or by how long ago."""
    whole_log = call("log", "--journal", over).out.splitlines()
    part = call("log", "--since", "200", "--journal", over).out.splitlines()
    assert part == [line for line in whole_log if int(line[20:26]) >= 200]
    assert call("log", "--since", "soon", "--journal", over).status == 2


def test_the_log_as_json_is_one_object_a_line(call: Command, over: Path) -> None:
    """For a pipe into another program."""
    lines = [
        json.loads(x) for x in call("log", "--journal", over, "--format", "json").out.splitlines()
    ]
    assert lines[0]["text"].startswith("INCIDENT DECLARED")
    assert lines[0]["time"] == "2026-11-24T02:31:00.000+00:00"


def test_following_a_log_shows_what_comes_and_ends_with_the_run(tmp_path: Path) -> None:
    """In a pipe, each line as it is written."""
    script = triaged(LiveScript())
    path = record(tmp_path / "live.db", script)
    written = len(script.entries)
    follower = subprocess.Popen(
        [sys.executable, "-m", "armada", "log", "--follow", "--journal", str(path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert follower.stdout is not None
    watchdog = threading.Timer(30, follower.kill)
    watchdog.start()
    try:
        seen = [follower.stdout.readline()]
        while "immediate_relief starts" not in seen[-1]:
            seen.append(follower.stdout.readline())
        journal = Journal.open(path)
        script.say("eve", "note", text="hello from another terminal")
        written = append(journal, script, written)
        assert "hello from another terminal" in follower.stdout.readline()
        script.say("eve", "close", **{"as": "duplicate"})
        script.answer("eve", "postmortem.output", "unknown")
        script.returns("postmortem.output", text="# done")
        append(journal, script, written)
        journal.close()
        rest = follower.stdout.read()
        assert rest.splitlines()[-1].endswith("FINISHED: duplicate")
        assert follower.wait(10) == 0
    finally:
        watchdog.cancel()
        follower.kill()
        follower.wait()
        follower.stdout.close()


def test_ctrl_c_ends_a_follower_quietly(open_run: Path) -> None:
    """Status 130, and nothing on standard error."""
    import signal

    follower = subprocess.Popen(
        [sys.executable, "-m", "armada", "log", "--follow", "--journal", str(open_run)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert follower.stdout is not None
    follower.stdout.readline()
    time.sleep(0.3)
    follower.send_signal(signal.SIGINT)
    _, err = follower.communicate(timeout=20)
    assert (follower.returncode, err) == (130, "")


# --- postmortem -----------------------------------------------------------------------------------


def test_a_postmortem_is_printed_or_written(call: Command, over: Path, tmp_path: Path) -> None:
    """As Markdown, as a page, as data."""
    status, out, _ = call("postmortem", "--journal", over)
    assert status == 0
    assert out.startswith("# Incident Postmortem - INC-20261124-0231\n")
    written = tmp_path / "pm.html"
    status, out, _ = call("postmortem", "--journal", over, "-o", written, "--format", "html")
    assert (status, out) == (0, "wrote pm.html\n")
    assert written.read_text("utf-8").startswith("<!doctype html>")
    data = json.loads(call("postmortem", "--journal", over, "--format", "json").out)
    assert data["status"] == "resolved"
    assert data["facts"]["Run by hand"][0]["What"] == "kubectl top pods | head"


def test_a_postmortem_that_cannot_be_written_is_status_2(call: Command, over: Path) -> None:
    """With the reason."""
    status, _, err = call("postmortem", "--journal", over, "-o", "no/such/folder/pm.md")
    assert status == 2
    assert "cannot write no/such/folder/pm.md" in err


# --- replay ---------------------------------------------------------------------------------------


def test_a_run_replays_the_same(call: Command, over: Path) -> None:
    """By its own plan, and by the document it was compiled from."""
    status, out, _ = call("replay", "INC-20261124-0231", "--journal", over)
    assert status == 0
    assert "every decision the same" in out


def test_a_run_replays_by_another_plan(
    call: Command, over: Path, seed: Path, tmp_path: Path
) -> None:
    """The same document: the same. A ladder of other times: where, and which rungs."""
    run = "INC-20261124-0231"
    status, out, _ = call("replay", run, "--plan", seed, "--journal", over)
    assert (status, out.count("every decision is the same")) == (0, 1)
    text = seed.read_text("utf-8").replace("**15-30 min:**", "**10-30 min:**")
    text = text.replace("**0-15 min:**", "**0-10 min:**")
    (tmp_path / "other.md").write_text(text, "utf-8")
    status, out, _ = call("replay", run, "--plan", "other.md", "--journal", over)
    assert status == 1
    assert "rung 2 (Team lead): +0:15:00 → +0:10:00" in out
    data = json.loads(
        call("replay", run, "--plan", "other.md", "--journal", over, "--format", "json").out
    )
    assert data["same"] is False


def test_a_drills_journal_replays_too(call: Command, seed: Path) -> None:
    """The format is one."""
    call("sim", seed, "--scenario", "outage", "--journal", "drill.jsonl")
    assert call("replay", "drill.jsonl").status == 0


# --- what is wrong --------------------------------------------------------------------------------


VERBS = (("status",), ("log",), ("postmortem",), ("why",), ("replay", "INC-1"))


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_no_journal_and_no_journal_at_all_are_status_2(
    verb: tuple[str, ...], call: Command, tmp_path: Path
) -> None:
    """A sentence, and nothing is made."""
    missing = tmp_path / "nowhere.db"
    status, out, err = call(*verb, "--journal", missing)
    assert (status, out) == (2, "")
    assert "nowhere.db" in err
    assert not missing.exists()
    other = tmp_path / "notes.db"
    other.write_text("this is no journal, it is a text of mine\n" * 40)
    status, out, err = call(*verb, "--journal", other)
    assert (status, out) == (2, "")
    assert "notes.db" in err


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_an_unknown_run_names_the_nearest(
    verb: tuple[str, ...], call: Command, open_run: Path
) -> None:
    """And is status 2."""
    named = ("--run", "INC-20261124-0321") if verb[0] == "why" else ("INC-20261124-0321",)
    status, _, err = call(verb[0], *named, "--journal", open_run)
    assert status == 2
    assert "did you mean INC-20261124-0231?" in err


@pytest.mark.parametrize("verb", ["log", "why"])
def test_several_open_runs_must_be_named(verb: str, call: Command, two: Path) -> None:
    """Nothing is guessed."""
    status, _, err = call(verb, "--journal", two)
    assert status == 2
    assert f"armada {verb}" in err
    assert SECOND in err


def test_an_empty_journal_says_so(call: Command, tmp_path: Path) -> None:
    """Nothing has been declared."""
    Journal.open(tmp_path / "empty.db", create=True).close()
    assert "no run is open" in call("status", "--journal", tmp_path / "empty.db").out
    status, _, err = call("log", "--journal", tmp_path / "empty.db")
    assert status == 2
    assert "the journal has no run" in err


def test_an_unknown_stage_names_the_nearest(call: Command, open_run: Path) -> None:
    """Status 2."""
    status, _, err = call("why", "deplyo", "--journal", open_run)
    assert status == 2
    assert "did you mean 'deploy'?" in err


def test_replaying_what_is_no_journal(call: Command, tmp_path: Path) -> None:
    """A text, an empty file, a header without a plan."""
    for text in ("hello\n", "", "{}\n"):
        (tmp_path / "x.jsonl").write_text(text)
        status, _, err = call("replay", "x.jsonl")
        assert status == 2, text
        assert "x.jsonl" in err


def test_a_journal_of_another_format_is_said(call: Command, tmp_path: Path) -> None:
    """Neither looked at nor replayed."""
    script = LiveScript(format=99).declare()
    path = record(tmp_path / "later.db", script)
    for words in (("status",), ("log",), ("replay", script.view.run)):
        status, _, err = call(*words, "--journal", path)
        assert status == 2
        assert "of journal format 99" in err
    (tmp_path / "later.jsonl").write_text(script.text, "utf-8")
    assert "of journal format 99" in call("replay", "later.jsonl").err
