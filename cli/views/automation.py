"""What ``armada show --automation`` says of a bound plan, as data and as tables."""

from __future__ import annotations

from typing import Any

from ...runtime.automation import Automation, Gate, Step
from ...runtime.binding import Bound
from .tables import Table
from .words import duration, level_name

REHEARSAL = "REHEARSAL: this is not for a real incident."


def heading(bound: Bound, found: Automation) -> str:
    """The first lines: which plan, how much of it is automated, and whether it is a rehearsal."""
    plan = bound.plan
    share = f"{found.automated} of {found.counted} steps"
    lines = [
        f"{plan.name}: {share} are automated ({_percent(found)} %)",
        f"plan {bound.source_digest[:12]}, as it will be run {plan.digest[:12]}",
    ]
    if bound.rehearsal:
        faster = f" Every duration is divided by {bound.speed:g}." if bound.speed > 1 else ""
        lines.insert(0, f"{REHEARSAL}{faster}")
    return "\n".join(lines)


def tables(bound: Bound, found: Automation) -> tuple[Table, ...]:
    """The sections, in the order a reader asks for them."""
    return (_steps(found), _gates(bound, found), _told(bound), _facts(bound), _missing(found))


def data(bound: Bound, found: Automation) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "name": bound.plan.name,
        "plan": bound.source_digest,
        "bound": bound.plan.digest,
        "bindings": bound.digest,
        "rehearsal": bound.rehearsal,
        "speed": bound.speed,
        "automated": found.automated,
        "steps": found.counted,
        "share": round(found.share, 4),
        "work": [_step_data(step) for step in found.steps],
        "gates": [_gate_data(gate) for gate in found.gates],
        "targets": {
            name: [bound.instances[each].adapter for each in bound.targets[name]]
            for name in bound.targets
        },
        "channels": {
            name: bound.instances[bound.channels[name]].adapter for name in bound.channels
        },
        "facts": {name: each.carrier.shown for name, each in bound.facts.items()},
        "missing": {
            "targets": list(found.untold),
            "facts": list(found.unread),
            "channels": list(found.unsent),
        },
        "people": bound.people,
    }


def _percent(found: Automation) -> int:
    return int(found.share * 100 + 0.5)


# --- as tables ------------------------------------------------------------------------------------

_BY = {"adapter": "", "armada": "Armada", "people": "people of "}


def _steps(found: Automation) -> Table:
    rows: list[tuple[str, ...]] = []
    before = ""
    for step in found.steps:
        name = step.action if step.action != before else ""
        before = step.action
        rows.append((name, step.text or "-", _by(step), str(step.effect), _what(step)))
    return Table("Work", ("action", "step", "by", "effect", "how"), tuple(rows))


def _by(step: Step) -> str:
    return _BY[step.by] + ("" if step.by == "armada" else step.through)


def _what(step: Step) -> str:
    if step.by == "people":
        return "-"
    shown = " ".join(step.shown.removeprefix(step.through).split())
    within = f" (within {duration(step.timeout_ms)})" if step.timeout_ms is not None else ""
    return f"{shown}{within}".strip() or "-"


def _gates(bound: Bound, found: Automation) -> Table:
    rows = tuple(
        (
            gate.action,
            f"{gate.approval.quorum} of {', '.join(gate.approval.approvers) or 'the coordinator'}",
            ", ".join(level_name(bound.plan, level) for level in gate.approval.waived_at) or "-",
        )
        for gate in found.gates
    )
    return Table("Approvals", ("action", "votes", "waived at"), rows)


def _told(bound: Bound) -> Table:
    rows = [
        (name, ", then ".join(bound.instances[each].adapter for each in bound.targets[name]))
        for name in bound.targets
    ]
    rows += [
        (f"channel {name}", bound.instances[bound.channels[name]].adapter)
        for name in bound.channels
    ]
    return Table("Told", ("who", "through"), tuple(rows), "nobody")


def _facts(bound: Bound) -> Table:
    rows = tuple(
        (
            name,
            " ".join(each.carrier.shown.split()),
            "the whole run" if each.valid_ms is None else duration(each.valid_ms),
        )
        for name, each in bound.facts.items()
    )
    return Table("Facts", ("fact", "read by", "holds for"), rows)


def _missing(found: Automation) -> Table:
    rows = [(f"target {name}", "only its people are told") for name in found.untold]
    rows += [(f"fact {name}", "a person is asked") for name in found.unread]
    rows += [(f"channel of {name}", "shown on the console alone") for name in found.unsent]
    return Table("Missing", ("what", "so"), tuple(rows), "nothing")


# --- as data --------------------------------------------------------------------------------------


def _step_data(step: Step) -> dict[str, Any]:
    return {
        "stage": step.stage,
        "action": step.action,
        "step": step.slot,
        "text": step.text,
        "by": step.by,
        "through": step.through,
        "shown": step.shown,
        "effect": str(step.effect),
        "timeout_ms": step.timeout_ms,
    }


def _gate_data(gate: Gate) -> dict[str, Any]:
    return {
        "action": gate.action,
        "quorum": gate.approval.quorum,
        "approvers": list(gate.approval.approvers),
        "waived_at": list(gate.approval.waived_at),
    }
