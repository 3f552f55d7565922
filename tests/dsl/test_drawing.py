"""What is drawn is read again as it was: the drawer and the reader are each other's test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from armada.dsl.diagram import read_diagram
from armada.dsl.drawing import Arrow, draw
from armada.dsl.source import SourceFile
from armada.dsl.syntax import Fence, Flow

WORDS = (
    "Triage",
    "Mitigate",
    "Fix it",
    "Deploy",
    "Tell them",
    "調査する",
    "Rückbau",
    "x",
    "Postmortem",
)


def read(lines: list[str]) -> Flow:
    """The flow that is read from a drawing."""
    text = "\n".join(lines) + "\n"
    source = SourceFile("drawn.md", f"```\n{text}```\n")
    whole = source.span(0, len(source.text))
    flow, found = read_diagram(source, Fence("", text, source.span(4, 4 + len(text)), whole))
    assert flow is not None, text
    assert not found, (text, [f"{each.code}: {each.message}" for each in found])
    return flow


def edges_of(flow: Flow) -> Counter[tuple[str, str, str]]:
    titles = {node.id: node.title.title.value for node in flow.nodes}
    return Counter((titles[e.source], titles[e.target], e.label) for e in flow.edges)


@st.composite
def layered(draw_: st.DrawFn) -> tuple[list[list[str]], list[Arrow]]:
    """A connected flow of up to nine steps with edges from earlier to later ones."""
    count = draw_(st.integers(2, 9))
    nodes = [
        [
            f"{draw_(st.sampled_from(WORDS))} {chr(65 + at)}",
            *(["- look"] * draw_(st.integers(0, 2))),
        ]
        for at in range(count)
    ]
    arrows = {(draw_(st.integers(0, at - 1)), at) for at in range(1, count)}
    more = st.integers(0, count - 1)
    for one, other in draw_(st.lists(st.tuples(more, more), max_size=4)):
        if one < other:
            arrows.add((one, other))
    return nodes, [Arrow(*each) for each in sorted(arrows)]


@settings(max_examples=150)
@given(layered())
def test_any_flow_is_read_again_as_it_was_drawn(flow: tuple[list[list[str]], list[Arrow]]) -> None:
    """Fans, joins, edges over several layers, crossings."""
    nodes, arrows = flow
    lines = draw(nodes, arrows)
    assert lines is not None
    wanted = Counter((nodes[a.source][0], nodes[a.target][0], "") for a in arrows)
    assert edges_of(read(lines)) == wanted, "\n" + "\n".join(lines)


@given(
    st.integers(2, 4),
    st.lists(st.sampled_from(("yes", "no", "on failure")), min_size=4, max_size=4),
)
def test_words_on_edges_are_read_again(count: int, labels: list[str]) -> None:
    """Beside the line that they belong to."""
    nodes = [["Decide"], *([f"Step {chr(65 + at)}"] for at in range(count))]
    arrows = [Arrow(0, at + 1, labels[at]) for at in range(count)]
    lines = draw(nodes, arrows)
    assert lines is not None
    wanted = Counter(("Decide", nodes[a.target][0], a.label) for a in arrows)
    assert edges_of(read(lines)) == wanted, "\n" + "\n".join(lines)


def test_a_cycle_and_an_empty_box_cannot_be_drawn() -> None:
    """Nothing is drawn that would say something else."""
    assert draw([["a"], ["b"]], [Arrow(0, 1), Arrow(1, 0)]) is None
    assert draw([["a"], []], [Arrow(0, 1)]) is None
    assert draw([], []) is None


def test_steps_side_by_side_share_a_rail(golden: Callable[[str, str], None]) -> None:
    """The drawing that people would draw."""
    nodes = [["Triage", "- look"], ["Diagnose", "(observability)"], ["Mitigate"], ["Fix"]]
    arrows = [Arrow(0, 1), Arrow(0, 2), Arrow(1, 3, "found"), Arrow(2, 3)]
    golden("drawn.txt", "\n".join(draw(nodes, arrows) or ()) + "\n")
