"""Conditions: from what was written to a guard, the names it reads, and whether it can vary.

A guard keeps the author's structure; the kernel evaluates it in Kleene logic. ``severity`` is the
bare number of the level, so a comparison may write ``severity <= 2``, ``severity == SEV-1`` or
``severity in [1, 2]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..dsl.patterns import lazy
from ..dsl.syntax import BoolOp, Compare, Condition, LiteralValue, Name, Not
from .plan import Comparison, Constant, Fact, Guard, Junction, Negation, Value

_MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_LEVEL_WORD = lazy(r"(?:sev(?:erity)?|p(?:riority)?|s)[-_ ]?(\d{1,3})$", re.IGNORECASE)
_ORDERINGS = frozenset({"<", "<=", ">", ">="})


def is_level_word(name: str) -> bool:
    """True for ``SEV-1``, ``P2``, ``s3``: a level, where a comparison with severity needs one."""
    return _LEVEL_WORD.match(name) is not None


def level_of(value: Value) -> Value:
    """The number that a level's name means beside ``severity``; any other value as it is."""
    if isinstance(value, str) and (match := _LEVEL_WORD.match(value.strip())):
        return int(match.group(1))
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 5:
        return int(value)
    return value


def guard_of(condition: Condition) -> Guard:
    """The guard that a condition states."""
    match condition:
        case Name(name=name):
            return Fact(name)
        case LiteralValue(value=value):
            return Constant(bool(value))
        case Not(operand=operand):
            return Negation(guard_of(operand))
        case BoolOp(op=op, operands=operands):
            return Junction(op, tuple(guard_of(operand) for operand in operands))
        case Compare():
            return _comparison(condition)


def _comparison(compare: Compare) -> Guard:
    left, op, rights = compare.left, compare.op, compare.right
    if isinstance(left, LiteralValue):
        if len(rights) == 1 and isinstance(rights[0], Name) and op in _MIRROR:
            return _relation(rights[0], _MIRROR[op], (left,))
        values = [right.value for right in rights if isinstance(right, LiteralValue)]
        return Constant(holds(op, left.value, values))
    return _relation(left, op, rights)


def _relation(name: Name, op: str, rights: tuple[Name | LiteralValue, ...]) -> Guard:
    values = tuple(
        right.value if isinstance(right, LiteralValue) else right.name for right in rights
    )
    if name.name == "severity":
        values = tuple(level_of(value) for value in values)
    return Comparison(name.name, op, values)  # type: ignore[arg-type]


def holds(op: str, left: Value, rights: list[Value]) -> bool:
    """Whether a comparison of known values is true; false where they cannot be compared."""
    if op == "in":
        return any(_same(left, right) for right in rights)
    if not rights:
        return False
    right = rights[0]
    if op in ("==", "!="):
        return _same(left, right) is (op == "==")
    if isinstance(left, str) or isinstance(right, str):
        if not (isinstance(left, str) and isinstance(right, str)):
            return False
        return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]


def _same(left: Value, right: Value) -> bool:
    """Equal, and no number taken for a truth value: as the kernel compares in a run."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def names_of(condition: Condition) -> Iterator[Name]:
    """The names that a condition reads, in the order of the text.

    In a comparison the word on the other side of a name is a value (``tier == gold``), not a fact;
    between two names both sides of an ordering are facts only on the left.
    """
    match condition:
        case Name():
            yield condition
        case LiteralValue():
            return
        case Not(operand=operand):
            yield from names_of(operand)
        case BoolOp(operands=operands):
            for operand in operands:
                yield from names_of(operand)
        case Compare(left=left, right=rights):
            if isinstance(left, Name):
                yield left
            else:
                yield from (right for right in rights[:1] if isinstance(right, Name))


def comparisons_of(condition: Condition) -> Iterator[Compare]:
    """Every comparison in a condition, in the order of the text."""
    match condition:
        case Compare():
            yield condition
        case Not(operand=operand):
            yield from comparisons_of(operand)
        case BoolOp(operands=operands):
            for operand in operands:
                yield from comparisons_of(operand)
        case _:
            return


def constant(guard: Guard, levels: tuple[int, ...]) -> bool | None:
    """The value that a guard always has, or None where it can vary.

    ``levels`` are the levels that exist; a comparison of ``severity`` that is alike at all of them
    is constant. A fact beside its own negation makes a junction constant too.
    """
    match guard:
        case Constant(value=value):
            return value
        case Fact():
            return None
        case Negation(operand=operand):
            inner = constant(operand, levels)
            return None if inner is None else not inner
        case Comparison(name=name, relation=relation, values=values):
            if name != "severity" or not levels:
                return None
            found = {holds(relation, level, list(values)) for level in levels}
            return found.pop() if len(found) == 1 else None
        case Junction(op=op, operands=operands):
            return _junction(op, operands, levels)


def _junction(op: str, operands: tuple[Guard, ...], levels: tuple[int, ...]) -> bool | None:
    absorbing = op == "or"
    values = [constant(operand, levels) for operand in operands]
    if absorbing in values:
        return absorbing
    seen = set(operands)
    if any(isinstance(one, Negation) and one.operand in seen for one in operands):
        return absorbing
    return (not absorbing) if all(value is not None for value in values) else None


def type_trouble(compare: Compare) -> str | None:
    """Why a comparison can never be evaluated, or None."""
    sides = (compare.left, *compare.right)
    about_severity = any(isinstance(side, Name) and side.name == "severity" for side in sides)
    for side in sides:
        if isinstance(side, Name) and (side.name == "severity" or not about_severity):
            continue
        value = side.value if isinstance(side, LiteralValue) else side.name
        if about_severity and not _is_number(level_of(value)):
            return f"severity is a number, and {value!r} is none"
        if compare.op in _ORDERINGS and isinstance(value, bool):
            return f"'{compare.op}' needs numbers, and {str(value).lower()} is none"
    kinds = {_family(side.value) for side in sides if isinstance(side, LiteralValue)}
    if len(kinds) > 1 and compare.op != "!=":
        return "the values compared are of different kinds"
    return None


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _family(value: Value) -> str:
    if isinstance(value, bool):
        return "truth"
    return "text" if isinstance(value, str) else "number"
