"""Inline ignores: findings that the author has answered, with a reason, where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..dsl.diagnostics import Diagnostic, Edit, Fix, Level
from ..dsl.source import SourceFile, Span
from ..dsl.syntax import Ignore
from .findings import Findings


@dataclass(frozen=True, slots=True)
class Page:
    """A file and the ignores in it."""

    source: SourceFile
    ignores: tuple[Ignore, ...]


def apply_ignores(
    own: Page, shared: Sequence[Page], through: Mapping[str, Span], found: Iterable[Diagnostic]
) -> tuple[Diagnostic, ...]:
    """The findings without those ignored on their own line or the line above, in order.

    A finding in a shared file may also be ignored where the document extends it, which is its
    place in ``through``. An error forbids a plan and is never silenced. A code that silences
    nothing is itself found; in a shared file it may be of use to another document.
    """
    pages = {page.source.name: (page, _by_line(page.ignores)) for page in (*shared, own)}
    findings = Findings()
    used: set[tuple[int, str]] = set()
    for diagnostic in found:
        ignored = False
        for span in _places(diagnostic, through):
            page, by_line = pages.get(span.file, (own, {}))
            hits = _hits(page.source, by_line, span, diagnostic.code) if by_line else []
            ignored = ignored or bool(hits)
            if page is own:
                used.update(hits)
        if not ignored or diagnostic.level is Level.ERROR:
            findings.extend((diagnostic,))
    for at, ignore in enumerate(own.ignores):
        unused = [code for code in ignore.codes if (at, code) not in used]
        if unused:
            findings.add(
                "ARM190",
                f"nothing here gives {', '.join(unused)}",
                ignore.span,
                help="remove it from the ignore",
                fix=Fix("Remove what silences nothing", (_shortened(own.source, ignore, unused),)),
            )
    return findings.listed()


def _places(diagnostic: Diagnostic, through: Mapping[str, Span]) -> tuple[Span, ...]:
    entry = through.get(diagnostic.span.file)
    return (diagnostic.span,) if entry is None else (diagnostic.span, entry)


def _shortened(source: SourceFile, ignore: Ignore, unused: list[str]) -> Edit:
    """The ignore without these codes; without any it goes, and its line where nothing else is."""
    span = ignore.span
    kept = [code for code in ignore.codes if code not in unused]
    if kept:
        opened = source.text.index("[", span.start) + 1
        return Edit(source.span(opened, source.text.index("]", opened)), ", ".join(kept))
    start, end = source.line_span(ignore.line)
    before, after = source.text[start : span.start], source.text[span.end : end]
    if before.strip() or after.strip():
        return Edit(source.span(start + len(before.rstrip()), span.end), "")
    if ignore.line < source.line_count:
        end = source.text.index("\n", end) + 1
    return Edit(source.span(start, end), "")


def _by_line(ignores: tuple[Ignore, ...]) -> dict[int, list[tuple[int, Ignore]]]:
    lines: dict[int, list[tuple[int, Ignore]]] = {}
    for at, ignore in enumerate(ignores):
        for line in (ignore.line, ignore.line + 1):
            lines.setdefault(line, []).append((at, ignore))
    return lines


def _hits(
    source: SourceFile, by_line: dict[int, list[tuple[int, Ignore]]], span: Span, code: str
) -> list[tuple[int, str]]:
    line = source.position(span.start).line
    return [(at, code) for at, ignore in by_line.get(line, ()) if code in ignore.codes]
