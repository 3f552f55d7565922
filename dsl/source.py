"""Source text and places in it.

Owns the one way a place is named: a half-open range of character offsets into the text exactly as
it was read. Carriage returns, a byte-order mark and tabs stay in the text, so a span always points
at what the author's editor shows; line and column are derived on demand. Offsets count code points
rather than bytes because every reader here works on ``str``; the byte offset is a method away.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters ``start`` up to, not including, ``end`` of the file named ``file``."""

    file: str
    start: int
    end: int

    def cover(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(self.file, min(self.start, other.start), max(self.end, other.end))

    def sub(self, start: int, end: int) -> Span:
        """The part from ``start`` to ``end``, both relative to this span's start."""
        return Span(self.file, self.start + start, self.start + end)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a character stands: line and column, both counted from 1, column in code points."""

    line: int
    column: int


@dataclass(frozen=True)
class SourceFile:
    """A named text. ``name`` is only for showing; nothing reads the file system by it."""

    name: str
    text: str
    _starts: list[int] = field(default_factory=list[int], repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = self._starts
        starts.append(0)
        find, at = self.text.find, 0
        while (at := find("\n", at) + 1) > 0:
            starts.append(at)

    @property
    def line_count(self) -> int:
        """How many lines there are; a text without a line feed has one."""
        return len(self._starts)

    def span(self, start: int, end: int) -> Span:
        """The span of these offsets in this file."""
        return Span(self.name, start, end)

    def position(self, offset: int) -> Position:
        """Line and column of a character offset."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def line_span(self, line: int) -> tuple[int, int]:
        """Start and end offset of a line (from 1), its line ending left out."""
        start = self._starts[line - 1]
        end = self._starts[line] - 1 if line < len(self._starts) else len(self.text)
        if end > start and self.text[end - 1] == "\r":
            end -= 1
        return start, end

    def line_text(self, line: int) -> str:
        """The text of a line (from 1) without its line ending."""
        start, end = self.line_span(line)
        return self.text[start:end]

    def byte_offset(self, offset: int) -> int:
        """The offset in bytes of UTF-8 of a character offset."""
        return len(self.text[:offset].encode("utf-8", "surrogatepass"))


def decode(name: str, data: bytes) -> tuple[SourceFile, int | None]:
    """Text of bytes that claim to be UTF-8.

    Returns the source and the offset of the first byte that is not UTF-8, or None. Wrong bytes
    become U+FFFD, so that everything else in the file can still be checked.
    """
    try:
        return SourceFile(name, data.decode("utf-8")), None
    except UnicodeDecodeError as error:
        return SourceFile(name, data.decode("utf-8", "replace")), error.start
