"""The checks, in an explicit order; each is one function in a module of its family."""

from __future__ import annotations

from collections.abc import Callable

from ..findings import Findings
from ..plan import Plan
from ..rules import RULES
from ..sites import Workflow
from . import (
    actions,
    agents,
    approvals,
    changes,
    classification,
    commands,
    conditions,
    drawing,
    endless,
    engagement,
    graph,
    ladder,
    namespaces,
    patterns,
    prompts,
    severities,
    stages,
    templates,
    unattended,
    verification,
)

Check = Callable[[Workflow, Plan, Findings], None]

CHECKS: tuple[Check, ...] = (
    stages.missing_name,
    stages.no_stages,
    stages.duplicate_stages,
    actions.duplicate_actions,
    actions.unknown_waived_levels,
    agents.coordinator,
    agents.stage_agents,
    agents.engaged_agents,
    agents.invoked_agents,
    agents.unused_agents,
    graph.cycle,
    graph.unreachable,
    graph.pattern,
    drawing.missing_stages,
    drawing.differing_stages,
    drawing.differing_edges,
    severities.level_names,
    severities.level_order,
    classification.criteria,
    engagement.omissions,
    ladder.clock,
    ladder.windows,
    ladder.guards,
    ladder.deadlines,
    templates.unsupplied,
    templates.escaping,
    conditions.unsupplied,
    conditions.parallel_facts,
    conditions.constants,
    conditions.types,
    commands.prose,
    commands.forms,
    commands.unapproved,
    unattended.placeholders,
    unattended.terminals,
    endless.forever,
    prompts.confirmations,
    namespaces.unnamed,
    changes.wide_deletions,
    changes.downloaded,
    changes.only_tried,
    patterns.unexpanded,
    changes.moving_images,
    changes.revision_zero,
    approvals.gates,
    verification.missing,
)

__all__ = ["CHECKS", "RULES", "Check"]
