"""Commands that cannot run unattended: parts never filled in, programs that want a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...dsl.patterns import lazy
from ..commands import Word
from ..findings import Findings
from ..lexicon import words
from ..plan import Plan
from ..sites import Workflow
from .commands import items, place

_PLACEHOLDER = lazy(
    r"<[A-Za-z][\w.-]*(?: [\w.-]+){0,5}>"
    r"|(?<![\w-])(?:TODO|TBD|FIXME|(?i:change[_-]?me|replace[_-]?me)|YOUR[_-][A-Z0-9_-]+)(?![\w-])"
)
_SEARCHING = words("ack ag egrep fgrep grep rg")
"""Programs that may look for the very word."""

_FULL_SCREEN = words("emacs htop k9s less man more nano nvim screen tmux vi vim visudo watch")
_EDITING = {
    "kubectl": "edit",
    "oc": "edit",
    "systemctl": "edit",
    "crontab": "-e",
}
_ATTACHING = {
    "kubectl": words("attach exec run"),
    "oc": words("attach exec rsh run"),
    "docker": words("exec run"),
    "podman": words("exec run"),
}
_TTY = lazy(r"--tty(?:=true)?|-[a-zA-Z]*t[a-zA-Z]*")


def placeholders(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM511: a part of a command was to be filled in, such as ``<pod>`` or ``CHANGEME``."""
    for _, _, item in items(workflow):
        if item.command is None or _searches(item.command.pipeline):
            continue
        for found in _PLACEHOLDER.finditer(item.text):
            findings.add(
                "ARM511",
                f"'{found[0]}' was to be filled in",
                place(item, *found.span()),
                label="a placeholder",
                help="write the name, or take it from an input: `{{ name }}`",
            )


def _searches(pipeline: Sequence[Sequence[str]]) -> bool:
    return any(argv[:1] and argv[0] in _SEARCHING for argv in pipeline)


def terminals(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM512: a command waits for keys; unattended it hangs until its time is over, or fails."""
    for _, _, item in items(workflow):
        for process in item.command.processes if item.command is not None else ():
            at = _waits(process)
            if at is not None:
                findings.add(
                    "ARM512",
                    f"'{process[at].text}' waits for somebody at a terminal",
                    place(item, process[at].start, process[at].end),
                    label="nobody is there",
                    help="write what it does there as a command, or leave it to a person as prose",
                )


def _waits(process: Sequence[Word]) -> int | None:
    """The place of the word that wants a terminal."""
    first = 1 if process and process[0].text == "sudo" else 0
    argv = [word.text for word in process[first:]]
    if not argv:
        return None
    program = argv[0].rpartition("/")[2]
    if program in _FULL_SCREEN or (program == "top" and not _batch(argv)):
        return first
    if _EDITING.get(program) in argv:
        return first + argv.index(_EDITING[program])
    verb = next((at for at, word in enumerate(argv) if word in _ATTACHING.get(program, ())), None)
    return None if verb is None else _tty(argv, verb, first)


def _tty(argv: Sequence[str], verb: int, first: int) -> int | None:
    """The option that asks for a terminal, before the command that is run in there begins."""
    kubernetes = argv[0].rpartition("/")[2] in ("kubectl", "oc")
    for at in range(verb + 1, len(argv)):
        if argv[at] == "--" or not (kubernetes or argv[at].startswith("-")):
            return None
        if _TTY.fullmatch(argv[at]):
            return first + at
    return None


def _batch(argv: Sequence[str]) -> bool:
    return any(re.fullmatch(r"-[a-zA-Z]*[bl].*", word) for word in argv[1:])
