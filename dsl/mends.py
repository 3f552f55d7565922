"""Lines that meet nothing as they are drawn: what they mean.

Owns what a line may cross, miss or skip, in this order: lines it only crosses; another's side, a
tee; one column; a few blanks or a label; words in its place. What none of this explains is left
dangling, for the drawing's reader to name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .boxes import Box
from .canvas import DOWN, HEADS, LEFT, OPPOSITE, RIGHT, SIDES, UP, Canvas, Cell
from .lines import Wires, beyond
from .words import is_answer

GAP_BLANKS = 2
"""How many blanks may lie between a connector's end and the box it means, on one row."""
GAP_ARROW = 4
"""The same for an arrowhead that is no sign of ordinary text."""
MAX_HOPS = 4
"""How many lines side by side a line may cross."""
MAX_LOOKS = 5000
"""How many lines are looked for below words in one drawing."""
MAX_LABEL_ROWS = 3
"""How many rows of words may take the place of a piece of an upright line."""
GAP_LABEL = 40
"""How many cells a label that interrupts a connector may take."""


@dataclass(slots=True)
class Mender:
    """The state of a trace: boxes and lines, border cells, stubs, and arms that have met."""

    canvas: Canvas
    boxes: list[Box]
    wires: Wires
    border: dict[Cell, int]
    stubs: set[Cell]
    met: set[tuple[Cell, int]]
    touch: Callable[[Cell, Cell, int], None]
    """Join the end of a line to the box whose border it means."""
    looks: int = field(default=0)

    def mend(self) -> None:
        """Join what can be joined; what still meets nothing is dangling."""
        unmet = list(self._unmet())
        mends = self._hop, self._tee, self._out_of_true, self._bridge
        for mend in (*mends, self._through_words, self._over_caption):
            for cell, side in unmet:
                if (cell, side) not in self.met and mend(cell, side):
                    self.met.add((cell, side))
            unmet = [end for end in unmet if end not in self.met]
        self.wires.dangling = [end for end in unmet if self._matters(end[0])]

    def _unmet(self) -> Iterator[tuple[Cell, int]]:
        for cell, arms in self.wires.arms.items():
            for side in SIDES:
                if arms & side and (cell, side) not in self.met:
                    yield cell, side

    def _matters(self, cell: Cell) -> bool:
        """A plus reaches out on all sides; only one that joins fewer than two lines is an end."""
        ends = len(self.wires.joined[cell]) + len(self.wires.ports.get(cell, ()))
        return self.canvas.at(*cell) != "+" or ends < 2

    def _hop(self, cell: Cell, side: int) -> bool:
        """Go on beyond lines that only cross this one, drawn as if it were not there."""
        other = beyond(cell, side)
        across = UP | DOWN if side in (LEFT, RIGHT) else LEFT | RIGHT
        for _ in range(MAX_HOPS):
            if self.wires.arms.get(other) != across or other in self.wires.heads:
                break
            other = beyond(other, side)
        near = other == beyond(cell, side)
        if near or self.canvas.at(*cell) == "+" or other in self.wires.heads:
            return False
        return self._reach_line(cell, other, side)

    def _tee(self, cell: Cell, side: int) -> bool:
        other = beyond(cell, side)
        if self.canvas.at(*cell) == "+" or other not in self.wires.arms or other in self.stubs:
            return False
        words = self._at_start_of(other) if cell in self.wires.heads else None
        if words is not None:
            self.touch(cell, words, side)
        else:
            self.wires.join(cell, other)
        return True

    def _at_start_of(self, cell: Cell) -> Cell | None:
        """The end of the words from which a level line starts that runs through a cell.

        An arrowhead over such a line, centred over its row, means the words.
        """
        row, column = cell
        if self.wires.arms[cell] != LEFT | RIGHT:
            return None
        while cell[1] - column < GAP_LABEL and (row, column - 1) in self.wires.joined[row, column]:
            column -= 1
        near = [(row, column - 1), (row, column - 2)]
        return next((at for at in near if self._is_plain(at)), None)

    def _is_plain(self, cell: Cell) -> bool:
        return cell in self.border and self.boxes[self.border[cell]].plain

    def _out_of_true(self, cell: Cell, side: int) -> bool:
        if side not in (UP, DOWN) or self.canvas.at(*cell) == "+":
            return False
        row, column = beyond(cell, side)
        facing = [
            other
            for other in ((row, column - 1), (row, column + 1))
            if self.wires.faces(other, side)
            and (cell in self.stubs or (other, OPPOSITE[side]) not in self.met)
        ]
        if not facing:
            return self._beside_words(cell, side)
        if len(facing) != 1:
            return False
        self.wires.join(cell, facing[0])
        self.met.add((facing[0], OPPOSITE[side]))
        return True

    def _beside_words(self, cell: Cell, side: int) -> bool:
        """An arrowhead above the end of words, or a column or two beside it, points at them.

        A line without one means words that it misses by a column.
        """
        row, column = beyond(cell, side)
        for shift in (-1, 1, -2, 2) if cell in self.wires.heads else (-1, 1):
            other = row, column + shift
            if self._is_plain(other) and (cell in self.wires.heads or not self._answers(other)):
                self.touch(cell, other, side)
                return True
        return False

    def _answers(self, cell: Cell) -> bool:
        """Whether the words around a cell are but an answer, beside the line or in it."""
        box = self.boxes[self.border[cell]]
        return is_answer(self.canvas.text(cell[0], box.left, box.right + 1).value)

    def _bridge(self, cell: Cell, side: int) -> bool:
        if self.canvas.at(*cell) == "+":
            return False
        blanks, length = 0, GAP_LABEL if side in (LEFT, RIGHT) else 3
        other = beyond(cell, side)
        for step in range(length):
            if other in self.border:
                near = blanks == step and blanks <= self._gap(cell, side)
                return near and self._reach_border(cell, other, side)
            if other in self.wires.arms:
                return self._reach_line(cell, other, side)
            blanks += self.canvas.at(*other) == " "
            other = beyond(other, side)
        return False

    def _through_words(self, cell: Cell, side: int) -> bool:
        """Go on below words that stand in the way, from anywhere under them, or to a border there.

        Words take the place of a piece of the line: ``score < 0.5`` between two uprights.
        """
        if side != DOWN or cell in self.wires.heads or self.canvas.at(*cell) == "+":
            return False
        self.looks += 1
        if self.looks > MAX_LOOKS:
            return False
        row, column = beyond(cell, side)
        for below in range(row, row + MAX_LABEL_ROWS):
            left, right = self._run(below, column)
            if right < left:
                return False
            facing = [
                (below + 1, at) for at in range(left - 1, right + 2) if self._is_free(below + 1, at)
            ]
            if len(facing) == 1:
                self.wires.join(cell, facing[0])
                self.met.add((facing[0], UP))
                return True
            under = below + 1, column
            if under in self.border and not facing:
                return self._reach_border(cell, under, side)
        return False

    def _over_caption(self, cell: Cell, side: int) -> bool:
        """An arrowhead over words that stand right on a box, and are its caption, means the box."""
        if side != DOWN or cell not in self.wires.heads or self.looks > MAX_LOOKS:
            return False
        self.looks += 1
        row, column = beyond(cell, side)
        left, right = self._run(row, column)
        under = row + 1, column
        box = self.boxes[self.border[under]] if under in self.border else None
        if box is None or right < left or box.plain or row + 1 != box.top:
            return False
        if left < box.left - 1 or right > box.right + 1:
            return False
        self.touch(cell, under, side)
        return True

    def _is_free(self, row: int, column: int) -> bool:
        """Whether a line starts in a cell, downwards, that nothing reaches from above."""
        cell = row, column
        return (
            self.wires.faces(cell, DOWN) and (cell, UP) not in self.met and cell not in self.stubs
        )

    def _run(self, row: int, column: int) -> tuple[int, int]:
        """The first and last column of the words in a cell, parted by two blanks from others."""
        if not (self.canvas.at(row, column) + self.canvas.at(row, column + 1)).strip():
            return column, column - 1
        if (row, column) in self.wires.arms or (row, column) in self.border:
            return column, column - 1
        left, right = column, column
        while column - left < GAP_LABEL and self._goes_on(row, left - 1, -1):
            left -= 1
        while right - column < GAP_LABEL and self._goes_on(row, right + 1, 1):
            right += 1
        return left, right

    def _goes_on(self, row: int, column: int, step: int) -> bool:
        cell = row, column
        if cell in self.wires.arms or cell in self.border or column < 0:
            return False
        near = self.canvas.at(row, column) + self.canvas.at(row, column + step)
        return column < len(self.canvas.rows[row]) and bool(near.strip()) and "│" not in near

    def _gap(self, cell: Cell, side: int) -> int:
        if side in (UP, DOWN):
            return 1
        return GAP_ARROW if self.canvas.at(*cell) in HEADS else GAP_BLANKS

    def _reach_border(self, cell: Cell, other: Cell, side: int) -> bool:
        if self.wires.faces(other, side) and other in self.stubs:
            return self._reach_line(cell, other, side)
        if cell in self.stubs:
            return False
        self.touch(cell, other, side)
        return True

    def _reach_line(self, cell: Cell, other: Cell, side: int) -> bool:
        if not self.wires.faces(other, side) or (other, OPPOSITE[side]) in self.met:
            return False
        self.wires.join(cell, other)
        self.met.add((other, OPPOSITE[side]))
        return True
