"""Diagnostics as people and programs read them: annotated source, JSON, GitHub annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .diagnostics import Diagnostic, Fix, Level
from .patterns import lazy
from .snippet import Mark, show
from .source import SourceFile, Span

Sources = Mapping[str, SourceFile]

_RESET = "\x1b[0m"
_COLORS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
    "place": "\x1b[1m",
    "gutter": "\x1b[34m",
    "secondary": "\x1b[34m",
    "help": "\x1b[32m",
}
_GITHUB = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_MIN_WIDTH = 40
DETAILED = 500
"""How many findings of one file are shown with the lines they speak of."""
_WORD = lazy(r"\S")


def render_text(
    source_files: Sources,
    diagnostics: Iterable[Diagnostic],
    *,
    color: bool,
    width: int | None,
) -> str:
    """Each finding with the lines it speaks of; findings are parted by an empty line.

    ``width`` is how many columns a line may take; None cuts nothing. A file with thousands of
    findings is broken as a whole: beyond ``DETAILED`` of them each is one line.
    """
    page = _Page(source_files, color, width)
    counts: Counter[str] = Counter()
    parts: list[str] = []
    for found in diagnostics:
        counts[found.span.file] += 1
        brief = counts[found.span.file] > DETAILED
        if parts and not (brief and counts[found.span.file] > DETAILED + 1):
            parts.append("\n")
        lines = [page.headline(found)] if brief else page.finding(found)
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


def as_json(source_files: Sources, diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """The findings as plain data. Lines and columns count from 1, offsets from 0."""
    return [
        {
            "code": found.code,
            "level": found.level.value,
            "message": found.message,
            **_place_data(source_files, found.span),
            "label": found.label,
            "secondary": [
                {**_place_data(source_files, label.span), "text": label.text}
                for label in found.secondary
            ],
            "notes": list(found.notes),
            "help": found.help,
            "fix": _fix_data(source_files, found.fix),
        }
        for found in diagnostics
    ]


def as_github(source_files: Sources, diagnostics: Iterable[Diagnostic]) -> str:
    """The findings as workflow commands, one a line, which GitHub shows beside the code."""
    return "".join(_github(source_files, found) + "\n" for found in diagnostics)


# --- text -----------------------------------------------------------------------------------------


class _Page:
    """Settles colour and width for all findings."""

    def __init__(self, sources: Sources, color: bool, width: int | None) -> None:
        self.sources = sources
        self.color = color
        self.width = None if width is None else max(width, _MIN_WIDTH)

    def headline(self, found: Diagnostic) -> str:
        level = found.level.value
        head = self._paint(f"{level}[{found.code}]", level)
        return f"{self._paint(f'{self._where(found.span)}:', 'place')} {head} {found.message}"

    def finding(self, found: Diagnostic) -> Iterator[str]:
        level = found.level.value
        yield self.headline(found)
        lines = list(self._lines(found))
        gutter = max((len(str(line)) for _, line, _ in lines), default=1) + 1
        yield from self._snippets(lines, gutter, level)
        ends = [("note", note, "note") for note in found.notes]
        ends += [("help", found.help, "help")] if found.help else []
        for title, words, color in ends:
            mark = self._paint("=", "gutter")
            yield f"{' ' * gutter}{mark} {self._paint(f'{title}:', color)} {words}"

    def _where(self, span: Span) -> str:
        source = self.sources.get(span.file)
        if source is None:
            return span.file
        position = source.position(span.start)
        return f"{span.file}:{position.line}:{position.column}"

    def _lines(self, found: Diagnostic) -> Iterator[tuple[SourceFile, int, tuple[Mark, ...]]]:
        """The lines to show, the finding's own file first, each with its marks."""
        places = [(found.span, found.label, True)]
        places += [(label.span, label.text, False) for label in found.secondary]
        hidden = {found.span} if found.secret else set[Span]()
        marks: dict[tuple[str, int], list[Mark]] = {}
        for span, label, primary in places:
            source = self.sources.get(span.file)
            if source is not None:
                line, mark = _mark(source, span, label, primary)
                mark = replace(mark, hidden=span in hidden)
                marks.setdefault((span.file, line), []).append(mark)
        own = found.span.file
        for file, line in sorted(marks, key=lambda key: (key[0] != own, key)):
            yield self.sources[file], line, tuple(marks[file, line])

    def _snippets(
        self, lines: list[tuple[SourceFile, int, tuple[Mark, ...]]], gutter: int, level: str
    ) -> Iterator[str]:
        blank = " " * gutter + self._paint("|", "gutter")
        room = None if self.width is None else self.width - gutter - 2
        before: tuple[str, int] | None = None
        for source, line, marks in lines:
            if before is None:
                yield blank
            elif before[0] != source.name:
                arrow = self._paint(":::", "gutter")
                yield f"{' ' * (gutter - 1)}{arrow} {source.name}:{line}"
            elif line > before[1] + 1:
                yield self._paint("...", "gutter")
            before = (source.name, line)
            shown = show(source, line, marks, room)
            number = self._paint(f"{line:>{gutter - 1}} |", "gutter")
            yield f"{number} {shown.text}".rstrip()
            for start, end, mark in shown.marks:
                sign = "^" if mark.primary else "-"
                words = f" {mark.label}" if mark.label else ""
                under = self._paint(
                    sign * (end - start) + words, level if mark.primary else "secondary"
                )
                yield f"{blank} {' ' * start}{under}"

    def _paint(self, text: str, color: str) -> str:
        return f"{_COLORS[color]}{text}{_RESET}" if self.color else text


def _mark(source: SourceFile, span: Span, label: str, primary: bool) -> tuple[int, Mark]:
    """The line that a span starts on, and its part of that line."""
    size = len(source.text)
    line = source.position(min(span.start, size)).line
    start, end = source.line_span(line)
    stop = min(span.end, end)
    if span.end > end and label == "" and _WORD.search(source.text, end, span.end):
        label = "…"
    return line, Mark(min(span.start, end) - start, max(stop, span.start) - start, label, primary)


# --- data -----------------------------------------------------------------------------------------


def _place_data(sources: Sources, span: Span) -> dict[str, Any]:
    source = sources.get(span.file)
    if source is None:
        return {"file": span.file, "start": None, "end": None}
    return {
        "file": span.file,
        "start": _point_data(source, span.start),
        "end": _point_data(source, span.end),
    }


def _point_data(source: SourceFile, offset: int) -> dict[str, int]:
    position = source.position(offset)
    return {"line": position.line, "column": position.column, "offset": offset}


def _fix_data(sources: Sources, fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [{**_place_data(sources, edit.span), "text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "edits": edits}


def _github(sources: Sources, found: Diagnostic) -> str:
    source = sources.get(found.span.file)
    fields = [f"file={_property(found.span.file)}"]
    if source is not None:
        start, end = source.position(found.span.start), source.position(found.span.end)
        fields += [f"line={start.line}", f"endLine={end.line}", f"col={start.column}"]
        fields += [f"endColumn={end.column}"] if end.line == start.line else []
    fields.append(f"title={found.code}")
    words = found.message if not found.help else f"{found.message}\nhelp: {found.help}"
    return f"::{_GITHUB[found.level]} {','.join(fields)}::{_escape(words)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
