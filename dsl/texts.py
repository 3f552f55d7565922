"""Words outside the boxes that are steps of the flow: an arrowhead above, or a line below, them.

A word between two pieces of a line is that line's label, and words beside a box or a line are
remarks; neither is a step. Lines of words that stand under each other are one step.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from .boxes import Box, by_row, covered
from .canvas import DOWN, LEFT, RIGHT, UP, Area, Canvas, Cell
from .lines import Wires
from .words import is_answer

MAX_STEPS = 5000
"""How many steps without a box one drawing may have."""

_Run = tuple[int, int, int]
"""Row, first column, and last column of some words."""
_Walls = Mapping[int, list[tuple[int, int]]]
"""The walls of all boxes in each row."""


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands about the words: boxes by their walls and as areas, and the lines."""

    canvas: Canvas
    wires: Wires
    walls: _Walls
    solid: Area
    backs: Counter[int]
    """How many arrowheads to the left there are in each row."""
    last: int
    """The last row with words of a drawing without boxes in which arrows lead right, else -1."""


def find_texts(canvas: Canvas, boxes: list[Box], wires: Wires) -> list[Box]:
    """The steps without a border, each as a box of its words, by the lines between the boxes."""
    found: list[Box] = []
    taken: set[_Run] = set()
    around = _around(canvas, boxes, wires)
    taking = _taking(boxes)
    rows = [
        [
            part
            for run in _unbracketed(canvas, _runs(canvas, taking, wires, row))
            for part in _parts(canvas, wires, run)
        ]
        for row in range(len(canvas.rows))
    ]
    blocks: list[list[_Run]] = []
    for run in (run for runs in rows for run in runs):
        if run not in taken:
            blocks.append(_block(rows, wires, run))
            taken.update(blocks[-1])
    between = _side_by_side(wires, blocks)
    for block in blocks:
        if len(found) >= MAX_STEPS:
            canvas.complete = False
            break
        if _is_step(around, block, between=block[0] in between):
            walls = {at: (left, right) for at, left, right in block}
            left, right = min(run[1] for run in block), max(run[2] for run in block)
            found.append(Box(block[0][0], left, block[-1][0], right, walls, plain=True))
    return found


def _side_by_side(wires: Wires, blocks: list[list[_Run]]) -> set[_Run]:
    """The first lines of words on lines that part above them and meet again below.

    As labels they would say twice how to get from one step to the same other: they are steps.
    """
    ends = {block[0]: _line_ends(wires, block) for block in blocks}
    pairs = {run: (over[0], under[0]) for run, (over, under) in ends.items() if over and under}
    if len(pairs) < 2:
        return set()
    part = _parts_of(wires, {*pairs.values()})
    sides = {run: (part[over], part[under]) for run, (over, under) in pairs.items()}
    count = Counter(sides.values())
    return {run for run, side in sides.items() if count[side] > 1 and side[0] != side[1]}


def _parts_of(wires: Wires, cuts: set[tuple[Cell, Cell]]) -> dict[Cell, int]:
    """For each cell of a line the number of its connected part, where some joints are cut."""
    part: dict[Cell, int] = {}
    for start in wires.joined:
        if start in part:
            continue
        part[start] = len(part)
        pending = [start]
        while pending:
            cell = pending.pop()
            for other in wires.joined[cell]:
                cut = (cell, other) in cuts or (other, cell) in cuts
                if other not in part and not cut:
                    part[other] = part[start]
                    pending.append(other)
    return part


def _line_ends(wires: Wires, block: list[_Run]) -> tuple[list[Cell], list[Cell]]:
    """The cells over and under some words in which a line ends."""
    row, left, right = block[0]
    over = [
        (row - 1, at) for at in range(left, right + 1) if wires.arms.get((row - 1, at), 0) & DOWN
    ]
    row, left, right = block[-1]
    under = [
        (row + 1, at) for at in range(left, right + 1) if wires.arms.get((row + 1, at), 0) & UP
    ]
    return over, under


