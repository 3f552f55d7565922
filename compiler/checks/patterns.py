"""Patterns of file names and ``~``, which a shell would have replaced: no shell reads a command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..commands import Word
from ..findings import Findings
from ..lexicon import words
from ..plan import Plan
from ..sites import Workflow
from .processes import Process, processes

_OF_FILES = words(
    "cat chgrp chmod chown cp df du file gunzip gzip head less ls mkdir mv nl rm rmdir rsync scp"
    " sha256sum md5sum sort stat tac tail tar touch truncate unlink uniq unzip wc xz zcat zip"
)
"""Programs that take names of files, and match no patterns themselves."""
_AFTER_PATTERN = words("grep egrep fgrep zgrep sed")
"""Programs whose first word is a pattern of their own, and files come behind it."""
_RUNS_IN = words("kubectl oc docker podman")
"""Programs that run another one, as it stands, behind ``--`` or in a container."""

_GLOB = r"\*|\?|\[[^\[\]\s]+\]|\{[^{},\s]*,[^{}\s]*\}"
_HOME = r"~(?:/|$)"
_ELSEWHERE = r"[\w.@-]+:"
"""``host:/var/log/*`` is another machine's, and its shell reads it."""
_QUOTED = r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.|\{\{[^{}]*\}\}"


def unexpanded(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM519: a program is given a pattern of file names as it stands."""
    for process in processes(workflow):
        for word, what in _patterns(process):
            findings.add(
                "ARM519",
                f"'{what}' stays as it is: no shell reads this command",
                process.place(word),
                label="no file is called so",
                help=_help(what),
            )


def _help(what: str) -> str:
    if what == "~":
        return "write the whole path"
    return "name the files, or find them: `find DIR -name PATTERN -exec … {} +`"


def _patterns(process: Process) -> Iterator[tuple[int, str]]:
    """The words that a shell would have replaced, and what in them."""
    for at in _file_words(process):
        text = _bare(process, process.words[at])
        if re.match(_ELSEWHERE, text):
            continue
        if re.match(_HOME, text):
            yield at, "~"
        elif found := re.search(_GLOB, text):
            yield at, found[0]


def _bare(process: Process, word: Word) -> str:
    """A word as it stands in the text, its quoted parts left out."""
    return re.sub(_QUOTED, "", process.item.text[word.start : word.end])


def _file_words(process: Process) -> Iterator[int]:
    """The places of the words that are names of files."""
    argv = process.argv
    first, program = 0, process.program
    if program in _RUNS_IN and "--" in argv and "exec" in argv:
        first = argv.index("--") + 1
        program = argv[first].rpartition("/")[2] if first < len(argv) else ""
    names = [at for at in range(first + 1, len(argv)) if not argv[at].startswith("-")]
    if program in _OF_FILES:
        yield from names
    elif program in _AFTER_PATTERN:
        yield from [at for at in names if not argv[at].isdigit()][1:]
