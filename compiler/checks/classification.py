"""The criteria of a classify action compared with the severity table."""

from __future__ import annotations

from ...dsl.diagnostics import Label
from ..fields import text_of, words_of
from ..findings import Findings
from ..plan import Plan
from ..sites import ActionSite, LevelSite, Workflow


def criteria(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM304: the two word a level differently. ARM305: a level stands in one place only."""
    levels = {level.policy.level: level for level in workflow.levels}
    if not levels:
        return
    for stage in workflow.stages:
        for site in stage.actions:
            if site.criteria:
                _compare(site, levels, findings)


def _compare(site: ActionSite, levels: dict[int, LevelSite], findings: Findings) -> None:
    for level, key, value in site.criteria:
        known = levels.get(level)
        if known is None:
            findings.add(
                "ARM305",
                f"'{key.raw}' is not a level of the severity table",
                key.span,
                help="add the level to the table, or remove it here",
            )
        elif known.row.criteria and words_of(value.raw) != words_of(known.row.criteria.value):
            findings.add(
                "ARM304",
                f"{known.policy.name} is '{value.raw.strip()}' here and"
                f" '{known.row.criteria.value}' in the severity table",
                text_of(value).span,
                label="differs",
                secondary=(Label(known.row.criteria.span, "the severity table"),),
                help="word the level alike in both places",
            )
    stated = {level for level, _, _ in site.criteria}
    for level, known in levels.items():
        if level not in stated:
            findings.add(
                "ARM305",
                f"'{site.action.name}' cannot choose {known.policy.name}",
                site.key.span,
                secondary=(Label(known.row.name.span, "in the severity table"),),
                help="add the level's criteria here",
            )
            break
