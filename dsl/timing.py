"""Times as people write them: durations, response times and windows of an escalation path.

All times are integer milliseconds. What cannot be read gives None; nothing is guessed.
"""

from __future__ import annotations

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from .grammar import parse_tree
from .syntax import ResponseTime, Text, Window

UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
"""A unit's length by its first letter; ``ms`` and ``milliseconds`` are the one exception."""

_MAX = 200

_Tree = Tree[Token]


def read_duration(text: str) -> int | None:
    """``5m``, ``1h30m``, ``30 min`` or ``4 hours`` in milliseconds; None for anything else."""
    tree = _parse("duration", text)
    return None if tree is None else _duration(tree)


def read_response(text: Text) -> ResponseTime | None:
    """A response time: a deadline, or one of the words that mean no clock runs.

    Of a range (``15-30 min``) the later end is the deadline.
    """
    tree = _parse("response", text.value)
    if tree is None:
        return None
    if tree.data == "deferred":
        return ResponseTime(None, True, text)
    if tree.data == "immediate":
        return ResponseTime(0, False, text)
    last = _trees(tree)[-1]
    deadline = _duration(last) if last.data == "duration" else _between(last)[1]
    return ResponseTime(deadline, False, text)


def read_window(text: Text) -> Window | None:
    """When a rung is due: ``0-15 min``, ``60+ min``, ``After 30 min``, ``T+15m``, ``< 15 min``."""
    tree = _parse("window", text.value)
    if tree is None:
        return None
    if tree.data == "now":
        return Window(0, None, text)
    if tree.data == "after_number":
        number, unit = [token for token in _tokens(tree) if token.type in ("NUMBER", "UNIT")]
        return Window(_amount(number, unit), None, text)
    first = _trees(tree)[0]
    if first.data in ("range", "bare_range", "minute_range"):
        return Window(*_between(first), text)
    if tree.data == "first":
        return Window(0, _duration(first), text)
    return Window(_point(first), None, text)


def _parse(start: str, text: str) -> _Tree | None:
    if not text or len(text) > _MAX:
        return None
    try:
        return parse_tree("timing", text, start)
    except UnexpectedInput:
        return None


def _trees(tree: _Tree) -> list[_Tree]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _tokens(tree: _Tree) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]


def _duration(tree: _Tree) -> int:
    return sum(_amount(*_tokens(amount)) for amount in _trees(tree))


def _point(tree: _Tree) -> int:
    """The moment of a ``T+15m``; without a unit (``T+15``) it is in minutes."""
    if tree.data == "duration":
        return _duration(tree)
    inner = _trees(tree)
    if inner:
        return _point(inner[0])
    return _scale(_tokens(tree)[-1], UNIT_MS["m"])


def _between(tree: _Tree) -> tuple[int, int]:
    """Both ends of a range; the first takes the second's unit where it has none of its own."""
    ends = _trees(tree)
    if tree.data == "range":
        return _duration(ends[0]), _duration(ends[1])
    if tree.data == "minute_range":
        first, last = [token for token in _tokens(tree) if token.type == "NUMBER"]
        return _scale(first, UNIT_MS["m"]), _scale(last, UNIT_MS["m"])
    number = next(token for token in _tokens(tree) if token.type == "NUMBER")
    unit = _tokens(_trees(ends[0])[0])[1]
    return _amount(number, unit), _duration(ends[0])


def _amount(number: Token, unit: Token) -> int:
    name = unit.lower()
    return _scale(number, UNIT_MS["ms" if name.startswith(("ms", "mil")) else name[0]])


def _scale(number: str, unit_ms: int) -> int:
    whole, _, part = number.partition(".")
    return int(whole) * unit_ms + (int(part) * unit_ms // 10 ** len(part) if part else 0)
