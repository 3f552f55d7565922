"""The state machines of a run, as tables: (status, trigger) -> status.

Theory of operation. A run is seven kinds of small machines that never call each other's tables:

* the INCIDENT: undeclared, open, then resolved or closed, and open again when it is reopened;
* a STAGE: pending until all its ancestors are settled; then it runs, or is omitted (nobody of its
  agent is engaged), skipped (its guard is false, or a person said so), or asks first. A failed
  action blocks it until a person decides. Done, omitted, skipped, failed and aborted are *settled*;
* an ACTION: guarded while a fact is unknown, gated while an approval is awaited, then running; a
  rollout goes on through watching, judging, promoting or reverting;
* an ITEM of an action, or a phase of one: issued to its agent, perhaps waiting before the next
  attempt, uncertain when nobody knows whether it happened;
* a GATE: an approval from proposal to verdict;
* the LADDER and each RUNG of it.

A rule may move a machine only along a row of its table; a missing row is a bug in a rule and
raises. Every move is reported with the step, so that tests and drills can say which rows were
taken. The diagrams in docs/kernel.md are generated from these tables.
"""

from __future__ import annotations

Table = dict[tuple[str, str], str]

INCIDENT: Table = {
    ("undeclared", "declare"): "open",
    ("open", "resolve"): "resolved",
    ("open", "close"): "closed",
    ("resolved", "close"): "closed",
    ("resolved", "reopen"): "open",
    ("closed", "reopen"): "open",
}

STAGE: Table = {
    ("pending", "start"): "running",
    ("pending", "ask"): "asking",
    ("pending", "omit"): "omitted",
    ("pending", "skip"): "skipped",
    ("pending", "abort"): "aborted",
    ("asking", "start"): "running",
    ("asking", "omit"): "omitted",
    ("asking", "skip"): "skipped",
    ("asking", "abort"): "aborted",
    ("asking", "reset"): "pending",
    ("running", "finish"): "done",
    ("running", "block"): "blocked",
    ("running", "fail"): "failed",
    ("running", "abort"): "aborted",
    ("running", "reset"): "pending",
    ("blocked", "proceed"): "running",
    ("blocked", "abort"): "aborted",
    ("blocked", "reset"): "pending",
    ("omitted", "revive"): "pending",
    ("omitted", "reset"): "pending",
    ("done", "reset"): "pending",
    ("skipped", "reset"): "pending",
    ("failed", "reset"): "pending",
    ("aborted", "reset"): "pending",
}

ACTION: Table = {
    ("pending", "guard"): "guarded",
    ("pending", "gate"): "gated",
    ("pending", "issue"): "running",
    ("pending", "skip"): "skipped",
    ("guarded", "fail"): "failed",
    ("guarded", "gate"): "gated",
    ("guarded", "issue"): "running",
    ("guarded", "skip"): "skipped",
    ("gated", "guard"): "guarded",
    ("gated", "issue"): "running",
    ("gated", "finish"): "done",
    ("gated", "skip"): "skipped",
    ("gated", "fail"): "failed",
    ("running", "finish"): "done",
    ("running", "fail"): "failed",
    ("running", "watch"): "watching",
    ("running", "judge"): "judging",
    ("watching", "judge"): "judging",
    ("watching", "revert"): "reverting",
    ("watching", "finish"): "done",
    ("watching", "fail"): "failed",
    ("judging", "promote"): "promoting",
    ("judging", "revert"): "reverting",
    ("judging", "finish"): "done",
    ("judging", "fail"): "failed",
    ("promoting", "finish"): "done",
    ("promoting", "fail"): "failed",
    ("reverting", "fail"): "failed",
    ("failed", "retry"): "pending",
    ("failed", "skip"): "skipped",
    ("failed", "finish"): "done",
    ("done", "undo"): "undoing",
    ("undoing", "finish"): "undone",
    ("undoing", "fail"): "undo-failed",
}

ITEM: Table = {
    ("ready", "issue"): "issued",
    ("issued", "answer"): "done",
    ("issued", "fail"): "failed",
    ("issued", "wait"): "waiting",
    ("issued", "doubt"): "uncertain",
    ("issued", "skip"): "skipped",
    ("waiting", "issue"): "issued",
    ("waiting", "skip"): "skipped",
    ("uncertain", "issue"): "issued",
    ("uncertain", "answer"): "done",
    ("uncertain", "fail"): "failed",
    ("uncertain", "skip"): "skipped",
    ("done", "reset"): "ready",
    ("failed", "reset"): "ready",
    ("skipped", "reset"): "ready",
}

GATE: Table = {
    ("", "propose"): "proposing",
    ("proposing", "ask"): "pending",
    ("proposing", "waive"): "waived",
    ("proposing", "withdraw"): "",
    ("pending", "ask"): "pending",
    ("pending", "expire"): "pending",
    ("pending", "approve"): "approved",
    ("pending", "reject"): "rejected",
    ("pending", "waive"): "waived",
    ("pending", "withdraw"): "",
}

LADDER: Table = {
    ("idle", "start"): "running",
    ("idle", "suspend"): "suspended",
    ("running", "suspend"): "suspended",
    ("running", "acknowledge"): "acknowledged",
    ("running", "stop"): "stopped",
    ("running", "exhaust"): "exhausted",
    ("running", "repeat"): "running",
    ("suspended", "resume"): "running",
    ("suspended", "acknowledge"): "suspended",
    ("suspended", "stop"): "stopped",
    ("acknowledged", "expire"): "running",
    ("acknowledged", "suspend"): "suspended",
    ("acknowledged", "stop"): "stopped",
    ("exhausted", "acknowledge"): "exhausted",
    ("exhausted", "suspend"): "suspended",
    ("exhausted", "stop"): "stopped",
    ("stopped", "restart"): "running",
}

RUNG: Table = {
    ("waiting", "fire"): "fired",
    ("waiting", "hold"): "held",
    ("held", "revive"): "waiting",
    ("held", "fire"): "fired",
    ("fired", "fire"): "fired",
    ("fired", "restart"): "waiting",
    ("held", "restart"): "waiting",
    ("waiting", "restart"): "waiting",
}

MACHINES: dict[str, Table] = {
    "incident": INCIDENT,
    "stage": STAGE,
    "action": ACTION,
    "item": ITEM,
    "gate": GATE,
    "ladder": LADDER,
    "rung": RUNG,
}

SETTLED = frozenset({"done", "omitted", "skipped", "failed", "aborted"})
"""The stage statuses that let descendants go on."""

OVER = frozenset({"done", "skipped", "failed", "undoing", "undone", "undo-failed"})
"""The action statuses in which the action itself is over (its compensation may be under way)."""


def diagram(machine: str) -> str:
    """A machine as a Mermaid state diagram, in the order of its table."""
    lines = ["stateDiagram-v2"]
    for (status, trigger), after in MACHINES[machine].items():
        lines.append(f"    {_state(status)} --> {_state(after)} : {trigger}")
    return "\n".join(lines) + "\n"


def _state(status: str) -> str:
    return status.replace("-", "_") or "none"
