"""Words outside the boxes that are steps of the flow: an arrowhead above, or a line below, them.

A word between two pieces of a line is that line's label, and words beside a box or a line are
remarks; neither is a step. Lines of words that stand under each other are one step.
"""

from __future__ import annotations

from .boxes import Box
from .canvas import DOWN, HEADS, UP, Canvas

MAX_STEPS = 400
"""How many steps without a box one drawing may have."""

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
    if any(box.inside(*cell) for box in boxes for cell in (*above, *below)):
        return False
    if any(HEADS.get(canvas.at(*cell)) == DOWN for cell in above if canvas.at(*cell)):
        return True
    leaves = any(_upright(canvas, cell) & UP for cell in below)
    return leaves and not any(_upright(canvas, cell) & DOWN for cell in above)


def _upright(canvas: Canvas, cell: tuple[int, int]) -> int:
    return canvas.arms(*cell) if canvas.at(*cell) > "\x7f" else 0
