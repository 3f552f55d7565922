"""Conditions: facts that nobody supplies, facts found beside them, and what never varies."""

from __future__ import annotations

from collections.abc import Iterator

from ...dsl.diagnostics import Label
from ..conditions import comparisons_of, constant, guard_of, type_trouble
from ..findings import Findings
from ..plan import Plan
from ..sites import GuardSite, Workflow
from .templates import candidates, owed_at, supply


def guards(workflow: Workflow) -> Iterator[GuardSite]:
    """Every condition, in the order of the stages."""
    for stage in workflow.stages:
        if stage.guard is not None:
            yield stage.guard
        yield from (site.guard for site in stage.actions if site.guard is not None)


def unsupplied(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM403: a condition reads a fact that nobody supplies before it; once a name."""
    misses = workflow.condition_misses
    owed = owed_at(workflow) if misses else {}
    known = candidates(workflow, misses)
    for miss in misses:
        later = owed.get(miss.name)
        labels = (Label(later[1], f"'{later[0]}' owes it, not before this"),) if later else ()
        findings.add(
            "ARM403",
            f"nobody supplies '{miss.name}'",
            miss.span,
            label="a person will be asked",
            secondary=labels,
            help=supply(miss.name, known),
        )


def parallel_facts(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM404: a condition reads what a stage running beside it finds."""
    for fact, finder, span in workflow.parallel_reads:
        findings.add(
            "ARM404",
            f"'{fact.name}' is what '{finder.name}' finds, which runs beside this",
            fact.span,
            label="not known yet",
            secondary=(Label(span, f"'{finder.name}' finds it here"),),
            help=f"let this stage need '{finder.id}', or read a fact that is known before",
        )


def constants(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM405: a condition is always true, or always false."""
    levels = tuple(policy.level for policy in plan.severities)
    for guard in guards(workflow):
        if any(type_trouble(compare) for compare in comparisons_of(guard.condition)):
            continue
        value = constant(guard_of(guard.condition), levels)
        if value is not None:
            always = "true" if value else "false"
            findings.add(
                "ARM405",
                f"the condition is always {always}",
                guard.condition.span,
                help="remove the condition" if value else "mend the condition, or remove this",
            )


def types(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM406: a comparison that can never be evaluated."""
    for guard in guards(workflow):
        for compare in comparisons_of(guard.condition):
            trouble = type_trouble(compare)
            if trouble is not None:
                findings.add(
                    "ARM406",
                    trouble,
                    compare.span,
                    help="compare a level by its number: `severity <= 2`",
                )
