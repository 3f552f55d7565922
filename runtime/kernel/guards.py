"""Guards in Kleene's three-valued logic: true, false, or None for unknown.

An unknown is never a default. ``severity`` is the level as a number; every other name is a fact.
Source: S. C. Kleene, Introduction to Metamathematics (1952), section 64, the strong tables.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.plan import Comparison, Constant, Fact, Guard, Junction, Negation, Value

SEVERITY = "severity"


def evaluate(guard: Guard | None, facts: Mapping[str, Value], level: int) -> bool | None:
    """The truth of a guard; no guard is true."""
    match guard:
        case None:
            return True
        case Fact(name=name):
            value = facts.get(name)
            return None if value is None else bool(value)
        case Constant(value=value):
            return value
        case Negation(operand=operand):
            truth = evaluate(operand, facts, level)
            return None if truth is None else not truth
        case Junction(op=op, operands=operands):
            decisive = op == "or"
            truths = [evaluate(operand, facts, level) for operand in operands]
            if decisive in truths:
                return decisive
            return None if None in truths else not decisive
        case Comparison():
            value = level if guard.name == SEVERITY else facts.get(guard.name)
            return None if value is None else compare(guard, value)


def compare(guard: Comparison, value: Value) -> bool:
    """A comparison of a known value; values of different kinds are unequal and unordered."""
    right = guard.values[0] if guard.values else None
    match guard.relation:
        case "in":
            return any(_same(value, each) for each in guard.values)
        case "==":
            return right is not None and _same(value, right)
        case "!=":
            return right is None or not _same(value, right)
        case _:
            return _ordered(value, guard.relation, right)


def _same(left: Value, right: Value) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _ordered(left: Value, relation: str, right: Value | None) -> bool:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        pair: tuple[float, float] = (left, right)
    elif isinstance(left, str) and isinstance(right, str):
        order = (left > right) - (left < right)
        pair = (order, 0)
    else:
        return False
    return {
        "<": pair[0] < pair[1],
        "<=": pair[0] <= pair[1],
        ">": pair[0] > pair[1],
        ">=": pair[0] >= pair[1],
    }[relation]


def names(guard: Guard | None) -> tuple[str, ...]:
    """The names that a guard reads, ``severity`` too, each once, in the order of the text."""
    found: dict[str, None] = {}
    _collect(guard, found)
    return tuple(found)


def _collect(guard: Guard | None, found: dict[str, None]) -> None:
    match guard:
        case Fact(name=name) | Comparison(name=name):
            found[name] = None
        case Negation(operand=operand):
            _collect(operand, found)
        case Junction(operands=operands):
            for operand in operands:
                _collect(operand, found)
        case _:
            return


def unknown_names(guard: Guard | None, facts: Mapping[str, Value]) -> tuple[str, ...]:
    """The facts that a guard reads and nobody has stated yet."""
    return tuple(n for n in names(guard) if n != SEVERITY and facts.get(n) is None)
