"""A drawing made right: the flow that was read from it, drawn anew.

A drawing in which every line meets what it is drawn to is left as it is: its author laid it out.
One that says more than boxes, edges and labels is left, too: nothing that somebody wrote is lost.
"""

from __future__ import annotations

import re
from collections import Counter

from .canvas import DOWN, LEFT, OPPOSITE, RIGHT, STEP, UP, Canvas, line_arms
from .diagnostics import Edit
from .diagram import read_diagram
from .drawing import Arrow, draw
from .patterns import lazy
from .source import SourceFile
from .syntax import Fence, Flow, FlowNode, Text

WIDEST = 120
"""A drawing is not made wider than this, or than it was."""

_WORD = lazy(r"[^\W_]+")
_ASCII = str.maketrans("┌┐└┘├┤┬┴┼─│▼", "++++" + "+++++" + "-|v")
_HEADS = {UP: "▲△▴↑⇑⬆^", DOWN: "▼▽▾↓⇓⬇vV", LEFT: "◄◀◁◂←⇐⬅<", RIGHT: "►▶▷▸→⇒➔➜➡>"}

Graph = tuple[Counter[tuple[str, ...]], Counter[tuple[tuple[str, ...], tuple[str, ...], str]]]


def redraw(source: SourceFile, fence: Fence, flow: Flow) -> Edit | None:
    """The drawing in a fence as it should be; None where it is, or where it cannot be drawn."""
    if flow.form != "drawing" or flow.confidence != "exact" or not flow.edges:
        return None
    canvas = Canvas(source, fence.body.start, fence.body.end)
    if aligned(canvas) or not _at_the_margin(source, fence):
        return None
    boxes = [_lines(source, node) for node in flow.nodes]
    number = {node.id: at for at, node in enumerate(flow.nodes)}
    arrows = [Arrow(number[e.source], number[e.target], e.label) for e in flow.edges]
    drawn = draw(boxes, arrows)
    if drawn is None or _loses_words(fence, boxes, arrows):
        return None
    if not any(character in fence.text for character in "┌┏╔╭"):
        drawn = [line.translate(_ASCII) for line in drawn]
    before = max((len(row) for row in canvas.rows), default=0)
    text = "\n".join(drawn) + "\n"
    if max(map(len, drawn)) > max(before, WIDEST) or not _says_the_same(text, source, flow):
        return None
    return Edit(fence.body, text)


def aligned(canvas: Canvas) -> bool:
    """Whether every end of every line meets a line or an arrowhead."""
    return not any(
        _loose(canvas, row, column, character)
        for row, cells in enumerate(canvas.rows)
        for column, character in enumerate(cells)
        if character == "+" or "\u2500" <= character <= "\u257f"
    )


def _loose(canvas: Canvas, row: int, column: int, character: str) -> bool:
    """Whether an end of this character meets nothing; a plus needs only two that meet."""
    arms = line_arms(character)
    met = sum(1 for side in STEP if arms & side and _meets(canvas, row, column, side))
    if character == "+":
        return met < 2 and _in_a_line(canvas, row, column)
    return met < arms.bit_count()


def _in_a_line(canvas: Canvas, row: int, column: int) -> bool:
    return any(canvas.at(row, column + step) in "-=+" for step in (-1, 1))


def _meets(canvas: Canvas, row: int, column: int, side: int) -> bool:
    down, right = STEP[side]
    other = canvas.at(row + down, column + right)
    if other == " " and right:  # a horizontal arrow may stand a blank off its box
        other = canvas.at(row, column + 2 * right)
        return line_arms(other) & (UP | DOWN) == UP | DOWN
    if not other:
        return False
    return bool(line_arms(other) & OPPOSITE[side]) or other in _HEADS[side] + _HEADS[OPPOSITE[side]]


def _at_the_margin(source: SourceFile, fence: Fence) -> bool:
    line, _ = source.line_span(source.position(fence.span.start).line)
    return source.text[line : line + 1] in ("`", "~") and fence.closed


# --- what it says ---------------------------------------------------------------------------------


def _lines(source: SourceFile, node: FlowNode) -> tuple[str, ...]:
    """The lines of a box as they were written."""
    title = node.title.span
    parts = [Text(source.text[title.start : title.end].strip(), title), *node.lines]
    agent = node.title.agent
    if agent is not None and not _within(agent, node.title.span.start, node.title.span.end):
        parts.append(Text(_bracketed(source, agent), agent.span))
    return tuple(part.value for part in sorted(parts, key=lambda part: part.span.start))


def _within(part: Text, start: int, end: int) -> bool:
    return start <= part.span.start and part.span.end <= end


def _bracketed(source: SourceFile, agent: Text) -> str:
    """An agent on a line of its own with what stands around it: ``(coder)``, ``Agent: coder``."""
    start, end = source.line_span(source.position(agent.span.start).line)
    before, after = source.text[start : agent.span.start], source.text[agent.span.end : end]
    lead = re.search(r"[^│|┃║]*\Z", before)
    rest = re.match(r"[^│|┃║]*", after)
    return f"{lead[0] if lead else ''}{agent.value}{rest[0] if rest else ''}".strip()


def _loses_words(fence: Fence, boxes: list[tuple[str, ...]], arrows: list[Arrow]) -> bool:
    told = [line for lines in boxes for line in lines] + [arrow.label for arrow in arrows]
    kept = Counter(word for text in told for word in _WORD.findall(text))
    return any(
        count > kept[word]
        for word, count in Counter(_WORD.findall(fence.text)).items()
        if word not in "vV"
    )


def _says_the_same(text: str, source: SourceFile, flow: Flow) -> bool:
    """Whether the new drawing is read as the flow that it was drawn from."""
    whole = f"```\n{text}```\n"
    fresh = SourceFile(source.name, whole)
    body = fresh.span(4, 4 + len(text))
    again, _ = read_diagram(fresh, Fence("", text, body, fresh.span(0, len(whole)), True))
    if again is None or again.confidence != "exact":
        return False
    return _graph(fresh, again) == _graph(source, flow)


def _graph(source: SourceFile, flow: Flow) -> Graph:
    lines = {node.id: _lines(source, node) for node in flow.nodes}
    edges = Counter((lines[e.source], lines[e.target], e.label) for e in flow.edges)
    return Counter(lines.values()), edges
