"""Words outside the boxes that are steps of the flow: an arrowhead above, or a line below, them.

A word between two pieces of a line is that line's label, and words beside a box or a line are
remarks; neither is a step. Lines of words that stand under each other are one step.
"""

from __future__ import annotations

from .boxes import Box
from .canvas import ASCII_HEADS, DOWN, HEADS, LEFT, OPPOSITE, RIGHT, STEP, UP, Canvas, Cell

MAX_STEPS = 400
"""How many steps without a box one drawing may have."""

_RIGHT_HEADS = frozenset(
    sign for sign, way in (*HEADS.items(), *ASCII_HEADS.items()) if way == RIGHT
)

_Run = tuple[int, int, int]
"""Row, first column, and last column of some words."""


def find_texts(canvas: Canvas, boxes: list[Box]) -> list[Box]:
    """The steps without a border, each as a box of its words."""
    found: list[Box] = []
    taken: set[_Run] = set()
    rows = [_runs(canvas, boxes, row) for row in range(len(canvas.rows))]
    for row, runs in enumerate(rows):
        for run in runs:
            if run in taken or len(found) >= MAX_STEPS:
                continue
            block = _block(rows, run)
            taken.update(block)
            if _is_step(canvas, boxes, block):
                walls = {at: (left, right) for at, left, right in block}
                left, right = min(run[1] for run in block), max(run[2] for run in block)
                found.append(Box(row, left, block[-1][0], right, walls, plain=True))
    return found


def _runs(canvas: Canvas, boxes: list[Box], row: int) -> list[_Run]:
    """The words of a row outside the boxes, parted by lines, arrowheads and two blanks."""
    walls = [box.walls[row] for box in boxes if row in box.walls]
    covered = {column for left, right in walls for column in range(left, right + 1)}
    runs: list[_Run] = []
    start, last = -1, -1
    for column, character in enumerate(canvas.rows[row]):
        line = "\u2500" <= character <= "\u257f" or character in HEADS
        apart = bool(character) and (line or column in covered)
        if apart or (start >= 0 and column - last > 2):
            if start >= 0:
                runs.append((row, start, last))
            start = -1
        if not apart and not character.isspace():
            start, last = (column if start < 0 else start), column
    return [*runs, (row, start, last)] if start >= 0 else runs


def _block(rows: list[list[_Run]], run: _Run) -> list[_Run]:
    block = [run]
    for row in range(run[0] + 1, len(rows)):
        _, left, right = block[-1]
        under = [other for other in rows[row] if other[1] <= right and other[2] >= left]
        if len(under) != 1:
            break
        block.append(under[0])
    return block


def _is_step(canvas: Canvas, boxes: list[Box], block: list[_Run]) -> bool:
    if not any(canvas.at(row, at).isalnum() for row, a, b in block for at in range(a, b + 1)):
        return False
    row, left, right = block[0]
    above = [(row - 1, column) for column in range(left, right + 1)]
    row, left, right = block[-1]
    below = [(row + 1, column) for column in range(left, right + 1)]
    if any(box.inside(*cell) for box in boxes for cell in (*above, *below) if not box.group):
        return False
    if any(_points(canvas, cell, DOWN) for cell in _wider(above)):
        return True
    over, under = _upright(canvas, above, DOWN), _upright(canvas, below, UP)
    if over or under:
        return _leaves(canvas, above, below, over, under)
    return any(_is_between(canvas, boxes, run) for run in block)


def _leaves(
    canvas: Canvas, above: list[Cell], below: list[Cell], over: list[Cell], under: list[Cell]
) -> bool:
    """Whether a line leaves these words, down, or up to an arrowhead."""
    if under and not over:
        return True
    if under or not over:
        return False
    row, column = over[0]
    while canvas.arms(row, column) & UP and canvas.arms(row - 1, column) & DOWN:
        row -= 1
    return _points(canvas, (row - 1, column), UP) or _points(canvas, (row, column), UP)


def _is_between(canvas: Canvas, boxes: list[Box], run: _Run) -> bool:
    """Whether an arrow drawn with a line points at these words, or starts at them."""
    row, left, right = run
    before = next((at for at in (left - 1, left - 2) if canvas.at(row, at) != " "), None)
    after = next((at for at in (right + 1, right + 2) if canvas.at(row, at) != " "), None)
    if before is not None and _points(canvas, (row, before), RIGHT):
        return bool(_shaft(canvas, row, before - 1, -1))
    if after is None or before is not None or _beside_wall(boxes, row, left):
        return False
    length = _shaft(canvas, row, after, 1)
    end = after + length
    return length > 0 and canvas.at(row, end) in _RIGHT_HEADS


def _shaft(canvas: Canvas, row: int, column: int, step: int) -> int:
    """How many cells of a level line start at a cell and go one way."""
    length = 0
    while canvas.arms(row, column + step * length) & (LEFT | RIGHT):
        length += 1
    return length


def _beside_wall(boxes: list[Box], row: int, left: int) -> bool:
    """Whether a box ends a few blanks before a column: words there label its connector."""
    return any(
        row in box.walls and 0 < left - box.walls[row][1] <= 4 for box in boxes if not box.plain
    )


def _points(canvas: Canvas, cell: Cell, direction: int) -> bool:
    """Whether an arrowhead points in a direction; a letter is one only at the end of a line."""
    character = canvas.at(*cell)
    if HEADS.get(character) == direction:
        return True
    down, right = STEP[OPPOSITE[direction]]
    behind = canvas.arms(cell[0] + down, cell[1] + right)
    return ASCII_HEADS.get(character) == direction and behind & direction != 0


def _wider(cells: list[Cell]) -> list[Cell]:
    (row, first), (_, last) = cells[0], cells[-1]
    return [(row, first - 2), (row, first - 1), *cells, (row, last + 1), (row, last + 2)]


def _upright(canvas: Canvas, cells: list[Cell], arm: int) -> list[Cell]:
    """The lines and arrowheads in a row that reach the words above or below it."""
    return [
        cell
        for cell in cells
        if (canvas.arms(*cell) & arm and canvas.at(*cell) not in "+-=")
        or (HEADS.get(canvas.at(*cell), 0) in (UP, DOWN))
    ]
