"""Whom the ladder reaches: at every level, more people with every rung, and by pages."""

from __future__ import annotations

from ...dsl.diagnostics import Label
from ...dsl.names import slug
from ...dsl.source import Span
from ...dsl.syntax import RungEntry
from ..findings import Findings, listing
from ..plan import Plan
from ..policy import guarding_levels
from ..sites import Workflow
from .ladder import paths


def levels(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM323: no rung is for a level, and one is for a level that is less urgent."""
    guards = [(rung, guarding_levels(rung)) for rung in workflow.rungs]
    if not all(named for _, named in guards):
        return
    told = {level: rung for rung, named in reversed(guards) for level in named}
    for level in workflow.levels:
        below = [other for other in sorted(told) if other > level.policy.level]
        if level.policy.level in told or not below or level.policy.respond_within_ms is None:
            continue
        other = told[below[0]]
        findings.add(
            "ARM323",
            f"no rung is for {level.policy.name}, and one is for the less urgent level {below[0]}",
            level.row.name.span,
            label="nobody is told",
            secondary=(Label(other.only_at[1].span, "only at this level"),)
            if other.only_at
            else (),
            help="add a rung for it, or guard one by both levels",
        )


def climb(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM324: every rung tells the same people, so nobody else ever hears of it."""
    for rungs in paths(workflow.rungs):
        told = {(rung.mode, frozenset(slug(each.value) for each in rung.targets)) for rung in rungs}
        if len(rungs) < 2 or len(told) > 1 or any(rung.condition for rung in rungs):
            continue
        names = listing(target.value for target in rungs[0].targets)
        findings.add(
            "ARM324",
            f"every rung tells {names}, so the ladder never climbs",
            _place(rungs[-1]),
            secondary=(Label(_place(rungs[0]), "told here already"),),
            help="name somebody else in a later rung, or keep one rung and state `repage:`",
        )


def _place(rung: RungEntry) -> Span:
    return rung.targets[0].span.cover(rung.targets[-1].span) if rung.targets else rung.span


def pages(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM325: the clock stops at an acknowledgement, and no rung asks for one."""
    if workflow.clock != "unacknowledged" or workflow.ladder is None:
        return
    for rungs in paths(workflow.rungs):
        if rungs and all(rung.mode == "notify" for rung in rungs):
            findings.add(
                "ARM325",
                "the ladder climbs until somebody acknowledges, and every rung only informs",
                workflow.ladder.heading,
                secondary=(Label(_place(rungs[0]), "informed, not paged"),),
                help="page somebody, or state `while: unresolved`",
            )
            return
