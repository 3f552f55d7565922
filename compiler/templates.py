"""The names that a template reads, with their places.

Almost every template in a workflow is text with plain ``{{ name }}``; those are scanned here. Only
a template that uses more of Jinja is handed to Jinja's parser, which is imported then. A template
is parsed, never rendered or folded: nothing it says is evaluated by reading it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..dsl.patterns import lazy
from .lexicon import words

RUN_NAMES: tuple[str, ...] = (
    "incident_id",
    "workflow",
    "title",
    "severity",
    "status",
    "commander",
    "services",
    "responders",
    "date",
    "declared_at",
    "resolved_at",
    "duration",
    "timeline",
)
"""The names that the run itself supplies."""

_PLAIN = lazy(r"\{\{-?\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*-?\}\}")
_MARK = lazy(r"\{\{|\{%|\{#")
_CODE = lazy(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_LONGEST = 100_000
"""Characters of a template with more than plain names in it; a longer one is an error."""
_LITERALS = frozenset({"true", "false", "none", "True", "False", "None"})
_OWN = frozenset({"range", "dict", "loop", "self", "super", "caller", "varargs", "kwargs"})
_OWN_MORE = frozenset({"lipsum", "cycler", "joiner", "namespace"})


@dataclass(frozen=True, slots=True)
class NameUse:
    """A name and where it stands in the template's text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TemplateError:
    """Why a template cannot be rendered, and where in its text."""

    message: str
    start: int
    end: int


_REACHES = words(
    "mro f_globals f_locals f_builtins f_code gi_frame gi_code gi_yieldfrom cr_frame cr_code"
    " ag_frame ag_code func_globals func_code func_closure im_class im_func im_self tb_frame"
)
"""Attributes that lead from a value to the program."""
_MACHINERY = frozenset({"self", "lipsum", "cycler", "joiner", "namespace", "caller", "context"})
"""Names of Jinja's own that are more than values."""


def read_names(text: str) -> tuple[tuple[NameUse, ...], TemplateError | None]:
    """Every use of a name in a template, in the order of the text."""
    marks = len(_MARK.findall(text))
    if not marks:
        return (), None
    plain = [
        NameUse(match.group(1), match.start(1), match.end(1))
        for match in _PLAIN.finditer(text)
        if match.group(1) not in _LITERALS
    ]
    if marks == len(_PLAIN.findall(text)):
        return tuple(plain), None
    return _read_jinja(text)


def _read_jinja(text: str) -> tuple[tuple[NameUse, ...], TemplateError | None]:
    if len(text) > _LONGEST:
        return (), TemplateError("the template is too long to be checked", 0, len(text))
    from jinja2 import TemplateSyntaxError, nodes
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment()
    try:
        tree = environment.parse(text)
        names = list(tree.find_all(nodes.Name))
        filters = [node.name for node in tree.find_all(nodes.Filter)]
        tests = [node.name for node in tree.find_all(nodes.Test)]
    except TemplateSyntaxError as error:
        return (), TemplateError(error.message or "syntax error", *_line(text, error.lineno))
    except (RecursionError, ValueError, OverflowError, MemoryError):
        return (), TemplateError("the template is nested too deeply", 0, len(text))
    for name, known in [(f, environment.filters) for f in filters] + [
        (t, environment.tests) for t in tests
    ]:
        if name not in known:
            return (), TemplateError(f"Jinja has no filter or test '{name}'", *_find(text, name))
    stored = {node.name for node in names if node.ctx != "load"} | _OWN | _OWN_MORE | _LITERALS
    wanted = {node.name for node in names if node.ctx == "load"} - stored
    return _uses(text, wanted), None


def escapes(text: str) -> tuple[TemplateError, ...]:
    """Where a template reaches for more than the values it is given; nothing is rendered.

    Attributes with a leading underscore or that lead to code, ``|attr``, texts that spell such a
    name, Jinja's own objects, and other templates. A template that cannot be parsed reaches
    nothing.
    """
    if not _MARK.search(text):
        return ()
    found = [
        TemplateError(f"'{match.group(1)}' reaches into the program", match.start(1), match.end(1))
        for match in _PLAIN.finditer(text)
        if _reaching(match.group(1))
    ]
    if len(_MARK.findall(text)) != len(_PLAIN.findall(text)):
        found.extend(_jinja_escapes(text))
    return tuple(found)


def _reaching(dotted: str) -> bool:
    first, *rest = dotted.split(".")
    machinery = first in _MACHINERY and bool(rest)
    return machinery or first.startswith("__") or any(_is_inner(part) for part in rest)


def _is_inner(attribute: str) -> bool:
    return attribute.startswith("_") or attribute in _REACHES


def _jinja_escapes(text: str) -> list[TemplateError]:
    if len(text) > _LONGEST:
        return []  # it has no plan: its names were not read
    from jinja2 import TemplateSyntaxError
    from jinja2.sandbox import SandboxedEnvironment

    try:
        tree = SandboxedEnvironment().parse(text)
        reached = dict.fromkeys(_reached(tree))
    except (TemplateSyntaxError, RecursionError, ValueError, OverflowError, MemoryError):
        return []
    plain = {each.group(1) for each in _PLAIN.finditer(text)}
    return [
        TemplateError(f"{shown!r} reaches into the program", *_find(text, word))
        for word, shown in reached
        if not any(word in dotted.split(".") for dotted in plain if _reaching(dotted))
    ]


def _reached(tree: Any) -> Iterator[tuple[str, str]]:
    """What to look for in the text, and what it is called."""
    from jinja2 import nodes

    for node in tree.find_all(nodes.Getattr):
        if _is_inner(node.attr):
            yield node.attr, node.attr
        elif isinstance(node.node, nodes.Name) and node.node.name in _MACHINERY:
            yield node.node.name, f"{node.node.name}.{node.attr}"
    for node in tree.find_all(nodes.Call):
        if isinstance(node.node, nodes.Name) and node.node.name in _MACHINERY:
            yield node.node.name, f"{node.node.name}()"
    for node in tree.find_all(nodes.Getitem):
        if isinstance(node.node, nodes.Name) and node.node.name in _MACHINERY:
            yield node.node.name, f"{node.node.name}[]"
    for node in tree.find_all(nodes.Filter):
        if node.name == "attr":
            yield "attr", "|attr"
    for node in tree.find_all(nodes.Const):
        if isinstance(node.value, str) and (
            "__" in node.value or node.value in ("attr", *_REACHES)
        ):
            yield node.value, node.value
    for node in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        word = "import" if isinstance(node, nodes.FromImport) else type(node).__name__.lower()
        yield word, word


def _uses(text: str, wanted: set[str]) -> tuple[NameUse, ...]:
    found: list[NameUse] = []
    for code in _CODE.finditer(text):
        for match in re.finditer(r"(?<![\w.\"'|])[A-Za-z_]\w*", code.group()):
            if match.group() in wanted:
                at = code.start()
                found.append(NameUse(match.group(), at + match.start(), at + match.end()))
    placed = {use.name for use in found}
    found.extend(NameUse(name, 0, len(text)) for name in sorted(wanted - placed))
    return tuple(found)


def _line(text: str, number: int) -> tuple[int, int]:
    lines = text.split("\n")
    number = min(max(number, 1), len(lines))
    start = sum(len(line) + 1 for line in lines[: number - 1])
    line = lines[number - 1]
    return start + len(line) - len(line.lstrip()), start + len(line.rstrip())


def _find(text: str, name: str) -> tuple[int, int]:
    at = text.find(name)
    return (at, at + len(name)) if at >= 0 else (0, len(text))
