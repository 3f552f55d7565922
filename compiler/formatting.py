"""A document in canonical form, sure to mean what it meant.

Whatever the printer does, the plan's digest and the findings stay: a family of edits that would
change either is left out, so the worst that formatting can do is nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ..dsl.diagnostics import Edit
from ..dsl.format import applied, edits
from ..dsl.outline import read_outline
from ..dsl.parse import is_data, parse
from ..dsl.source import SourceFile
from .compile import Compiled, check_source
from .extending import Load

PASSES = 4


class Formatted(NamedTuple):
    """The text as it should be; ``left`` are families that would have changed the meaning."""

    text: str
    left: tuple[str, ...] = ()


def format_source(source: SourceFile, load: Load | None = None) -> Formatted:
    """A document as the printer writes it; what cannot be changed safely stays as it is.

    ``load`` gives the files that it extends, as for ``compile_source``.
    """
    left: tuple[str, ...] = ()
    text = source.text
    for _ in range(PASSES):  # a second pass changes nothing, but where one edit enables another
        found = _once(SourceFile(source.name, text), load)
        left = found.left
        if found.text == text:
            break
        text = found.text
    return Formatted(text, left)


def _once(source: SourceFile, load: Load | None) -> Formatted:
    before = check_source(source, load)
    front = None if is_data(source) else read_outline(source).front
    families = edits(source, parse(source)[0], front)
    together = [edit for family in families.values() for edit in family]
    text = _tried(source, before, together, load)
    if text is not None:
        return Formatted(text)
    kept: list[Edit] = []
    left: list[str] = []
    for family, changes in families.items():
        if _tried(source, before, [*kept, *changes], load) is None:
            left.append(family)
        else:
            kept.extend(changes)
    return Formatted(applied(source.text, kept), tuple(left))


def _tried(
    source: SourceFile, before: Compiled, changes: Sequence[Edit], load: Load | None
) -> str | None:
    """The text with these edits, None where it would mean something else."""
    if not changes:
        return source.text
    text = applied(source.text, changes)
    after = check_source(SourceFile(source.name, text), load)
    if _digest(before) != _digest(after):
        return None
    return text if _findings(after) <= _findings(before) else None


def _findings(compiled: Compiled) -> Counter[tuple[str, str]]:
    return Counter((found.code, found.message) for found in compiled.diagnostics)


def _digest(compiled: Compiled) -> str:
    meant = compiled.plan or compiled.policy
    return "" if meant is None else meant.digest
