"""Commands as they were typed: with a password in them, or with a word processor's signs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...dsl.clear_text import find_secrets, is_sample, named_secret
from ...dsl.patterns import lazy
from ..commands import Word
from ..findings import Findings
from ..plan import Plan
from ..sites import Workflow
from .commands import items, place

_OPTION = lazy(r"--?(?P<name>[A-Za-z][\w-]*)(?:=(?P<value>.*))?", re.DOTALL)
_LITERAL = lazy(r"(?:--from-literal=)?(?P<name>[A-Za-z]\w*)=(?P<value>.+)", re.DOTALL)
_REFERENCE = lazy(r"[/.~@$%<{\[]|env:|file:|https?:|(?:true|false|none|null|-)?\Z", re.I)
"""A value that is kept elsewhere, or none."""

_OBJECTS = frozenset(("secret", "cookie", "credential", "credentials"))
"""Options that name a thing that holds the secret."""

_SIGNS = lazy(r"(?<!\S)[\u2010-\u2015\u2212]+(?=\w)|[\u201c-\u201f\u2018-\u201b\u00a0]")


def secrets(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM550: a password or a token is an argument of a command."""
    for _, _, item in items(workflow):
        for process in item.command.processes if item.command is not None else ():
            for name, word, at in _given(process):
                span = place(item, word.start + at, word.end)
                findings.add(
                    "ARM550",
                    f"'{name}' is given in the command itself",
                    span,
                    label="in every copy of this file",
                    help="revoke it, and let the program read it from its environment or a file",
                    secret=True,
                )


def _given(process: Sequence[Word]) -> Iterator[tuple[str, Word, int]]:
    """Names of secrets, the words that hold them, and where in the word the value starts."""
    for at, word in enumerate(process):
        option = _OPTION.fullmatch(word.text)
        match = _LITERAL.fullmatch(word.text) or option
        if match is None or not _names_secret(match["name"]):
            continue
        if match["value"] is not None:
            if _is_secret(match["value"]):
                yield match["name"], word, match.start("value")
        elif at + 1 < len(process) and _is_secret(process[at + 1].text):
            yield match["name"], process[at + 1], 0


def _names_secret(name: str) -> bool:
    return named_secret(name) and name.lower() not in _OBJECTS


def _is_secret(value: str) -> bool:
    """Whether a value is one; what looks like one by itself is found wherever it stands."""
    known = _REFERENCE.match(value) is not None or value.startswith("-") or is_sample(value)
    return not known and len(value) > 3 and not any(find_secrets(value))


def signs(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM551: a dash, a quotation mark or a blank of a word processor stands in a command."""
    for _, _, item in items(workflow):
        if item.command is None:
            continue
        for found in _SIGNS.finditer(item.text):
            findings.add(
                "ARM551",
                f"{_called(found[0])} reaches the program as it is",
                place(item, *found.span()),
                help="type `-`, `'`, `\"` or a blank",
            )


def _called(sign: str) -> str:
    if sign == "\u00a0":
        return "a blank that does not break the line"
    what = "quotation mark" if "\u2018" <= sign[0] <= "\u201f" else "dash"
    return f"the {what} '{sign}'"
