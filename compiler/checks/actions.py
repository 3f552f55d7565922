"""Actions of one stage: their names, and the levels that they speak of."""

from __future__ import annotations

from ...dsl.diagnostics import Label
from ...dsl.syntax import YamlMapping, YamlScalar
from ..findings import Findings, listing
from ..kinds import skip_level
from ..plan import Plan
from ..sites import Workflow


def duplicate_actions(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM110: two actions of a stage have one name."""
    for stage in workflow.stages:
        seen: dict[str, YamlScalar] = {}
        for site in stage.actions:
            name = site.key.raw.strip()
            first = seen.setdefault(name, site.key)
            if first is not site.key:
                findings.add(
                    "ARM110",
                    f"stage '{stage.name}' has two actions called '{name}'",
                    site.key.span,
                    secondary=(Label(first.span, "the first one"),),
                    help="give each action a name of its own",
                )


def unknown_waived_levels(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM310: an approval is waived at a level that does not exist."""
    levels = [policy.level for policy in plan.severities]
    if not levels:
        return
    for stage in workflow.stages:
        for site in stage.actions:
            for key in _keys(site.fields):
                level = skip_level(key.raw)
                if level is not None and level not in levels:
                    findings.add(
                        "ARM310",
                        f"there is no level {level} at which to skip",
                        key.span,
                        help=f"use one of the levels {listing(map(str, levels))}",
                    )


def _keys(fields: YamlMapping | None) -> list[YamlScalar]:
    if fields is None:
        return []
    approval = fields.get("approval")
    keys = [key for key, _ in fields]
    return [*keys, *(key for key, _ in approval)] if isinstance(approval, YamlMapping) else keys
