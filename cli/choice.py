"""What one ``armada lint`` was asked for, and which findings count.

Owns the words of ``--select`` and ``--ignore``: codes, their beginnings, names of rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import click

from ..dsl.diagnostics import Diagnostic, Level

_CODE = re.compile(r"A(?:R(?:M\d{0,3})?)?")


@dataclass(frozen=True, slots=True)
class Choice:
    """The options of the command line; a field is called as its option is."""

    paths: tuple[str, ...]
    bindings: str | None
    inbound: str | None
    strict: bool
    select: tuple[str, ...]
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
        if self.write_baseline and self.baseline is None:
            raise click.UsageError("--write-baseline needs --baseline FILE")
        if self.bindings is not None and (self.fixes or self.diff):
            raise click.UsageError("--fix and --diff are for documents, not for --bindings")
        if self.inbound is not None and (self.paths or self.bindings or self.fixes or self.diff):
            raise click.UsageError("--inbound is checked alone, and nothing in it is mended")

    @property
    def failing(self) -> tuple[Level, ...]:
        """The levels that end the command with status 1."""
        return (Level.ERROR, Level.WARNING) if self.strict else (Level.ERROR,)


@dataclass(frozen=True, slots=True)
class Selection:
    """The findings that are wanted: by the beginnings of their codes; what is ignored wins."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]

    def code(self, code: str) -> bool:
        """Whether findings of this code are wanted."""
        wanted = not self.select or code.startswith(self.select)
        return wanted and not (self.ignore and code.startswith(self.ignore))

    def __call__(self, found: Diagnostic) -> bool:
        """Whether this finding is wanted."""
        return self.code(found.code)


def selection(choice: Choice) -> Selection:
    """What ``--select`` and ``--ignore`` mean."""
    return Selection(codes(choice.select), codes(choice.ignore))


def codes(given: Sequence[str]) -> tuple[str, ...]:
    """The codes, or beginnings of codes, that are meant: by themselves or by a rule's name."""
    words = [word.strip() for each in given for word in each.split(",") if word.strip()]
    return tuple(_code(word) for word in words)


def _code(word: str) -> str:
    from .catalogue import BY_NAME

    code = word.upper()
    if _CODE.fullmatch(code):
        return code
    if word.lower() in BY_NAME:
        return BY_NAME[word.lower()]
    from difflib import get_close_matches

    close = get_close_matches(word.lower(), BY_NAME, 1)
    hint = f"; did you mean {close[0]!r}?" if close else "; `armada rule` lists them all"
    raise click.UsageError(f"there is no rule {word!r}{hint}")
