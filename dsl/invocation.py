"""Example calls in a document: ``Task("SEV-1 INCIDENT", "Complete outage", "coordinator")``."""

from __future__ import annotations

from typing import cast

from lark import Token
from lark.exceptions import UnexpectedInput

from .codes import report
from .diagnostics import Diagnostic
from .grammar import parse_tree
from .levels import read_level
from .patterns import lazy
from .source import SourceFile
from .syntax import Invocation, Text
from .words import clip, slice_of

_CALL = lazy(r"\bTask\s{0,4}\(")


def read_invocations(
    source: SourceFile, start: int, end: int
) -> tuple[list[Invocation], list[Diagnostic]]:
    """The calls between two offsets, in the order of the text."""
    calls: list[Invocation] = []
    found: list[Diagnostic] = []
    starts = [match.start() for match in _CALL.finditer(source.text, start, end)]
    for at, stop in zip(starts, [*starts[1:], end], strict=False):
        call = _read(source, at, stop)
        if isinstance(call, Diagnostic):
            found.append(call)
        else:
            calls.append(call)
    return calls, found


def _read(source: SourceFile, start: int, end: int) -> Invocation | Diagnostic:
    call = slice_of(source, start, end)
    try:
        tree = parse_tree("invocation", call.value)
    except UnexpectedInput:
        return _wrong(call, "this call cannot be read")
    tokens = cast("list[Token]", tree.children)
    strings = [token for token in tokens if token.type == "STRING"]
    if len(strings) != 3:
        return _wrong(call, f"this call has {len(strings)} parts instead of 3")
    kind, title, agent = (_inside(call, token) for token in strings)
    stop = call.value.index(")", cast(int, strings[-1].start_pos) + len(strings[-1])) + 1
    return Invocation(kind, title, agent, read_level(kind.value), clip(call, 0, stop).span)


def _inside(call: Text, token: Token) -> Text:
    start = cast(int, token.start_pos)
    return clip(call, start + 1, start + len(token) - 1)


def _wrong(call: Text, message: str) -> Diagnostic:
    line = clip(call, 0, len(call.value.partition("\n")[0]))
    help = 'write Task("kind", "title", "agent")'
    return report("ARM018", line.span, message, help=help)
