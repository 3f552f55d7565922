"""The connectors of a drawing as a graph of cells.

Every line character outside the boxes is a cell, and so is a border character that reaches out of
its box. Two cells are joined where their arms meet; a cell is joined to a box where its arm touches
the border. What arms that meet nothing may mean is for ``mends`` to say.
"""

from __future__ import annotations

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
from .lines import Port, Wires, beyond
from .mends import Mender


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
        Mender(
            self.canvas, self.boxes, self.wires, self.border, self.stubs, self.met, self._touch
        ).mend()
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
        outside = beyond(cell, side)
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
        row, column = beyond(cell, side)
        for shift in (0, -1, 1, -2, 2) if side in (UP, DOWN) else (0,):
            other = row, column + shift
            if self.wires.faces(other, side) and (other, OPPOSITE[side]) not in self.met:
                return other
        return None

    def _reaches_out(self, cell: Cell, outside: Cell, side: int) -> bool:
        """A tee always does; a plus, which every ASCII corner is, only where a line meets it."""
        if self.canvas.at(*cell) == "+":
            return self.wires.faces(outside, side)
        return self.canvas.arms(*cell) & side != 0

    def _drop_words(self) -> None:
        """Forget ASCII signs that stand alone or in a word: hyphens, bullets, bars of a text."""
        wires = self.wires
        for cell in list(wires.arms):
            if cell in self.stubs or self.canvas.at(*cell) not in ASCII_ARMS:
                continue
            arms = wires.arms[cell]
            near = [(beyond(cell, side), side) for side in SIDES if arms & side]
            lines = sum(self.wires.faces(other, side) for other, side in near)
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
        other = beyond(cell, side)
        if self.wires.faces(other, side):
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
            free = (near, outward) not in self.met and not self.wires.faces(
                beyond(near, outward), outward
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
            other = beyond(cell, side)
            if side in (tail, OPPOSITE[tail]) or other in self.wires.heads:
                continue
            if self.wires.faces(other, side) and (other, OPPOSITE[side]) not in self.met:
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
