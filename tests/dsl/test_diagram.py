"""Drawings and the flow each must give, side by side in one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from armada.dsl.diagram import read_diagram
from armada.dsl.outline import read_outline
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
