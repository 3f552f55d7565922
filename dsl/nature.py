"""What only looks like a flow: drawings whose connectors must not be read as an order.

A refusal is a place and a reason. A drawing that is refused has no edges at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from .canvas import DOWN, LEFT, RIGHT, STEP, UP, Canvas
from .lines import Wires
from .patterns import lazy
from .source import Span
from .syntax import Fence

_CONFLICT = lazy(r"^(?:<{7} |>{7} |={7}\r?$)", re.MULTILINE)
_GARBLED = lazy(r"â[”–][^\s\w]?|Γö[^\s]|\ufffd")
_RULE = lazy(r"[├┝┠┣╞╟╠](?:[─━═]+[┼┿╂╋╪╫╬])+[─━═]+[┤┥┨┫╡╢╣]")
_ASCII_RULE = lazy(r"^([ \t]*)(\+(?:[-=]+\+){2,})[ \t]*\r?\n\1\|(?=[^+]*\w)", re.MULTILINE)
_WIDGET = lazy(r"\[ ?[A-Z][\w ]{0,20}\]|[☰⌕☐☑☒○◉🔍█▓░▢]|[▼▾▲] ?\]|\( ?[•●]? ?\)")
WIDGETS = 2
"""How many of them make a screen."""

RULES = 2
"""How many rules of one form make a table although arrowheads stand in it."""

MESSAGES = 2
"""How many arrows between lifelines make a sequence diagram."""

Refusal = tuple[Span, str]


def damaged(fence: Fence) -> Refusal | None:
    """Whether the text is two texts at once, or its characters are no longer the author's."""
    conflict = _CONFLICT.search(fence.text)
    if conflict:
        return _at(fence, conflict), "this drawing holds an unresolved merge conflict"
    garbled = _GARBLED.search(fence.text)
    if garbled:
        return _at(fence, garbled), "the line characters of this drawing were garbled"
    return None


def table(fence: Fence, wires: Wires) -> Refusal | None:
    """Whether rules cross between rows of cells: several of a kind, or no arrowhead besides."""
    ruled = _same(_ASCII_RULE.finditer(fence.text))
    if ruled is not None:
        return _at(fence, ruled), "a table states no order"
    rules = list(islice(_RULE.finditer(fence.text), RULES))
    alike = len(rules) == RULES and len({rule[0] for rule in rules}) == 1
    led = any(wires.joined[head] for head in wires.heads)
    if not rules or (led and not alike):
        return None
    return _at(fence, rules[0]), "a table states no order"


def _same(rules: Iterator[re.Match[str]]) -> re.Match[str] | None:
    """The first rule over a row of cells that is drawn once more over another."""
    seen: dict[str, re.Match[str]] = {}
    for rule in rules:
        first = seen.setdefault(rule[1] + rule[2], rule)
        if first is not rule:
            return first
    return None


def page(fence: Fence, wires: Wires) -> Refusal | None:
    """Whether buttons, fields and bars are drawn, and nothing leads from one to another."""
    if wires.heads:
        return None
    widgets = list(islice(_WIDGET.finditer(fence.text), WIDGETS))
    if len(widgets) < WIDGETS:
        return None
    return _at(fence, widgets[0]), "a picture of a screen states no order"


def sequence(canvas: Canvas, wires: Wires) -> Refusal | None:
    """Whether arrows run from the side of one upright line to the side of another: messages."""
    found = [cell for cell in sorted(wires.heads) if _is_message(wires, cell)]
    if len(found) < MESSAGES:
        return None
    at = canvas.offset(*found[0])
    return canvas.source.span(at, at + 1), "a sequence diagram states messages, not stages"


def _is_message(wires: Wires, cell: tuple[int, int]) -> bool:
    head = wires.heads[cell]
    if head not in (LEFT, RIGHT):
        return False
    row, column = cell
    above, below = wires.arms.get((row - 1, column), 0), wires.arms.get((row + 1, column), 0)
    if above & DOWN and below & UP:
        return cell not in wires.ports
    column += STEP[head][1]
    return wires.arms.get((row, column)) == UP | DOWN and (row, column) not in wires.ports


def _at(fence: Fence, match: re.Match[str]) -> Span:
    start = fence.body.start + match.start()
    return Span(fence.span.file, start, start + len(match[0].rstrip()))
