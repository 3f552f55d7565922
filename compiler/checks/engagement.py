"""What a severity level leaves out, and what that means for the work at that level.

One sweep over the stages for each level, and one finding a level, the gravest: nobody works the
first stage; a change is made and never delivered; nobody makes the change.
"""

from __future__ import annotations

from ...dsl.diagnostics import Label
from ...dsl.source import Span
from ..findings import Findings, listing
from ..plan import Kind, Plan
from ..policy import omitted_at
from ..sites import LevelSite, StageSite, Workflow


def omissions(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM301, ARM302, ARM303; ARM318 where the document forbids levels to omit stages."""
    if workflow.outline.cycle or plan.unstaffed in ("page", "ask"):
        return
    for level in workflow.levels:
        if level.row.agents is None:
            continue
        left_out = {stage.id for stage in omitted_at(plan, level.policy.level)}
        omitted = [stage for stage in workflow.stages if stage.id in left_out]
        if not omitted:
            continue
        if plan.unstaffed == "error":
            _forbidden(level, omitted, findings)
        else:
            _judge(workflow, level, omitted, findings)


def _cell(level: LevelSite) -> Span:
    agents = level.row.agents or ()
    return agents[0].span.cover(agents[-1].span) if agents else level.row.name.span


def _named(stages: list[StageSite]) -> str:
    return listing(f"'{stage.name}'" for stage in stages)


def _forbidden(level: LevelSite, omitted: list[StageSite], findings: Findings) -> None:
    findings.add(
        "ARM318",
        f"{level.policy.name} omits {_named(omitted)}, and `unstaffed: error` forbids it",
        _cell(level),
        help="engage their agents at this level, or let the level omit them",
    )


def _judge(
    workflow: Workflow, level: LevelSite, omitted: list[StageSite], findings: Findings
) -> None:
    left_out = {stage.id for stage in omitted}
    name = level.policy.name
    engage = f"engage {listing(_agents(omitted))} at {name}, or say who does this work"
    entries = [stage for stage in workflow.stages if not stage.needs]
    if all(stage.id in left_out for stage in entries):
        message = f"at {name} nobody works {_named(entries)}, where every path starts"
        rest = [stage for stage in omitted if stage not in entries]
        if rest:
            message += f"; {_named(rest)} {'is' if len(rest) == 1 else 'are'} omitted too"
        _add("ARM303", message, level, entries, engage, findings)
        return
    makers = _makers(workflow.stages)
    undelivered = _undelivered(workflow.stages, makers, left_out)
    if undelivered is not None:
        maker, missing = undelivered
        others = [stage for stage in omitted if stage not in missing]
        message = f"at {name} '{maker.name}' makes a change that is never delivered: "
        message += f"{_named(others + missing)} {'is' if len(omitted) == 1 else 'are'} omitted"
        _add("ARM301", message, level, missing, engage, findings)
    elif makers and all(stage.id in left_out for stage in makers):
        message = f"at {name} nobody makes the change: {_named(omitted)}"
        message += f" {'is' if len(omitted) == 1 else 'are'} omitted"
        _add("ARM302", message, level, makers, engage, findings)


def _agents(stages: list[StageSite]) -> list[str]:
    return list(dict.fromkeys(stage.agent.value for stage in stages if stage.agent))


def _add(
    code: str,
    message: str,
    level: LevelSite,
    stages: list[StageSite],
    help: str,
    findings: Findings,
) -> None:
    labels = tuple(Label(stage.title.span, "omitted") for stage in stages[:3])
    findings.add(
        code, message, _cell(level), label="who works at this level", secondary=labels, help=help
    )


def _makers(stages: list[StageSite]) -> list[StageSite]:
    """The stages that make a change: those that open a change request, else work by constraints."""
    makers = [stage for stage in stages if stage.has(Kind.CHANGE)]
    return makers or [
        stage
        for stage in stages
        if any(
            site.kind is Kind.TASK and site.fields is not None and site.fields.get("constraints")
            for site in stage.actions
        )
    ]


def _undelivered(
    stages: list[StageSite], makers: list[StageSite], left_out: set[str]
) -> tuple[StageSite, list[StageSite]] | None:
    """A stage at work whose change only omitted stages deliver, and those stages."""
    made: dict[str, StageSite | None] = {}
    making = {stage.id for stage in makers}
    missing: list[StageSite] = []
    maker: StageSite | None = None
    for stage in stages:
        origin = next((found for need in stage.needs if (found := made[need])), None)
        if stage.has(Kind.ROLLOUT) and origin is not None:
            if stage.id not in left_out:
                return None
            missing.append(stage)
            maker = maker or origin
        made[stage.id] = stage if stage.id in making and stage.id not in left_out else origin
    return (maker, missing) if maker is not None else None
