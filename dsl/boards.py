"""Boxes over a row of cells, ``├──┬──┤``: a title and what it stands over.

Owns when such a box is a group, and whether lines that leave its floor leave a cell or the whole.
"""

from __future__ import annotations

from .boxes import Box
from .canvas import DOWN, HEADS, Canvas
from .routes import Route

MANY = 2
"""How many cells must have a line of their own for lines to belong to cells."""


def open_boards(canvas: Canvas, boxes: list[Box]) -> None:
    """Make a group of every box that stands on a row of cells as wide as itself.

    Where at most one line leaves the floor, it leaves the whole row.
    """
    corners = {(box.top, box.left): box for box in boxes}
    for box in boxes:
        cells = [] if box.group else _cells(corners, box)
        if len(cells) < MANY:
            continue
        box.holds = box.parts = cells
        box.group = True
        if sum(_leads_on(canvas, cell) for cell in cells) < MANY:
            _stretch(box, cells)


def _strips(boxes: list[Box]) -> dict[int, int]:
    """For each box, by its place in the list, a number that boxes wall to wall in a row share."""
    ends: dict[tuple[int, int, int], int] = {}
    found: dict[int, int] = {}
    for at in sorted(range(len(boxes)), key=lambda at: (boxes[at].top, boxes[at].left)):
        box = boxes[at]
        found[at] = at if box.plain else ends.get((box.top, box.bottom, box.left), at)
        ends[box.top, box.bottom, box.right] = found[at]
    return found


def without_borders(boxes: list[Box], routes: list[Route]) -> list[Route]:
    """Those routes that are no piece of a row of cells: neither a wall nor a border between two."""
    strip = _strips(boxes)
    return [
        route
        for route in routes
        if route.source == route.target
        or not (
            strip[route.source] == strip[route.target]
            or _is_border(boxes[route.source], boxes[route.target], route)
        )
    ]


def _is_border(one: Box, other: Box, route: Route) -> bool:
    """Whether a route runs in the border that two boxes of one height share."""
    rows = {row for row, _ in route.path}
    level = (one.top, one.bottom) == (other.top, other.bottom) and not one.plain
    return level and (rows == {one.top} or rows == {one.bottom})


def _cells(corners: dict[tuple[int, int], Box], box: Box) -> list[Box]:
    """The boxes that stand side by side under a box, wall to wall, and end where it ends."""
    left, right = box.walls[box.bottom]
    cells: list[Box] = []
    while left < right:
        cell = corners.get((box.bottom, left))
        if cell is None or cell.group or (cells and cell.bottom != cells[0].bottom):
            return []
        cells.append(cell)
        left = cell.right
    return cells if left == right else []


def _leads_on(canvas: Canvas, cell: Box) -> bool:
    """Whether a line or an arrowhead stands in the floor of a cell."""
    left, right = cell.walls[cell.bottom]
    return any(
        canvas.arms(cell.bottom, at) & DOWN or canvas.at(cell.bottom, at) in HEADS
        for at in range(left + 1, right)
    )


def _stretch(box: Box, cells: list[Box]) -> None:
    for row in range(box.bottom + 1, cells[0].bottom + 1):
        box.walls[row] = cells[0].walls[row][0], cells[-1].walls[row][1]
    box.bottom = cells[0].bottom
