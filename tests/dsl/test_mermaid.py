"""Mermaid charts and the flow each must give, in a golden beside it."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import armada
from armada.dsl.mermaid import MAX_EDGES, read_mermaid
from armada.dsl.outline import read_outline
from armada.dsl.source import SourceFile
from armada.dsl.syntax import Flow

CHARTS = sorted((Path(__file__).parent / "mermaid").glob("*.mmd"))
PIECES = (
    *("A", "B1", "end", "style", "é", "a-b", "e1@", "[x]", "(y)", "{z", "[[", "((", "@{", "}", "]"),
    *("-->", "--", "-.", ".->", "==>", "~~~", "<--", "|", "|t|", "&", ":::c", ";", "\n", " ", "%%"),
    *('"', "`", "#quot;", "<br/>", "\\n", "subgraph s", "end\n", "%%{", "direction LR", "x", "o"),
)


def read(chart: str) -> tuple[SourceFile, Flow]:
    """The flow of a chart in a fence."""
    source = SourceFile("d.md", f"```mermaid\n{chart}\n```\n")
    (fence,) = read_outline(source).sections[0].fences
    flow, notes = read_mermaid(source, fence)
    assert flow.notes == notes
    return source, flow


def edges(flow: Flow) -> list[str]:
    return [
        f"{edge.source} -> {edge.target}{f' [{edge.label}]' if edge.label else ''}"
        for edge in flow.edges
    ]


def golden(source: SourceFile, flow: Flow) -> str:
    """Confidence, nodes with a label, edges and notes, one a line."""
    notes = [
        f"{note.code} line {source.position(note.span.start).line - 1}: {note.message}"
        for note in flow.notes
    ]
    nodes = [
        f"{node.id}: {node.label}" for node in flow.nodes if node.label and node.label != node.id
    ]
    plain = [node.id for node in flow.nodes if node.label == node.id]
    lines = [flow.confidence, " ".join(plain), *nodes, *edges(flow), *notes]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.stem)
def test_chart_gives_the_flow_of_its_golden(path: Path) -> None:
    source, flow = read(path.read_text("utf-8"))
    assert golden(source, flow) == path.with_suffix(".txt").read_text("utf-8")
    assert (flow.confidence == "exact") == (not flow.notes)


def test_a_node_is_placed_where_its_label_is_written() -> None:
    source, flow = read('graph LR\nA --> B\nA[Stage 2a: Look (ops)] --> C["x #amp; y (z)"]')
    first, _, last = flow.nodes
    ordinal, agent = first.title.ordinal, first.title.agent
    assert ordinal and agent
    for text in (first.title.title, ordinal, agent):
        assert source.text[text.span.start : text.span.end] == text.value
    assert source.text[first.span.start : first.span.end] == "A[Stage 2a: Look (ops)]"
    written = last.title.title.span
    assert source.text[written.start : written.end] == "x #amp; y (z)"
    assert (last.title.title.value, last.label) == ("x & y", "x & y (z)")


def test_an_agent_may_stand_on_a_line_of_its_own() -> None:
    _, flow = read('graph LR\nA["Stage 1: Triage<br/>(responder)<br/>look first"] --> B')
    title = flow.nodes[0].title
    assert title.agent and (title.title.value, title.agent.value) == ("Triage", "responder")
    assert [line.value for line in flow.nodes[0].lines] == ["look first"]


def test_carriage_returns_change_nothing() -> None:
    chart = "graph TD\n subgraph s [t]\n A --> B\n end\n B -- x --> C;\n C -->\n D"
    assert edges(read(chart)[1]) == edges(read(chart.replace("\n", "\r\n"))[1])


def test_what_read_prints_of_a_chart() -> None:
    text = "# T\n\n```mermaid\ngraph LR\n  A[x] -->|y| B\n```\n\n```mermaid\ngantt\n```\n"
    (entry,) = armada.read(SourceFile("n.md", text))
    chart, other = entry["flows"]
    assert chart == {
        "form": "mermaid",
        "lines": [3, 6],
        "confidence": "exact",
        "nodes": [
            {"id": "A", "label": "x", "lines": [5, 5]},
            {"id": "B", "label": "B", "lines": [5, 5]},
        ],
        "edges": [{"from": "A", "to": "B", "label": "y"}],
        "notes": [],
    }
    assert (other["form"], other["confidence"], other["edges"]) == ("mermaid", "none", [])
    assert [note["message"] for note in other["notes"]] == ["a Gantt chart is no flow"]


CONTAINERS = {
    "colons": "text\n\n::: mermaid\n{}\n:::\n",
    "colons without a blank": ":::mermaid\n{}\n:::\n\n- item\n",
    "div": 'before <div class="wide mermaid">{}</div>\n',
    "pre": "<pre class=mermaid>\n{}\n</pre>\n",
    "shortcode": "{{{{< mermaid >}}}}\n{}\n{{{{< /mermaid >}}}}\n",
    "quotation": "> ```mermaid\n> {}\n> ```\n",
    "braces": "```{{mermaid}}\n{}\n```\n",
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_chart_is_read_in_any_container(name: str) -> None:
    breaks = "\n> " if name == "quotation" else "\n"
    chart = breaks.join(("flowchart LR", "- --> b", "A[x & y] --> B & C"))
    (entry,) = armada.read(SourceFile("n.md", "# T\n\n" + CONTAINERS[name].format(chart)))
    (flow,) = entry["flows"]
    assert {(edge["from"], edge["to"]) for edge in flow["edges"]} >= {("A", "B"), ("A", "C")}
    assert ("A", "x & y") in {(node["id"], node["label"]) for node in flow["nodes"]}


def test_entities_of_a_chart_in_html_are_their_characters() -> None:
    text = '<div class="mermaid">\ngraph TD\nA[a&lt;br/&gt;b] --&gt;|1 &amp; 2| B &amp; C\n</div>\n'
    (entry,) = armada.read(SourceFile("n.md", text))
    (flow,) = entry["flows"]
    assert [(e["from"], e["to"], e["label"]) for e in flow["edges"]] == [
        ("A", "B", "1 & 2"),
        ("A", "C", "1 & 2"),
    ]
    assert flow["nodes"][0]["label"] == "a b"


@pytest.mark.parametrize(
    "text",
    [
        "::: mermaid\ngraph LR\nA --> B\n",
        '<div class="mermaid">graph LR\nA --> B\n',
        '```html\n<div class="mermaid">graph LR\nA --> B</div>\n```\n',
        '<!--\n<pre class="mermaid">graph LR\nA --> B</pre>\n-->\n',
        '<div class="mermaid-like">graph LR\nA --> B</div>\n',
    ],
)
def test_what_only_looks_like_a_container_holds_no_chart(text: str) -> None:
    (entry,) = armada.read(SourceFile("n.md", text))
    assert not [flow for flow in entry["flows"] if flow["form"] == "mermaid"]


def test_a_chart_beyond_the_bounds_is_read_in_part() -> None:
    many = " & ".join(f"n{at}" for at in range(200))
    _, flow = read(f"graph LR\n{many} --> {many}")
    assert len(flow.edges) == MAX_EDGES and flow.confidence == "partial"
    _, flow = read("graph LR\n" + "a --> b\n" * 20_000)
    assert [note.code for note in flow.notes] == ["ARM022"]


@pytest.mark.parametrize(
    "part", ['A["', "-. ", "A>x ", "a-- - ", "(((", "%%{ ", "a & ", "|x", 'style a "']
)
def test_a_hostile_chart_takes_time_in_proportion(part: str) -> None:
    """Four times the text, at most some ten times the time."""

    def took(size: int) -> float:
        start = process_time()
        read("graph LR\n" + part * (size // len(part)))
        return process_time() - start

    took(1_000)
    assert min(took(20_000) for _ in range(3)) < 10 * took(5_000) + 0.5


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40))
def test_any_mixture_of_pieces_is_read_or_noted(pieces: list[str]) -> None:
    """Nothing raises, and every place is inside the file."""
    for text in ("".join(pieces), " ".join(pieces)):
        source, flow = read("flowchart TD\n" + text.replace("```", "").replace("~~~~", ""))
        known = {node.id for node in flow.nodes}
        assert all({edge.source, edge.target} <= known for edge in flow.edges)
        for part in (*flow.nodes, *flow.edges, *flow.notes):
            assert 0 <= part.span.start <= part.span.end <= len(source.text)
