"""What the project's configuration says of ``armada lint``: ``[tool.armada.lint]``.

Owns the keys and what each may be; a path or a pattern is relative to the configuration's folder.
Whatever is wrong there is ``Unreadable``: a key that is passed over would hide findings.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from .inputs import Unreadable, configuration

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration's answers; ``where`` is its file, empty where there is none."""

    where: str = ""
    select: Words = ()
    ignore: Words = ()
    extend_select: Words = ()
    preview: bool = False
    strict: bool = False
    per_file_ignores: tuple[tuple[str, Words], ...] = ()
    include: Words = ()
    exclude: Words = ()
    baseline: str | None = None

    def includes(self, path: str) -> bool:
        """Whether this Markdown is a workflow whatever its front matter says."""
        return self._matches(self.include, path)

    def excludes(self, path: str) -> bool:
        """Whether this file is passed over unless it alone is named."""
        return self._matches(self.exclude, path)

    def ignores(self, path: str) -> tuple[str, ...]:
        """The rules that are not looked for in this file."""
        rows = self.per_file_ignores
        return tuple(
            word for pattern, words in rows if self._matches((pattern,), path) for word in words
        )

    def _matches(self, patterns: Sequence[str], path: str) -> bool:
        """Patterns are those of ``.gitignore``, seen from the configuration's folder."""
        if not patterns:
            return False
        from pathspec import GitIgnoreSpec

        folder = os.path.dirname(os.path.abspath(self.where))
        within = os.path.relpath(os.path.abspath(path), folder).replace(os.sep, "/")
        return not within.startswith("../") and GitIgnoreSpec.from_lines(patterns).match_file(
            within
        )


def settings() -> Settings:
    """The settings of the nearest configuration; the defaults where there is none."""
    found = configuration()
    if found is None or "lint" not in found.table:
        return Settings()
    table = _table(found.path, "lint", found.table["lint"])
    given = {key: _value(found.path, key, value) for key, value in table.items()}
    return Settings(found.path, **{key.replace("-", "_"): given[key] for key in given})


def _value(where: str, key: str, value: Any) -> Any:
    if key not in _KEYS:
        from difflib import get_close_matches

        close = get_close_matches(key, _KEYS, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"the keys are: {', '.join(_KEYS)}"
        raise Unreadable(f"{where}: unknown key {key!r} in [lint]; {hint}")
    return _KEYS[key](where, key, value)


def _table(where: str, key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"{where}: {key!r} must be a table")
    return cast(dict[str, Any], value)


def _words(where: str, key: str, value: Any) -> Words:
    words = cast(list[Any], value) if isinstance(value, list) else [None]
    if not all(isinstance(word, str) and word.strip() for word in words):
        raise Unreadable(f"{where}: {key!r} must be a list of strings")
    return tuple(cast(list[str], words))


def _flag(where: str, key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unreadable(f"{where}: {key!r} must be true or false")
    return value


def _path(where: str, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Unreadable(f"{where}: {key!r} is a path, so it must be a string")
    return os.path.relpath(os.path.join(os.path.dirname(where), value))


def _by_pattern(where: str, key: str, value: Any) -> tuple[tuple[str, Words], ...]:
    rows = _table(where, key, value).items()
    return tuple((pattern, _words(where, f"{key}.{pattern}", words)) for pattern, words in rows)


_KEYS: Mapping[str, Callable[[str, str, Any], Any]] = {
    "select": _words,
    "ignore": _words,
    "extend-select": _words,
    "preview": _flag,
    "strict": _flag,
    "per-file-ignores": _by_pattern,
    "include": _words,
    "exclude": _words,
    "baseline": _path,
}
"""The keys of the table, and how each is read."""
