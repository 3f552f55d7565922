"""Conditions: ``recent_deploy AND suspected_cause``, ``severity <= 2``, ``region in ["eu", "us"]``.

Nesting is bounded, so that whoever walks a condition may do so by recursion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

from lark import Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput

from .codes import report
from .diagnostics import Diagnostic
from .grammar import parse_tree
from .source import Span
from .syntax import BoolOp, Compare, Condition, LiteralValue, Name, Not
from .timing import read_duration

MAX_DEPTH = 40
"""How many groups and negations may stand inside one another."""

_MAX = 20_000

_Tree = Tree[Token]
Place = Callable[[int, int], Span]


class _TooDeep(Exception):
    """Raised inside this module only, at the offsets of the group that is one too many."""

    def __init__(self, tree: _Tree) -> None:
        super().__init__()
        self.tree = tree


def read_condition(text: str, place: Place) -> Condition | Diagnostic:
    """The condition, or what is wrong with it; ``place`` turns offsets in ``text`` into spans."""
    if not text.strip():
        return _wrong(place(0, len(text)), "the condition is empty", "write a condition")
    if len(text) > _MAX:
        return report("ARM009", place(0, len(text)), f"a condition of {len(text)} characters")
    try:
        tree = parse_tree("expression", text)
        return _Builder(place).build(cast(_Tree, tree.children[0]), 0)
    except UnexpectedInput as error:
        return _explain(error, text, place)
    except _TooDeep as error:
        message = f"a condition nested more than {MAX_DEPTH} levels deep"
        start, end = _extent(error.tree)
        return report("ARM009", place(start, end), message, help="split the condition")


@dataclass(frozen=True, slots=True)
class _Builder:
    """Turns a parse tree into a condition."""

    place: Place

    def build(self, tree: _Tree, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise _TooDeep(tree)
        if tree.data in ("disjunction", "conjunction"):
            return self._junction(tree, depth)
        children = tree.children
        if tree.data == "group":
            return self.build(cast(_Tree, children[0]), depth + 1)
        if tree.data == "negated":
            operand = self.build(cast(_Tree, children[1]), depth + 1)
            return Not(operand, self._span(tree))
        if tree.data == "alone":
            return self._operand(cast(Token, children[0]))
        return self._comparison(tree)

    def _junction(self, tree: _Tree, depth: int) -> Condition:
        parts = [self.build(cast(_Tree, child), depth) for child in tree.children]
        if len(parts) == 1:
            return parts[0]
        op: Literal["and", "or"] = "or" if tree.data == "disjunction" else "and"
        return BoolOp(op, tuple(parts), parts[0].span.cover(parts[-1].span))

    def _comparison(self, tree: _Tree) -> Condition:
        left = self._operand(cast(Token, tree.children[0]))
        last = tree.children[-1]
        if tree.data == "compare":
            op = str(cast(Token, tree.children[1]))
            right = self._operand(cast(Token, last))
            return Compare(op, left, (right,), left.span.cover(right.span))
        members = tuple(self._operand(cast(Token, item)) for item in cast(_Tree, last).children)
        found = Compare("in", left, members, left.span.cover(members[-1].span))
        return Not(found, found.span) if tree.data == "not_member" else found

    def _operand(self, token: Token) -> Name | LiteralValue:
        start = cast(int, token.start_pos)
        span = self.place(start, start + len(token))
        if token.type == "NAME":
            return Name(str(token), span)
        if token.type == "DURATION":
            return LiteralValue(read_duration(str(token)) or 0, span, True)
        return LiteralValue(_literal(token), span)

    def _span(self, tree: _Tree) -> Span:
        return self.place(*_extent(tree))


def _literal(token: Token) -> str | int | float | bool:
    if token.type == "BOOLEAN":
        return token.lower() == "true"
    if token.type == "STRING":
        return str(token[1:-1])
    return float(token) if "." in token else int(token)


def _extent(tree: _Tree) -> tuple[int, int]:
    """Where the tree's first and last tokens stand, found without recursion."""
    starts: list[int] = []
    ends: list[int] = []
    pending: list[_Tree] = [tree]
    while pending:
        for child in pending.pop().children:
            if isinstance(child, Tree):
                pending.append(child)
            else:
                starts.append(cast(int, child.start_pos))
                ends.append(cast(int, child.start_pos) + len(child))
    return min(starts), max(ends)


def _wrong(span: Span, message: str, help: str) -> Diagnostic:
    return report("ARM012", span, message, help=help)


def _explain(error: UnexpectedInput, text: str, place: Place) -> Diagnostic:
    expected = _expected(error, text)
    at = error.pos_in_stream
    if isinstance(error, UnexpectedCharacters) and at is not None:
        return _character(text[at], place(at, at + 1), expected)
    token: Any = getattr(error, "token", None)
    if token is not None and token.type != "$END":
        span = place(token.start_pos, token.start_pos + len(token))
        return _wrong(span, f"`{token}` cannot stand here", f"write {expected}")
    end = len(text.rstrip())
    return _wrong(place(end - 1, end), "the condition ends too early", f"write {expected}")


def _character(character: str, span: Span, expected: str) -> Diagnostic:
    if character == "=":
        return _wrong(span, "`=` compares nothing", "write `==` to compare")
    if character in "\"'":
        return _wrong(span, "the quote is never closed", "close the quote")
    if character == "{":
        help = "write the name alone: a condition is no template"
        return _wrong(span, "`{` cannot stand in a condition", help)
    return _wrong(span, f"{character!r} cannot stand here", f"write {expected}")


def _expected(error: UnexpectedInput, text: str) -> str:
    names: Any = getattr(error, "expected", None) or getattr(error, "allowed", None)
    found = {str(name) for name in names or ()}
    if "NAME" in found:
        return "a name or a value here"
    before = text[: error.pos_in_stream] if (error.pos_in_stream or 0) > 0 else text
    if any(before.count(left) > before.count(right) for left, right in ("()", "[]")):
        return "the closing bracket, or go on with AND or OR"
    return "AND or OR between two conditions, and underscores inside a name"
