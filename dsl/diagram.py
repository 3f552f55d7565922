"""A box drawing as a flow: boxes become nodes, connectors edges.

Nothing is guessed: a connector that leads nowhere makes the reading partial, and is named. A
drawing of which nothing could be read has no edges at all.
"""

from __future__ import annotations

import re

from .boards import open_boards, without_borders
from .boxes import Box, by_row, covered, encloses, find_boxes, names_stage, own_lines
from .boxless import read_boxless
from .canvas import LEFT, RIGHT, STEP, Canvas, Cell
from .codes import report
from .diagnostics import Diagnostic
from .heading import titled
from .lines import Wires
from .names import Names
from .nature import Refusal, damaged, page, sequence, table
from .patterns import lazy
from .routes import Effort, Net, Route, find_nets, find_routes
from .source import SourceFile, Span
from .syntax import Fence, Flow, FlowEdge, FlowNode, Text
from .texts import find_texts
from .wires import trace

MAX_FINDINGS = 5
"""How many connectors that lead nowhere are named in one drawing."""
MAX_EDGES = 20_000
"""How many edges are read: a few groups that are joined wholly have any number."""

_LINES = lazy(r"[─-╿]{2}[▶►>]|▼")
"""What is drawn with lines although it has no boxes."""
_UPRIGHT = lazy(r"▼|[─┐┘┤][▶►]|[▶►][─┌└├]|[┌┐┘┬┴]")
"""The same where a first look at the lines of text refused it."""
_WRITTEN = lazy(r"\w[^\n]{0,200}[-=─═]{1,20}[>▶►]")
_HANGING = lazy(r"^\s*[|│]\s*$", re.MULTILINE)
"""An arrow between words, and a line that hangs under one of them."""
_ARROWS = lazy(r"\w.*[─═-]+[▶►>]\s*\w|\w\s*[◀◄<][─═-]+.*\w")
"""A row in which an arrow leads from words to words."""
_LOOKS_DRAWN = lazy(r"[┌┏╔╭][─━═┬┄┅┈┉╌╍]|[+.][-=]{2,}")

Reading = tuple[Flow | None, tuple[Diagnostic, ...]]


def looks_drawn(text: str) -> bool:
    """Whether a text holds the upper left corner of a box."""
    return _LOOKS_DRAWN.search(text) is not None


def read_diagram(source: SourceFile, fence: Fence) -> Reading:
    """The flow in a fence, or None where it holds no drawing of several steps."""
    canvas = Canvas(source, fence.body.start, fence.body.end)
    boxes = find_boxes(canvas)
    if boxes:
        return _read_drawn(fence, canvas, boxes)
    reading = read_boxless(source, fence)
    if not _is_drawn_with_lines(fence, reading):
        return reading
    return _better(reading, _read_drawn(fence, canvas, boxes))


def _is_drawn_with_lines(fence: Fence, reading: Reading) -> bool:
    """Whether words are joined by lines that a reading line by line missed in part."""
    flow, notes = reading
    if flow is not None and flow.edges:
        inner = _WRITTEN.search(fence.text) and _HANGING.search(fence.text)
        return bool(notes and (inner or _UPRIGHT.search(fence.text)))
    return (_LINES if flow is None else _UPRIGHT).search(fence.text) is not None


def _better(lines: Reading, drawn: Reading) -> Reading:
    """Of two readings the one that leaves less open; of two alike the one with more edges."""
    flows = lines[0], drawn[0]
    if flows[0] is None or flows[1] is None or not flows[1].edges:
        return drawn if flows[0] is None else lines
    if not flows[0].edges:
        return drawn
    rank = [(-len(flow.notes), len(flow.edges)) for flow in flows if flow is not None]
    return drawn if rank[1] > rank[0] else lines


