"""The order of the stages: topological, cycles by their path, the plan as networkx DAG."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from ..dsl.patterns import lazy
from .plan import Plan

if TYPE_CHECKING:
    import networkx as nx

_ORDINAL = lazy(r"(\d+)|([^\W\d_]+)")

Key = tuple[tuple[tuple[int, int, str], ...], int]


def ordinal_key(ordinal: str | None) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts ``2a`` before ``2b`` before ``10``; no ordinal sorts last."""
    if ordinal is None:
        return ((2, 0, ""),)
    return tuple(
        (0, int(number[:18]), "") if number else (1, 0, letters.lower())
        for number, letters in _ORDINAL.findall(ordinal)
    )


def topological(needs: Mapping[str, Sequence[str]], key: Mapping[str, Key]) -> list[str]:
    """The names, each after all it needs, ties by ``key``; those in or behind a cycle left out."""
    waiting = {name: len(of) for name, of in needs.items()}
    dependents: dict[str, list[str]] = {name: [] for name in needs}
    for name, of in needs.items():
        for need in of:
            dependents[need].append(name)
    ready = [(key[name], name) for name, count in waiting.items() if not count]
    heapify(ready)
    order: list[str] = []
    while ready:
        _, name = heappop(ready)
        order.append(name)
        for dependent in dependents[name]:
            waiting[dependent] -= 1
            if not waiting[dependent]:
                heappush(ready, (key[dependent], dependent))
    return order


class Order:
    """Which name comes before which by these edges, at once or through others.

    Of a name in or behind a cycle only its own edges count.
    """

    def __init__(self, edges: Iterable[tuple[str, str]]) -> None:
        needs: dict[str, list[str]] = {}
        for source, target in edges:
            needs.setdefault(source, [])
            needs.setdefault(target, []).append(source)
        self._bit = {name: 1 << at for at, name in enumerate(needs)}
        self._before = {name: sum({self._bit[need] for need in of}) for name, of in needs.items()}
        key: dict[str, Key] = {name: ((), at) for at, name in enumerate(needs)}
        for name in topological(needs, key):
            for need in needs[name]:
                self._before[name] |= self._before[need]

    def has(self, source: str, target: str) -> bool:
        """Whether ``source`` comes before ``target``."""
        return bool(self._before.get(target, 0) & self._bit.get(source, 0))


def find_cycle(needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The path of a cycle in the direction of the flow, its first name again at the end, or ()."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        path = list(error.args[1])
        start = min(range(len(path) - 1), key=lambda at: list(needs).index(path[at]))
        loop = path[start:-1] + path[:start]
        return (*loop, loop[0])
    return ()


def dag(plan: Plan) -> nx.DiGraph[str]:
    """The plan's stages as a validated networkx graph; each node carries its ``stage``."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph(name=plan.name)
    for stage in plan.stages:
        graph.add_node(stage.id, stage=stage)
    for stage in plan.stages:
        graph.add_edges_from((need, stage.id) for need in stage.needs)
    if len(graph) != len(plan.stages) or not nx.is_directed_acyclic_graph(graph):
        raise ValueError(f"the stages of '{plan.name}' are not a directed acyclic graph")
    return graph
