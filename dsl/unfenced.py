"""Drawings that stand in no fence: in a paragraph, an indented block, a quotation, ``<pre>``.

Owns where such a drawing starts and ends: at lines that hold box characters, with what stands
between them, up to a blank line, a heading or a fence. ASCII is looked for only in indented blocks:
elsewhere ``+---+`` and ``|`` are tables. What was drawn is for ``diagram`` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from .patterns import lazy
from .source import SourceFile
from .syntax import Fence, Section

_QUOTED = lazy(r"[ \t]*(?:>[ \t]?)+")
_DRAWN = lazy(r"[─-╿]|[▼▲►◄▶◀↓↑]")
_CORNER = lazy(r"[┌┏╔╭][─━═]{2}")
_ASCII = lazy(r"(?: {4}|\t)[ \t]*[+|]|(?: {4}|\t)[ \t]*[-v^|](?:[ \t]|$)")
_ASCII_CORNER = lazy(r"\+-{2,}\+")
_BREAK = lazy(r"\s*(?:$|#{1,6}\s|`{3}|~{3})")

Line = tuple[int, int]
"""Where a line starts and ends, its break left out."""


def find_drawings(
    source: SourceFile, sections: tuple[Section, ...]
) -> Iterator[tuple[Section, Fence]]:
    """Each drawing outside the fences with the section it stands in, as a fence without marks."""
    starts = [section.heading.span.start if section.heading else 0 for section in sections]
    at = 0
    for block in _blocks(source, sections):
        drawing = _drawing(source, block)
        if drawing is not None:
            while at + 1 < len(sections) and starts[at + 1] <= drawing.span.start:
                at += 1
            yield sections[at], drawing


def _blocks(source: SourceFile, sections: tuple[Section, ...]) -> Iterator[list[Line]]:
    """Runs of lines that nothing parts, those in fences left out."""
    fences = sorted(
        (fence.span for section in sections for fence in section.fences),
        key=lambda span: span.start,
        reverse=True,
    )
    block: list[Line] = []
    for line in _lines(source.text):
        while fences and fences[-1].end <= line[0]:
            fences.pop()
        fenced = bool(fences) and fences[-1].start <= line[1]
        text = source.text[line[0] : line[1]]
        quoted = _QUOTED.match(text)
        if fenced or _BREAK.match(text, quoted.end() if quoted else 0):
            if block:
                yield block
            block = []
        else:
            block.append(line)
    if block:
        yield block


def _lines(text: str) -> Iterator[Line]:
    breaks = [-1, *(match.start() for match in re.finditer("\n", text)), len(text)]
    for before, after in pairwise(breaks):
        yield before + 1, after


def _drawing(source: SourceFile, block: list[Line]) -> Fence | None:
    texts = [source.text[start:end] for start, end in block]
    drawn = [at for at, text in enumerate(texts) if _DRAWN.search(text)]
    corner = _CORNER
    if not drawn:
        drawn = [at for at, text in enumerate(texts) if _ASCII.match(text)]
        corner = _ASCII_CORNER
    if len(drawn) < 3 or not any(corner.search(texts[at]) for at in drawn):
        return None
    start, end = block[drawn[0]][0], block[drawn[-1]][1]
    span = source.span(start, end)
    return Fence("", source.text[start:end], span, span)
