"""Names in templates that were meant to be others, or to be names at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dsl.diagnostics import Edit, Fix, Label
from ...dsl.source import Span
from ...dsl.syntax import YamlScalar
from ..findings import Findings
from ..graph import Order
from ..plan import Kind, Plan
from ..sites import ActionSite, StageSite, Workflow
from ..spelling import comparable, lookalike, same_words
from ..templates import RUN_NAMES
from .templates import known_names, texts


def nearly_known(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM411: a document asks its agent for a name that is nearly one that is known."""
    documents = list(_documents(workflow))
    asked = sum(len(site.action.owes) for _, site in documents)
    places = {site.input.name: site.name for site in workflow.front.inputs}
    known = comparable(asked, dict.fromkeys((*RUN_NAMES, *places)))
    earlier = _Earlier(workflow, asked)
    for stage, site in documents:
        for name in site.action.owes:
            meant = lookalike(name, known) or earlier.lookalike(name, stage)
            if meant is not None:
                _nearly(site, name, meant, places.get(meant), findings)


def _documents(workflow: Workflow) -> Iterator[tuple[StageSite, ActionSite]]:
    for stage in workflow.stages:
        for site in stage.actions:
            if site.kind is Kind.DOCUMENT and site.template is not None:
                yield stage, site


class _Earlier:
    """What stages supply, and which of them come before another."""

    def __init__(self, workflow: Workflow, asked: int) -> None:
        owed = {
            name: stage.id
            for stage in reversed(workflow.stages)
            for site in stage.actions
            for name in site.action.owes
        }
        self._owed = {name: str(id) for name, id in comparable(asked, owed).items()}
        self._edges = [(need, stage.id) for stage in workflow.stages for need in stage.needs]
        self._order: Order | None = None

    def lookalike(self, name: str, stage: StageSite) -> str | None:
        """The name like this one that a stage before supplies."""
        meant = lookalike(name, (other for other in self._owed if other != name))
        if meant is None:
            return None
        self._order = self._order or Order(self._edges)
        return meant if self._order.has(self._owed[meant], stage.id) else None


def _nearly(
    site: ActionSite, name: str, meant: str, place: Span | None, findings: Findings
) -> None:
    reads = site.template.reads if site.template is not None else ()
    spans = [read.span for read in reads if read.name == name]
    exact = all(span.end - span.start == len(name) for span in spans)
    fix = Fix(f"Write '{meant}'", tuple(Edit(span, meant) for span in spans))
    findings.add(
        "ARM411",
        f"'{name}' is asked for, and is nearly '{meant}', which is known",
        spans[0] if spans else site.key.span,
        label="asked of an agent",
        secondary=(Label(place, "the input"),) if place is not None else (),
        help=f"did you mean '{meant}'?",
        fix=fix if spans and exact and same_words(name, meant) else None,
    )


# --- names that are none --------------------------------------------------------------------------

_NAME = r"[A-Za-z_]\w{0,60}"
_OTHER = (
    rf"\$\{{({_NAME})\}}|%\(({_NAME})\)s|(?<![{{$%\w]){{({_NAME})}}(?!}})|(?<![\w$\\])\$({_NAME})\b"
)
"""``${name}``, ``%(name)s``, ``{name}`` and ``$name``: how other languages fill a name in."""


def unrendered(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM410: a known name stands in a text as another language would write it."""
    known = known_names(workflow)
    for node, command in texts(workflow):
        if not any(mark in node.raw for mark in "{$%"):
            continue
        for found in re.finditer(_OTHER, node.raw):
            name = next(filter(None, found.groups()))
            if name not in known or (command and "$" in found[0]):
                continue  # ARM510 speaks of a command that a shell would fill in
            span = node.place(*found.span())
            findings.add(
                "ARM410",
                f"'{found[0]}' stays as it is: only '{{{{{name}}}}}' is filled in",
                span,
                label="no name here",
                help=f"write '{{{{{name}}}}}'",
                fix=_rendered(node, span, found, name),
            )


def _rendered(node: YamlScalar, span: Span, found: re.Match[str], name: str) -> Fix | None:
    """The name as a template takes it, unless it would be the whole of an unquoted value."""
    exact = span.end - span.start == len(found[0])
    opens = node.style == "plain" and not node.raw[: found.start()].strip()
    if not exact or opens:
        return None
    return Fix(f"Write '{{{{{name}}}}}'", (Edit(span, f"{{{{{name}}}}}"),))
