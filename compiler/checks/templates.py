"""Templates: names that nobody supplies, and reaching for more than values."""

from __future__ import annotations

from collections.abc import Iterator

from ...dsl.diagnostics import Label
from ...dsl.source import Span
from ...dsl.syntax import YamlScalar
from ..findings import Findings
from ..plan import Plan
from ..sites import Workflow
from ..templates import escapes


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


def escaping(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM407: a template reaches for what is no value of the run."""
    for node in _templates(workflow):
        for escape in escapes(node.raw):
            findings.add(
                "ARM407",
                escape.message,
                node.place(escape.start, escape.end),
                label="no template gets this",
                help="use the names of values and nothing inside them",
            )


def _templates(workflow: Workflow) -> Iterator[YamlScalar]:
    """Every text of an action that is rendered in a run."""
    for stage in workflow.stages:
        for site in stage.actions:
            if site.template is not None:
                yield site.template.node
            yield from (item.node for item in site.items)
            undo = site.fields.get("compensate") if site.fields is not None else None
            if isinstance(undo, YamlScalar):
                yield undo
