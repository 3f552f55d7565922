"""Values of a plan in the words of a reader: durations, levels, conditions."""

from __future__ import annotations

from ...compiler.plan import Comparison, Constant, Fact, Guard, Junction, Negation, Plan

_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms"))


def duration(ms: int) -> str:
    """Milliseconds as ``1 h 30 min``; nothing is rounded away."""
    parts: list[str] = []
    for size, unit in _UNITS:
        count, ms = divmod(ms, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 min"


def level_name(plan: Plan, level: int) -> str:
    """A level as the document calls it."""
    policy = plan.severity(level)
    return policy.name if policy is not None else f"SEV-{level}"


def condition(guard: Guard) -> str:
    """A guard as it would be written; parentheses only where they change the meaning."""
    match guard:
        case Fact():
            return guard.name
        case Constant():
            return "true" if guard.value else "false"
        case Comparison():
            values = ", ".join(_value(value) for value in guard.values)
            shown = f"({values})" if guard.relation == "in" else values
            return f"{guard.name} {guard.relation} {shown}"
        case Negation():
            inner = condition(guard.operand)
            return f"NOT ({inner})" if isinstance(guard.operand, Junction) else f"NOT {inner}"
        case Junction():
            return f" {guard.op.upper()} ".join(
                f"({condition(part)})" if isinstance(part, Junction) else condition(part)
                for part in guard.operands
            )


def _value(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
