"""A drawing as a grid of cells, placed by display width, and what each character can join.

A wide character takes two cells and a combining one none, as in a terminal; a tab goes to the next
multiple of eight. Every cell remembers the offset of its character in the file.
"""

from __future__ import annotations

from functools import cache, lru_cache
from unicodedata import category, east_asian_width, name

from .source import SourceFile
from .syntax import Text
from .words import slice_of

UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8
"""The four arms of a line character, as bits."""

STEP = {UP: (-1, 0), RIGHT: (0, 1), DOWN: (1, 0), LEFT: (0, -1)}
OPPOSITE = {UP: DOWN, DOWN: UP, LEFT: RIGHT, RIGHT: LEFT}
SIDES = (UP, RIGHT, DOWN, LEFT)

MAX_ROWS, MAX_COLUMNS = 2000, 1000

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


class Canvas:
    """The grid. Rows may differ in length; outside them every cell is blank."""

    def __init__(self, source: SourceFile, start: int, end: int) -> None:
        self.source = source
        self.rows: list[list[str]] = []
        self.offsets: list[list[int]] = []
        self.complete = True
        at = start
        while at < end:
            stop = source.text.find("\n", at, end)
            stop = end if stop < 0 else stop
            if len(self.rows) >= MAX_ROWS:
                self.complete = False
                break
            self._add(source.text[at:stop].rstrip("\r"), at)
            at = stop + 1
        self.end = min(end, len(source.text))

    def _add(self, line: str, start: int) -> None:
        cells: list[str] = []
        offsets: list[int] = []
        for at, character in enumerate(line, start):
            taken = 8 - len(cells) % 8 if character == "\t" else width(character)
            if len(cells) + taken > MAX_COLUMNS:
                self.complete = False
                break
            cells.extend([" " if character == "\t" else character, *[""] * (taken - 1)][:taken])
            offsets.extend([at] * taken)
        offsets.append(start + len(line))
        self.rows.append(cells)
        self.offsets.append(offsets)

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
