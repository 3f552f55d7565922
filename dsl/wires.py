"""The connectors of a drawing as a graph of cells.

Every line character outside the boxes is a cell, and so is a border character that reaches out of
its box. Two cells are joined where their arms meet; a cell is joined to a box where its arm touches
the border. Arms that meet nothing are then given the benefit of the doubt, in this order: a line
that runs into another's side is a tee, a line one column out of true goes on, a gap of a few blanks
or a label is bridged. What still meets nothing is dangling.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from .boxes import Box
from .canvas import (
    ASCII_ARMS,
    ASCII_HEADS,
    DOWN,
    HEADS,
    LEFT,
    OPPOSITE,
    RIGHT,
    SIDES,
    STEP,
    UP,
    Area,
    Canvas,
    Cell,
)

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


@dataclass(frozen=True, slots=True)
class Port:
    """Where a connector touches a box: its cell, the box's index and the side of the box."""

    cell: Cell
    box: int
    side: int
    form: Literal["touch", "stub"] = "touch"


@dataclass(slots=True)
class Wires:
    """The graph: neighbours of each cell, arrowheads, ports by cell, and ends that lead nowhere."""

    arms: dict[Cell, int] = field(default_factory=dict[Cell, int])
    heads: dict[Cell, int] = field(default_factory=dict[Cell, int])
    joined: dict[Cell, list[Cell]] = field(default_factory=dict[Cell, list[Cell]])
    ports: dict[Cell, list[Port]] = field(default_factory=dict[Cell, list[Port]])
    dangling: list[tuple[Cell, int]] = field(default_factory=list[tuple[Cell, int]])

    def join(self, one: Cell, other: Cell) -> None:
        """Make two cells neighbours."""
        if other not in self.joined[one]:
            self.joined[one].append(other)
            self.joined[other].append(one)


def trace(canvas: Canvas, boxes: list[Box]) -> Wires:
    """The connectors between these boxes."""
    return _Tracer(canvas, boxes).trace()


