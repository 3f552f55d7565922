"""Gates: what they state, who may open each, and whose product it judges.

Approvers are the action's reviewers, else those of the change before it in the stage or in the
nearest stage before, else the coordinator.
"""

from __future__ import annotations

from dataclasses import replace

from ..dsl.syntax import Text, YamlMapping, YamlNode, YamlScalar
from . import kinds
from .fields import Fields
from .plan import Approval, Kind
from .sites import ActionSite, ApprovalSite, Workflow

APPROVAL_KEYS = ("quorum", "reviewers", "expires", "skip_if_sevN")
EXPIRES_MS = 900_000
"""How long a vote counts where the document does not say."""


def read_gate(body: YamlMapping, kind: Kind, fields: Fields) -> ApprovalSite | None:
    """The gate that an action states, or that it is."""
    node = body.get("require_approval") if kind is Kind.APPROVE else body.get("approval")
    if kind is Kind.APPROVE and node is None:
        node = body.get("approval")
    if node is None:
        return None if kind is not Kind.APPROVE else _open_gate(body, fields)
    if isinstance(node, YamlMapping):
        return _gate_mapping(node, fields)
    quorum = read_quorum(node, fields)
    if quorum is None:
        return None
    return ApprovalSite(
        quorum, node.span, _reviewers(body, fields), _waived(body, fields), EXPIRES_MS
    )


def _open_gate(body: YamlMapping, fields: Fields) -> ApprovalSite:
    waived = _waived(body, fields)
    return ApprovalSite(1, body.span, _reviewers(body, fields), waived, EXPIRES_MS)


def _gate_mapping(node: YamlMapping, fields: Fields) -> ApprovalSite:
    for key, _ in node:
        if key.raw not in APPROVAL_KEYS and kinds.skip_level(key.raw) is None:
            fields.unknown_key(key, APPROVAL_KEYS, "ARM104", "an approval")
    stated = node.get("quorum")
    quorum = 1 if stated is None else read_quorum(stated, fields) or 1
    expires = fields.duration(node.get("expires"), "expires")
    span = stated.span if stated is not None else node.span
    return ApprovalSite(
        quorum, span, _reviewers(node, fields), _waived(node, fields), expires or EXPIRES_MS
    )


def read_quorum(node: YamlNode, fields: Fields) -> int | None:
    """How many approvals: a number, or true for one."""
    if isinstance(node, YamlScalar) and isinstance(node.value, bool):
        return 1 if node.value else None
    return fields.count(node, "an approval", 1)


def _reviewers(body: YamlMapping, fields: Fields) -> tuple[Text, ...] | None:
    node = body.get("reviewers")
    return None if node is None else fields.texts(node, "reviewers")


def _waived(body: YamlMapping, fields: Fields) -> tuple[int, ...]:
    found = {
        level
        for key, value in body
        if (level := kinds.skip_level(key.raw)) is not None and fields.truth(value, key.raw)
    }
    return tuple(sorted(found))


def approval_of(site: ApprovalSite, approvers: tuple[str, ...]) -> Approval:
    """The gate with those who may open it."""
    return Approval(site.quorum, approvers, site.waived_at, site.expires_ms)


def resolve_approvals(workflow: Workflow) -> None:
    """Fill in approvers and proposals, stage by stage in plan order."""
    coordinator = workflow.front.coordinator
    fallback = (coordinator.value,) if coordinator else ()
    last: dict[str, tuple[int, ActionSite] | None] = {}
    count = 0
    for stage in workflow.stages:
        befores = [before for need in stage.needs if (before := last[need]) is not None]
        change = max(befores, key=lambda before: before[0], default=None)
        for site in stage.actions:
            if site.gate is not None:
                _fill(site, change[1] if change else None, fallback)
            if site.kind is Kind.CHANGE:
                count += 1
                change = (count, site)
        last[stage.id] = change


def _fill(site: ActionSite, change: ActionSite | None, fallback: tuple[str, ...]) -> None:
    assert site.gate is not None
    reviewers = site.gate.reviewers
    if reviewers is None and change is not None:
        reviewers = change.reviewers
    named = tuple(dict.fromkeys(text.value for text in reviewers or ()))
    proposes = change.action.id if change and site.kind is Kind.APPROVE else None
    site.action = replace(
        site.action, approval=approval_of(site.gate, named or fallback), proposes=proposes
    )
