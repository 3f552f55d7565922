"""The order of the stages, and the plan as a graph and as a picture."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from armada.compiler.compile import compile_source
from armada.compiler.emit import dot, mermaid, terminal
from armada.compiler.emit.terminal import display_width
from armada.compiler.graph import dag, find_cycle, ordinal_key, topological
from armada.compiler.plan import EscalationPolicy, Plan, Stage
from armada.dsl.source import SourceFile

SEED = (Path(__file__).parents[2] / "specs" / "incident-response.md").read_text("utf-8")


def plan_of(text: str) -> Plan:
    plan = compile_source(SourceFile("x.md", text)).plan
    assert plan is not None
    return plan


def plan_with(edges: dict[str, tuple[str, ...]]) -> Plan:
    stages = tuple(Stage(id, "", id, "agent", needs, ()) for id, needs in edges.items())
    return Plan("p", "", "", None, (), "", stages, (), EscalationPolicy())


@st.composite
def plans(draw: st.DrawFn, most: int = 8) -> Plan:
    names = [f"n{at}" for at in range(draw(st.integers(1, most)))]
    edges: dict[str, tuple[str, ...]] = {}
    for at, name in enumerate(names):
        needs = draw(st.sets(st.sampled_from(names[:at]), max_size=3)) if at else set()
        edges[name] = tuple(sorted(needs))
    return plan_with(edges)


def test_ties_go_by_ordinal_then_by_the_text() -> None:
    needs: dict[str, tuple[str, ...]] = {"c": ("a",), "b": ("a",), "a": (), "d": ()}
    ordinals = {"a": "1", "b": "2a", "c": "2b", "d": None}
    key = {name: (ordinal_key(of), at) for at, (name, of) in enumerate(ordinals.items())}
    assert topological(needs, key) == ["a", "b", "c", "d"]
    assert ordinal_key("2") < ordinal_key("2a") < ordinal_key("10") < ordinal_key(None)


def test_a_cycle_is_told_by_its_path() -> None:
    needs = {"a": ("c",), "b": ("a",), "c": ("b",), "d": ()}
    assert find_cycle(needs) == ("a", "b", "c", "a")
    assert find_cycle({"a": ("a",)}) == ("a", "a")
    assert find_cycle({"a": (), "b": ("a",)}) == ()


@given(plans())
def test_the_graph_is_the_plan(plan: Plan) -> None:
    graph = dag(plan)
    assert list(graph.nodes) == [stage.id for stage in plan.stages]
    assert nx.is_directed_acyclic_graph(graph)
    edges = {(need, stage.id) for stage in plan.stages for need in stage.needs}
    assert set(graph.edges) == edges


def test_a_graph_that_is_no_plan_is_refused() -> None:
    with pytest.raises(ValueError, match="acyclic"):
        dag(plan_with({"a": ("b",), "b": ("a",)}))


@given(plans(), st.integers(20, 120), st.booleans())
def test_every_stage_is_in_every_picture(plan: Plan, width: int, unicode: bool) -> None:
    picture = terminal(plan, width, unicode)
    for stage in plan.stages:
        assert stage.id in picture
        assert f'["{stage.id} (agent)"]' in mermaid(plan)
        assert f'"{stage.id}" [label=' in dot(plan)
    if "after " not in picture:
        assert max(display_width(line) for line in picture.splitlines()) <= max(width, 13)


@pytest.mark.parametrize("unicode", [True, False], ids=["unicode", "ascii"])
def test_the_picture_of_the_seed_is_read_back(unicode: bool) -> None:
    plan = plan_of(SEED)
    first, last = SEED.index("```\n") + 4, SEED.index("```\n\n## Severity")
    redrawn = plan_of(SEED[:first] + terminal(plan, 80, unicode) + SEED[last:])
    assert redrawn.digest == plan.digest


def test_the_chart_of_the_seed_is_read_back() -> None:
    plan = plan_of(SEED)
    first, last = SEED.index("```\n"), SEED.index("```\n\n## Severity")
    redrawn = plan_of(SEED[:first] + "```mermaid\n" + mermaid(plan) + SEED[last:])
    assert redrawn.digest == plan.digest


@given(plans(most=5))
def test_the_picture_of_any_small_plan_is_read_back(plan: Plan) -> None:
    sections = "".join(
        f"### {stage.id} (agent)\n```yaml\nactions: []\n```\n" for stage in plan.stages
    )
    picture = terminal(plan, 1000)
    assume(any(stage.needs for stage in plan.stages))
    again = plan_of(f"---\nname: p\n---\n```\n{picture}```\n{sections}")
    assert {stage.id: set(stage.needs) for stage in again.stages} == {
        stage.id: set(stage.needs) for stage in plan.stages
    }
