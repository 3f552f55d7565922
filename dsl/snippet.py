"""A source line as a terminal shows it, and marks under parts of it.

Columns are display columns: wide characters take two, combining ones none, tabs become blanks.
Characters that would disturb a terminal (controls, direction marks) are shown as a box. A line
longer than the room is cut around the marks.
"""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import category

from .canvas import width
from .clear_text import masked
from .source import SourceFile

TAB = 4
ELLIPSIS = "…"
WINDOW = 300
"""Characters on either side of the first mark that are looked at where a line must be cut."""
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = frozenset("\u200d\ufe0f\ufe0e\u200c")


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of one line to be underlined: offsets in the line, and the words beside it.

    What is ``hidden`` is shown as stars, as is whatever looks like a secret.
    """

    start: int
    end: int
    label: str
    primary: bool
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """The text of a line ready for printing, and for each mark its display columns."""

    text: str
    marks: tuple[tuple[int, int, Mark], ...]


def show(source: SourceFile, line: int, marks: tuple[Mark, ...], room: int | None) -> Shown:
    """A line (from 1) and its marks, in at most ``room`` columns where that is given."""
    text, skipped = _near(source, line, marks, room)
    cells, starts = _spread(_without_secrets(text, skipped, marks))
    placed = [_place(mark, starts, skipped) for mark in marks]
    if room is not None and len(cells) > room:
        cells, cut = _cut(cells, min(start for start, _, _ in placed), max(room, 20))
        limit = len(cells)
        placed = [
            (min(max(start - cut, 0), limit - 1), max(min(end - cut, limit), 1), mark)
            for start, end, mark in placed
        ]
        placed = [(start, max(end, start + 1), mark) for start, end, mark in placed]
    return Shown("".join(cells).rstrip(), tuple(placed))


def _near(
    source: SourceFile, line: int, marks: tuple[Mark, ...], room: int | None
) -> tuple[str, int]:
    """The part of a line that can be seen, and how many characters of it stand before that.

    A line may be the whole file, and hold as many findings.
    """
    start, end = source.line_span(line)
    if room is None or end - start <= 2 * max(WINDOW, room):
        return source.text[start:end], 0
    first = start + min(mark.start for mark in marks)
    before = max(start, first - max(WINDOW, room))
    return source.text[before : min(end, first + max(WINDOW, room))], before - start


def _without_secrets(text: str, skipped: int, marks: tuple[Mark, ...]) -> str:
    text = masked(text)
    for mark in marks:
        if mark.hidden:
            start, end = max(mark.start - skipped, 0), max(mark.end - skipped, 0)
            text = text[:start] + "*" * len(text[start:end]) + text[end:]
    return text


def _spread(line: str) -> tuple[list[str], list[int]]:
    """The cells of a line, and for each character the column where it starts."""
    if line.isascii() and line.isprintable():
        return list(line), list(range(len(line) + 1))
    cells: list[str] = []
    starts: list[int] = []
    for character in line:
        starts.append(len(cells))
        if character == "\t":
            cells.extend(" " * (TAB - len(cells) % TAB))
        elif category(character) in _UNSAFE and character not in _JOINERS:
            cells.append("\ufffd")
        elif width(character) == 0:
            if cells:
                cells[-1] += character
        else:
            cells.append(character)
            cells.extend([""] * (width(character) - 1))
    starts.append(len(cells))
    return cells, starts


def _place(mark: Mark, starts: list[int], skipped: int) -> tuple[int, int, Mark]:
    last = len(starts) - 1
    start, end = (starts[min(max(at - skipped, 0), last)] for at in (mark.start, mark.end))
    return start, max(end, start + 1), mark


def _cut(cells: list[str], first: int, room: int) -> tuple[list[str], int]:
    """At most ``room`` cells around the column ``first``, and how far they are shifted left."""
    start = max(0, min(first - room // 3, len(cells) - room))
    part = cells[start : start + room]
    if start > 0:
        part[0] = ELLIPSIS
    if start + room < len(cells):
        part[-1] = ELLIPSIS
    return part, start
