"""Names made of words: a slug, and ids for the nodes of a drawing, each once."""

from __future__ import annotations

from .patterns import lazy

_APART = lazy(r"[\W_]+")

MAX_LENGTH = 40
"""How many characters of a label its id keeps."""


def slug(text: str) -> str:
    """Lower-case words joined by hyphens: ``Stage 2: Fix it`` → ``stage-2-fix-it``."""
    return _APART.sub("-", text.casefold()).strip("-")


class Names:
    """Gives out ids in reading order; the second of the same words ends in ``-2``."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}

    def take(self, label: str) -> str:
        """An id that is not yet taken, made of the letters and digits of a label."""
        stem = slug(label)[:MAX_LENGTH].strip("-") or "step"
        count = self._counts.get(stem, 0) + 1
        name = stem if count == 1 else f"{stem}-{count}"
        while name in self._taken:
            count += 1
            name = f"{stem}-{count}"
        self._counts[stem] = count
        self._taken.add(name)
        return name
