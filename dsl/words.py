"""Cutting placed text: every part of a ``Text`` keeps its exact place.

Holds wherever a ``Text`` is a slice of the file (table cells, list items, headings, box lines), so
that a part's value is again the characters under its span. A part of a text that was written in
other characters (entities of a chart's label) is placed at the whole of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .source import SourceFile
from .syntax import Text

_EMPHASIS = re.compile(r"(\*{1,3}|_{1,3}|`{1,2}|~~)(?=\S)")


def slice_of(source: SourceFile, start: int, end: int) -> Text:
    """The characters from ``start`` to ``end`` of the file, trimmed."""
    return clip(Text(source.text[start:end], source.span(start, end)), 0, end - start)


def clip(text: Text, start: int, end: int) -> Text:
    """The part ``text.value[start:end]``, trimmed."""
    part = text.value[start:end]
    left = start + len(part) - len(part.lstrip())
    right = max(left, start + len(part.rstrip()))
    exact = text.span.end - text.span.start == len(text.value)
    return Text(text.value[left:right], text.span.sub(left, right) if exact else text.span)


def bare(text: Text) -> Text:
    """The text without the emphasis or code marks that enclose the whole of it."""
    while mark := _EMPHASIS.match(text.value):
        width = len(mark[1])
        if len(text.value) <= 2 * width or not text.value.endswith(mark[1]):
            break
        text = clip(text, width, len(text.value) - width)
    return text


def split(text: Text, separator: re.Pattern[str]) -> Iterator[Text]:
    """The parts between separators, trimmed, their marks taken off, empty ones left out."""
    at = 0
    for match in separator.finditer(text.value):
        yield from _kept(text, at, match.start())
        at = match.end()
    yield from _kept(text, at, len(text.value))


def _kept(text: Text, start: int, end: int) -> Iterator[Text]:
    part = bare(clip(text, start, end))
    if part.value:
        yield part
