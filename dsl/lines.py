"""The lines of a drawing as data: joined cells, arrowheads, and where lines touch boxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .canvas import OPPOSITE, STEP, Cell


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

    def faces(self, cell: Cell, side: int) -> bool:
        """Whether a cell has an arm towards one that looks at it from a side."""
        return self.arms.get(cell, 0) & OPPOSITE[side] != 0

    def join(self, one: Cell, other: Cell) -> None:
        """Make two cells neighbours."""
        if other not in self.joined[one]:
            self.joined[one].append(other)
            self.joined[other].append(one)


def beyond(cell: Cell, side: int) -> Cell:
    """The cell next to one on a side."""
    down, right = STEP[side]
    return cell[0] + down, cell[1] + right
