"""The severity table: levels, their order and their deadlines."""

from __future__ import annotations

from itertools import pairwise

from ...dsl.diagnostics import Label
from ...dsl.syntax import SeverityRow
from ..findings import Findings
from ..plan import Plan
from ..sites import Workflow


def level_names(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM309: a level without a number. ARM307: one level twice. ARM306: a level left out."""
    first: dict[int, SeverityRow] = {}
    for row in workflow.rows:
        if row.level is None:
            findings.add(
                "ARM309",
                f"'{row.name.value}' names no level",
                row.name.span if row.name.value else row.span,
                help="name it by a number, such as SEV-1 or P1",
            )
        elif row.level in first:
            findings.add(
                "ARM307",
                f"{row.name.value} stands twice",
                row.name.span,
                secondary=(Label(first[row.level].name.span, "the first one"),),
                help="keep one row for each level",
            )
        else:
            first[row.level] = row
    levels = sorted(first)
    for before, after in pairwise(levels):
        if after > before + 1:
            findings.add(
                "ARM306",
                f"level {before + 1} is left out between {first[before].name.value}"
                f" and {first[after].name.value}",
                first[after].name.span,
                secondary=(Label(first[before].name.span, "the level before"),),
                help="add the missing level, or number the levels in sequence",
            )


def level_order(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM308: a less urgent level must be answered sooner than a more urgent one."""
    for before, after in pairwise(workflow.levels):
        if before.row.response is None or after.row.response is None:
            continue
        sooner, later = after.policy.respond_within_ms, before.policy.respond_within_ms
        if sooner is not None and (later is None or sooner < later):
            findings.add(
                "ARM308",
                f"{after.policy.name} must be answered sooner than {before.policy.name}",
                after.row.response.text.span,
                secondary=(Label(before.row.response.text.span, "the more urgent level"),),
                help="give the more urgent level the shorter time",
            )
