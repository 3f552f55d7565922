"""Conditions: what they mean, where their words stand, and what is said of bad ones."""

from __future__ import annotations

import pytest

from armada.dsl.diagnostics import Diagnostic
from armada.dsl.expression import read_condition
from armada.dsl.source import Span
from armada.dsl.syntax import BoolOp, Compare, Condition, LiteralValue, Name, Not


def place(start: int, end: int) -> Span:
    return Span("x", start, end)


def show(node: Condition | Diagnostic) -> str:
    """The condition with every group in brackets."""
    match node:
        case Name():
            return node.name
        case LiteralValue():
            return repr(node.value)
        case Compare():
            return f"({show(node.left)} {node.op} {' '.join(map(show, node.right))})"
        case Not():
            return f"not {show(node.operand)}"
        case BoolOp():
            return f"({f' {node.op} '.join(map(show, node.operands))})"
        case Diagnostic():
            return f"{node.code}: {node.message}"


@pytest.mark.parametrize(
    ("written", "meaning"),
    [
        ("recent_deploy AND suspected_cause", "(recent_deploy and suspected_cause)"),
        ("a or b and not c", "(a or (b and not c))"),
        ("!(a || b) && c", "(not (a or b) and c)"),
        ("errors > 0", "(errors > 0)"),
        ("severity <= 2", "(severity <= 2)"),
        ("service.tier == 'gold'", "(service.tier == 'gold')"),
        ("severity in [1, 2]", "(severity in 1 2)"),
        ("severity NOT IN (1, 2)", "not (severity in 1 2)"),
        ("age > 30 min", "(age > 1800000)"),
        ("ok == TRUE", "(ok == True)"),
        ("rate >= 0.5", "(rate >= 0.5)"),
        ("android or order", "(android or order)"),
        ("", "ARM012: the condition is empty"),
        ("a = 1", "ARM012: `=` compares nothing"),
        ("a b", "ARM012: `b` cannot stand here"),
        ("(a", "ARM012: the condition ends too early"),
        ("a and", "ARM012: the condition ends too early"),
        ("{{ a }}", "ARM012: `{` cannot stand in a condition"),
        ("a == 'x", "ARM012: the quote is never closed"),
        ("and", "ARM012: `and` cannot stand here"),
        ("not " * 500 + "a", "ARM009: a condition nested more than 40 levels deep"),
        ("(" * 3000 + "a" + ")" * 3000, "ARM009: a condition nested more than 40 levels deep"),
    ],
)
def test_condition(written: str, meaning: str) -> None:
    assert show(read_condition(written, place)) == meaning


def test_names_are_placed() -> None:
    text = "alpha AND NOT beta.gamma"
    found = read_condition(text, place)
    assert isinstance(found, BoolOp)
    spans = [text[operand.span.start : operand.span.end] for operand in found.operands]
    assert spans == ["alpha", "NOT beta.gamma"]
