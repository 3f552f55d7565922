"""Severity tables and escalation paths in the shapes that people give them."""

from __future__ import annotations

import pytest

from armada.dsl.levels import by_urgency
from armada.dsl.parse import parse
from armada.dsl.source import SourceFile
from armada.dsl.syntax import Document


def document(text: str, name: str = "x.md") -> tuple[Document, list[str]]:
    front = "" if name.endswith(".yaml") else "---\nname: x\n---\n\n"
    read, found = parse(SourceFile(name, front + text))
    return read, [finding.code for finding in found]


def rungs(read: Document) -> list[tuple[object, ...]]:
    return [
        (
            rung.window and rung.window.from_ms // 60_000,
            [target.value for target in rung.targets],
            rung.only_at and rung.only_at[0],
            rung.mode,
        )
        for ladder in read.ladders
        for rung in ladder.rungs
    ]


def test_columns_in_any_order_and_under_other_names() -> None:
    read, codes = document(
        "## Priorities\n\n"
        "| Who | SLA | Class | Impact |\n|:---|:---:|---|---|\n"
        "| Everyone | `15 min` | **P0** | all `a \\| b` down |\n"
        "| ops & web and data | best effort | P3 | slow |\n"
        "| - | 4h | P4 |\n"
    )
    assert codes == []
    rows = [
        (row.level, row.everyone, [agent.value for agent in row.agents or ()])
        for row in read.severities[0].rows
    ]
    assert rows == [(0, True, []), (3, False, ["ops", "web", "data"]), (4, False, [])]


def test_tables_about_other_things_are_none_of_its_business() -> None:
    read, codes = document(
        "## Actions\n\n| Action | Owner | Priority |\n|---|---|---|\n| mend | me | P1 |\n\n"
        "## Alerts\n\n| Alert | Severity |\n|---|---|\n| cpu | SEV-1 |\n"
    )
    assert (read.severities, codes) == ((), [])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1. **0-15 min:** A + B", (0, ["A", "B"], None, "page")),
        ("- 15-30 min: Notify team lead", (15, ["team lead"], None, "notify")),
        ("- After 30 min → page the duty manager", (30, ["duty manager"], None, "page")),
        ("* `60+ min` - CTO and CEO (SEV-1 only)", (60, ["CTO", "CEO"], 1, "page")),
        ("- Immediately: call on-call engineer", (0, ["on-call engineer"], None, "page")),
        ("- T+15m: lead, manager informed", (15, ["lead", "manager"], None, "notify")),
        ("- [ ] 5 min: a", (5, ["a"], None, "page")),
        ("- 1h: VP if SEV-2", (60, ["VP"], 2, "page")),
        ("1) **> 60 min** – **Director** engaged", (60, ["Director"], None, "page")),
    ],
)
def test_line_of_an_escalation_path(line: str, expected: tuple[object, ...]) -> None:
    read, codes = document(f"## Escalation\n\n{line}\n")
    assert (rungs(read), codes) == ([expected], [])


def test_escalation_table() -> None:
    read, codes = document(
        "## Escalation policy\n\n| Contact | After | Severity |\n|---|---|---|\n"
        "| on-call | 0 min | |\n| lead + manager | 30 min | SEV-1 |\n"
    )
    assert codes == []
    assert rungs(read) == [
        (0, ["on-call"], None, "page"),
        (30, ["lead", "manager"], 1, "page"),
    ]


def test_targets_as_bullets_below_a_time() -> None:
    read, codes = document("## Escalation\n\n1. **0-15 min:**\n   - A\n   - B\n2. **15+ min:** C\n")
    assert codes == []
    assert rungs(read) == [(0, ["A", "B"], None, "page"), (15, ["C"], None, "page")]


def test_a_line_without_a_time_is_reported_where_others_have_one() -> None:
    _, codes = document("## Escalation\n\n1. 5 min: A\n2. whenever: B\n")
    assert codes == ["ARM013"]


def test_the_yaml_surface_gives_the_same_parts() -> None:
    read, codes = document(
        "name: web\n"
        "severities:\n"
        "  - {level: SEV-1, criteria: down, respond_within: Immediate, agents: All}\n"
        "  - {level: 2, response: '< 30 min', agents: [a, b]}\n"
        "stages:\n"
        "  - {id: triage, agent: a, actions: []}\n"
        "  - {name: Fix it, needs: [triage], agent: b}\n"
        "escalation:\n"
        "  while: unacknowledged\n"
        "  rungs:\n"
        "    - '0-15 min: on-call + a'\n"
        "    - {after: 15 min, notify: team lead}\n"
        "    - {from: 30 min, to: 1h, page: [boss], only_at: SEV-1}\n"
        "    - 60+ min: executive\n",
        "w.armada.yaml",
    )
    assert codes == []
    assert rungs(read) == [
        (0, ["on-call", "a"], None, "page"),
        (15, ["team lead"], None, "notify"),
        (30, ["boss"], 1, "page"),
        (60, ["executive"], None, "page"),
    ]
    assert [(row.level, row.everyone) for row in read.severities[0].rows] == [(1, True), (2, False)]
    assert [stage.title.title.value for stage in read.stages] == ["triage", "Fix it"]


