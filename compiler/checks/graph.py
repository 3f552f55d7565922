"""The shape of the graph: cycles, stages out of reach, and the stated pattern."""

from __future__ import annotations

from collections import Counter

from ..findings import Findings, listing, suggestion
from ..plan import Plan
from ..sites import StageSite, Workflow

_PATTERNS = ("pipeline", "sequential", "mesh", "hierarchical")


def cycle(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM201: stages wait for each other in a circle."""
    path = workflow.outline.cycle
    if not path:
        return
    stages = {stage.id: stage for stage in workflow.stages}
    last, first = stages[path[-2]], stages[path[0]]
    drawn = {(edge.source, edge.target): edge.span for edge in workflow.outline.drawn or ()}
    span = dict(first.stated_needs or ()).get(last.id) or drawn.get((last.id, first.id))
    shown = path if len(path) <= 12 else (*path[:10], "…", path[-1])
    findings.add(
        "ARM201",
        f"the stages wait for each other: {' → '.join(shown)}",
        span or first.title.span,
        label="this edge closes the circle",
        help="remove one of these edges",
    )


def unreachable(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM202: a drawn stage that no path from the start leads to, or one apart from all others."""
    if workflow.outline.cycle or len(workflow.stages) < 2:
        return
    outline = workflow.outline
    needed = {need for stage in outline.stages for need in stage.needs}
    started = outline.trigger_targets
    connected = any(stage.needs for stage in outline.stages)
    for stage in outline.stages:
        if stage.needs or stage.stated_needs is not None:
            continue
        cut_off = bool(started) and stage.node is not None and stage.id not in (started or ())
        if connected and (cut_off or _apart(stage, outline.stages[0], needed)):
            findings.add(
                "ARM202",
                f"no path leads to stage '{stage.name}'",
                stage.title.span,
                help="draw an arrow to it, or state its `needs:`",
            )


def _apart(stage: StageSite, first: StageSite, needed: set[str]) -> bool:
    return stage is not first and stage.id not in needed


def pattern(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM207: the graph is not the stated pattern. ARM208: no such pattern."""
    stated = workflow.front.pattern
    if stated is None:
        return
    name = stated.value.lower()
    if name not in _PATTERNS:
        findings.add(
            "ARM208",
            f"'{stated.value}' is not a pattern",
            stated.span,
            notes=(f"the patterns are {listing(_PATTERNS)}",),
            help=suggestion(name, _PATTERNS),
        )
        return
    trouble = None if workflow.outline.cycle else _differs(name, workflow.stages)
    if trouble is not None:
        findings.add(
            "ARM207",
            f"the pattern is {name}, but {trouble}",
            stated.span,
            help="state the pattern that the stages follow, or mend their edges",
        )


def _differs(name: str, stages: list[StageSite]) -> str | None:
    dependents = Counter(need for stage in stages for need in stage.needs)
    forks = [stage for stage in stages if dependents[stage.id] > 1]
    if name in ("pipeline", "sequential"):
        joins = [stage for stage in stages if len(stage.needs) > 1]
        starts = [stage for stage in stages if not stage.needs]
        if forks or joins:
            stage = (forks or joins)[0]
            return f"'{stage.name}' {'fans out' if forks else 'joins branches'}"
        if len(starts) > 1:
            return f"{len(starts)} stages start it"
    if name == "mesh" and len(stages) > 2:
        starts = sum(not stage.needs for stage in stages)
        joined = any(len(stage.needs) > 1 for stage in stages)
        if (not forks and starts < 2) or not joined:
            return "the stages do not fan out and in again"
    return None
