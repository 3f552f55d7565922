"""Times, titles and levels as people write them, and what each means."""

from __future__ import annotations

import re
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armada.dsl import heading
from armada.dsl.heading import read_heading
from armada.dsl.levels import read_level
from armada.dsl.source import Span
from armada.dsl.syntax import Text
from armada.dsl.timing import read_duration, read_moment, read_response, read_window

MIN = 60_000
HOUR = 60 * MIN


def text(value: str) -> Text:
    return Text(value, Span("x", 0, len(value)))


@pytest.mark.parametrize(
    ("written", "ms"),
    [
        ("5m", 5 * MIN),
        ("1h30m", 90 * MIN),
        ("30 min", 30 * MIN),
        ("4 hours", 4 * HOUR),
        ("1.5h", 90 * MIN),
        ("500 ms", 500),
        ("2 Days", 48 * HOUR),
        ("0 min", 0),
        ("5", None),
        ("m", None),
        ("", None),
        ("5 parsecs", None),
        ("9" * 5000 + "s", None),
    ],
)
def test_duration(written: str, ms: int | None) -> None:
    assert read_duration(written) == ms


@pytest.mark.parametrize(
    ("written", "deadline_ms", "deferred"),
    [
        ("Immediate", 0, False),
        ("immediately", 0, False),
        ("< 30 min", 30 * MIN, False),
        ("≤ 1h", HOUR, False),
        ("4 hours", 4 * HOUR, False),
        ("within 15 minutes", 15 * MIN, False),
        ("within the next 30 min", 30 * MIN, False),
        ("15–30 min", 30 * MIN, False),
        ("5 min (24x7)", 5 * MIN, False),
        ("30 min response", 30 * MIN, False),
        ("Next sprint", None, True),
        ("best effort", None, True),
        ("Next business day", None, True),
        ("within business hours", None, True),
        ("within 2 business days", None, True),
        ("4 business hours", 4 * HOUR, False),
        ("thirty minutes", 30 * MIN, False),
        ("Within half an hour", 30 * MIN, False),
        ("a quarter of an hour", 15 * MIN, False),
        ("within an hour", HOUR, False),
        ("forty-five minutes", 45 * MIN, False),
        ("fifteen (15) minutes", 15 * MIN, False),
        ("A day", 24 * HOUR, False),
        ("30-minute ack", 30 * MIN, False),
        ("PT15M", 15 * MIN, False),
        ("15 min (business hours), 1 h (nights)", HOUR, False),
        ("**15 min** ⏱️", 15 * MIN, False),
        ("[15 min](#sla)", 15 * MIN, False),
        ("innerhalb von 15 Minuten", 15 * MIN, False),
        ("nächster Werktag", None, True),
        ("1,5 Stunden", 90 * MIN, False),
        ("sous 4 heures", 4 * HOUR, False),
        ("une demi-heure", 30 * MIN, False),
        ("en menos de 1 hora", HOUR, False),
        ("2 días hábiles", None, True),
        ("em até 30 minutos", 30 * MIN, False),
        ("в течение 15 минут", 15 * MIN, False),
        ("немедленно", 0, False),
        ("10 分钟内确认", 10 * MIN, False),
        ("立即", 0, False),
        ("1 个工作日内", None, True),
        ("30分以内", 30 * MIN, False),
        ("翌営業日", None, True),
        ("30분 이내", 30 * MIN, False),
    ],
)
def test_response(written: str, deadline_ms: int | None, deferred: bool) -> None:
    found = read_response(text(written))
    assert found is not None
    assert (found.deadline_ms, found.deferred) == (deadline_ms, deferred)


@pytest.mark.parametrize("written", ["TBD", "soon", "", "24/7", "30", "nowhere"])
def test_response_that_says_no_time(written: str) -> None:
    assert read_response(text(written)) is None


