"""Rehearsing: the same plan in less time.

Owns the one way a plan's durations change, which is to become shorter. A duration of nothing stays
nothing, any other is at least a millisecond, and what was in order stays in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..compiler.plan import Action, EscalationPolicy, Kind, Plan, Rung, SeverityPolicy, Stage


def watched_ms(action: Action) -> int:
    """How long a monitor holds, or a rollout is watched; 0 for anything else."""
    if action.kind is Kind.MONITOR:
        return action.duration_ms
    return action.rollout.watch_ms if action.rollout is not None else 0


def shorten(plan: Plan, speed: float, durations: Mapping[str, int]) -> Plan:
    """The plan with every duration divided by ``speed``, and with these of monitors and watches.

    ``durations`` are by action, in milliseconds as they will be; a longer one than the plan's own
    changes nothing.
    """
    short = _Shorter(max(1.0, speed), durations)
    return replace(
        plan,
        stages=tuple(short.stage(stage) for stage in plan.stages),
        severities=tuple(short.severity(policy) for policy in plan.severities),
        escalation=short.ladder(plan.escalation),
        immediate_ms=short.ms(plan.immediate_ms),
        patience_ms=short.ms(plan.patience_ms),
        valid_ms=short.ms(plan.valid_ms),
    )


class _Shorter:
    """Divides by ``speed`` wherever a plan states a time."""

    def __init__(self, speed: float, durations: Mapping[str, int]) -> None:
        self.speed = speed
        self.durations = durations

    def ms(self, value: int) -> int:
        return max(1, int(value / self.speed)) if value > 0 else value

    def some(self, value: int | None) -> int | None:
        return None if value is None else self.ms(value)

    def stage(self, stage: Stage) -> Stage:
        actions = tuple(self.action(action) for action in stage.actions)
        return replace(stage, actions=actions, timeout_ms=self.some(stage.timeout_ms))

    def action(self, action: Action) -> Action:
        approval, rollout = action.approval, action.rollout
        if approval is not None:
            approval = replace(approval, expires_ms=self.ms(approval.expires_ms))
        if rollout is not None:
            rollout = replace(rollout, watch_ms=self.watch(action, rollout.watch_ms))
        return replace(
            action,
            approval=approval,
            rollout=rollout,
            retry=replace(action.retry, backoff_ms=self.ms(action.retry.backoff_ms)),
            timeout_ms=self.some(action.timeout_ms),
            duration_ms=self.watch(action, action.duration_ms),
            poll_ms=self.ms(action.poll_ms),
        )

    def watch(self, action: Action, value: int) -> int:
        stated = self.durations.get(action.id)
        return self.ms(value) if stated is None or value <= 0 else min(value, stated)

    def severity(self, policy: SeverityPolicy) -> SeverityPolicy:
        return replace(policy, respond_within_ms=self.some(policy.respond_within_ms))

    def ladder(self, ladder: EscalationPolicy) -> EscalationPolicy:
        return replace(
            ladder,
            rungs=tuple(self.rung(rung) for rung in ladder.rungs),
            repage_ms=self.ms(ladder.repage_ms),
            ack_valid_ms=self.some(ladder.ack_valid_ms),
        )

    def rung(self, rung: Rung) -> Rung:
        return replace(rung, from_ms=self.ms(rung.from_ms), to_ms=self.some(rung.to_ms))
