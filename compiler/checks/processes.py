"""The processes that a workflow runs, as the checks of commands look at them.

Owns what only wraps a command: ``sudo``, ``time``, ``nice`` and the like are no part of it, and
``timeout`` bounds it. What is handed to a shell is no process here; ``ARM509`` speaks of it.

In the checks of commands patterns are texts: ``re`` compiles each where it is first needed, and
most documents have no command that needs most of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...dsl.diagnostics import Edit, Fix
from ...dsl.source import Span
from ...dsl.syntax import YamlScalar
from ..commands import Command, Word, read_command
from ..effects import operands
from ..lexicon import words
from ..sites import ActionSite, ItemSite, StageSite, Workflow
from .commands import place

_WRAPPERS: dict[str, frozenset[str]] = {
    "sudo": words("-u --user -g --group -h --host -p --prompt -C -D -R -T -U"),
    "nice": words("-n --adjustment"),
    "time": words("-f --format -o --output"),
    "timeout": words("-k --kill-after -s --signal"),
    "nohup": frozenset(),
    "env": words("-u --unset -C --chdir"),
    "stdbuf": words("-i -o -e --input --output --error"),
}
"""What only wraps a command, and which of its options take a value."""

_READERS = 10
"""So many processes behind one are looked at; a pipeline of more is none of people."""
_ASSIGNMENT = r"(?s)[A-Za-z_]\w*=.*"


class Process(NamedTuple):
    """One process of a command: its words without what wraps it.

    ``at`` is its place in the pipeline, from 0; ``bounded``: it is ended after a stated time.
    """

    stage: StageSite
    site: ActionSite
    item: ItemSite
    command: Command
    at: int
    words: tuple[Word, ...]
    bounded: bool = False

    @property
    def argv(self) -> list[str]:
        """The words as texts, the program without its folder."""
        return [self.program, *(word.text for word in self.words[1:])]

    @property
    def program(self) -> str:
        """The name of the program."""
        return self.words[0].text.rpartition("/")[2]

    @property
    def read(self) -> bool:
        """Whether another process reads what this one writes."""
        return self.at + 1 < len(self.command.processes)

    @property
    def after(self) -> list[list[str]]:
        """The next processes that read what this one writes, each as its words."""
        later = self.command.processes[self.at + 1 : self.at + 1 + _READERS]
        return [[word.text for word in process] for process in later]

    def place(self, first: int, last: int | None = None) -> Span:
        """The span of a word, or of those from ``first`` to ``last``."""
        end = self.words[first if last is None else last].end
        return place(self.item, self.words[first].start, end)

    @property
    def span(self) -> Span:
        """The span of the whole process, what wraps it left out."""
        return self.place(0, len(self.words) - 1)

    def operands(self) -> list[int]:
        """The places of the words that are neither options nor their values."""
        return operands(self.argv)

    def verbs(self, number: int = 2) -> tuple[str, ...]:
        """The first operands: ``kubectl -n shop rollout undo`` → rollout, undo."""
        argv = self.argv
        return tuple(argv[at] for at in self.operands()[:number])

    def removal(self, at: int, title: str) -> Fix | None:
        """A fix that removes a word and the blanks before it; None where quoting hides its place.

        Only a text whose every character stands in the file as it is has such a place.
        """
        if self.item.node.style not in ("plain", "single", "double", "literal"):
            return None
        before, word = self.words[at - 1], self.words[at]
        span = place(self.item, before.end, word.end)
        exact = span.end - span.start == word.end - before.end
        return Fix(title, (Edit(span, ""),)) if exact and at else None


def processes(workflow: Workflow) -> Iterator[Process]:
    """Every process of every command and compensation, in the order of the stages."""
    for stage, site, item in commands(workflow):
        command = item.command
        if command is None or by_shell(command):
            continue
        for at, process in enumerate(command.processes):
            first, bounded = _unwrapped([word.text for word in process])
            if first < len(process):
                yield Process(stage, site, item, command, at, process[first:], bounded)


def by_shell(command: Command | None) -> bool:
    """Whether a command is handed to a shell as a whole."""
    first = command.pipeline[:1] if command is not None else ()
    return any(argv[:2] == ("sh", "-c") for argv in first)


def commands(workflow: Workflow) -> Iterator[tuple[StageSite, ActionSite, ItemSite]]:
    """Every item, and behind those of its action what is carried out to undo it."""
    for stage in workflow.stages:
        for site in stage.actions:
            yield from ((stage, site, item) for item in site.items)
            undo = site.fields.get("compensate") if site.fields is not None else None
            if isinstance(undo, YamlScalar) and isinstance(undo.value, str):
                text = undo.raw.strip()
                command = read_command(text)
                if command is not None:
                    yield stage, site, ItemSite(text, undo, command.effect, command)


def _unwrapped(argv: Sequence[str]) -> tuple[int, bool]:
    """The place of the wrapped program, and whether a time bounds it."""
    at, bounded = 0, False
    while at < len(argv) and (wrapper := argv[at].rpartition("/")[2]) in _WRAPPERS:
        values = _WRAPPERS[wrapper]
        at += 1
        while at < len(argv) and argv[at].startswith("-") and argv[at] != "--":
            at += 2 if argv[at] in values else 1
        at += 1 if argv[at : at + 1] == ["--"] else 0
        if wrapper == "timeout":
            at, bounded = at + 1, True
        while wrapper in ("env", "sudo") and at < len(argv) and re.fullmatch(_ASSIGNMENT, argv[at]):
            at += 1
    return at, bounded


def option(argv: Sequence[str], *names: str, values: str = "") -> int | None:
    """The place of the first of these options, or None.

    ``--name`` stands alone or before ``=``. The letter of ``-x`` may stand among others (``-fx``),
    but not behind one of ``values``, the letters that take a value: ``-nfx``. Words behind ``--``
    are another program's.
    """
    for at, word in enumerate(argv[1:], 1):
        if word == "--":
            return None
        if any(_is_option(word, name, values) for name in names):
            return at
    return None


def _is_option(word: str, name: str, values: str) -> bool:
    if len(name) > 2:
        return word == name or (word.startswith(f"{name}=") and word != f"{name}=false")
    before, found, _ = word[1:].partition(name[1])
    cluster = word.startswith("-") and not word.startswith("--") and bool(found)
    return cluster and (not before or before.isalnum()) and not set(before) & set(values)
