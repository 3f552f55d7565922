"""Patterns that are compiled when they are first used.

Owns no pattern. To compile all patterns takes longer than to read a document, and a document needs
few of them; so a module may be loaded for what else is in it.
"""

from __future__ import annotations

import re
from typing import Any, cast

_USES = (
    "findall",
    "finditer",
    "flags",
    "fullmatch",
    "groupindex",
    "groups",
    "match",
    "search",
    "split",
    "sub",
    "subn",
)


class Lazy:
    """Stands for a compiled pattern; from its first use on its methods are that pattern's own."""

    __slots__ = ("_flags", "pattern", *_USES)

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name not in _USES:
            raise AttributeError(name)
        made = re.compile(self.pattern, self._flags)
        for use in _USES:
            setattr(self, use, getattr(made, use))
        return getattr(made, name)


def lazy(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern like that of ``re.compile``; what is wrong with it is raised when it is used.

    A match's own ``re`` is the compiled pattern and not this one: they are not the same object.
    """
    return cast("re.Pattern[str]", Lazy(pattern, flags))
