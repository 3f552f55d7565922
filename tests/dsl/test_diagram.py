"""Drawings and the flow each must give, side by side in one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from armada.dsl.diagram import read_diagram
from armada.dsl.flows import read_every_flow
from armada.dsl.format import edits as format_edits
from armada.dsl.outline import read_outline
from armada.dsl.parse import parse
from armada.dsl.source import SourceFile
from armada.dsl.syntax import Flow

DRAWINGS = sorted((Path(__file__).parent / "drawings").glob("*.txt"))


def read(drawing: str) -> tuple[SourceFile, Flow | None, list[str]]:
    """The flow of a drawing in a fence, and the codes found."""
    source = SourceFile("d.md", f"```\n{drawing}```\n")
    fence = read_outline(source).sections[0].fences[0]
    flow, found = read_diagram(source, fence)
    return source, flow, [finding.code for finding in found]


def edges(flow: Flow) -> list[str]:
    """``A -> B [label]`` for every edge."""
    titles = {node.id: node.title.title.value for node in flow.nodes}
    return [
        f"{titles[edge.source]} -> {titles[edge.target]}{f' [{edge.label}]' if edge.label else ''}"
        for edge in flow.edges
    ]


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_drawing_gives_the_flow_written_below_it(path: Path) -> None:
    drawing, _, expected = path.read_text("utf-8").partition("=== ")
    confidence, *lines = expected.split("\n")
    source, flow, codes = read(drawing)
    assert flow is not None
    assert edges(flow) == [line for line in lines if line]
    assert flow.confidence == confidence
    assert (not codes) == (confidence == "exact")
    for node in flow.nodes:
        for text in (node.title.title, *node.lines):
            assert source.text[text.span.start : text.span.end] == text.value


def every_flow(text: str) -> tuple[Flow, ...]:
    """What ``read_every_flow`` finds in a document."""
    source = SourceFile("d.md", text)
    return read_every_flow(source, read_outline(source).sections)


PAIR = "```\n┌───┐    ┌───┐\n│ A │───►│ B │\n└───┘    └───┘\n```\n"


def test_every_drawing_is_read_whatever_its_heading() -> None:
    (first, second) = every_flow(f"# Notes\n\n{PAIR}\n## Other\n\n```\nA → B → C\n```\n")
    assert edges(first) == ["A -> B"]
    assert edges(second) == ["A -> B", "B -> C"]


def test_a_picture_of_an_architecture_has_nodes_but_no_edges() -> None:
    (flow,) = every_flow(f"## Architecture\n\n{PAIR}")
    assert (len(flow.nodes), flow.edges, flow.confidence) == (2, (), "none")
    assert [note.code for note in flow.notes] == ["ARM011"]


def test_a_drawing_that_is_not_understood_is_named() -> None:
    (flow,) = every_flow("```\n┌───┐\n│ A │\n└───┘\n```\n")
    assert (flow.edges, flow.confidence) == ((), "none")
    assert [note.code for note in flow.notes] == ["ARM011"]


def test_code_and_commands_are_no_flow() -> None:
    for text in ("def f(x) -> int", "let a = b -> c;", "kubectl get pods\nkubectl logs web"):
        assert every_flow(f"```\n{text}\n```\n") == ()


def test_a_flow_keeps_the_notes_of_its_reading() -> None:
    _, flow, codes = read("┌───┐  ┌───┐\n│ A ├─►│ B │\n└─┬─┘  └───┘\n  │\n\n\n")
    assert flow is not None
    assert [note.code for note in flow.notes] == codes == ["ARM010"]


BARE = "┌───┐  ┌───┐\n│ A ├─►│ B │\n└─┬─┘  └───┘\n  ▼\n┌───┐\n│ C │\n└───┘\n"


@pytest.mark.parametrize(
    "margin",
    ["", "    ", "> ", "   > > ", "\t"],
    ids=["paragraph", "indented", "quoted", "quoted twice", "tabbed"],
)
def test_a_drawing_needs_no_fence(margin: str) -> None:
    drawing = "".join(f"{margin}{line}\n" for line in BARE.splitlines())
    (flow,) = every_flow(f"# Flow\n\n{drawing}\nThat was it.\n")
    assert edges(flow) == ["A -> B", "A -> C"]


@pytest.mark.parametrize("margin", ["", "    ", "> "], ids=["paragraph", "indented", "quoted"])
def test_a_workflow_may_be_drawn_outside_fences(margin: str) -> None:
    """What stands in a fence goes before it; formatting leaves it as it is."""
    drawing = "".join(f"{margin}{line}\n" for line in BARE.splitlines())
    text = f"# Flow\n\n{drawing}\nThat was it.\n"
    source = SourceFile("d.md", text)
    document, _ = parse(source)
    assert [edges(flow) for flow in document.flows] == [["A -> B", "A -> C"]]
    assert not any(format_edits(source, document, None).values())
    both, _ = parse(SourceFile("d.md", f"{text}\n{PAIR}"))
    assert [edges(flow) for flow in both.flows] == [["A -> B"]]


def test_a_drawing_is_found_in_a_fence_in_a_quotation() -> None:
    quoted = "".join(f"> {line}\n" for line in ("```", *BARE.splitlines(), "```"))
    (flow,) = every_flow(f"Read this:\n>\n{quoted}>\n> and more\n")
    assert edges(flow) == ["A -> B", "A -> C"]


def test_tables_lists_and_text_outside_fences_are_no_drawings() -> None:
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n"
    grid = "+---+---+\n| a | b |\n+---+---+\n"
    words = "A → B → C, then ↓ and ↑.\n\n* one ──▶ two\n* three\n"
    assert every_flow(f"# Flow\n\n{table}\n{grid}\n{words}") == ()


def test_ids_are_the_words_of_the_boxes_each_once() -> None:
    _, flow, _ = read(PAIR.replace("B", "A").removeprefix("```\n").removesuffix("```\n"))
    assert flow is not None
    assert [node.id for node in flow.nodes] == ["a", "a-2"]
