"""A drawing as a grid of cells, placed by display width, and what each character can join.

A wide character takes two cells and a combining one none, as in a terminal; a tab goes to the next
multiple of eight. Every cell remembers the offset of its character in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from itertools import pairwise
from unicodedata import category, east_asian_width, name

from .patterns import lazy
from .source import SourceFile
from .syntax import Text
from .words import slice_of

UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8
"""The four arms of a line character, as bits."""

STEP = {UP: (-1, 0), RIGHT: (0, 1), DOWN: (1, 0), LEFT: (0, -1)}
OPPOSITE = {UP: DOWN, DOWN: UP, LEFT: RIGHT, RIGHT: LEFT}
SIDES = (UP, RIGHT, DOWN, LEFT)

MAX_CELLS = 400_000
"""How many cells of a drawing are looked at: room for 10,000 boxes."""
MAX_WALLS = 1000
"""A row with more upright lines is left as it is drawn."""
MAX_SHIFT = 3
"""How many columns a line may stand beside the one above it that it goes on, on top of what those
left of it do."""

Cell = tuple[int, int]

ASCII_ARMS = {
    "-": LEFT | RIGHT,
    "=": LEFT | RIGHT,
    "|": UP | DOWN,
    "+": UP | RIGHT | DOWN | LEFT,
}
ASCII_CORNERS = {".": RIGHT | DOWN | LEFT, "'": UP | RIGHT | LEFT, "`": UP | RIGHT | LEFT}
"""Characters that round the corners of an ASCII box, and mean nothing elsewhere."""

HEADS = {
    **dict.fromkeys("▼▽▾↓⇓⬇🠋", DOWN),
    **dict.fromkeys("▲△▴↑⇑⬆🠉", UP),
    **dict.fromkeys("►▶▷▸→⇒➔➜➡⟶🠊", RIGHT),
    **dict.fromkeys("◄◀◁◂←⇐⬅⟵🠈", LEFT),
}
ASCII_HEADS = {"v": DOWN, "V": DOWN, "^": UP, ">": RIGHT, "<": LEFT}

_PARTS = {
    "UP": UP,
    "DOWN": DOWN,
    "LEFT": LEFT,
    "RIGHT": RIGHT,
    "VERTICAL": UP | DOWN,
    "HORIZONTAL": LEFT | RIGHT,
}


@cache
def line_arms(character: str) -> int:
    """The directions in which a line character reaches the edge of its cell; 0 for any other."""
    if character in ASCII_ARMS:
        return ASCII_ARMS[character]
    if not "\u2500" <= character <= "\u257f":
        return 0
    words = name(character, "").split()
    arms = 0
    for word in () if "DIAGONAL" in words else words:
        arms |= _PARTS.get(word, 0)
    return arms


@lru_cache(maxsize=4096)
def width(character: str) -> int:
    """How many cells a character takes."""
    if category(character) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1


_is_even = re.compile(r"[ -~\u2500-\u257f\u25bc\u25b6\u25ba]*+").fullmatch
"""Whether every character of a line takes one cell, in whatever way cells are counted."""

Measure = Callable[[str, str], int]
"""How many cells a character takes, given the one before it."""

_QUOTE = lazy(r"[ \t]*>[> \t]?")
_QUOTED = lazy(r"(?:[ \t]*>[^\n]*(?:\n|\Z))++")
"""A drawing in a quotation, each line of which starts with the mark of one."""
_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"


def _as_drawn(character: str, before: str) -> int:
    """As a terminal of today: an emoji style makes its sign wide, joined emoji are one."""
    if character == _EMOJI_STYLE and before:
        return 2 - width(before)
    return 0 if before == _JOINER else width(character)


def _emoji_narrow(character: str, before: str) -> int:
    return 1 if character >= "\U0001f000" or character in "✅❌⭐⚡" else width(character)


_MEASURES: tuple[Measure, ...] = (
    lambda character, _: width(character),
    _as_drawn,
    _emoji_narrow,
    lambda character, _: min(width(character), 1),
    lambda _, __: 1,
)
"""Ways in which editors count cells; authors align a row by one of them, the first being usual."""


def _meetings(cells: list[str], near: list[list[str]]) -> int:
    """How many upright lines of a row go on in the rows above and below it."""
    above, below = near
    count = 0
    for column, character in enumerate(cells):
        arms = line_arms(character) & (UP | DOWN) if character else 0
        if arms & UP and column < len(above) and line_arms(above[column] or " ") & DOWN:
            count += 1
        if arms & DOWN and column < len(below) and line_arms(below[column] or " ") & UP:
            count += 1
    return count


def _uprights(cells: list[str], arm: int) -> list[int]:
    """The columns of a row whose line character has an arm up, or down.

    Where upright lines are drawn, a plus or bar of ASCII is text.
    """
    found = [column for column, sign in enumerate(cells) if sign and line_arms(sign) & arm]
    drawn = [column for column in found if cells[column] not in ASCII_ARMS]
    return drawn or found


def _shift(cells: list[str], offsets: list[int], column: int, by: int) -> None:
    """Move a cell, and all right of it, by drawing out or taking in what is left of it.

    An arrowhead before the cell moves with it. A line or blanks are taken in as far as they go.
    """
    at = column - 1 if column and cells[column - 1] in HEADS else column
    left = cells[at - 1] if at else " "
    filler = left if line_arms(left or "x") == LEFT | RIGHT else " "
    if by > 0:
        cells[at:at] = [filler] * by
        offsets[at:at] = [offsets[at]] * by
        return
    start = at
    while start > max(at + by, 0) and cells[start - 1] == filler:
        start -= 1
    del cells[start:at], offsets[start:at]


def _put_back(cells: list[str], offsets: list[int], column: int, length: int) -> None:
    """Leave what stands after two blanks right of the last wall where it stood."""
    moved = length - len(cells)
    gap = column
    while gap < len(cells) and cells[gap] == " ":
        gap += 1
    if gap - column < 2 or gap == len(cells) or gap - column <= -moved:
        return
    if moved < 0:
        del cells[gap + moved : gap], offsets[gap + moved : gap]
    else:
        cells[gap:gap] = [" "] * moved
        offsets[gap:gap] = [offsets[gap]] * moved


class Area:
    """A set of cells, filled by stretches of rows: as small as the text that it covers."""

    def __init__(self) -> None:
        self._rows: dict[int, bytearray] = {}

    def add(self, row: int, left: int, right: int) -> None:
        """Add the cells of a row from one column to another, both included."""
        if right < left:
            return
        cells = self._rows.setdefault(row, bytearray())
        if len(cells) <= right:
            cells.extend(bytes(right + 1 - len(cells)))
        cells[left : right + 1] = b"\1" * (right + 1 - left)

    def __contains__(self, cell: Cell) -> bool:
        cells = self._rows.get(cell[0], b"")
        return 0 <= cell[1] < len(cells) and cells[cell[1]] == 1


class Canvas:
    """The grid. Rows may differ in length; outside them every cell is blank.

    A row with characters whose width editors disagree on is laid out in the way in which most of
    its upright lines meet those of the rows about it.
    """

    def __init__(self, source: SourceFile, start: int, end: int) -> None:
        self.source = source
        self.rows: list[list[str]] = []
        self.offsets: list[list[int]] = []
        self.complete = True
        left = MAX_CELLS
        unsure: dict[int, tuple[str, int]] = {}
        quoted = _QUOTED.fullmatch(source.text, start, end) is not None
        at = start
        while at < end:
            stop = source.text.find("\n", at, end)
            stop = end if stop < 0 else stop
            if left <= 0:
                self.complete = False
                break
            after = stop + 1
            mark = _QUOTE.match(source.text, at, stop) if quoted else None
            at = mark.end() if mark else at
            line = source.text[at:stop].rstrip("\r")
            if not _is_even(line) and any(width(sign) != 1 for sign in line.replace("\t", " ")):
                unsure[len(self.rows)] = line, at
            cells, offsets = self._laid_out(line, at, _MEASURES[0], left)
            left -= len(cells) + 1
            self.rows.append(cells)
            self.offsets.append(offsets)
            at = after
        self._settle(unsure)
        for row in range(1, len(self.rows)):
            self._straighten(row)
        self.end = min(end, len(source.text))

    def _laid_out(
        self, line: str, start: int, measure: Measure, room: int
    ) -> tuple[list[str], list[int]]:
        if len(line) <= room and _is_even(line):
            return list(line), list(range(start, start + len(line) + 1))
        cells: list[str] = []
        offsets: list[int] = []
        before = ""
        for at, character in enumerate(line, start):
            taken = 8 - len(cells) % 8 if character == "\t" else measure(character, before)
            before = character
            if len(cells) + taken > room:
                self.complete = False
                break
            cells.extend([" " if character == "\t" else character, *[""] * (taken - 1)][:taken])
            offsets.extend([at] * taken)
        offsets.append(start + len(line))
        return cells, offsets

    def _settle(self, unsure: dict[int, tuple[str, int]]) -> None:
        """Lay out each unsure row by the measure under which most of its lines meet others."""
        below = self._sure_below(unsure)
        for row, (line, start) in unsure.items():
            near = [self.rows[row - 1] if row else [], below[row]]
            best = _meetings(self.rows[row], near)
            for measure in _MEASURES[1:]:
                cells, offsets = self._laid_out(line, start, measure, MAX_CELLS)
                meetings = _meetings(cells, near)
                if meetings > best:
                    best = meetings
                    self.rows[row], self.offsets[row] = cells, offsets

    def _sure_below(self, unsure: Mapping[int, object]) -> dict[int, list[str]]:
        """For each unsure row the next one below it that is laid out surely."""
        found: dict[int, list[str]] = {}
        sure: list[str] = []
        for row in range(len(self.rows) - 1, -1, -1):
            if row in unsure:
                found[row] = sure
            else:
                sure = self.rows[row]
        return found

    def _straighten(self, row: int) -> None:
        """Move the upright lines of a row under those of the row above, where they are as many.

        Text a little too long or too short pushes every wall right of it out of true.
        """
        wanted = _uprights(self.rows[row - 1], DOWN)
        found = _uprights(self.rows[row], UP)
        if len(wanted) > MAX_WALLS:
            return
        if len(wanted) != len(found):
            found = [at for at in found if not line_arms(self.rows[row][at]) & DOWN]
        if len(wanted) != len(found):
            return
        shifts = [want - have for want, have in zip(wanted, found, strict=True)]
        if not any(shifts):
            return
        grows = [abs(one - other) for one, other in pairwise([0, *shifts])]
        if grows[0] == 0 and all(self._walled(at, wanted[0]) for at in (row - 1, row)):
            grows.pop()  # the wall of a frame round the whole drawing
            found = found if abs(shifts[-1] - shifts[-2]) <= MAX_SHIFT else found[:-1]
        if max(grows) > MAX_SHIFT:
            return
        cells, offsets = list(self.rows[row]), list(self.offsets[row])
        for want, have in zip(wanted, found, strict=False):
            column = have + len(cells) - len(self.rows[row])
            _shift(cells, offsets, column, want - column)
        _put_back(cells, offsets, wanted[len(found) - 1] + 1, len(self.rows[row]))
        self.rows[row], self.offsets[row] = cells, offsets

    def _walled(self, row: int, left: int) -> bool:
        """Whether a row starts and ends with a wall."""
        line = "".join(self.rows[row])
        ends = line[:left].isspace() or not left
        return ends and bool(line_arms(line.rstrip()[-1:] or " ") & (UP | DOWN))

    def at(self, row: int, column: int) -> str:
        """The character of a cell: blank outside the grid, empty in a wide one's second half."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return self.rows[row][column]
        return " "

    def arms(self, row: int, column: int) -> int:
        """The arms of the line character in a cell."""
        return line_arms(self.at(row, column))

    def offset(self, row: int, column: int) -> int:
        """Where in the file the character of a cell stands; past the row, where its line ends."""
        offsets = self.offsets[row]
        return offsets[min(max(column, 0), len(offsets) - 1)]

    def text(self, row: int, left: int, right: int) -> Text:
        """The characters in the cells from ``left`` up to ``right``, trimmed."""
        start = self.offset(row, left)
        return slice_of(self.source, start, max(start, self.offset(row, right)))
