"""Lines that a machine could run: what is runnable, as which argv, and what it does to the world.

A line becomes a pipeline of argv processes; it is never handed to a shell, so text that only a
shell would understand is reported rather than passed on as words. The effect of a line is looked
up in a table of what is known to read; whatever is not known is UNSAFE.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..dsl.patterns import lazy
from .effects import PROGRAMS, process_effect
from .lexicon import words
from .plan import Effect


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a command line and where it stands in the line."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Command:
    """A runnable line: its processes, each a list of words, and its effect.

    ``shell_at`` is the place of the first character that needs a shell, None where there is none.
    """

    processes: tuple[tuple[Word, ...], ...]
    effect: Effect
    shell_at: tuple[int, int] | None = None

    @property
    def pipeline(self) -> tuple[tuple[str, ...], ...]:
        """The argv of each process."""
        return tuple(tuple(word.text for word in process) for process in self.processes)


_TOKEN = lazy(
    r"""(?P<space>\s+)
      | (?P<braces>\{\{[^{}]*\}\})
      | (?P<single>'[^']*')
      | (?P<double>"(?:[^"\\]|\\.)*")
      | (?P<escape>\\.)
      | (?P<shell>\|\||&&|&|;|>>?|<<?|\$[({A-Za-z_?$!#@*0-9]|`)
      | (?P<pipe>\|)
      | (?P<plain>[^\s'"\\|&;<>`$\{]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_IN_DOUBLE = lazy(r'\\(["\\$`\n])')
_SUBSTITUTION = lazy(r"\$[({A-Za-z_]|`")


def split(line: str) -> tuple[list[list[Word]], tuple[int, int] | None]:
    """The processes of a line and the place of the first thing that only a shell understands.

    Quotes and backslashes are those of POSIX; ``{{ name }}`` is one word. An unclosed quote is
    shell syntax too: no process could be given its words.
    """
    processes: list[list[Word]] = [[]]
    trouble: tuple[int, int] | None = None
    parts: list[str] = []
    start: int | None = None

    def close(at: int) -> None:
        nonlocal start
        if start is not None:
            processes[-1].append(Word("".join(parts), start, at))
            parts.clear()
            start = None

    for match in _TOKEN.finditer(line):
        form, text = match.lastgroup, match.group()
        if form == "space":
            close(match.start())
        elif form == "pipe":
            close(match.start())
            processes.append([])
        else:
            if trouble is None and _needs_shell(form, text):
                trouble = match.span()
            start = match.start() if start is None else start
            parts.append(_literal(form, text))
    close(len(line))
    if trouble is None and not all(processes):
        at = line.rfind("|")
        trouble = (at, at + 1)
    return processes, trouble


def _needs_shell(form: str | None, text: str) -> bool:
    if form == "double":
        return _SUBSTITUTION.search(text) is not None
    return form == "shell" or text in ("'", '"', "\\")


def _literal(form: str | None, text: str) -> str:
    if form == "single":
        return text[1:-1]
    if form == "double":
        return _IN_DOUBLE.sub(r"\1", text[1:-1])
    if form == "escape":
        return text[1:]
    if form == "braces":
        return "{{" + text[2:-2].strip() + "}}"
    return text


_FIRST = lazy(r"\s*(?:sudo\s+)?((?:\.{0,2}/)?[A-Za-z0-9_.+/-]+)")
_ENGLISH = words(
    "cat check cut date echo file find head host id join kill less make more mount nice node paste"
    " ping print printf ps service set sleep sort split stat tail test time top touch tr true watch"
    " which who write yes dig go cargo column df du env free install link ls nl open patch ss"
    " uptime"
    " wait"
)
_EVIDENCE = lazy(r"\s-{1,2}\w|[|/*=$]|\.\w|\d")


def is_runnable(line: str) -> bool:
    """True where a line looks like a command rather than prose.

    A known program in lower case, or a path; a program whose name is an English word needs more
    evidence, such as an option or a path among its words.
    """
    match = _FIRST.match(line)
    if match is None:
        return False
    first, rest = match.group(1), line[match.end() :]
    if rest and not rest[0].isspace() and rest[0] not in "|;&<>":
        return False
    if first.startswith(("/", "./", "../")):
        return True
    if first not in PROGRAMS:
        return bool(first.islower() and re.match(r"\s+(?:\S+\s+){0,6}--?\w[\w-]*(?:[=\s]|$)", rest))
    if first in _ENGLISH:
        return not rest.strip() or _EVIDENCE.search(rest) is not None
    return True


def read_command(line: str, *, shell: bool = False) -> Command | None:
    """The command of a line, or None where the line is prose."""
    if shell:
        word = Word(line, 0, len(line))
        argv = (Word("sh", 0, 0), Word("-c", 0, 0), word)
        return Command((argv,), Effect.UNSAFE)
    if not is_runnable(line):
        return None
    processes, trouble = split(line)
    named = tuple(tuple(process) for process in processes if process)
    effect = strongest(process_effect([word.text for word in process]) for process in named)
    return Command(named, Effect.UNSAFE if trouble else effect, trouble)


_ORDER = (Effect.READ, Effect.IDEMPOTENT, Effect.UNSAFE)


def strongest(effects: Iterable[Effect]) -> Effect:
    """The strongest of some effects; READ where there is none."""
    return max(effects, key=_ORDER.index, default=Effect.READ)
