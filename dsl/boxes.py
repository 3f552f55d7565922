"""Finding the boxes of a drawing.

First every exact rectangle: four corners and four unbroken sides, whose borders may carry stubs and
arrowheads, the smallest at each corner. Then, from the corners left over, boxes a column or two out
of true, and those whose upper border holds their title. A rectangle without text is no box, and one
that holds others is a group. Rectangles stacked on a common wall are the compartments of one box,
unless the lower one names a stage of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from .canvas import (
    ASCII_ARMS,
    ASCII_CORNERS,
    ASCII_HEADS,
    DOWN,
    HEADS,
    LEFT,
    RIGHT,
    UP,
    Canvas,
    Cell,
    line_arms,
)
from .heading import read_heading, says_stage
from .patterns import lazy
from .syntax import Text

MAX_STEPS = 1_000_000
"""How many rectangles are tried before a drawing counts as too large."""

_BOX = 20
"""Steps that a rectangle counts for when what is in it is looked at."""

MAX_LEAN = 3
"""How far from its upper corner a right wall may stand."""
FRAME_LEAN, FRAME_ROWS = 12, 4
"""The same for a frame round a whole drawing, and how many rows down it ends at the earliest."""

_BESIDE = (0, 1, -1, 2, -2, 3, -3)
"""Where a wall is looked for beside its place, the nearest first."""

_WORDS = lazy(r"[^\W_]")
_ORDINAL = lazy(r"[^\w]*(?:stage|phase|step|\d)", re.IGNORECASE)


@dataclass(slots=True)
class Box:
    """A rectangle: its corner cells, and the columns of both walls on each row between."""

    top: int
    left: int
    bottom: int
    right: int
    walls: dict[int, tuple[int, int]]
    holds: list[Box] = field(default_factory=list["Box"])
    """The boxes in it, at any depth."""
    parts: list[Box] = field(default_factory=list["Box"])
    """Those of them that lie in no other of them."""
    group: bool = False
    plain: bool = False
    """Words without a border."""

    def inside(self, row: int, column: int) -> bool:
        """Whether a cell lies within or on the border."""
        left, right = self.walls.get(row, (1, 0))
        return left <= column <= right


def find_boxes(canvas: Canvas) -> list[Box]:
    """The boxes and groups, from top to bottom and left to right."""
    search = _Search(canvas)
    exact = search.exact()
    _nest(exact)
    boxes = [box for box in exact if own_lines(canvas, box)]
    boxes += search.loose(boxes, exact)
    _nest(boxes)
    boxes = _merge_compartments(canvas, boxes)
    boxes.sort(key=lambda box: (box.top, box.left))
    _nest(boxes)
    for box in boxes:
        box.group = bool(box.holds)
    return boxes


def own_lines(canvas: Canvas, box: Box) -> list[Text]:
    """The lines of text in a box, those of the boxes in it left out."""
    if box.plain:
        return [canvas.text(row, left, right + 1) for row, (left, right) in box.walls.items()]
    holes = by_row(box.parts)
    lines: list[Text] = []
    for row in range(box.top, box.bottom + 1):
        left, right = box.walls[row]
        if row in (box.top, box.bottom):
            lines.extend(_title_in_border(canvas, row, left, right))
            continue
        at = left + 1
        for start, stop in [*sorted(holes.get(row, ())), (right, right)]:
            text = canvas.text(row, at, start) if start > at else None
            if text is not None and _says_something(text.value):
                lines.append(text)
            at = max(at, stop + 1)
    return lines


def by_row(boxes: Iterable[Box]) -> dict[int, list[tuple[int, int]]]:
    """The columns of both walls of every box that has a part in a row."""
    found: dict[int, list[tuple[int, int]]] = {}
    for box in boxes:
        for row, walls in box.walls.items():
            found.setdefault(row, []).append(walls)
    return found


def covered(walls: Iterable[tuple[int, int]]) -> set[int]:
    """The columns from wall to wall of boxes in one row, which may lie in one another."""
    found: set[int] = set()
    end = -1
    for left, right in sorted(walls):
        found.update(range(max(left, end + 1), right + 1))
        end = max(end, right)
    return found


def _says_something(text: str) -> bool:
    signs = _WORDS.search(text) is not None or max(text, default="") > "\u2bff"
    return signs or text in ("...", "…")


def _title_in_border(canvas: Canvas, row: int, left: int, right: int) -> list[Text]:
    """The words that stand in a border between its dashes."""
    columns = [
        column
        for column in range(left + 1, right)
        if not canvas.arms(row, column)
        and canvas.at(row, column).strip()
        and not _is_head(canvas, row, column)
    ]
    if len(columns) < 2:
        return []
    return [canvas.text(row, columns[0], columns[-1] + 1)]


def _is_head(canvas: Canvas, row: int, column: int) -> bool:
    """Whether a sign in a border is an arrowhead: a letter is one between two dashes."""
    sign = canvas.at(row, column)
    beside = canvas.arms(row, column - 1) & RIGHT and canvas.arms(row, column + 1) & LEFT
    return sign in HEADS or bool(sign in ASCII_HEADS and beside)


def encloses(outer: Box, inner: Box) -> bool:
    return (
        outer is not inner
        and outer.top <= inner.top
        and outer.bottom >= inner.bottom
        and outer.left <= inner.left
        and outer.right >= inner.right
        and (outer.bottom - outer.top, outer.right - outer.left)
        != (inner.bottom - inner.top, inner.right - inner.left)
    )


class _Corners:
    """Boxes by their upper left corner, to find those in another without a look at all."""

    def __init__(self, boxes: Iterable[Box]) -> None:
        self._rows: dict[int, list[Box]] = {}
        for box in sorted(boxes, key=_left):
            self._rows.setdefault(box.top, []).append(box)

    def add(self, box: Box) -> None:
        row = self._rows.setdefault(box.top, [])
        row.insert(bisect_left(row, box.left, key=_left), box)

    def inside(self, box: Box) -> list[Box]:
        """The boxes in a box, from top to bottom and left to right."""
        found: list[Box] = []
        for top in range(box.top, box.bottom + 1):
            row = self._rows.get(top, [])
            for at in range(bisect_left(row, box.left, key=_left), len(row)):
                if row[at].left > box.right:
                    break
                if encloses(box, row[at]):
                    found.append(row[at])
        return found


def _left(box: Box) -> int:
    return box.left


def _nest(boxes: list[Box]) -> None:
    """Fill in what each box holds: the parts are those that lie in no other of them."""
    corners = _Corners(boxes)
    outer: dict[int, list[Box]] = {}
    for box in boxes:
        box.holds = corners.inside(box)
        box.parts = []
        for held in box.holds:
            outer.setdefault(id(held), []).append(box)
    for box in boxes:
        around: list[Box] = []
        for other in sorted(outer.get(id(box), ()), key=_area):
            if not any(encloses(other, nearer) for nearer in around):
                around.append(other)
                other.parts.append(box)


def _area(box: Box) -> int:
    return (box.bottom - box.top) * (box.right - box.left)


class _Search:
    """Rectangles of a canvas, by how far lines run unbroken from every cell."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.arms = [self._row_arms(row) for row in range(len(canvas.rows))]
        self.across = [self._runs_across(row) for row in self.arms]
        self.down = self._runs_down()
        self.steps = 0
        self.extent = cache(self._extent)

    def _extent(self, row: int) -> tuple[int, int]:
        """The columns of the first and the last sign of a row; the last is -1 in an empty one."""
        cells = self.canvas.rows[row]
        signs = [at for at, sign in enumerate(cells) if sign.strip()]
        return (signs[0], signs[-1]) if signs else (len(cells), -1)

    def _row_arms(self, row: int) -> list[int]:
        """Arms of each cell as part of a border: arrowheads lie in it, ASCII corners bend it."""
        cells = self.canvas.rows[row]
        found: list[int] = []
        for column, character in enumerate(cells):
            arms = self.canvas.arms(row, column)
            if not arms and character in ASCII_CORNERS:
                near = (self.canvas.at(row, column - 1), self.canvas.at(row, column + 1))
                arms = ASCII_CORNERS[character] if "-" in near else 0
            if not arms and (character in HEADS or character in ASCII_HEADS):
                arms = self._head_arms(row, column, character)
            elif arms == UP | DOWN and self._between_dashes(row, column):
                arms |= LEFT | RIGHT
            found.append(arms)
        return found

    def _between_dashes(self, row: int, column: int) -> bool:
        """Whether an upright line breaks a level one, which it only crosses."""
        left, right = self.canvas.at(row, column - 1), self.canvas.at(row, column + 1)
        return line_arms(left or " ") == LEFT | RIGHT == line_arms(right or " ")

    def _head_arms(self, row: int, column: int, character: str) -> int:
        direction = HEADS.get(character) or ASCII_HEADS[character]
        if direction in (UP, DOWN):
            sides = self.canvas.arms(row, column - 1) & RIGHT, self.canvas.arms(row, column + 1)
            return LEFT | RIGHT if sides[0] and sides[1] & LEFT else 0
        above, below = self.canvas.arms(row - 1, column), self.canvas.arms(row + 1, column)
        return UP | DOWN if above & DOWN and below & UP else 0

    def _runs_across(self, arms: list[int]) -> list[int]:
        ends = list(range(len(arms)))
        for column in range(len(arms) - 2, -1, -1):
            if arms[column] & RIGHT and arms[column + 1] & LEFT:
                ends[column] = ends[column + 1]
        return ends

    def _runs_down(self) -> list[list[int]]:
        ends = [[row] * len(arms) for row, arms in enumerate(self.arms)]
        for row in range(len(self.arms) - 2, -1, -1):
            below = self.arms[row + 1]
            for column in range(min(len(self.arms[row]), len(below))):
                if self.arms[row][column] & DOWN and below[column] & UP:
                    ends[row][column] = ends[row + 1][column]
        return ends

    def _has(self, row: int, column: int, arms: int) -> bool:
        if not 0 <= row < len(self.arms) or not 0 <= column < len(self.arms[row]):
            return False
        return self.arms[row][column] & arms == arms

    # --- exact rectangles ---

    def exact(self) -> list[Box]:
        boxes: list[Box] = []
        for row, arms in enumerate(self.arms):
            for column, bits in enumerate(arms):
                if bits & (RIGHT | DOWN) == RIGHT | DOWN and self._going_on():
                    box = self._exact_at(row, column)
                    if box is not None:
                        self.steps += _BOX
                        boxes.append(box)
        return boxes

    def _going_on(self) -> bool:
        if self.steps < MAX_STEPS:
            return True
        self.canvas.complete = False
        return False

    def _exact_at(self, top: int, left: int) -> Box | None:
        floor = self.down[top][left]
        if floor < top + 2:
            return None
        for right in range(left + 2, self.across[top][left] + 1):
            self.steps += 1
            if not self._has(top, right, LEFT | DOWN):
                continue
            for bottom in range(top + 2, min(floor, self.down[top][right]) + 1):
                self.steps += 1
                if self._closes(left, right, bottom):
                    walls = dict.fromkeys(range(top, bottom + 1), (left, right))
                    return Box(top, left, bottom, right, walls)
        return None

    def _closes(self, left: int, right: int, bottom: int) -> bool:
        return (
            self._has(bottom, left, UP | RIGHT)
            and self._has(bottom, right, UP | LEFT)
            and self.across[bottom][left] >= right
        )

    # --- boxes out of true ---

    def loose(self, boxes: list[Box], exact: list[Box]) -> list[Box]:
        """Boxes from the corners of no exact rectangle, be that a box or not."""
        taken: set[Cell] = {
            (row, column)
            for box in exact
            for row in (box.top, box.bottom)
            for column in box.walls[row]
        }
        found: list[Box] = []
        floors = {(box.bottom, box.left) for box in boxes}
        floors -= {(box.top, box.left) for box in boxes}
        corners = _Corners(boxes)
        for row, arms in enumerate(self.arms):
            for column, bits in enumerate(arms):
                hangs = (row, column) in floors and bits == UP | DOWN | RIGHT
                if bits != RIGHT | DOWN and bits != ASCII_ARMS["+"] and not hangs:
                    continue
                new = (row, column) not in taken or hangs
                if new and self._going_on():
                    box = self._loose_at(row, column)
                    if box is None:
                        continue
                    self.steps += (box.bottom - box.top) * (box.right - box.left) // 8
                    box.parts = corners.inside(box)
                    if hangs or own_lines(self.canvas, box):
                        found.append(box)
                        floors.add((box.bottom, box.left))
                        corners.add(box)
        return found

    def _loose_at(self, top: int, left: int) -> Box | None:
        right = self._upper_right(top, left)
        if right is None:
            return None
        alone = self._spans(top, left, right)
        walls = {top: (left, right)}
        for row in range(top + 1, len(self.arms)):
            self.steps += 4
            start = self._near(row, left, UP, _BESIDE[:3])
            stop = self._near(row, right, UP, _BESIDE)
            if stop is None and alone and start is not None:
                stop = self._last_wall(row, start, right)
            if start is None or stop is None or stop <= start + 1:
                return None
            walls[row] = (start, stop)
            if self._has(row, start, RIGHT) and self._has(row, stop, LEFT):
                ragged = any(abs(end - right) > MAX_LEAN for _, end in walls.values())
                low = abs(stop - right) > MAX_LEAN and row < top + FRAME_ROWS
                low = low or (ragged and not self._spans(row, start, stop))
                if row < top + 2 or self.across[row][start] < stop or low:
                    return None
                return Box(top, left, row, max(stop for _, stop in walls.values()), walls)
        return None

    def _spans(self, row: int, left: int, right: int) -> bool:
        """Whether nothing stands beside these columns of a row: a frame round a whole drawing."""
        first, last = self.extent(row)
        return left <= first and last <= right

    def _last_wall(self, row: int, left: int, right: int) -> int | None:
        """The wall that ends a row, far from the corner above, if the row starts at a wall.

        What stands in a frame round a whole drawing pushes its right wall far out of true.
        """
        first, last = self.extent(row)
        ends = any(self._has(row, last, arm) for arm in (UP, DOWN))
        return last if ends and abs(last - right) <= FRAME_LEAN and first >= left else None

    def _upper_right(self, top: int, left: int) -> int | None:
        """The corner that ends the border, which may hold a title; none past a wall or a gap."""
        blanks = 0
        arms = self.arms[top]
        if left + 1 >= len(arms) or not arms[left + 1] & LEFT:
            return None
        for column in range(left + 1, len(arms)):
            self.steps += 1
            if arms[column] & (LEFT | DOWN) == LEFT | DOWN and column > left + 1:
                return column
            if arms[column] & (UP | DOWN) and not arms[column] & LEFT:
                return None
            blanks = blanks + 1 if self.canvas.at(top, column) == " " else 0
            if blanks > 1:
                return None
        return None

    def _near(self, row: int, column: int, arms: int, shifts: tuple[int, ...]) -> int | None:
        for shift in shifts:
            if self._has(row, column + shift, arms):
                return column + shift
        return None


def _merge_compartments(canvas: Canvas, boxes: list[Box]) -> list[Box]:
    """Join each rectangle to the one it hangs on by a whole common wall."""
    kept: list[Box] = []
    by_bottom: dict[tuple[int, int], list[Box]] = {}
    for box in sorted(boxes, key=lambda box: (box.top, box.left)):
        wall = box.walls[box.top]
        upper = next(
            (
                other
                for other in by_bottom.get((box.top, box.left), ())
                if other.walls[other.bottom] == wall
            ),
            None,
        )
        if upper is not None and not names_stage(own_lines(canvas, box)):
            upper.walls.update(box.walls)
            upper.bottom = box.bottom
            upper.right = max(upper.right, box.right)
            box = upper
        else:
            kept.append(box)
        by_bottom.setdefault((box.bottom, box.left), []).append(box)
    return kept


def names_stage(lines: list[Text]) -> bool:
    """Whether the first of these lines is the heading of a stage: a word for one, or a number."""
    if not lines or not _ORDINAL.match(lines[0].value):
        return False
    return says_stage(lines[0]) or read_heading(lines[0]).ordinal is not None