def _read_drawn(fence: Fence, canvas: Canvas, boxes: list[Box]) -> Reading:
    """The flow of boxes and words joined by lines."""
    open_boards(canvas, boxes)
    frame = _open_frame(canvas, boxes)
    wires = trace(canvas, boxes)
    texts = find_texts(canvas, boxes, wires)
    if frame is not None:
        frame.parts = [text for text in texts if encloses(frame, text)]
    if texts:
        boxes = sorted((*boxes, *texts), key=lambda box: (box.top, box.left))
        wires = trace(canvas, boxes)
    routes, ends = _routes(canvas, wires)
    routes = without_borders(boxes, routes)
    _close_frames(canvas, boxes, routes)
    nodes = _nodes(canvas, boxes)
    if len(nodes) < 2:
        return None, ()
    refusal = damaged(fence) or table(fence, wires) or page(fence, wires) or sequence(canvas, wires)
    if refusal is not None:
        return _refused(fence, nodes, refusal)
    found = [_dangling(canvas, end) for end in ends[:MAX_FINDINGS]]
    edges = _edges(canvas, boxes, nodes, routes, _labels(canvas, boxes, wires))
    if not canvas.complete:
        found.append(_too_large(fence))
    found.extend(_perhaps_remarks(canvas, boxes, routes))
    if not edges:
        return _unread(fence, nodes, found)
    notes = tuple(found)
    confidence = "partial" if notes else "exact"
    flow = Flow("drawing", tuple(nodes.values()), edges, confidence, fence.span, notes)
    return flow, notes


def _open_frame(canvas: Canvas, boxes: list[Box]) -> Box | None:
    """Take the only box for a frame round the drawing, where arrows join words in it."""
    if len(boxes) != 1:
        return None
    frame = boxes[0]
    rows = range(frame.top + 1, frame.bottom)
    frame.group = any(_ARROWS.search("".join(canvas.rows[row])) for row in rows)
    return frame if frame.group else None


def _leaves(boxes: list[Box]) -> list[int]:
    """The boxes that are no group, and lie in none that is a step of its own."""
    inner = {id(held) for box in boxes if not box.group for held in box.holds}
    return [at for at, box in enumerate(boxes) if not box.group and id(box) not in inner]


def _close_frames(canvas: Canvas, boxes: list[Box], routes: list[Route]) -> None:
    """Take a titled frame for one step, where arrows end at it and none at what is in it.

    The frame must hold one box only, or be named a stage; else it stands for all that it holds.
    """
    linked = {id(boxes[at]) for route in routes for at in (route.source, route.target)}
    for box in boxes:
        if not box.group or id(box) not in linked or any(id(held) in linked for held in box.holds):
            continue
        title = own_lines(canvas, box)
        if title and (len(box.holds) == 1 or names_stage(title)):
            box.group = False


def _unread(fence: Fence, nodes: dict[int, FlowNode], found: list[Diagnostic]) -> Reading:
    opening = fence.span.sub(0, 3)
    note = report(
        "ARM011",
        opening,
        "no connector of this drawing leads from one box to another",
        help="join the boxes with lines and arrowheads, or write `needs:` in the stages",
    )
    notes = (note, *found)
    return Flow("drawing", tuple(nodes.values()), (), "none", fence.span, notes), notes


def _refused(fence: Fence, nodes: dict[int, FlowNode], refusal: Refusal) -> Reading:
    note = report("ARM011", *refusal, help="write `needs:` in the stages to state an order")
    return Flow("drawing", tuple(nodes.values()), (), "none", fence.span, (note,)), (note,)


# --- nodes ---


def _nodes(canvas: Canvas, boxes: list[Box]) -> dict[int, FlowNode]:
    names = Names()
    return {index: _node(canvas, boxes, index, names) for index in _leaves(boxes)}


def _node(canvas: Canvas, boxes: list[Box], index: int, names: Names) -> FlowNode:
    box = boxes[index]
    lines = own_lines(canvas, box)
    span = _extent(canvas, box)
    title, rest = titled(lines or [Text("", span)])
    return FlowNode(names.take(title.title.value), title, rest, span)


def _extent(canvas: Canvas, box: Box) -> Span:
    """From the box's first corner to its last."""
    start = canvas.offset(box.top, box.left)
    return canvas.source.span(start, canvas.offset(box.bottom, box.walls[box.bottom][1]) + 1)


# --- edges ---


