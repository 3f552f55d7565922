"""A document in canonical form, sure to mean what it meant.

Whatever the printer does, the plan's digest and the findings stay: a family of edits that would
change either is left out, so the worst that formatting can do is nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ..dsl.collector import collector_paused
from ..dsl.diagnostics import Edit
from ..dsl.format import applied, edits
from ..dsl.front import front_place
from ..dsl.parse import is_data, parse
from ..dsl.source import SourceFile
from ..dsl.syntax import Document
from .compile import Compiled, check_parsed
from .extending import Load

PASSES = 4


class Formatted(NamedTuple):
    """The text as it should be; ``left`` are families that would have changed the meaning."""

    text: str
    left: tuple[str, ...] = ()


class _Reading(NamedTuple):
    """A text, what it says and what it means."""

    source: SourceFile
    document: Document
    compiled: Compiled


def format_source(source: SourceFile, load: Load | None = None) -> Formatted:
    """A document as the printer writes it; what cannot be changed safely stays as it is.

    ``load`` gives the files that it extends, as for ``compile_source``.
    """
    with collector_paused():
        return _format(source, load)


def _format(source: SourceFile, load: Load | None) -> Formatted:
    left: tuple[str, ...] = ()
    reading = _read(source, load)
    for _ in range(PASSES):  # a second pass changes nothing, but where one edit enables another
        after, left = _once(reading, load)
        if after.source.text == reading.source.text:
            break
        reading = after
    return Formatted(reading.source.text, left)


def _read(source: SourceFile, load: Load | None) -> _Reading:
    document, parsed = parse(source)
    return _Reading(source, document, check_parsed(source, document, parsed, load))


def _once(before: _Reading, load: Load | None) -> tuple[_Reading, tuple[str, ...]]:
    source = before.source
    place = None if is_data(source) else front_place(source.text)
    front = None if place is None else source.span(*place)
    families = edits(source, before.document, front)
    after = _tried(before, [edit for family in families.values() for edit in family], load)
    if after is not None:
        return after, ()
    kept: list[Edit] = []
    left: list[str] = []
    after = before
    for family, changes in families.items():
        tried = _tried(before, [*kept, *changes], load)
        if tried is None:
            left.append(family)
        else:
            after = tried
            kept.extend(changes)
    return after, tuple(left)


def _tried(before: _Reading, changes: Sequence[Edit], load: Load | None) -> _Reading | None:
    """The text with these edits, None where it would mean something else."""
    if not changes:
        return before
    source = before.source
    after = _read(SourceFile(source.name, applied(source.text, changes)), load)
    if _digest(before.compiled) != _digest(after.compiled):
        return None
    return after if _findings(after.compiled) <= _findings(before.compiled) else None


def _findings(compiled: Compiled) -> Counter[tuple[str, str]]:
    return Counter((found.code, found.message) for found in compiled.diagnostics)


def _digest(compiled: Compiled) -> str:
    meant = compiled.plan or compiled.policy
    return "" if meant is None else meant.digest
