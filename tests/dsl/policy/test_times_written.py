"""Durations in many spellings, and hostile policies in bounded time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armada.dsl.read import read
from armada.dsl.source import SourceFile, Span
from armada.dsl.syntax import Text
from armada.dsl.timing import read_response, read_window

SPELLINGS = {
    60_000: ("m", "min", "mins", "minute", "minutes", "Min", "MINUTES", "min."),
    3_600_000: ("h", "hr", "hrs", "hour", "hours", "H", "Hours"),
    86_400_000: ("d", "day", "days", "Days"),
}
UNITS = st.sampled_from([(ms, unit) for ms, units in SPELLINGS.items() for unit in units])
AMOUNTS = st.integers(1, 999)
SPACES = st.sampled_from(["", " ", "  "])


def placed(words: str) -> Text:
    return Text(words, Span("x.md", 0, len(words)))


@given(
    AMOUNTS,
    SPACES,
    UNITS,
    st.sampled_from(["", "< ", "<", "≤ ", "within ", "Within the first ", "~", "up to "]),
    st.sampled_from(["", " response", " ack", " (24/7)", ", 24/7", ", business hours", " max"]),
)
def test_response_is_its_deadline_in_any_spelling(
    amount: int, space: str, unit: tuple[int, str], before: str, after: str
) -> None:
    unit_ms, name = unit
    found = read_response(placed(f"{before}{amount}{space}{name}{after}"))
    assert found is not None
    assert (found.deadline_ms, found.deferred) == (amount * unit_ms, False)


@given(AMOUNTS, SPACES, UNITS, st.sampled_from(["after {}", "T+{}", "> {}", "{}+", "+{}", "{}"]))
def test_window_starts_at_its_time_in_any_spelling(
    amount: int, space: str, unit: tuple[int, str], form: str
) -> None:
    unit_ms, name = unit
    found = read_window(placed(form.format(f"{amount}{space}{name}")))
    assert found is not None
    assert (found.from_ms, found.to_ms) == (amount * unit_ms, None)


HOSTILE = {
    "bold levels": "## Severity\n" + "**P1**: a (1 h)\n**P2**: b\n" * 3000,
    "level items": "## Severity\n" + "- **P1**: a respond in 5 min\n- **P2**: b\n" * 2000,
    "level headings": "## Severity\n" + "### P1\n- response: 5 min\n### P2\n- x\n" * 2000,
    "brackets": "## Escalation\n- 5 min: " + "(" * 100_000 + "\n- P2: " + "[(" * 50_000,
    "colons": "## Severity\n- P1" + ":" * 100_000 + "\n- P2 " + " - " * 50_000,
    "nested levels": "## Severity\n"
    + "".join(f"{' ' * (i % 99)}- P{i % 9}: x\n" for i in range(999)),
    "rungs": "## Escalation\n" + "1. page a if no response in 15 min\n" * 2000,
    "open HTML tables": "<table><tr><td>" * 20_000,
    "wide HTML cells": "<table>" + "<tr><td colspan=9999 rowspan=9999>P1" * 2000 + "</table>",
    "open charts": "::: mermaid\n" * 5000
    + '<div class="mermaid">' * 5000
    + "> ```mermaid\n" * 5000,
    "chains": "## Escalation\n" + "- a -> lead -> b\n" * 3000 + "→ lead " * 20_000,
    "tiers": "# Escalation\n" + "### Level 1: lead\n- when: after 5 min\n" * 2000,
    "levels in a line": "SLA: " + "P1 respond in 5 min; P2 respond in 1 h; " * 5000,
    "times in words": "## Escalation\n" + "- after " + "twenty " * 30_000 + "minutes: lead\n",
    "markup": "<table>" + "<!--<td <![CDATA[ &#" * 4000 + "</table>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_policy_is_read_in_bounded_time(name: str) -> None:
    started = time.process_time()
    read(SourceFile("x.md", HOSTILE[name]))
    assert time.process_time() - started < 10