def _routes(canvas: Canvas, wires: Wires) -> tuple[list[Route], list[Cell]]:
    """All routes, and one end that leads nowhere for each net that is not wholly read."""
    loose = {cell for cell, side in wires.dangling if not _ends_at_words(canvas, wires, cell, side)}
    routes: list[Route] = []
    ends: list[Cell] = []
    effort = Effort()
    for net in find_nets(wires):
        if not net.ports and (
            all(canvas.at(*cell) < "\x7f" for cell in net.cells) or _in_words(canvas, net)
        ):
            continue
        if _is_annotation(canvas, wires, net):
            continue
        found = find_routes(wires, net, effort)
        if _is_unclear(found):
            found = []
        routes.extend(found)
        used = {box for route in found for box in (route.source, route.target)}
        dangling = [cell for cell in net.cells if cell in loose]
        if not dangling and not found and _is_remark(wires, net):
            continue
        if dangling:
            ends.append(dangling[0])
        elif any(port.box not in used for port in net.ports) and net.cells:
            ends.append(net.cells[-1])
    canvas.complete = canvas.complete and effort.left >= 0
    return routes, ends


def _ends_at_words(canvas: Canvas, wires: Wires, cell: Cell, side: int) -> bool:
    """Whether a line without an arrowhead ends before words: a remark that hangs on it."""
    if side not in (LEFT, RIGHT) or cell in wires.heads:
        return False
    step = STEP[side][1]
    return any(canvas.at(cell[0], cell[1] + step * gap).isalnum() for gap in (1, 2, 3))


def _is_remark(wires: Wires, net: Net) -> bool:
    """Whether a net without arrowheads hangs on one box; its loose ends all lead to words."""
    return len({port.box for port in net.ports}) == 1 and not any(
        cell in wires.heads for cell in net.cells
    )


def _in_words(canvas: Canvas, net: Net) -> bool:
    """Whether a net on one row stands between words, an arrow of their text."""
    row, first = net.cells[0]
    last = net.cells[-1][1]
    before = any(canvas.at(row, first - gap).isalnum() for gap in (1, 2, 3))
    after = any(canvas.at(row, last + gap).isalnum() for gap in (1, 2, 3))
    return net.cells[-1][0] == row and (before or after)


def _is_unclear(routes: list[Route]) -> bool:
    """Whether a rail of three boxes or more leads both ways: its arrowheads do not say whence."""
    pairs = {(route.source, route.target) for route in routes}
    boxes = {box for pair in pairs for box in pair}
    return len(boxes) > 2 and any((target, source) in pairs for source, target in pairs)


def _is_annotation(canvas: Canvas, wires: Wires, net: Net) -> bool:
    """Whether a net on one row joins one box to words on its right: ``─── agent``, ``◄── note``."""
    if len({port.box for port in net.ports}) > 1 or len({row for row, _ in net.cells}) > 1:
        return False
    if any(port.side != RIGHT for port in net.ports):
        return False
    if any(wires.heads.get(cell, LEFT) != LEFT for cell in net.cells):
        return False
    row, last = net.cells[-1]
    return bool(net.ports or _near_wall(canvas, net)) and any(
        canvas.at(row, last + gap).isalnum() for gap in (1, 2, 3)
    )


def _near_wall(canvas: Canvas, net: Net) -> bool:
    """Whether a wall stands a few blanks left of a net's first cell."""
    row, first = net.cells[0]
    before = "".join(canvas.at(row, first - gap) for gap in (1, 2, 3)).strip()
    return before in ("│", "║", "┃", "|")


def _edges(
    canvas: Canvas,
    boxes: list[Box],
    nodes: dict[int, FlowNode],
    routes: list[Route],
    labels: dict[Cell, list[str]],
) -> tuple[FlowEdge, ...]:
    """The edges between nodes, in reading order of source and target, each once."""
    members = _Members(boxes, routes)
    found: dict[tuple[int, int], FlowEdge] = {}
    for route in routes:
        words = dict.fromkeys(word for cell in route.path for word in labels.get(cell, ()))
        at = canvas.offset(*route.end)
        span = canvas.source.span(at, at + 1)
        for source in members.ends(route.source):
            for target in members.starts(route.target):
                edge = FlowEdge(nodes[source].id, nodes[target].id, " ".join(words), span)
                found.setdefault((source, target), edge)
        if len(found) > MAX_EDGES:
            canvas.complete = False
            break
    return tuple(found[key] for key in sorted(found))


