"""Inputs and outputs: names of the run itself, defaults of another type, two suppliers."""

from __future__ import annotations

from collections.abc import Iterator

from ...dsl.diagnostics import Edit, Fix, Label
from ...dsl.source import Span
from ...dsl.syntax import Text, YamlNode, YamlScalar, YamlSequence
from ..fields import text_of
from ..findings import Findings
from ..graph import Order
from ..plan import Plan
from ..sites import ActionSite, InputSite, StageSite, Workflow
from ..templates import RUN_NAMES

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
        nodes = [stage.block.get("outputs")] if stage.block is not None else []
        nodes += [site.fields.get("outputs") for site in stage.actions if site.fields is not None]
        for node in nodes:
            yield from (("output", text.value, text.span) for text in _texts(node))


def _texts(node: YamlNode | None) -> Iterator[Text]:
    for item in node.items if isinstance(node, YamlSequence) else (node,):
        if isinstance(item, YamlScalar) and item.value is not None and item.raw.strip():
            yield text_of(item)


# --- defaults -------------------------------------------------------------------------------------

_TYPES = {
    "boolean": "boolean",
    "bool": "boolean",
    "integer": "integer",
    "int": "integer",
    "number": "number",
    "float": "number",
}
_TRUTHS = {
    **dict.fromkeys(("true", "yes", "on", "y"), "true"),
    **dict.fromkeys(("false", "no", "off", "n"), "false"),
}


def defaults(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM120: the default of an input is not of its type."""
    for site in workflow.front.inputs:
        type = _TYPES.get(site.input.type.strip().lower())
        node = site.default
        if type is None or node is None or node.value is None or _fits(type, node.value):
            continue
        meant = _meant(type, node.raw.strip())
        findings.add(
            "ARM120",
            f"'{site.input.name}' is {_article(type)}, and its default is {_named(node)}",
            node.span,
            label=f"no {type}",
            notes=_truth_note(site, type),
            help=f"write {meant or _EXPECTED[type]}",
            fix=Fix(f"Write {meant}", (Edit(node.span, meant),)) if meant else None,
        )


_EXPECTED = {"boolean": "true or false", "integer": "a whole number", "number": "a number"}


def _article(type: str) -> str:
    return f"an {type}" if type == "integer" else f"a {type}"


def _named(node: YamlScalar) -> str:
    if isinstance(node.value, str):
        return f"the text '{node.raw.strip()}'"
    return node.raw.strip()


def _truth_note(site: InputSite, type: str) -> tuple[str, ...]:
    if type == "boolean" and isinstance(site.input.default, str) and site.input.default:
        return ("a condition takes every text for true, 'false' and 'no' too",)
    return ()


def _fits(type: str, value: str | int | float | bool) -> bool:
    if type == "boolean" or isinstance(value, bool):
        return type == "boolean" and isinstance(value, bool)
    return isinstance(value, int) or (type == "number" and isinstance(value, float))


def _meant(type: str, raw: str) -> str:
    """The value that a text spells, or nothing."""
    if type == "boolean":
        return _TRUTHS.get(raw.lower(), "")
    return raw if raw.isascii() and raw.isdecimal() and len(raw) < 10 else ""


# --- two suppliers --------------------------------------------------------------------------------


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
            beside = [one for one in found[:at] if not order.has(one[0].id, stage.id)]
            if beside:
                other, place = beside[0]
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
    block = stage.block.get("outputs") if stage.block is not None else None
    own = site.fields.get("outputs") if site.fields is not None else None
    for node in (block, own):
        yield from ((text.value, text.span) for text in _texts(node))
    for read in reversed(site.template.reads if site.template is not None else ()):
        yield read.name, read.span
