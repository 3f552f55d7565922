"""Finding the columns of a table by what their headers mean, in any order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from .patterns import lazy
from .syntax import Table, Text
from .words import bare

MAX_COLUMNS = 100
"""How many columns of a table are looked at."""
_NOT_WORD = lazy(r"[\W_]+")
_UNSPACED = (("\u3040", "\u30ff"), ("\u4e00", "\u9fff"), ("\uac00", "\ud7af"))
"""Scripts that write no spaces between words, so that a word is found inside another."""

Meanings = Mapping[str, tuple[str, ...]]
"""For each kind of column, words that its header holds; earlier words bind stronger."""


def says_any(text: str, words: tuple[str, ...]) -> bool:
    """Whether a text holds one of these words as a word of its own."""
    title = f" {_NOT_WORD.sub(' ', text.lower()).strip()} "
    return any(_holds(title, word) for word in words)


def find_columns(
    header: tuple[Text, ...], meanings: Meanings, others: tuple[str, ...] = ()
) -> dict[str, int]:
    """The index of each kind of column that is there. A column has one kind, a kind one column.

    A column whose header holds one of the words in ``others`` is of no kind.
    """
    header = header[:MAX_COLUMNS]
    titles = [f" {_NOT_WORD.sub(' ', bare(cell).value.lower()).strip()} " for cell in header]
    titles = ["" if any(_holds(title, word) for word in others) else title for title in titles]
    ranked = sorted(
        (rank, at, order, kind)
        for order, (kind, words) in enumerate(meanings.items())
        for rank, word in enumerate(words)
        for at, title in enumerate(titles)
        if _holds(title, word)
    )
    columns: dict[str, int] = {}
    taken: set[int] = set()
    for _, at, _, kind in ranked:
        if kind not in columns and at not in taken:
            columns[kind] = at
            taken.add(at)
    return columns


def _holds(title: str, word: str) -> bool:
    return _sought(word) in title


@cache
def _sought(word: str) -> str:
    unspaced = any(first <= sign <= last for sign in word for first, last in _UNSPACED)
    return word if unspaced else f" {word} "


def cell(row: tuple[Text, ...], columns: Mapping[str, int], kind: str) -> Text | None:
    """The cell of a kind in a row, without marks; None where it is missing."""
    at = columns.get(kind)
    return bare(row[at]) if at is not None and at < len(row) else None


def mentions(path: tuple[str, ...], *stems: str) -> bool:
    """Whether the innermost heading holds one of these stems."""
    title = path[-1].lower() if path else ""
    return any(stem in title for stem in stems)


def rows(table: Table) -> list[tuple[Text, ...]]:
    """The rows that hold anything."""
    return [row for row in table.rows if any(text.value for text in row)]
