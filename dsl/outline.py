"""The lines of a Markdown document: front matter, sections, fences, tables, list items.

Reads the tree of ``document.lark`` into syntax nodes. What is left open (front matter, a fence, a
comment) or escaped is reported here, and read as far as it safely can be.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from lark import Token, Tree

from .codes import report
from .diagnostics import Diagnostic, Edit, Fix
from .grammar import parse_tree
from .patterns import lazy
from .source import SourceFile, Span
from .syntax import Fence, Heading, ListItem, Section, Table, Text
from .unfenced_charts import find_charts
from .words import bare, clip, slice_of

_CELL = lazy(r"(?:\\.|[^|\\]|\\\Z)*+")
_MARK = lazy(r"[ \t]*((?:\\`){3,}|`{3,}|~{3,})")
_QUOTED_ROW = lazy(r"^[ \t]{0,3}>[ \t]?(?=[ \t]{0,3}\|[^\n]*\|[ \t]*$)", re.MULTILINE)
_ORDERED = lazy(r"[ \t]*\d")


@dataclass(slots=True)
class Outline:
    """The parts of a document in the order of the text. ``front`` is the inside of its fence."""

    front: Span | None
    sections: tuple[Section, ...]
    comments: tuple[Text, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(slots=True)
class _Open:
    """A section that is still being filled."""

    heading: Heading | None
    path: tuple[str, ...]
    fences: list[Fence] = field(default_factory=list[Fence])
    tables: list[Table] = field(default_factory=list[Table])
    items: list[ListItem] = field(default_factory=list[ListItem])
    prose: list[Text] = field(default_factory=list[Text])

    def done(self) -> Section:
        return Section(
            self.heading,
            tuple(self.fences),
            tuple(self.tables),
            tuple(self.items),
            self.path,
            tuple(self.prose),
        )


def read_outline(source: SourceFile) -> Outline:
    """The outline of any text."""
    tree = parse_tree("document", _unquoted(source.text)) if source.text else None
    reader = _Reader(source)
    for node in tree.children if tree else ():
        if isinstance(node, Tree):
            reader.take_table(cast("list[Token]", node.children))
        else:
            reader.take(node)
    return reader.outline()


def _unquoted(text: str) -> str:
    """The text with blanks for the marks of quotations before rows of tables."""
    if ">" not in text or "|" not in text:
        return text
    return _QUOTED_ROW.sub(lambda marks: " " * len(marks[0]), text)


class _Reader:
    """Fills an outline from the tokens of the line grammar."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.front: Span | None = None
        self.sections = [_Open(None, ())]
        self.above: list[tuple[int, str]] = []
        self.comments: list[Text] = []
        self.found: list[Diagnostic] = []
        self.escaped: list[Fence] = []

    def outline(self) -> Outline:
        if self.escaped:
            self.found.append(self._escaped())
        self._take_charts()
        self._take_html_tables()
        sections = tuple(section.done() for section in self.sections)
        return Outline(self.front, sections, tuple(self.comments), tuple(self.found))

    def _take_charts(self) -> None:
        """Mermaid charts outside fences become fences; their lines are no text."""
        if "mermaid" not in self.source.text.lower():
            return
        for chart in find_charts(self.source, self._hidden()):
            section = self._emptied(chart.span)
            section.fences.append(chart)
            section.fences.sort(key=lambda other: other.span.start)

    def _take_html_tables(self) -> None:
        if "<table" not in self.source.text.lower():
            return
        from .html_tables import read_html_tables

        for table in read_html_tables(self.source, self._hidden()):
            section = self._emptied(table.span)
            section.tables.append(table)
            section.tables.sort(key=lambda other: other.span.start)

    def _hidden(self) -> list[Span]:
        hidden = [fence.span for section in self.sections for fence in section.fences]
        return hidden + [comment.span for comment in self.comments]

    def _emptied(self, place: Span) -> _Open:
        """The section in which a place lies, without the text and tables that lie in it."""
        starts = [section.heading.span.start for section in self.sections[1:] if section.heading]
        section = self.sections[bisect_right(starts, place.start)]
        inside = range(place.start, place.end)
        section.prose = [text for text in section.prose if text.span.start not in inside]
        section.items = [item for item in section.items if item.span.start not in inside]
        section.tables = [table for table in section.tables if table.span.start not in inside]
        return section

    def take(self, token: Token) -> None:
        read = _TAKE.get(token.type)
        if read:
            start = cast(int, token.start_pos)
            read(self, start, start + len(token))

    # --- one method a kind of line ---

    def front_matter(self, start: int, end: int) -> None:
        self.front = self._inside(start, end)

    def open_front(self, start: int, end: int) -> None:
        inside = self._inside(start, end, closed=False)
        self.front = inside
        at = inside.start - 1 if inside.start > start else start
        fence = slice_of(self.source, start, max(at, start))
        self.found.append(
            report(
                "ARM003",
                fence.span,
                "the front matter is never closed",
                label="opened here",
                help="close it with a line of three dashes",
            )
        )

    def heading(self, start: int, end: int) -> None:
        line = slice_of(self.source, start, end)
        marks = len(line.value) - len(line.value.lstrip("#"))
        title = clip(line, marks, len(line.value))
        cut = title.value.rstrip("#")
        if not cut or cut[-1] in " \t":
            title = clip(title, 0, len(cut))
        self._open_section(marks, title, line.span)

    def setext(self, start: int, end: int) -> None:
        feed = self.source.text.index("\n", start)
        rule = slice_of(self.source, feed, end)
        title = slice_of(self.source, start, feed)
        self._open_section(1 if rule.value[0] == "=" else 2, title, title.span.cover(rule.span))

    def _open_section(self, depth: int, title: Text, span: Span) -> None:
        title = bare(title)
        while self.above and self.above[-1][0] >= depth:
            self.above.pop()
        self.above.append((depth, title.value))
        path = tuple(name for _, name in self.above)
        self.sections.append(_Open(Heading(depth, title, span), path))

    def item(self, start: int, end: int) -> None:
        text = slice_of(self.source, start, end)
        ordered = _ORDERED.match(text.value) is not None
        before = self.source.text[start : text.span.start].expandtabs(4)
        self.sections[-1].items.append(ListItem(text, text.span, ordered, len(before)))

    def comment(self, start: int, end: int) -> None:
        self.comments.append(slice_of(self.source, start, end))

    def open_comment(self, start: int, end: int) -> None:
        self.comments.append(slice_of(self.source, start, end))
        at = self.source.text.index("<", start)
        self.found.append(
            report(
                "ARM017",
                self.source.span(at, at + 4),
                "the comment is never closed",
                label="everything from here on is inside it",
                help="close it with -->",
            )
        )

    def plain(self, start: int, end: int) -> None:
        text = slice_of(self.source, start, end)
        if "<!--" in text.value:
            self.comments.append(text)
        elif text.value:
            self.sections[-1].prose.append(text)

    def fence(self, start: int, end: int) -> None:
        self._add_fence(start, end, self._inside(start, end), closed=True)

    def open_fence(self, start: int, end: int) -> None:
        fence = self._add_fence(start, end, self._inside(start, end, closed=False), closed=False)
        opening = slice_of(self.source, start, self._line_end(start, end))
        lines = fence.text.rstrip()
        stop = fence.body.start + len(lines)
        feed = "" if not lines else "\n"
        closing = Edit(self.source.span(stop, stop), f"{feed}{self._mark(start)}")
        self.found.append(
            report(
                "ARM006",
                opening.span,
                "the fenced block is never closed",
                label="opened here",
                help="close it with a line of the same marks",
                fix=Fix("Close the fenced block", (closing,)) if lines else None,
            )
        )

    def take_table(self, tokens: list[Token]) -> None:
        rows = [self._cells(token) for token in tokens if token.type != "TABLE_RULE"]
        first, last = tokens[0], tokens[-1]
        start = cast(int, first.start_pos)
        whole = slice_of(self.source, start, cast(int, last.start_pos) + len(last))
        self.sections[-1].tables.append(Table(rows[0], tuple(rows[1:]), whole.span))

    def _cells(self, token: Token) -> tuple[Text, ...]:
        start = cast(int, token.start_pos)
        line = slice_of(self.source, start, start + len(token))
        if quoted := _QUOTED_ROW.match(line.value):
            line = clip(line, quoted.end(), len(line.value))
        value, at, cells = line.value, 0, list[Text]()
        if value.startswith("|"):
            at = 1
        while at <= len(value):
            found = _CELL.match(value, at)
            stop = found.end() if found else len(value)
            if stop < len(value) or value[at:stop].strip():
                cells.append(clip(line, at, stop))
            at = stop + 1
        return tuple(cells)

    # --- fences ---

    def _add_fence(self, start: int, end: int, body: Span, *, closed: bool) -> Fence:
        opening = slice_of(self.source, start, self._line_end(start, end))
        mark = _MARK.match(opening.value)
        info = opening.value[mark.end() :].split() if mark else []
        language = info[0].strip("{}.").lower() if info else ""
        text = self.source.text[body.start : body.end]
        whole = slice_of(self.source, start, end)
        fence = Fence(language, text, body, whole.span, closed)
        self.sections[-1].fences.append(fence)
        if "\\" in self._mark(start):
            self.escaped.append(fence)
        return fence

    def _mark(self, start: int) -> str:
        mark = _MARK.match(self.source.text, start)
        return mark[1] if mark else ""

    def _line_end(self, start: int, end: int) -> int:
        feed = self.source.text.find("\n", start, end)
        return end if feed < 0 else feed

    def _inside(self, start: int, end: int, *, closed: bool = True) -> Span:
        """The lines between the first line and, where there is one, the closing line."""
        text = self.source.text
        while text[start] in " \t\r\n":
            start += 1
        first = min(self._line_end(start, end) + 1, end)
        if not closed:
            return self.source.span(first, end)
        last = text.rfind("\n", first, end - 1 if text[end - 1] == "\n" else end) + 1
        return self.source.span(first, max(first, last))

    def _escaped(self) -> Diagnostic:
        text, edits = self.source.text, list[Edit]()
        at = text.find("\\`")
        while at >= 0:
            edits.append(Edit(self.source.span(at, at + 2), "`"))
            at = text.find("\\`", at + 2)
        first = self.escaped[0].span.start
        more = len(self.escaped) - 1
        return report(
            "ARM007",
            self.source.span(first, first + len(self._mark(first))),
            "backslashes keep this fence from being a fence",
            label="escaped, as by a shell here-document",
            notes=(f"{more} more in this file",) if more else (),
            help="remove the backslashes before the backticks",
            fix=Fix("Remove the backslashes before backticks", tuple(edits)),
        )


_TAKE: dict[str, Callable[[_Reader, int, int], Any]] = {
    "FRONT": _Reader.front_matter,
    "OPEN_FRONT": _Reader.open_front,
    "HEADING": _Reader.heading,
    "SETEXT": _Reader.setext,
    "ITEM": _Reader.item,
    "COMMENT": _Reader.comment,
    "OPEN_COMMENT": _Reader.open_comment,
    "TEXT": _Reader.plain,
    "FENCE": _Reader.fence,
    "OPEN_FENCE": _Reader.open_fence,
}
