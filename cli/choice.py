"""What one ``armada lint`` was asked for, and which findings count.

Owns the words of ``--select`` and ``--ignore``: codes, their beginnings, names of rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import click

from ..dsl.diagnostics import Diagnostic, Level
from .catalogue import BY_NAME, CATALOGUE
from .inputs import Unreadable
from .settings import Settings

_CODE = re.compile(r"A(?:R(?:M\d{0,3})?)?")


@dataclass(frozen=True, slots=True)
class Choice:
    """The options of the command line; a field is called as its option is."""

    paths: tuple[str, ...]
    bindings: str | None
    inbound: str | None
    strict: bool | None
    preview: bool | None
    select: tuple[str, ...]
    extend_select: tuple[str, ...]
    ignore: tuple[str, ...]
    fixes: bool
    diff: bool
    baseline: str | None
    write_baseline: bool
    exit_zero: bool
    statistics: bool
    skip_others: bool
    output_file: str | None
    quiet: bool
    stdin_filename: str
    form: str

    def __post_init__(self) -> None:
        """Options that do not go together are an error of usage."""
        if self.bindings is not None and (self.fixes or self.diff):
            raise click.UsageError("--fix and --diff are for documents, not for --bindings")
        if self.inbound is not None and (self.paths or self.bindings or self.fixes or self.diff):
            raise click.UsageError("--inbound is checked alone, and nothing in it is mended")


@dataclass(frozen=True, slots=True)
class Selection:
    """The findings that are wanted, by the beginnings of their codes; what is ignored wins.

    A rule of the preview is wanted under ``preview``, or where it is named in full.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    preview: bool = False

    def code(self, code: str) -> bool:
        """Whether findings of this code are wanted."""
        wanted = not self.select or code.startswith(self.select)
        early = CATALOGUE[code].preview and not self.preview and code not in self.select
        return wanted and not early and not (self.ignore and code.startswith(self.ignore))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of each file, and which levels fail: the command line over the settings."""

    stated: Settings
    base: Selection
    failing: tuple[Level, ...]

    def __call__(self, found: Diagnostic) -> bool:
        """Whether this finding is wanted."""
        return self.of(found.span.file).code(found.code)

    def of(self, path: str) -> Selection:
        """What is wanted of one file."""
        fewer = codes(self.stated.ignores(path), self.stated.where)
        return replace(self.base, ignore=(*self.base.ignore, *fewer)) if fewer else self.base


def wanted(choice: Choice, stated: Settings) -> Wanted:
    """What is wanted. An option replaces its key, except that ``extend-select`` adds to both."""
    select = codes(choice.select) or codes(stated.select, stated.where)
    more = codes(choice.extend_select) + codes(stated.extend_select, stated.where)
    ignore = codes(choice.ignore) or codes(stated.ignore, stated.where)
    preview = stated.preview if choice.preview is None else choice.preview
    strict = stated.strict if choice.strict is None else choice.strict
    failing = (Level.ERROR, Level.WARNING) if strict else (Level.ERROR,)
    everything = () if select else ("A",)
    return Wanted(stated, Selection((*select, *everything, *more), ignore, preview), failing)


def codes(given: Sequence[str], where: str = "") -> tuple[str, ...]:
    """The codes, or beginnings of codes, that are meant: by themselves or by a rule's name.

    ``where`` is the file that says so, if it is not the command line.
    """
    words = [word.strip() for each in given for word in each.split(",") if word.strip()]
    return tuple(_code(word, where) for word in words)


def _code(word: str, where: str) -> str:
    code = word.upper()
    if _CODE.fullmatch(code):
        return code
    if word.lower() in BY_NAME:
        return BY_NAME[word.lower()]
    from difflib import get_close_matches

    close = get_close_matches(word.lower(), BY_NAME, 1)
    hint = f"; did you mean {close[0]!r}?" if close else "; `armada rule` lists them all"
    trouble = f"there is no rule {word!r}{hint}"
    raise Unreadable(f"{where}: {trouble}") if where else click.UsageError(trouble)