@pytest.mark.parametrize(
    ("written", "from_ms", "to_ms"),
    [
        ("0-15 min", 0, 15 * MIN),
        ("15–30 min", 15 * MIN, 30 * MIN),
        ("30 min - 1 h", 30 * MIN, HOUR),
        ("0 to 15 minutes", 0, 15 * MIN),
        ("60+ min", HOUR, None),
        ("60 min+", HOUR, None),
        ("> 60 min", HOUR, None),
        ("After 30 min", 30 * MIN, None),
        ("T+15m", 15 * MIN, None),
        ("T+15", 15 * MIN, None),
        ("T+15 to T+30", 15 * MIN, 30 * MIN),
        ("0 min", 0, None),
        ("First 15 min", 0, 15 * MIN),
        ("< 15 min", 0, 15 * MIN),
        ("Immediately", 0, None),
        ("15 minutes after detection", 15 * MIN, None),
        ("after half an hour", 30 * MIN, None),
        ("T+01:30", 90 * MIN, None),
        ("nach 15 Minuten", 15 * MIN, None),
        ("15 分钟后", 15 * MIN, None),
        ("0–15 分钟", 0, 15 * MIN),
    ],
)
def test_window(written: str, from_ms: int, to_ms: int | None) -> None:
    found = read_window(text(written))
    assert found is not None
    assert (found.from_ms, found.to_ms) == (from_ms, to_ms)


@pytest.mark.parametrize(
    ("written", "counts_on"),
    [("after another 15 min", True), ("15 minutes later", True), ("after 15 min", False)],
)
def test_a_window_may_count_from_the_line_before(written: str, counts_on: bool) -> None:
    found = read_window(text(written)) or read_moment(text(written))
    assert found is not None
    assert (found.from_ms, found.relative) == (15 * MIN, counts_on)


@pytest.mark.parametrize(
    ("written", "ordinal", "title", "agent"),
    [
        ("Stage 2a: Diagnose (observability)", "2a", "Diagnose", "observability"),
        ("Stage 1: TRIAGE", "1", "TRIAGE", None),
        ("2. Review (coder)", "2", "Review", "coder"),
        ("Phase 3 - Deploy", "3", "Deploy", None),
        ("Step 4: Do it (if needed)", "4", "Do it (if needed)", None),
        ("Stage 3 — Fix (x)", "3", "Fix", "x"),
        ("**Stage 3: Fix**", "3", "Fix", None),
        ("Stage A: Prepare", "A", "Prepare", None),
        ("Stage 5", "5", "Stage 5", None),
        ("Stage 2b (coder)", "2b", "Stage 2b", "coder"),
        ("Stage Details", None, "Stage Details", None),
        ("Triage", None, "Triage", None),
        ("2024 review", None, "2024 review", None),
        ("(coder)", None, "(coder)", None),
    ],
)
def test_heading(written: str, ordinal: str | None, title: str, agent: str | None) -> None:
    found = read_heading(text(written))
    parts = (found.ordinal, found.title, found.agent)
    assert [part and part.value for part in parts] == [ordinal, title, agent]
    for part in parts:
        assert part is None or written[part.span.start : part.span.end] == part.value


PIECES = ("Stage", "phase", "step", "2", "a", ".", ":", " ", "-", "(coder)", "(", ")", "**", "é")


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join).map(str.strip))
def test_a_title_that_the_grammar_does_not_see_is_what_it_would_make_of_it(written: str) -> None:
    found = read_heading(text(written))
    with mock.patch.object(heading, "_PARTED", re.compile("")):
        assert read_heading(text(written)) == found


@pytest.mark.parametrize(
    ("written", "level"),
    [
        ("SEV-1", 1),
        ("SEV1", 1),
        ("sev 2", 2),
        ("P0", 0),
        ("S3", 3),
        ("4", 4),
        ("Priority 2", 2),
        ("SEV-1 (Critical)", 1),
        ("Critical", None),
        ("HTTP2", None),
    ],
)
def test_level(written: str, level: int | None) -> None:
    assert read_level(written) == level
