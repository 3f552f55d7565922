"""HTML tables in Markdown, read as tables of cells whose spans lie inside them.

Refuses nothing: a table that is never closed, or has no rows, gives none. A cell's value is its
text with entities resolved and tags left out, so its span may hold more characters than its value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from .patterns import lazy
from .source import SourceFile, Span
from .syntax import Table, Text
from .words import slice_of

_OPEN = lazy(r"<table[\s>]", re.IGNORECASE)
_CLOSE = lazy(r"</table\s{0,9}>", re.IGNORECASE)
_LONGEST = 200_000
"""Characters of a table; a longer one is not read."""
_WIDEST = 50
"""Columns of a table that are read, and the most that a cell spans."""
_SPACE = lazy(r"\s+")

_Cell = tuple[Text, int, int]
"""A cell, how many columns and how many rows it spans."""


def read_html_tables(source: SourceFile, hidden: list[Span]) -> Iterator[Table]:
    """The tables outside the ``hidden`` spans (fences, comments), in the order of the text."""
    at = 0
    skipped = iter(sorted(hidden))
    skip = next(skipped, None)
    while opened := _OPEN.search(source.text, at):
        while skip is not None and skip.end <= opened.start():
            skip = next(skipped, None)
        closed = _CLOSE.search(source.text, opened.end(), opened.start() + _LONGEST)
        if skip is not None and skip.start <= opened.start():
            at = skip.end
            continue
        if closed is None:
            at = opened.start() + _LONGEST
            continue
        at = closed.end()
        grid = _grid(_Reader(source, opened.start(), at).rows)
        if len(grid) > 1:
            yield Table(grid[0], tuple(grid[1:]), source.span(opened.start(), at))


class _Reader(HTMLParser):
    """Collects the rows of one table; a table inside a cell is part of the cell's text."""

    def __init__(self, source: SourceFile, start: int, end: int) -> None:
        super().__init__(convert_charrefs=True)
        self._source = source
        self._start = start
        self._line_starts = [0]
        inside = source.text[start:end]
        found = inside.find("\n")
        while found >= 0:
            self._line_starts.append(found + 1)
            found = inside.find("\n", found + 1)
        self.rows: list[list[_Cell]] = []
        self._depth = 0
        self._cell: tuple[int, int, int] | None = None
        self._words: list[str] = []
        self.feed(inside)
        self.close()

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._start + self._line_starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell; a new one closes what was left open."""
        self._depth += tag == "table"
        if self._depth > 1:
            return
        if tag == "tr":
            self._end_cell()
            self.rows.append([])
        elif tag in ("td", "th"):
            self._end_cell()
            if not self.rows:
                self.rows.append([])
            given = dict(attrs)
            start = self._offset() + len(self.get_starttag_text() or "")
            self._cell = (start, _count(given.get("colspan")), _count(given.get("rowspan")))
        elif tag in ("br", "li", "p"):
            self._words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Close a cell with its row or its table."""
        if self._depth == 1 and tag in ("td", "th", "tr", "table", "thead", "tbody"):
            self._end_cell()
        self._depth -= tag == "table" and self._depth > 0

    def handle_data(self, data: str) -> None:
        """Take the text of a cell."""
        if self._cell is not None:
            self._words.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None:
            start, columns, rows = self._cell
            raw = slice_of(self._source, start, max(start, self._offset()))
            value = _SPACE.sub(" ", "".join(self._words)).strip()
            self.rows[-1].append((Text(value, raw.span), columns, rows))
        self._cell = None
        self._words = []


def _count(value: str | None) -> int:
    return min(max(int(value), 1), _WIDEST) if value and value.isascii() and value.isdigit() else 1


def _grid(rows: list[list[_Cell]]) -> list[tuple[Text, ...]]:
    """The rows with every cell repeated over the columns and rows that it spans."""
    grid: list[tuple[Text, ...]] = []
    pending: dict[int, tuple[Text, int]] = {}
    for row in rows:
        line: list[Text] = []
        cells = iter(row)
        cell = next(cells, None)
        while len(line) < _WIDEST and (cell is not None or len(line) in pending):
            if len(line) in pending:
                text, left = pending.pop(len(line))
                if left > 1:
                    pending[len(line)] = (text, left - 1)
                line.append(text)
                continue
            assert cell is not None
            text, columns, more = cell
            for _ in range(columns):
                if more > 1:
                    pending[len(line)] = (text, more - 1)
                line.append(text)
            cell = next(cells, None)
        if line:
            grid.append(tuple(line))
    return grid
