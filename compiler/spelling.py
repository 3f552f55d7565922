"""Names that are nearly others: the same words written otherwise, or one slip of a key away.

Two names that differ in a plural, a number or a single letter between underscores are meant to be
two (``host`` and ``hosts``, ``step_1`` and ``step_2``), and so are short ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

_SHORTEST = 5
_MOST = 200_000
"""So many pairs of names are compared for one document; one with more is not for people."""


def comparable(number: int, known: Mapping[str, object]) -> Mapping[str, object]:
    """The known names, where so many others can be compared with them in good time; else none."""
    return known if number * len(known) <= _MOST else {}


def lookalike(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, or None; a name that is known is its own."""
    if len(name) > 80:
        return None
    found: str | None = None
    for other in known:
        if other == name:
            return None
        if found is None and (same_words(name, other) or _slip(name, other)):
            found = other
    return found


def same_words(name: str, other: str) -> bool:
    """``incidentId``, ``IncidentID`` and ``incident_id`` are one name, written in several ways."""
    return name != other and _bare(name) == _bare(other)


@lru_cache(4_096)
def _bare(name: str) -> str:
    return re.sub(r"[_\W]", "", name).lower()


def _slip(name: str, other: str) -> bool:
    if min(len(name), len(other)) < _SHORTEST or abs(len(name) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(name), len(other)) and name[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(name), len(other)) - start and name[-1 - end] == other[-1 - end]:
        end += 1
    left, right = name[start : len(name) - end], other[start : len(other) - end]
    slipped = max(len(left), len(right)) == 1 or (len(left) == 2 and left == right[::-1])
    return slipped and not _distinct(name, other, start, end, left + right)


def _distinct(name: str, other: str, start: int, end: int, letters: str) -> bool:
    """The difference is one that people make between two names."""
    if any(not letter.isalpha() for letter in letters):
        return True
    if not end and letters in ("s", "d", "r"):
        return True
    around = {_part(name, start, end), _part(other, start, end)}
    return any(len(part) <= 1 for part in around)


def _part(name: str, start: int, end: int) -> str:
    """The part between underscores in which two names differ."""
    first = name.rfind("_", 0, start) + 1
    last = name.find("_", len(name) - end)
    return name[first : last if last >= 0 else len(name)]
