"""Templates, filled in for a run: in a sandbox, each value as text and nothing else.

Owns how a name that nobody has supplied shows: as a visible blank in what people read, as trouble
in what is carried out. A value never becomes a template, a command or a second argument.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, cast

from ..compiler.templates import read_names

BLANK = "____"
_PLAIN = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}")
_MARK = re.compile(r"\{[{%#]")


class CannotRender(ValueError):
    """A template that cannot be filled in; the message is a sentence for a person."""


def blanks(template: str, names: Mapping[str, str]) -> str:
    """The template with what is known; what is not shows as ``____ (name)``."""
    return _render(template, names, lambda name: f"{BLANK} ({name})")


def fill(template: str, names: Mapping[str, str]) -> str:
    """The template with what is known, for a line of text; what is not shows as ``<name>``."""
    return _render(template, names, lambda name: f"<{name}>")


def strict(template: str, names: Mapping[str, str]) -> str:
    """The template filled in; raises ``CannotRender`` where a name is missing."""
    missing = [each for each in reads(template) if each not in names]
    if missing:
        raise CannotRender(f"nobody has said what {missing[0]} is")
    return _render(template, names, lambda _name: "")


def nested(template: str, names: Mapping[str, Any]) -> str:
    """The template with names and mappings of names; raises ``CannotRender`` for a missing one."""
    return _from_environment(template, names)


def reads(template: str) -> tuple[str, ...]:
    """The names that a template reads, each once, in order."""
    uses, _error = read_names(template)
    return tuple(dict.fromkeys(use.name.partition(".")[0] for use in uses))


def rendered(value: Any, names: Mapping[str, str]) -> Any:
    """Plain data with every text in it filled in, each on its own; raises ``CannotRender``."""
    if isinstance(value, str):
        return strict(value, names)
    if isinstance(value, (list, tuple)):
        return [rendered(each, names) for each in cast(list[Any], value)]
    if isinstance(value, Mapping):
        known = cast(Mapping[str, Any], value)
        return {key: rendered(known[key], names) for key in known}
    return value


def _render(template: str, names: Mapping[str, str], absent: Callable[[str], str]) -> str:
    if not _MARK.search(template):
        return template
    plain = _PLAIN.sub("", template)
    if not _MARK.search(plain):
        return _PLAIN.sub(lambda m: names[m[1]] if m[1] in names else absent(m[1]), template)
    return _through_jinja(template, names, absent)


def _through_jinja(template: str, names: Mapping[str, str], absent: Callable[[str], str]) -> str:
    return _from_environment(template, {n: absent(n) for n in reads(template)} | dict(names))


def _from_environment(template: str, given: Mapping[str, Any]) -> str:
    from jinja2 import TemplateError

    try:
        return _environment().from_string(template).render(given)
    except TemplateError as error:
        raise CannotRender(f"the template cannot be filled in: {error.message}") from None
    except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise CannotRender(f"the template cannot be filled in: {error}") from None


@cache
def _environment() -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    environment.globals.clear()
    return environment
