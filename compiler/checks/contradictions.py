"""Conditions whose parts exclude each other, or leave nothing out: they look as if they varied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from ...dsl.diagnostics import Label
from ...dsl.syntax import BoolOp, Condition, Not
from ..conditions import comparisons_of, constant, guard_of, type_trouble
from ..findings import Findings
from ..plan import Plan
from ..satisfy import always
from ..sites import Workflow
from .conditions import guards

_PAIRS = 32
"""Among so many parts it is searched which two exclude each other."""


def contradictions(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM408: parts of a condition exclude each other, or leave nothing out."""
    levels = tuple(policy.level for policy in plan.severities)
    for guard in guards(workflow):
        root = guard.condition
        troubled = any(type_trouble(compare) for compare in comparisons_of(root))
        if troubled or constant(guard_of(root), levels) is not None:
            continue  # ARM406 or ARM405 says so
        for part, value in _decided(root, levels, root):
            _contradiction(part, value, part is root, levels, findings)


def _decided(
    part: Condition, levels: tuple[int, ...], root: Condition
) -> Iterator[tuple[Condition, bool]]:
    """The outermost parts that are false, or the whole where it is true, whatever the facts."""
    value = always(guard_of(part), levels)
    if value is False or (value is True and part is root):
        yield part, value
    elif value is None:
        for inner in _parts(part):
            yield from _decided(inner, levels, root)


def _parts(part: Condition) -> Sequence[Condition]:
    match part:
        case BoolOp(operands=operands):
            return operands
        case Not(operand=operand):
            return (operand,)
        case _:
            return ()


def _contradiction(
    part: Condition, value: bool, whole: bool, levels: tuple[int, ...], findings: Findings
) -> None:
    pair = _clash(part, value, levels)
    what = "the condition" if whole else "this part of the condition"
    findings.add(
        "ARM408",
        f"{what} is always {'true' if value else 'false'}",
        pair[1].span if pair else part.span,
        label=_LABELS[value] if pair else "",
        secondary=(Label(pair[0].span, "beside this"),) if pair else (),
        help="mend one of the two" if pair else "mend the condition, or remove it",
    )


_LABELS = {True: "leaves nothing out", False: "cannot hold"}


def _clash(
    part: Condition, value: bool, levels: tuple[int, ...]
) -> tuple[Condition, Condition] | None:
    """The first two operands that decide the whole by themselves."""
    if not isinstance(part, BoolOp) or part.op != ("or" if value else "and"):
        return None
    for pair in combinations(part.operands[:_PAIRS], 2):
        if always(guard_of(BoolOp(part.op, pair, part.span)), levels) is value:
            return pair
    return None