def _around(canvas: Canvas, boxes: list[Box], wires: Wires) -> _Around:
    solid = Area()
    for box in boxes:
        for row, (left, right) in box.walls.items() if not box.group else ():
            solid.add(row, left, right)
    backs = Counter(row for (row, _), head in wires.heads.items() if head == LEFT)
    asks = not boxes and RIGHT in wires.heads.values()
    written = (
        row for row in reversed(range(len(canvas.rows))) if "".join(canvas.rows[row]).strip()
    )
    last = next(written, -1) if asks else -1
    return _Around(canvas, wires, by_row(boxes), solid, backs, last)


def _taking(boxes: list[Box]) -> _Walls:
    """What of each row the boxes take: of a group, its walls alone."""
    found: dict[int, list[tuple[int, int]]] = {}
    for box in boxes:
        for row, (left, right) in box.walls.items():
            inside = box.group and row not in (box.top, box.bottom)
            taken = [(left, left), (right, right)] if inside else [(left, right)]
            found.setdefault(row, []).extend(taken)
    return found


def _unbracketed(canvas: Canvas, runs: list[_Run]) -> list[_Run]:
    """Those of a row's words that stand in no bracket that others open or close: a remark."""
    kept: list[_Run] = []
    depth = 0
    for run in runs:
        row, left, right = run
        words = "".join(canvas.rows[row][left : right + 1])
        before, depth = depth, max(0, depth + words.count("(") - words.count(")"))
        if not before and not depth:
            kept.append(run)
    return kept


def _runs(canvas: Canvas, taking: _Walls, wires: Wires, row: int) -> list[_Run]:
    """The words of a row outside the boxes, parted by lines, arrowheads and two blanks."""
    boxed = covered(taking.get(row, ()))
    runs: list[_Run] = []
    start, last = -1, -1
    for column, character in enumerate(canvas.rows[row]):
        line = (row, column) in wires.arms
        apart = bool(character) and (line or column in boxed)
        if apart or (start >= 0 and column - last > 2):
            if start >= 0:
                runs.append((row, start, last))
            start = -1
        if not apart and not character.isspace():
            start, last = (column if start < 0 else start), column
    return [*runs, (row, start, last)] if start >= 0 else runs


def _parts(canvas: Canvas, wires: Wires, run: _Run) -> list[_Run]:
    """One run for each word where every word stands under an arrowhead of its own."""
    row, left, right = run
    heads = sum(wires.heads.get((row - 1, at)) == DOWN for at in range(left, right + 1))
    words: list[_Run] = []
    for at in range(left, right + 1) if heads > 1 else ():
        if not canvas.at(row, at).isspace():
            joined = words and words[-1][2] == at - 1
            words[-1:] = [(row, words[-1][1], at)] if joined else [*words[-1:], (row, at, at)]
    return words if heads > 1 and len(words) == heads else [run]


def _block(rows: list[list[_Run]], wires: Wires, run: _Run) -> list[_Run]:
    block = [run]
    for row in range(run[0] + 1, len(rows)):
        _, left, right = block[-1]
        first = bisect_left(rows[row], left, key=lambda other: other[2])
        under = [other for other in rows[row][first : first + 2] if other[1] <= right]
        if len(under) != 1 or _is_met(wires, under[0]):
            break
        block.append(under[0])
    return block


def _is_met(wires: Wires, run: _Run) -> bool:
    """Whether an arrowhead on the row of some words points at them."""
    row, left, right = run
    return any(
        wires.heads.get((row, left - gap)) == RIGHT or wires.heads.get((row, right + gap)) == LEFT
        for gap in (1, 2)
    )


def _is_step(around: _Around, block: list[_Run], *, between: bool) -> bool:
    canvas, wires = around.canvas, around.wires
    if not any(canvas.at(row, at).isalnum() for row, a, b in block for at in range(a, b + 1)):
        return False
    row, left, right = block[0]
    above = [(row - 1, column) for column in range(left, right + 1)]
    row, left, right = block[-1]
    below = [(row + 1, column) for column in range(left, right + 1)]
    if any(cell in around.solid for cell in (*above, *below)):
        return False
    if any(wires.heads.get(cell) == DOWN for cell in _wider(above)):
        return True
    if any(wires.heads.get(cell) == UP for cell in below):
        return True
    over, under = _line_ends(wires, block)
    if over or under:
        last = not under and _is_last(around, block[-1])
        return between or last or _leaves(wires, over, under) or _sends(around, block[-1])
    return any(_is_between(around, run) for run in block)


