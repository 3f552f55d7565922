"""Templates: names that nobody supplies, and reaching for more than values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...dsl.diagnostics import Label
from ...dsl.source import Span
from ...dsl.syntax import YamlScalar
from ..commands import read_command
from ..findings import Findings
from ..plan import Plan
from ..sites import NameSite, Workflow
from ..spelling import comparable, lookalike
from ..templates import RUN_NAMES, escapes


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


def known_names(workflow: Workflow) -> dict[str, None]:
    """Every name that the run, an input or an agent supplies, wherever that is."""
    inputs = (site.input.name for site in workflow.front.inputs)
    return dict.fromkeys((*RUN_NAMES, *inputs, *owed_at(workflow)))


def candidates(workflow: Workflow, misses: tuple[NameSite, ...]) -> Mapping[str, object]:
    """The names among which those may be that were meant by names nobody supplies."""
    return comparable(len(misses), known_names(workflow) if misses else {})


def supply(name: str, known: Iterable[str]) -> str:
    """What to do about a name nobody supplies: the one that was meant, or where to name it."""
    meant = lookalike(name, known)
    where = "name it in `inputs:` or in the output of an earlier stage"
    return where if meant is None else f"did you mean '{meant}'?"


def unsupplied(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM401: a template reads a name that nobody supplies before it; once a name."""
    misses = workflow.template_misses
    owed = owed_at(workflow) if misses else {}
    known = candidates(workflow, misses)
    for miss in misses:
        later = owed.get(miss.name)
        labels = (Label(later[1], f"'{later[0]}' owes it, too late"),) if later else ()
        findings.add(
            "ARM401",
            f"nobody supplies '{miss.name}'",
            miss.span,
            label="read here first",
            secondary=labels,
            help=supply(miss.name, known),
        )


def escaping(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM407: a template reaches for what is no value of the run."""
    for node, _ in texts(workflow):
        for escape in escapes(node.raw):
            findings.add(
                "ARM407",
                escape.message,
                node.place(escape.start, escape.end),
                label="no template gets this",
                help="use the names of values and nothing inside them",
            )


def texts(workflow: Workflow) -> Iterator[tuple[YamlScalar, bool]]:
    """Every text of an action that is filled in during a run, and whether it is a command."""
    for stage in workflow.stages:
        for site in stage.actions:
            if site.template is not None:
                yield site.template.node, False
            yield from ((item.node, item.command is not None) for item in site.items)
            undo = site.fields.get("compensate") if site.fields is not None else None
            if isinstance(undo, YamlScalar):
                yield undo, read_command(undo.raw.strip()) is not None
