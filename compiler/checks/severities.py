"""The severity table: levels, their order and their deadlines."""

from __future__ import annotations

from itertools import pairwise

from ...dsl.diagnostics import Label
from ...dsl.syntax import SeverityRow, Text
from ..fields import words_of
from ..findings import Findings
from ..plan import Plan
from ..sites import LevelSite, Workflow


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


def level_criteria(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM320: two levels have one criterion. ARM321: one has none, and all the others have."""
    first: dict[tuple[str, ...], tuple[LevelSite, Text]] = {}
    lacking: list[LevelSite] = []
    for level in workflow.levels:
        criteria = level.row.criteria
        words = words_of(criteria.value) if criteria is not None else ()
        if criteria is None or not words:
            lacking.append(level)
            continue
        other, same = first.setdefault(words, (level, criteria))
        if other is not level and len(words) > 1:  # one word is a name, such as Critical
            findings.add(
                "ARM320",
                f"{level.policy.name} has the criteria of {other.policy.name}",
                criteria.span,
                secondary=(Label(same.span, "the same words"),),
                help="say what tells the two levels apart",
            )
    if len(lacking) == 1 and first and not _classified(workflow, lacking[0].policy.level):
        findings.add(
            "ARM321",
            f"{lacking[0].policy.name} has no criteria, and every other level has",
            lacking[0].row.name.span,
            help="say when an incident is of this level",
        )


def _classified(workflow: Workflow, level: int) -> bool:
    sites = (site for stage in workflow.stages for site in stage.actions)
    return any(level == named for site in sites for named, _, _ in site.criteria)


def level_times(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM322: a level has no response time, and a less urgent one has."""
    timed: LevelSite | None = None
    for level in reversed(workflow.levels):
        response = level.row.response
        if response is None and timed is not None and not level.row.unclear:
            assert timed.row.response is not None
            findings.add(
                "ARM322",
                f"{level.policy.name} has no response time, and {timed.policy.name} has",
                level.row.name.span,
                label="no clock runs",
                secondary=(Label(timed.row.response.text.span, "a less urgent level"),),
                help="state by when it must be answered",
            )
        elif response is not None and response.deadline_ms is not None:
            timed = level