def test_ignores_in_comments_and_in_yaml() -> None:
    read, codes = document(
        "<!-- armada: ignore[ARM301, ARM302] known --> text\n\n"
        "### Stage 1: A (b)\n\n```yaml\n# armada: ignore[ARM101] later\nactions: []\n```\n\n"
        "```text\n<!-- armada: ignore[ARM999] an example -->\n```\n"
    )
    assert codes == []
    assert [(ignore.codes, ignore.reason, ignore.line) for ignore in read.ignores] == [
        (("ARM301", "ARM302"), "known", 5),
        (("ARM101",), "later", 10),
    ]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            (
                "| Priority | Resolution | First Response |\n|---|---|---|\n"
                "| Low | 9 days | best effort |\n| Critical | 4 h | 15 minutes, 24/7 |\n"
            ),
            [("Critical", 15), ("Low", None)],
        ),
        (
            (
                "| Schweregrad | Reaktionszeit |\n|---|---|\n| Kritisch | 1 Stunde |\n"
                "| Niedrig | 3 Tage |\n"
            ),
            [("Kritisch", 60), ("Niedrig", 4320)],
        ),
        (
            "| 级别 | 响应时间 |\n|---|---|\n| **P1** | < 15分钟 |\n| **P0** | 5分钟 |\n",
            [("P0", 5), ("P1", 15)],
        ),
        (
            (
                "| Level | SLA |\n|---|---|\n| Level 1 - Low | 8 h |\n"
                "| Level 5 - Critical | 5 min ack / 1 hour fix |\n"
            ),
            [("Level 5 - Critical", 5), ("Level 1 - Low", 480)],
        ),
        (
            "| Sev | Response |\n|---|---|\n| S1 | Immediate (< 15 min) |\n| S2 | 1 h or 2 h |\n",
            [("S1", 15), ("S2", None)],
        ),
    ],
)
def test_levels_by_urgency_in_other_words(table: str, expected: list[tuple[str, object]]) -> None:
    read, _ = document(f"## Levels\n\n{table}")
    assert [
        (
            row.name.value,
            row.response and row.response.deadline_ms and row.response.deadline_ms // 60_000,
        )
        for row in by_urgency(read.severities[0])
    ] == expected


@pytest.mark.parametrize(
    "table",
    [
        "| Feature | Priority | Response Time |\n|---|---|---|\n| Search | High | 200 ms |\n",
        "| Severity | Count |\n|---|---|\n| High | 3 |\n| Low | 9 |\n",
        "| Impact | Level | Owner |\n|---|---|---|\n| a | High | x |\n| b | High | y |\n",
        "| Severity | Fix time |\n|---|---|\n| High | 3 d |\n| Low | 9 d |\n",
    ],
)
def test_a_list_of_things_with_a_priority_is_no_severity_table(table: str) -> None:
    read, codes = document(f"## Overview\n\n{table}")
    assert (read.severities, codes) == ((), [])


def test_no_answer_opens_a_rung() -> None:
    read, codes = document(
        "## Escalation\n\n1. Immediately: on-call\n2. If no response in 15 min → Page team lead\n"
        "3. If still unacknowledged after 30 min, director\n"
    )
    assert codes == []
    assert rungs(read) == [
        (0, ["on-call"], None, "page"),
        (15, ["team lead"], None, "page"),
        (30, ["director"], None, "page"),
    ]


@pytest.mark.parametrize("who", ["review-lead", "test-team", "Test lead", "Review board"])
def test_a_name_that_opens_like_a_step_is_a_name(who: str) -> None:
    read, codes = document(f"## Escalation\n\n1. 0-60 min: {who}\n2. 60+ min: Manager\n")
    assert [rung[:2] for rung in rungs(read)] == [(0, [who]), (60, ["Manager"])]
    assert codes == []


def test_a_step_among_rungs_is_left_out_and_named() -> None:
    """Nothing with a time goes without a word."""
    read, codes = document(
        "## Escalation\n\n- 0-15 min: On-call engineer\n- 15 min: Update the page\n"
        "- 30+ min: Lead\n"
    )
    assert [rung[:2] for rung in rungs(read)] == [(0, ["On-call engineer"]), (30, ["Lead"])]
    assert "ARM019" in codes
