"""What is wrong with a text whatever it says: secrets, characters nobody sees, left-over merges.

Owns the findings that need no grammar. Every one is looked for in time that grows with the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from unicodedata import name

from .clear_text import find_secrets
from .codes import report
from .diagnostics import Diagnostic, Edit, Fix, Label
from .patterns import lazy
from .source import SourceFile, Span

_TURNING = lazy("[\u202a-\u202e\u2066-\u2069]")
"""Characters that show what follows in another order than it is read in."""

_UNSEEN = lazy("[\u200b\u2060\ufeff\u00ad]")
"""Characters without width, which still make another word of a word."""

_CONFLICT = lazy(r"^(?:<{7}|>{7})(?: [^\n]*)?$", re.MULTILINE)


def scan(source: SourceFile, data: Iterable[Span], samples: Iterable[Span]) -> list[Diagnostic]:
    """The findings of a text; ``data`` are its blocks of YAML, ``samples`` its other fences."""
    return [
        *_secrets(source),
        *_unseen(source, data),
        *_conflicts(source, sorted(samples)),
    ]


def within(spans: Sequence[Span], at: int) -> bool:
    """Whether an offset is in one of these, which are in order and apart."""
    index = bisect_right(spans, at, key=lambda span: span.start)
    return index > 0 and at < spans[index - 1].end


def _secrets(source: SourceFile) -> Iterator[Diagnostic]:
    for start, end, like in find_secrets(source.text):
        yield report(
            "ARM025",
            source.span(start, end),
            f"this looks like {like}",
            label="in every copy of this file",
            help="revoke it, and read it from the environment where it is used",
            secret=True,
        )


def _unseen(source: SourceFile, data: Iterable[Span]) -> Iterator[Diagnostic]:
    """One finding a line, whose fix removes all there are in it."""
    yield from _hidden(source, _TURNING.finditer(source.text), "shows what follows turned round")
    for block in data:
        start = max(block.start, 1)  # a byte-order mark is none
        unseen = _UNSEEN.finditer(source.text, start, block.end)
        yield from _hidden(source, unseen, "is read and not seen")


def _hidden(
    source: SourceFile, matches: Iterable[re.Match[str]], what: str
) -> Iterator[Diagnostic]:
    for _, line in groupby(matches, lambda match: source.position(match.start()).line):
        spans = [source.span(*match.span()) for match in line]
        character = source.text[spans[0].start]
        yield report(
            "ARM026",
            spans[0],
            f"U+{ord(character):04X} ({name(character, 'unnamed').lower()}) {what}",
            help="remove the character",
            fix=Fix("Remove what nobody sees", tuple(Edit(span, "") for span in spans)),
        )


def _conflicts(source: SourceFile, samples: Sequence[Span]) -> Iterator[Diagnostic]:
    marks = [m for m in _CONFLICT.finditer(source.text) if not within(samples, m.start())]
    for first, last in pairwise(marks):
        if first[0][0] == "<" and last[0][0] == ">":
            yield report(
                "ARM023",
                source.span(*first.span()),
                "a merge was left unfinished here",
                secondary=(Label(source.span(*last.span()), "up to here"),),
                help="keep one of the two texts, and remove the marks",
            )