def _leaves(wires: Wires, over: list[Cell], under: list[Cell]) -> bool:
    """Whether a line leaves these words, down, or up to an arrowhead."""
    if not over or under:
        return not over
    row, column = over[0]
    while (row - 1, column) in wires.joined[row, column]:
        row -= 1
    return wires.heads.get((row, column)) == UP


def _is_last(around: _Around, run: _Run) -> bool:
    """Whether words end a drawing without boxes, alone in its last row: its last step."""
    row, left, right = run
    words = around.canvas.text(row, left, right + 1).value
    if row != around.last or is_answer(words):
        return False
    return "".join(around.canvas.rows[row]).strip() == words.strip()


def _sends(around: _Around, run: _Run) -> bool:
    """Whether an arrow starts right of words in a line: a question, not the line's label."""
    row, left, right = run
    if is_answer(around.canvas.text(row, left, right + 1).value):
        return False
    near = right + 1 if around.canvas.at(row, right + 1) != " " else right + 2
    return _leads_on(around.wires, row, near)


def _is_between(around: _Around, run: _Run) -> bool:
    """Whether an arrow drawn with a line points at these words, or starts at them."""
    row, left, right = run
    canvas, wires, walls = around.canvas, around.wires, around.walls
    before = next((at for at in (left - 1, left - 2) if canvas.at(row, at) != " "), None)
    after = next((at for at in (right + 1, right + 2) if canvas.at(row, at) != " "), None)
    if before is not None and wires.heads.get((row, before)) == RIGHT:
        return (row, before - 1) in wires.arms
    if after is not None and wires.heads.get((row, after)) == LEFT:
        return (row, after + 1) in wires.arms and not _beside_wall(walls, row, left)
    if before is not None and _starts_back(around, row, before):
        return True
    if any((row, left - gap) in wires.arms for gap in (3, 4)):
        return False
    if after is None or before is not None or _beside_wall(walls, row, left):
        return False
    return _leads_on(wires, row, after)


def _leads_on(wires: Wires, row: int, column: int) -> bool:
    """Whether a level line runs right from a cell, to an arrowhead or into an upright line.

    A label may stand in it (``──No──▶``).
    """
    start = column
    while wires.arms.get((row, column), 0) & RIGHT and (row, column) not in wires.heads:
        on = [at for line, at in wires.joined[row, column] if line == row and at > column]
        column = min(on, default=column + 1)
    turns = wires.arms.get((row, column), 0) & (UP | DOWN) and (row, column) not in wires.heads
    return column > start and bool(turns or wires.heads.get((row, column)) == RIGHT)


def _starts_back(around: _Around, row: int, column: int) -> bool:
    """Whether a level line runs left from a cell to words, one of several such on its row.

    One alone (``deploy ◄── by hand``) hangs a remark on what it points at.
    """
    wires = around.wires
    while wires.arms.get((row, column), 0) & LEFT and (row, column) not in wires.heads:
        column -= 1
    if wires.heads.get((row, column)) != LEFT:
        return False
    words = "".join(around.canvas.at(row, column - gap) for gap in (1, 2)).strip()
    return around.backs[row] > 1 and words.isalnum()


def _beside_wall(walls: _Walls, row: int, left: int) -> bool:
    """Whether a box ends a few blanks before a column: words there label its connector."""
    return any(0 < left - right <= 4 for _, right in walls.get(row, ()))


def _wider(cells: list[Cell]) -> list[Cell]:
    (row, first), (_, last) = cells[0], cells[-1]
    return [(row, first - 2), (row, first - 1), *cells, (row, last + 1), (row, last + 2)]
