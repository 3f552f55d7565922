"""Templates: names that nobody supplies."""

from __future__ import annotations

from ...dsl.diagnostics import Label
from ...dsl.source import Span
from ..findings import Findings
from ..plan import Plan
from ..sites import Workflow


def owed_at(workflow: Workflow) -> dict[str, tuple[str, Span]]:
    """Each name that an agent owes, the title of the stage that first owes it, and the place."""
    found: dict[str, tuple[str, Span]] = {}
    for stage in workflow.stages:
        for site in stage.actions:
            reads = site.template.reads if site.template else ()
            places = {read.name: read.span for read in reversed(reads)}
            for name in site.action.owes:
                found.setdefault(name, (stage.name, places.get(name, site.key.span)))
    return found


def unsupplied(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM401: a template reads a name that nobody supplies before it; once a name."""
    owed = owed_at(workflow) if workflow.template_misses else {}
    for miss in workflow.template_misses:
        later = owed.get(miss.name)
        labels = (Label(later[1], f"'{later[0]}' owes it, too late"),) if later else ()
        findings.add(
            "ARM401",
            f"nobody supplies '{miss.name}'",
            miss.span,
            label="read here first",
            secondary=labels,
            help="name it in `inputs:` or in the output of an earlier stage",
        )
