"""One screen for 3 a.m.: what is wrong first, then what to type, then who is told next."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_script import LiveScript, mitigated, triaged, whole

from armada.cli.terminal import Screen
from armada.cli.views.status import screen_text
from armada.runtime.status import Driver, now_of, status, status_data

DRIVEN = Driver("pid 123 on ops-1", True)
PLAIN = Screen(False, False, 80)


def shown(
    script: LiveScript, driver: Driver = DRIVEN, looks: Screen = PLAIN, several: bool = False
) -> str:
    found = status(script.view, script.carriers, script.at_ms + 60_000, driver)
    return screen_text(found, script.view, looks, several)


def voting() -> LiveScript:
    script = triaged(LiveScript())
    script.answer("eve", "mitigate.immediate_relief", "none")
    script.answer("eve", "fact:recent_deploy", "yes")
    return script.answer("eve", "fact:suspected_cause", "yes")


def doubting() -> LiveScript:
    script = voting()
    script.vote("bob", "mitigate.rollback", "hierarchical-coordinator")
    script.wait(0.1).returns("mitigate.rollback", "unknown", by="shell")
    return script


SCREENS = {
    "declared": lambda: LiveScript().declare(),
    "triaged": lambda: triaged(LiveScript()),
    "voting": voting,
    "unknown": doubting,
    "finished": lambda: whole(LiveScript()),
}


@pytest.mark.parametrize("name", sorted(SCREENS))
def test_a_screen_reads_so(name: str, golden: Callable[[str, str], None]) -> None:
    """Eighty columns, no colour: what a pipe gets."""
    text = shown(SCREENS[name]())
    golden(f"status.{name}.txt", text + "\n")
    for line in text.splitlines():
        assert len(line) <= 80 or line.strip().startswith("armada "), line


def test_without_a_host_the_first_line_says_so_and_how_to_go_on() -> None:
    """Nothing else matters as much."""
    first, second, *_ = shown(triaged(LiveScript()), Driver("pid 9 on ops-1", False)).splitlines()
    assert first.startswith("NO HOST IS DRIVING THIS RUN")
    assert second.strip() == "armada resume INC-20261124-0231"


def test_a_finished_run_needs_no_host() -> None:
    """It says how it ended, and where its postmortem is."""
    text = shown(whole(LiveScript()), Driver())
    assert "NO HOST" not in text
    assert "FINISHED: resolved" in text
    assert "armada postmortem INC-20261124-0231" in text


def test_a_rehearsal_is_shown_loudly() -> None:
    """Nobody takes it for the real thing, nor the real thing for it."""
    assert shown(LiveScript(rehearsal=True, speed=60.0).declare()).startswith(
        "REHEARSAL at 60 times the speed"
    )
    assert "REHEARSAL" not in shown(LiveScript().declare())


def test_a_broken_deadline_is_among_the_first_lines() -> None:
    """And nobody has acknowledged, so that is said too."""
    text = shown(LiveScript().declare().wait(7))
    assert text.startswith("RESPONSE DEADLINE BROKEN at 02:36 (3 min ago)")
    assert "NOT ACKNOWLEDGED: armada ack" in text


def test_lines_to_type_name_the_run_where_several_are_open() -> None:
    """A line that is typed as shown answers this run and no other."""
    lines = [
        line
        for line in shown(voting(), several=True).splitlines()
        if line.startswith("    armada ")
    ]
    assert lines
    assert all(line.count(" --run INC-20261124-0231") == 1 for line in lines)


def test_who_is_told_next_and_when() -> None:
    """The rungs ahead at this level, by the run's own clock; nobody further at the end."""
    assert "Team lead notified at 02:46 (in 8 min), rung 2" in shown(triaged(LiveScript()))
    late = triaged(LiveScript()).wait(120)
    assert "nobody further" in shown(late)


def test_colour_only_where_there_is_some() -> None:
    """The words are the same."""
    script = voting()
    coloured = shown(script, looks=Screen(True, True, 80))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == shown(script)


@given(st.text(st.sampled_from("ab \x1b[31m\n\r\x07\x9b\u202e"), max_size=20))
def test_no_text_reaches_the_terminal_as_a_command(text: str) -> None:
    """Whatever somebody is called, titles, notes or answers."""
    declared = {"by": f"a{text}", "title": text, "severity": 1, "values": {}}
    script = LiveScript(declared=declared).declare()
    script.note(what="note", by=f"e{text}", via="cli", text=text)
    script.note(what="hand-over", by="e", to=f"b{text}", text=text)
    screen = shown(script)
    assert not {char for char in screen if char != "\n" and unicodedata.category(char) == "Cc"}
    assert "\u202e" not in screen


def test_the_data_say_the_same_as_the_screen() -> None:
    """Requests with the line to type, stages with what they wait for, rungs with their time."""
    script = mitigated(triaged(LiveScript()))
    data = status_data(script.view, script.carriers, script.at_ms, DRIVEN)
    assert data["acknowledged_by"] == "bob"
    assert data["acknowledged_for"] == "On-call engineer"
    assert data["requests"][0]["line"] == 'armada answer diagnose.check_metrics.1 "…"'
    assert data["next_told"][0]["targets"] == ("Team lead",) or data["next_told"][0]["targets"] == [
        "Team lead"
    ]
    assert data["deadline"]["state"] == "met"
    fix = next(stage for stage in data["stages"] if stage["id"] == "fix")
    assert fix["waits"][0]["what"] == "stage Diagnose"


def test_the_runs_time_is_the_wall_clocks_without_its_corrections() -> None:
    """And never before the last entry."""
    view = triaged(LiveScript()).view
    assert now_of(view, view.zero_ms + 500_000) == 500_000
    assert now_of(view, view.zero_ms) == view.at_ms
    view.shift_ms = 3_600_000
    assert now_of(view, view.zero_ms + 3_600_000 + 500_000) == 500_000
