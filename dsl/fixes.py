"""Applying fixes to a text.

Owns which of several fixes are applied together: never two that touch. Whether the result has
fixes of its own only another reading can say. The rest of the text stays as it is, carriage
returns and byte-order mark included.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from itertools import pairwise

from .diagnostics import Diagnostic, Edit
from .source import SourceFile


def apply_fixes(source: SourceFile, diagnostics: Iterable[Diagnostic]) -> tuple[str, int]:
    """The text with the findings' fixes applied, and how many were.

    A fix is applied whole or not at all. Of two that touch, the one whose finding comes first in
    the text is applied.
    """
    taken: list[Edit] = []
    places: list[tuple[int, int]] = []
    applied = 0
    for found in sorted(diagnostics, key=lambda found: found.order):
        edits = sorted(found.fix.edits, key=_place) if found.fix is not None else []
        if any(edit.span.file != source.name for edit in edits):
            continue  # of a shared file, which is mended where it is linted itself
        if edits and _apart(edits) and all(_free(_place(edit), places) for edit in edits):
            taken.extend(edits)
            for edit in edits:
                insort(places, _place(edit))
            applied += 1
    return _edited(source.text, taken), applied


def _place(edit: Edit) -> tuple[int, int]:
    return edit.span.start, edit.span.end


def _apart(edits: list[Edit]) -> bool:
    """True where no edit of one fix reaches into another of it."""
    return all(before.span.end <= after.span.start for before, after in pairwise(edits))


def _free(place: tuple[int, int], places: list[tuple[int, int]]) -> bool:
    """True where nothing in the sorted ``places``, which lie apart, touches this place."""
    at = bisect_right(places, place)
    before = places[at - 1][1] if at else -1
    after = places[at][0] if at < len(places) else place[1] + 1
    return before < place[0] and place[1] < after


def _edited(text: str, edits: list[Edit]) -> str:
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=_place):
        parts += [text[at : edit.span.start], edit.text]
        at = edit.span.end
    return "".join((*parts, text[at:]))
