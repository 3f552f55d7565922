"""A Mermaid chart orders the stages, before a box drawing and after ``needs:``."""

from __future__ import annotations

from armada.compiler.compile import Compiled, compile_source
from armada.dsl.source import SourceFile

CHART = """flowchart TD
    start((Alert)) --> a[Stage 1: Look]
    a --> b[Stage 2: Mend] --> d[Stage 4: Report]
    a -->|beside| c["Stage 3: Tell<br/>(ops)"] --> d
"""
BOXES = """
+---------------+     +---------------+     +---------------+     +-----------------+
| Stage 1: Look |---->| Stage 2: Mend |---->| Stage 3: Tell |---->| Stage 4: Report |
+---------------+     +---------------+     +---------------+     +-----------------+
"""


def document(*drawings: str, needs: str = "") -> str:
    stages = "".join(
        f"### Stage {at}: {title} (ops)\n\n```yaml\n{needs if title == 'Tell' else ''}actions:\n"
        f'  - note:\n      constraints: ["{title}"]\n```\n\n'
        for at, title in enumerate(("Look", "Mend", "Tell", "Report"), 1)
    )
    blocks = "\n\n".join(drawings)
    return f"---\nname: w\nagents: [ops]\n---\n\n## Workflow\n\n{blocks}\n\n## Stages\n\n{stages}"


def compiled(text: str) -> Compiled:
    return compile_source(SourceFile("w.md", text))


def needs_of(text: str) -> dict[str, tuple[str, ...]]:
    plan = compiled(text).plan
    assert plan is not None
    return {stage.id: stage.needs for stage in plan.stages}


FORKED = {"look": (), "mend": ("look",), "tell": ("look",), "report": ("mend", "tell")}
CHART_BLOCK, BOX_BLOCK = f"```mermaid\n{CHART}```", f"```{BOXES}```"


def test_a_chart_orders_the_stages_and_its_first_node_may_be_the_trigger() -> None:
    assert needs_of(document(CHART_BLOCK)) == FORKED


def test_a_chart_counts_before_a_box_drawing_wherever_it_stands() -> None:
    assert needs_of(document(BOX_BLOCK, CHART_BLOCK)) == FORKED


def test_needs_count_before_a_chart() -> None:
    text = document(CHART_BLOCK, needs="needs: mend\n")
    assert needs_of(text)["tell"] == ("mend",)


def test_two_drawings_that_differ_are_reported_at_both_places() -> None:
    text = document(BOX_BLOCK, CHART_BLOCK)
    differing = [found for found in compiled(text).diagnostics if "two drawings" in found.message]
    assert [(found.code, found.message.split(" leads ")[1]) for found in differing] == [
        ("ARM206", "from 'Mend' to 'Tell'"),
        ("ARM206", "from 'Mend' to 'Report'"),
        ("ARM206", "from 'Look' to 'Tell'"),
    ]
    chart, boxes = text.index("```mermaid"), text.index(BOX_BLOCK)
    for found in differing:
        assert sorted((found.span.start >= chart, found.secondary[0].span.start >= chart)) == [
            False,
            True,
        ]
        assert found.secondary[0].span.start in (chart, boxes)


def test_two_drawings_that_agree_are_no_finding() -> None:
    chart = "```mermaid\ngraph LR\n1[Stage 1] --> 2[Stage 2] --> 3[Stage 3] --> 4[Stage 4]\n```"
    assert [
        found
        for found in compiled(document(BOX_BLOCK, chart)).diagnostics
        if found.code == "ARM206"
    ] == []


def test_another_kind_of_diagram_is_passed_over() -> None:
    text = document("```mermaid\nsequenceDiagram\n  Look->>Report: hi\n```", BOX_BLOCK)
    assert needs_of(text)["report"] == ("tell",)
