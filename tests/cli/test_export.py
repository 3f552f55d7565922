"""``armada export`` on a journal file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from icalendar import Calendar
from live_journal import record
from live_script import LiveScript, whole
from local_server import Answer, serving

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def over(tmp_path: Path) -> Path:
    """A journal with one finished run."""
    return record(tmp_path / "over.db", whole(LiveScript()))


def test_follow_ups_go_into_a_file(call: Command, over: Path, tmp_path: Path) -> None:
    """And where is said."""
    path = tmp_path / "follow-ups.ics"
    status, out, err = call("export", "--journal", over, "-o", path)
    assert (status, err) == (0, "")
    assert out.startswith("wrote ")
    assert len(Calendar.from_ical(path.read_bytes()).walk("VTODO")) == 4


def test_otlp_is_json_that_holds_the_trace_and_the_metrics(call: Command, over: Path) -> None:
    """As a collector reads it from a file."""
    status, out, _ = call("export", "--journal", over, "--format", "otlp")
    data = json.loads(out)
    assert status == 0
    assert data["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"]
    assert data["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]


def test_a_collector_is_sent_the_run(call: Command, over: Path) -> None:
    """And one that refuses it is status 1."""
    with serving(lambda _: Answer(200)) as server:
        status, _, err = call(
            "export", "--journal", over, "--format", "otlp", "--endpoint", server.url
        )
    assert status == 0
    assert "sent INC-20261124-0231" in err
    with serving(lambda _: Answer(403)) as server:
        status, _, err = call(
            "export", "--journal", over, "--format", "otlp", "--endpoint", server.url
        )
    assert status == 1
    assert "did not take" in err


def test_options_that_do_not_go_together_are_usage(call: Command, over: Path) -> None:
    """Each is named."""
    assert call("export", "--journal", over, "--endpoint", "http://127.0.0.1:1")[0] == 2
    assert call("export", "--journal", over, "--format", "otlp", "--events")[0] == 2
    wrong = ("--format", "otlp", "--endpoint", "collector:4318")
    assert call("export", "--journal", over, *wrong)[0] == 2
