"""Inputs and outputs: names that are the run's own, and values that are not of the stated type."""

from __future__ import annotations

from collections.abc import Iterator

from ...dsl.diagnostics import Edit, Fix, Label
from ...dsl.source import Span
from ...dsl.syntax import Compare, LiteralValue, Name, YamlScalar
from ..conditions import comparisons_of
from ..findings import Findings
from ..input_types import EXPECTED, article, fits, spelt, type_of
from ..plan import Plan
from ..sites import InputSite, Workflow
from ..templates import RUN_NAMES
from .conditions import guards
from .outputs import outputs_of

_OWN = frozenset(RUN_NAMES) - {"services"}
"""What the run says whatever an input or an agent says; of the services it asks."""


def overridden(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM119: an input or an output has a name that the run itself supplies."""
    for what, name, span in _supplied(workflow):
        if name in _OWN:
            findings.add(
                "ARM119",
                f"the run itself says what '{name}' is, whatever this {what} says",
                span,
                label="never read",
                help="give it a name of its own",
            )


def _supplied(workflow: Workflow) -> Iterator[tuple[str, str, Span]]:
    for site in workflow.front.inputs:
        yield "input", site.input.name, site.name
    for stage in workflow.stages:
        texts = [*outputs_of(stage, None)]
        texts += [text for site in stage.actions for text in outputs_of(None, site)]
        yield from (("output", text.value, text.span) for text in texts)


def defaults(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM120: the default of an input is not of its type."""
    for site in workflow.front.inputs:
        type, node = type_of(site.input), site.default
        if type is None or node is None or node.value is None or fits(type, node.value):
            continue
        meant = spelt(type, node.raw)
        findings.add(
            "ARM120",
            f"'{site.input.name}' is {article(type)}, and its default is {_named(node)}",
            node.span,
            label=f"no {type}",
            notes=_truth_note(site, type),
            help=f"write {meant or EXPECTED[type]}",
            fix=Fix(f"Write {meant}", (Edit(node.span, meant),)) if meant else None,
        )


def _named(node: YamlScalar) -> str:
    if isinstance(node.value, str):
        return f"the text '{node.raw.strip()}'"
    return node.raw.strip()


def _truth_note(site: InputSite, type: str) -> tuple[str, ...]:
    if type == "boolean" and isinstance(site.input.default, str) and site.input.default:
        return ("a condition takes every text for true, 'false' and 'no' too",)
    return ()


# --- comparisons ----------------------------------------------------------------------------------


def compared(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM409: an input is compared with what its type never is."""
    sites = {site.input.name: site for site in workflow.front.inputs if type_of(site.input)}
    for guard in guards(workflow) if sites else ():
        for compare in comparisons_of(guard.condition):
            for name, other in _against(compare):
                if name.name in sites:
                    _compared(sites[name.name], other, findings)


def _against(compare: Compare) -> Iterator[tuple[Name, Name | LiteralValue]]:
    """The name that is compared, with each of what it is compared with."""
    if isinstance(compare.left, Name):
        yield from ((compare.left, other) for other in compare.right)
    elif isinstance(compare.right[0], Name):
        yield compare.right[0], compare.left


def _compared(site: InputSite, other: Name | LiteralValue, findings: Findings) -> None:
    type = type_of(site.input) or ""
    value = other.value if isinstance(other, LiteralValue) else other.name
    if fits("number" if type == "integer" else type, value):
        return
    shown = f"the text '{value}'" if isinstance(value, str) else str(value).lower()
    findings.add(
        "ARM409",
        f"'{site.input.name}' is {article(type)}, and is compared with {shown}",
        other.span,
        label="never equal",
        secondary=(Label(site.name, f"declared as {article(type)}"),),
        help=f"compare it with {spelt(type, str(value)) or EXPECTED[type]}",
    )
