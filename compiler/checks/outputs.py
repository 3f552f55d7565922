"""Outputs: who supplies which name, and two who do at the same time."""

from __future__ import annotations

from collections.abc import Iterator

from ...dsl.diagnostics import Label
from ...dsl.source import Span
from ...dsl.syntax import Text, YamlNode, YamlScalar, YamlSequence
from ..fields import text_of
from ..findings import Findings
from ..graph import Order
from ..plan import Plan
from ..sites import ActionSite, StageSite, Workflow


def outputs_of(stage: StageSite | None, site: ActionSite | None) -> Iterator[Text]:
    """The names that a stage, or an action, lists under ``outputs:``."""
    if stage is not None and stage.block is not None:
        yield from _texts(stage.block.get("outputs"))
    if site is not None and site.fields is not None:
        yield from _texts(site.fields.get("outputs"))


def _texts(node: YamlNode | None) -> Iterator[Text]:
    for item in node.items if isinstance(node, YamlSequence) else (node,):
        if isinstance(item, YamlScalar) and item.value is not None and item.raw.strip():
            yield text_of(item)


_NEAREST = 20
"""With so many suppliers before it a supplier is compared, at most."""


def contested(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM121: two stages that run side by side supply one name."""
    suppliers: dict[str, list[tuple[StageSite, Span]]] = {}
    for stage in workflow.stages:
        if stage.guard is None:
            for name, span in _owed(stage).items():
                suppliers.setdefault(name, []).append((stage, span))
    several = {name: found for name, found in suppliers.items() if len(found) > 1}
    if not several or workflow.outline.cycle:
        return
    order = Order((need, stage.id) for stage in workflow.stages for need in stage.needs)
    for name, found in several.items():
        for at, (stage, span) in enumerate(found[1:], 1):
            before = found[max(0, at - _NEAREST) : at]
            beside = next((one for one in before if not order.has(one[0].id, stage.id)), None)
            if beside is not None:
                other, place = beside
                findings.add(
                    "ARM121",
                    f"'{other.name}' and '{stage.name}', side by side, both supply '{name}'",
                    span,
                    label="whoever is later replaces the other",
                    secondary=(Label(place, f"'{other.name}' supplies it here"),),
                    help="give each its own name, or let one stage need the other",
                )


def _owed(stage: StageSite) -> dict[str, Span]:
    """The names that a stage's agent owes whatever happens, each with the place that says so."""
    found: dict[str, Span] = {}
    for site in stage.actions:
        if site.guard is None:
            places = dict(_places(stage, site))
            for name in site.action.owes:
                found.setdefault(name, places.get(name, site.key.span))
    return found


def _places(stage: StageSite, site: ActionSite) -> Iterator[tuple[str, Span]]:
    yield from ((text.value, text.span) for text in outputs_of(stage, site))
    for read in reversed(site.template.reads if site.template is not None else ()):
        yield read.name, read.span