class _Members:
    """What a box stands for: itself, or where it is a group the ends of the flow in it."""

    def __init__(self, boxes: list[Box], routes: list[Route]) -> None:
        self._boxes = boxes
        self._places = {id(box): at for at, box in enumerate(boxes)}
        self._onward: dict[int, set[int]] = {}
        self._back: dict[int, set[int]] = {}
        for route in routes:
            self._onward.setdefault(route.source, set()).add(route.target)
            self._back.setdefault(route.target, set()).add(route.source)
        self._known: dict[tuple[int, bool], list[int]] = {}

    def ends(self, index: int) -> list[int]:
        """The boxes at which the flow in a group ends: they lead to none of their fellows."""
        return self._get(index, self._onward, leaving=True)

    def starts(self, index: int) -> list[int]:
        """The boxes at which the flow in a group starts."""
        return self._get(index, self._back, leaving=False)

    def _get(self, index: int, linked: dict[int, set[int]], *, leaving: bool) -> list[int]:
        if not self._boxes[index].group:
            return [index]
        key = index, leaving
        if key not in self._known:
            held = self._boxes[index].holds
            inner = sorted(self._places[id(box)] for box in held if not box.group)
            among = set(inner)
            none: set[int] = set()
            self._known[key] = [at for at in inner if among.isdisjoint(linked.get(at, none))]
        return self._known[key]


def _labels(canvas: Canvas, boxes: list[Box], wires: Wires) -> dict[Cell, list[str]]:
    """The words beside or on connectors, by the cell they stand at."""
    labels: dict[Cell, list[str]] = {}
    walls = by_row(box for box in boxes if not box.group)
    for row in range(len(canvas.rows)):
        for left, right in _word_runs(canvas, covered(walls.get(row, ())), wires, row):
            text = canvas.text(row, left, right)
            cell = _beside(wires, row, left, right)
            if cell is not None and text.value:
                labels.setdefault(cell, []).append(text.value)
    return labels


def _word_runs(canvas: Canvas, boxed: set[int], wires: Wires, row: int) -> list[tuple[int, int]]:
    """Stretches of text outside the boxes, parted by connectors and by two or more blanks."""
    runs: list[tuple[int, int]] = []
    start, last = -1, -1
    for column, character in enumerate(canvas.rows[row]):
        if character == "" and last == column - 1:
            last = column
            continue
        apart = (row, column) in wires.arms or column in boxed
        if apart or canvas.arms(row, column) or character.isspace():
            if start >= 0 and (apart or column - last > 1):
                runs.append((start, last + 1))
                start = -1
        else:
            start = column if start < 0 else start
            last = column
    if start >= 0:
        runs.append((start, last + 1))
    return runs


def _beside(wires: Wires, row: int, left: int, right: int) -> Cell | None:
    """The connector cell that a stretch of text stands at: on its row, else just above or below."""
    near = [(row, column) for gap in (1, 2, 3) for column in (left - gap, right - 1 + gap)]
    under = [(at, column) for at in (row + 1, row - 1) for column in range(left, right)]
    for cell in (*near, *under):
        if cell in wires.arms:
            return cell
    return None


# --- findings ---


def _dangling(canvas: Canvas, cell: Cell) -> Diagnostic:
    at = canvas.offset(*cell)
    return report(
        "ARM010",
        canvas.source.span(at, at + 1),
        "this connector leads nowhere",
        label="ends here",
        notes=("the rest of the drawing was read",),
        help="draw it on to the border of a box",
    )


def _perhaps_remarks(canvas: Canvas, boxes: list[Box], routes: list[Route]) -> list[Diagnostic]:
    """Words that only a level arrow from a box leads to: a step, or what is said of the box."""
    drawn = [route for route in routes if not boxes[route.source].plain]
    leave = {route.source for route in routes}
    found: list[Diagnostic] = []
    for route in drawn:
        level = len({row for row, _ in route.path}) == 1
        if boxes[route.target].plain and level and route.target not in leave:
            at = canvas.offset(*route.end)
            span = canvas.source.span(at, at + 1)
            found.append(report("ARM010", span, "these words may be a remark; taken for a step"))
    return found[:MAX_FINDINGS]


def _too_large(fence: Fence) -> Diagnostic:
    return report("ARM010", fence.span.sub(0, 3), "this drawing is too large to be read whole")
