"""Whether a condition can be true, and whether it can be false, whatever its names stand for.

Every name is tried with the few values that can make a difference: those it is compared with, and
some beside and between them. A name is of the kinds that it is compared with: ``rate > 5`` is about
a number. A condition with so many names that trying takes too long has no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product

from .conditions import holds
from .plan import Comparison, Constant, Fact, Guard, Junction, Negation, Value

_MOST = 16_384
"""How many comparisons are made, at most, for one condition."""
_OTHER = "\x00"
"""A text that no condition spells."""


def always(guard: Guard, levels: tuple[int, ...]) -> bool | None:
    """The value that a guard has whatever its names stand for, or None where it can vary."""
    choices = _choices(guard, levels)
    number = sum(1 for _ in _said(guard))
    for values in choices.values():
        number *= max(len(values), 1)
        if number > _MOST:
            return None
    found: bool | None = None
    for values in product(*choices.values()):
        value = _value(guard, dict(zip(choices, values, strict=True)))
        if found is not None and value is not found:
            return None
        found = value
    return found


def _value(guard: Guard, given: Mapping[str, Value]) -> bool:
    match guard:
        case Constant(value=value):
            return value
        case Fact(name=name):
            return bool(given[name])
        case Negation(operand=operand):
            return not _value(operand, given)
        case Comparison(name=name, relation=relation, values=values):
            return holds(relation, given[name], list(values))
        case Junction(op=op, operands=operands):
            results = (_value(operand, given) for operand in operands)
            return all(results) if op == "and" else any(results)


def _choices(guard: Guard, levels: tuple[int, ...]) -> dict[str, tuple[Value, ...]]:
    """The values to try for each name, in the order in which the condition speaks of them."""
    said: dict[str, list[Value]] = {}
    for name, values in _said(guard):
        said.setdefault(name, []).extend(values)
    return {
        name: levels if levels and name == "severity" else tuple(_around(values))
        for name, values in said.items()
    }


def _said(guard: Guard) -> Iterator[tuple[str, tuple[Value, ...]]]:
    """Each name with the values that it is compared with; none where it stands alone."""
    match guard:
        case Fact(name=name):
            yield name, ()
        case Comparison(name=name, values=values):
            yield name, values
        case Negation(operand=operand):
            yield from _said(operand)
        case Junction(operands=operands):
            for operand in operands:
                yield from _said(operand)
        case Constant():
            return


def _around(values: Sequence[Value]) -> Iterator[Value]:
    """Some values, and what lies beside and between them, of the same kinds.

    What is compared with nothing is true or false. A truth value is no number here.
    """
    truths = [value for value in values if isinstance(value, bool)]
    texts = sorted({value for value in values if isinstance(value, str)})
    numbers = {v for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)}
    if texts:
        yield from ("", _OTHER, *texts)
        yield from (value + _OTHER for value in texts)
    if numbers:
        line = sorted({0, *numbers})
        yield from (line[0] - 1, *line, line[-1] + 1)
        yield from ((low + high) / 2 for low, high in pairwise(line))
    if truths or not values:
        yield from (True, False)
