"""Conditions become guards; those that never vary are known."""

from __future__ import annotations

import pytest

from armada.compiler.conditions import constant, guard_of, names_of, type_trouble
from armada.compiler.plan import Comparison, Constant, Fact, Junction, Negation
from armada.dsl.expression import read_condition
from armada.dsl.source import Span
from armada.dsl.syntax import Compare, Condition

LEVELS = (1, 2, 3, 4)


def read(text: str) -> Condition:
    condition = read_condition(text, lambda start, end: Span("x", start, end))
    assert isinstance(condition, Condition)
    return condition


def test_the_structure_is_kept() -> None:
    guard = guard_of(read("recent AND NOT (a OR severity <= SEV-2)"))
    junction = Junction("or", (Fact("a"), Comparison("severity", "<=", (2,))))
    assert guard == Junction("and", (Fact("recent"), Negation(junction)))
    assert guard_of(read("3 > errors")) == Comparison("errors", "<", (3,))
    assert guard_of(read("1 < 2")) == Constant(True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("a or not a", True),
        ("a and not a", False),
        ("a and false", False),
        ("severity >= 1", True),
        ("severity == 7", False),
        ("severity in [1, 2]", None),
        ("not severity > 4", True),
        ("a and b", None),
        ("errors > 0", None),
    ],
)
def test_constant_conditions(text: str, value: bool | None) -> None:
    assert constant(guard_of(read(text)), LEVELS) is value


def test_names_are_facts_and_words_beside_them_values() -> None:
    assert [name.name for name in names_of(read("tier == gold and a"))] == ["tier", "a"]


@pytest.mark.parametrize("text", ["severity == high", "severity < 'x'", "1 == 'a'", "true < 2"])
def test_what_cannot_be_compared(text: str) -> None:
    compare = read(text)
    assert isinstance(compare, Compare) and type_trouble(compare)


@pytest.mark.parametrize("text", ["severity == SEV-1", "severity <= 2", "errors > 0", "a == 'b'"])
def test_what_can(text: str) -> None:
    compare = read(text)
    assert isinstance(compare, Compare) and type_trouble(compare) is None
