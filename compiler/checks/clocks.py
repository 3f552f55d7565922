"""Times that contradict others: the zone, the allowance, how long an acknowledgement holds."""

from __future__ import annotations

from itertools import pairwise

from ...dsl.diagnostics import Label
from ...dsl.zones import is_zone, nearest_zone
from ..findings import Findings
from ..plan import Plan
from ..sites import Workflow
from .ladder import minutes


def zone(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM319: the time zone is none that IANA knows, so local times are those of UTC."""
    stated = workflow.front.timezone
    if stated is None or is_zone(stated.value):
        return
    close = nearest_zone(stated.value)
    findings.add(
        "ARM319",
        f"'{stated.value}' is no time zone, so times are shown in UTC",
        stated.span,
        help=f"did you mean '{close}'?" if close else "use an IANA name such as Europe/Madrid",
    )


def acknowledgement(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM326: an acknowledged page comes back sooner than one that nobody answered."""
    policy = plan.escalation
    span = workflow.front.places.get("escalation.ack_expires")
    if span is None or policy.ack_valid_ms is None or policy.ack_valid_ms >= policy.repage_ms:
        return
    repage = workflow.front.places.get("escalation.repage")
    findings.add(
        "ARM326",
        f"an acknowledgement lapses after {minutes(policy.ack_valid_ms)}, sooner than an"
        f" unanswered page is repeated ({minutes(policy.repage_ms)})",
        span,
        secondary=(Label(repage, "repeated this often"),) if repage else (),
        help="let an acknowledgement hold longer than `repage`",
    )


def allowance(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM328: an immediate response is allowed more time than the next level has."""
    for before, after in pairwise(workflow.levels):
        deadline = after.policy.respond_within_ms
        if before.policy.respond_within_ms != 0 or not deadline or after.row.response is None:
            continue
        if deadline < plan.immediate_ms:
            stated = workflow.front.places.get("immediate")
            findings.add(
                "ARM328",
                f"{before.policy.name} is allowed {minutes(plan.immediate_ms)}, and"
                f" {after.policy.name} must be answered within {minutes(deadline)}",
                after.row.response.text.span,
                secondary=(Label(stated, "what an immediate response is allowed"),)
                if stated
                else (),
                help="state a shorter `immediate:` in the front matter, or a longer time here",
            )
