"""Keys and entries that stand beside others that say the same: one of the two is never read."""

from __future__ import annotations

from collections.abc import Iterator

from ...dsl.diagnostics import Label
from ...dsl.syntax import YamlMapping, YamlNode, YamlScalar
from ..findings import Findings
from ..plan import Kind, Plan
from ..sites import ItemSite, Workflow

_OF_ACTIONS = (
    ("when", "condition"),
    ("template", "output_template"),
    ("output_template", "output"),
    ("require_approval", "approval"),
)
_OF_STAGES = (("needs", "depends_on"), ("when", "condition"))
"""Pairs of keys that mean one thing: where both stand, the first counts."""


def shadowed(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM117: two keys mean one thing and differ, so that one of them is ignored."""
    for counts, ignored in _pairs(workflow):
        findings.add(
            "ARM117",
            f"'{ignored.raw}' is ignored beside '{counts.raw}'",
            ignored.span,
            label="ignored",
            secondary=(Label(counts.span, "this one counts"),),
            help=_HELP.get(ignored.raw, f"keep one of them, '{counts.raw}' or '{ignored.raw}'"),
        )


_HELP = {"condition": "write one condition: join the two by AND"}


def _pairs(workflow: Workflow) -> Iterator[tuple[YamlScalar, YamlScalar]]:
    """The key that counts and the one that does not, where their values differ."""
    for stage in workflow.stages:
        if stage.block is not None:
            block = YamlMapping(stage.block.fields, stage.title.span)
            yield from _both(block, _OF_STAGES)
            documents = [key for key, _ in block if key.raw in ("output", "output_template")]
            if len(documents) > 1:
                yield documents[0], documents[1]
        for site in stage.actions:
            if site.fields is not None:
                yield from _both(site.fields, _OF_ACTIONS)


def _both(
    mapping: YamlMapping, pairs: tuple[tuple[str, str], ...]
) -> Iterator[tuple[YamlScalar, YamlScalar]]:
    for counts, ignored in pairs:
        first, second = mapping.key(counts), mapping.key(ignored)
        if first is None or second is None:
            continue
        if _said(mapping.get(counts)) != _said(mapping.get(ignored)):
            yield first, second


def _said(node: YamlNode | None) -> object:
    """What a value says, wherever it stands."""
    if isinstance(node, YamlScalar):
        return " ".join(node.raw.split())
    if isinstance(node, YamlMapping):
        return {key.raw: _said(value) for key, value in node}
    items = node.items if node is not None else ()
    return _said(items[0]) if len(items) == 1 else [_said(item) for item in items]


# --- entries --------------------------------------------------------------------------------------

_ONCE = {
    Kind.ASK: "question",
    Kind.OBSERVE: "query",
    Kind.CHOOSE: "option",
    Kind.TASK: "constraint",
    Kind.VERIFY: "check",
}
"""Kinds whose entries say each thing once; a command that runs may be meant to run again."""


def repeated(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM118: one action has the same entry twice."""
    for stage in workflow.stages:
        for site in stage.actions:
            seen: dict[str, ItemSite] = {}
            for item in site.items if site.kind in _ONCE else ():
                first = seen.setdefault(" ".join(item.text.casefold().split()), item)
                if first is not item:
                    findings.add(
                        "ARM118",
                        f"'{site.action.name}' has this {_ONCE[site.kind]} twice",
                        item.node.span,
                        secondary=(Label(first.node.span, "the first one"),),
                        help="remove it, or write the one that was meant",
                    )
