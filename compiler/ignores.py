"""Inline ignores: findings that the author has answered, with a reason, where they stand."""

from __future__ import annotations

from collections.abc import Iterable

from ..dsl.diagnostics import Diagnostic, Edit, Fix, Level
from ..dsl.source import SourceFile
from ..dsl.syntax import Document, Ignore
from .findings import Findings


def apply_ignores(
    source: SourceFile, document: Document, found: Iterable[Diagnostic]
) -> tuple[Diagnostic, ...]:
    """The findings without those ignored on their own line or the line above, in order.

    An error forbids a plan and is never silenced. A code that silences nothing is itself found.
    """
    findings = Findings()
    used: set[tuple[int, str]] = set()
    by_line = _by_line(document.ignores)
    for diagnostic in found:
        hits = _hits(source, by_line, diagnostic) if by_line else []
        used.update(hits)
        if not hits or diagnostic.level is Level.ERROR:
            findings.extend((diagnostic,))
    for at, ignore in enumerate(document.ignores):
        unused = [code for code in ignore.codes if (at, code) not in used]
        if unused:
            findings.add(
                "ARM190",
                f"nothing here gives {', '.join(unused)}",
                ignore.span,
                help="remove it from the ignore",
                fix=Fix("Remove what silences nothing", (_shortened(source, ignore, unused),)),
            )
    return findings.listed()


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
    source: SourceFile, by_line: dict[int, list[tuple[int, Ignore]]], diagnostic: Diagnostic
) -> list[tuple[int, str]]:
    line = source.position(diagnostic.span.start).line
    return [
        (at, diagnostic.code)
        for at, ignore in by_line.get(line, ())
        if diagnostic.code in ignore.codes
    ]