class _Tracer:
    def __init__(self, canvas: Canvas, boxes: list[Box]) -> None:
        self.canvas = canvas
        self.boxes = boxes
        self.wires = Wires()
        self.border: dict[Cell, int] = {}
        self.interior = Area()
        self.stubs: set[Cell] = set()
        self.met: set[tuple[Cell, int]] = set()
        self.looks = 0
        self.corners: set[Cell] = set()

    def trace(self) -> Wires:
        for index, box in enumerate(self.boxes):
            self._own(index, box)
        self._collect()
        for index, box in enumerate(self.boxes):
            if not box.plain:
                self._collect_stubs(index, box)
        self._drop_words()
        self._pass_frames()
        self._meet()
        self._meet_words()
        self._mend()
        return self.wires

    # --- which cells there are ---

    def _own(self, index: int, box: Box) -> None:
        for row, (left, right) in box.walls.items():
            edge = row in (box.top, box.bottom)
            for column in range(left, right + 1) if edge else {left, right}:
                self.border.setdefault((row, column), index)
            if edge:
                self.corners |= {(row, left), (row, right)}
            if not edge and not box.group:
                self.interior.add(row, left + 1, right - 1)

    def _collect(self) -> None:
        for row, cells in enumerate(self.canvas.rows):
            for column, character in enumerate(cells):
                cell = (row, column)
                if character in " " or cell in self.border or cell in self.interior:
                    continue
                arms = self.canvas.arms(row, column)
                if arms:
                    self._add(cell, arms)
                elif character in HEADS and self.canvas.at(row, column + 1) != "]":
                    self._add_head(cell, HEADS[character])
                elif character in ASCII_HEADS and self._is_head(row, column):
                    self._add_head(cell, ASCII_HEADS[character])

    def _add(self, cell: Cell, arms: int) -> None:
        self.wires.arms[cell] = arms
        self.wires.joined[cell] = []

    def _add_head(self, cell: Cell, direction: int) -> None:
        self.wires.heads[cell] = direction
        self._add(cell, direction | OPPOSITE[direction])

    def _is_head(self, row: int, column: int) -> bool:
        """Whether a letter or sign is an arrowhead: a line reaches it from behind."""
        direction = ASCII_HEADS[self.canvas.at(row, column)]
        if direction in (UP, DOWN):
            sides = self.canvas.at(row, column - 1) + self.canvas.at(row, column + 1)
            if any(character.isalnum() for character in sides):
                return False
        down, right = STEP[OPPOSITE[direction]]
        behind = (row + down, column + right)
        if behind in self.border:
            return direction in (UP, DOWN)
        if self.canvas.at(*behind) == self.canvas.at(row, column):
            return behind in self.wires.heads
        return self.canvas.arms(*behind) & direction != 0

    def _collect_stubs(self, index: int, box: Box) -> None:
        for row, (left, right) in box.walls.items():
            if row in (box.top, box.bottom):
                side = UP if row == box.top else DOWN
                for column in range(left + 1, right):
                    self._stub(index, (row, column), side)
            else:
                self._stub(index, (row, left), LEFT)
                self._stub(index, (row, right), RIGHT)

    def _stub(self, index: int, cell: Cell, side: int) -> None:
        """Add a border cell that reaches out of its box."""
        character = self.canvas.at(*cell)
        outside = self._beyond(cell, side)
        if self.border.get(cell) != index or outside in self.interior:
            return
        if cell in self.corners and outside in self.border:
            return  # the wall between two cells
        head = HEADS.get(character) or ASCII_HEADS.get(character)
        if head and head in (side, OPPOSITE[side]):
            self._add(cell, side)
            self.wires.heads[cell] = head
        elif self._reaches_out(cell, outside, side):
            self._add(cell, side)
        else:
            return
        self.stubs.add(cell)
        self.wires.ports[cell] = [Port(cell, index, side, "stub")]

    def _pass_frames(self) -> None:
        """Lead on the lines that cross the frame of a group to what is in it."""
        for cell in sorted(self.stubs):
            ports = self.wires.ports.get(cell, [])
            if not ports or not self.boxes[ports[0].box].group or cell in self.wires.heads:
                continue
            inward = OPPOSITE[ports[0].side]
            met = self._facing(cell, inward) if self.canvas.arms(*cell) & inward else None
            if met is not None:
                del self.wires.ports[cell]
                self.wires.arms[cell] |= inward
                self.wires.join(cell, met)
                self.met |= {(cell, inward), (met, OPPOSITE[inward])}

    def _facing(self, cell: Cell, side: int) -> Cell | None:
        """The free end of a line that meets a cell, or misses it by a column or two."""
        row, column = self._beyond(cell, side)
        for shift in (0, -1, 1, -2, 2) if side in (UP, DOWN) else (0,):
            other = row, column + shift
            if self._faces(other, side) and (other, OPPOSITE[side]) not in self.met:
                return other
        return None

    def _reaches_out(self, cell: Cell, outside: Cell, side: int) -> bool:
        """A tee always does; a plus, which every ASCII corner is, only where a line meets it."""
        if self.canvas.at(*cell) == "+":
            return self._faces(outside, side)
        return self.canvas.arms(*cell) & side != 0

    def _beyond(self, cell: Cell, side: int) -> Cell:
        down, right = STEP[side]
        return cell[0] + down, cell[1] + right

    def _faces(self, cell: Cell, side: int) -> bool:
        return self.wires.arms.get(cell, 0) & OPPOSITE[side] != 0

    def _drop_words(self) -> None:
        """Forget ASCII signs that stand alone or in a word: hyphens, bullets, bars of a text."""
        wires = self.wires
        for cell in list(wires.arms):
            if cell in self.stubs or self.canvas.at(*cell) not in ASCII_ARMS:
                continue
            arms = wires.arms[cell]
            near = [(self._beyond(cell, side), side) for side in SIDES if arms & side]
            lines = sum(self._faces(other, side) for other, side in near)
            lines += all(other in wires.arms for other, _ in near)
            borders = sum(other in self.border for other, _ in near)
            if lines == 0 and borders < 1 + self._sides_of_words(cell) and not self._hangs(cell):
                del wires.arms[cell], wires.joined[cell]

    def _hangs(self, cell: Cell) -> bool:
        """Whether a bar stands by itself between words above and below it."""
        row, column = cell
        sides = "".join(self.canvas.at(row, column + step) for step in (-2, -1, 1, 2))
        over, under = self.canvas.at(row - 1, column), self.canvas.at(row + 1, column)
        return self.canvas.at(*cell) == "|" and not sides.strip() and (over + under).isalnum()

    def _sides_of_words(self, cell: Cell) -> int:
        """On how many sides of a sign, or of a run of it, words stand; a plus is one by itself."""
        row, column = cell
        sign = self.canvas.at(row, column)
        sides = 0
        for step in (-1, 1):
            at = column + step
            if sign == "|" == self.canvas.at(row, at):
                return 2
            while self.canvas.at(row, at) == sign:
                at += step
            sides += self.canvas.at(row, at).isalnum() or self.canvas.at(row, at) in "()"
        return max(sides, sign == "+")

    # --- arms that meet ---

    def _meet(self) -> None:
        for cell, arms in self.wires.arms.items():
            for side in SIDES:
                if arms & side and (cell, side) not in self.met:
                    self._meet_one(cell, side)
        for cell in list(self.wires.heads):
            self._meet_tail(cell)

    def _meet_one(self, cell: Cell, side: int) -> None:
        other = self._beyond(cell, side)
        if self._faces(other, side):
            self.wires.join(cell, other)
            self.met.add((cell, side))
            self.met.add((other, OPPOSITE[side]))
        elif other in self.border and cell not in self.stubs:
            head = self._head_beside(other, side)
            if head is None:
                self._touch(cell, other, side)
                return
            self.wires.join(cell, head)
            self.met.add((cell, side))
            self.met.add((head, OPPOSITE[side]))

    def _head_beside(self, border: Cell, side: int) -> Cell | None:
        """The arrowhead in a border that a line meant which meets the border beside it."""
        if side not in (UP, DOWN):
            return None
        row, column = border
        outward = OPPOSITE[side]
        for shift in (-1, 1, -2, 2, -3, 3):
            near = (row, column + shift)
            if near not in self.stubs or near not in self.wires.heads:
                continue
            free = (near, outward) not in self.met and not self._faces(
                self._beyond(near, outward), outward
            )
            if free and self.border[near] == self.border[border]:
                return near
        return None

    def _touch(self, cell: Cell, border: Cell, side: int) -> None:
        port = Port(cell, self.border[border], OPPOSITE[side])
        self.wires.ports.setdefault(cell, []).append(port)
        self.met.add((cell, side))

    def _meet_tail(self, cell: Cell) -> None:
        """An arrowhead that nothing reaches from behind may be reached from the side."""
        tail = OPPOSITE[self.wires.heads[cell]]
        if (cell, tail) in self.met or cell in self.stubs:
            return
        for side in SIDES:
            other = self._beyond(cell, side)
            if side in (tail, OPPOSITE[tail]) or other in self.wires.heads:
                continue
            if self._faces(other, side) and (other, OPPOSITE[side]) not in self.met:
                self.wires.join(cell, other)
                self.met.add((other, OPPOSITE[side]))
                self.met.add((cell, tail))

    def _meet_words(self) -> None:
        """Words without a border meet a tee that stands beside them: ``Split ├──▶``."""
        for index, box in enumerate(self.boxes):
            for row, (left, right) in box.walls.items() if box.plain else ():
                for side, end in ((RIGHT, right), (LEFT, left)):
                    step = STEP[side][1]
                    for cell in ((row, end + step), (row, end + 2 * step)):
                        arms = self.wires.arms.get(cell, 0)
                        if arms == UP | DOWN | side:
                            self.wires.ports.setdefault(cell, []).append(Port(cell, index, side))

    # --- arms that meet nothing ---

    def _mend(self) -> None:
        unmet = list(self._unmet())
        for mend in (self._hop, self._tee, self._out_of_true, self._bridge, self._through_words):
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
        other = self._beyond(cell, side)
        across = UP | DOWN if side in (LEFT, RIGHT) else LEFT | RIGHT
        for _ in range(MAX_HOPS):
            if self.wires.arms.get(other) != across or other in self.wires.heads:
                break
            other = self._beyond(other, side)
        near = other == self._beyond(cell, side)
        if near or self.canvas.at(*cell) == "+" or other in self.wires.heads:
            return False
        return self._reach_line(cell, other, side)

    def _tee(self, cell: Cell, side: int) -> bool:
        other = self._beyond(cell, side)
        if self.canvas.at(*cell) == "+" or other not in self.wires.arms or other in self.stubs:
            return False
        words = self._at_start_of(other) if cell in self.wires.heads else None
        if words is not None:
            self._touch(cell, words, side)
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
        row, column = self._beyond(cell, side)
        facing = [
            other
            for other in ((row, column - 1), (row, column + 1))
            if self._faces(other, side)
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
        """An arrowhead above the end of words, or a column or two beside it, points at them."""
        if cell not in self.wires.heads:
            return False
        row, column = self._beyond(cell, side)
        for shift in (-1, 1, -2, 2):
            other = row, column + shift
            if other in self.border and self.boxes[self.border[other]].plain:
                self._touch(cell, other, side)
                return True
        return False

    def _bridge(self, cell: Cell, side: int) -> bool:
        if self.canvas.at(*cell) == "+":
            return False
        blanks, length = 0, GAP_LABEL if side in (LEFT, RIGHT) else 3
        other = self._beyond(cell, side)
        for step in range(length):
            if other in self.border:
                near = blanks == step and blanks <= self._gap(cell, side)
                return near and self._reach_border(cell, other, side)
            if other in self.wires.arms:
                return self._reach_line(cell, other, side)
            blanks += self.canvas.at(*other) == " "
            other = self._beyond(other, side)
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
        row, column = self._beyond(cell, side)
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

    def _is_free(self, row: int, column: int) -> bool:
        """Whether a line starts in a cell, downwards, that nothing reaches from above."""
        cell = row, column
        return self._faces(cell, DOWN) and (cell, UP) not in self.met and cell not in self.stubs

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
        if self._faces(other, side) and other in self.stubs:
            return self._reach_line(cell, other, side)
        if cell in self.stubs:
            return False
        self._touch(cell, other, side)
        return True

    def _reach_line(self, cell: Cell, other: Cell, side: int) -> bool:
        if not self._faces(other, side) or (other, OPPOSITE[side]) in self.met:
            return False
        self.wires.join(cell, other)
        self.met.add((other, OPPOSITE[side]))
        return True
