"""Matchers of alerts: how they are written, and whether two sets of them can mean one alert.

Written as Alertmanager's own tool takes them: ``name=value``, ``!=``, ``=~``, ``!~``, the value in
quotes or bare. Owns the question that protects a plan from itself: it is answered *yes* wherever it
cannot be answered for certain, as for a value that a template fills in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

_FORM = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Matcher(NamedTuple):
    """A condition on one label; a pattern matches the whole value."""

    name: str
    value: str
    regex: bool = False
    equal: bool = True

    @property
    def text(self) -> str:
        """As it is written, the value in quotes."""
        sign = f"{'=' if self.equal else '!'}{'~' if self.regex else '' if self.equal else '='}"
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{sign}"{value}"'

    @property
    def open(self) -> bool:
        """Whether a template has yet to fill it in."""
        return "{{" in self.value

    def admits(self, value: str) -> bool:
        """Whether a label of this value passes; a pattern that cannot be read admits all."""
        if not self.regex:
            return (value == self.value) is self.equal
        try:
            return (re.fullmatch(self.value, value, re.DOTALL) is not None) is self.equal
        except (re.error, RecursionError, OverflowError):
            return True


def matcher(text: str) -> Matcher:
    """The matcher that a text writes; raises ``ValueError`` with what is wrong."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError('is no matcher; write it like severity="page" or job=~"api|web"')
    name, sign, value = found.groups()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = _ESCAPED.sub(lambda m: {"n": "\n"}.get(m[1], m[1]), value[1:-1])
    return Matcher(name, value, "~" in sign, sign[0] == "=")


def matchers_of(arguments: Mapping[str, Any]) -> tuple[Matcher, ...]:
    """Those that arguments state as ``labels`` and ``matchers``, without what is no matcher."""
    labels: Any = arguments.get("labels")
    stated: Any = arguments.get("matchers")
    found: list[Matcher] = []
    if isinstance(labels, Mapping):
        known = cast("Mapping[Any, Any]", labels)
        found += [Matcher(str(name), str(value)) for name, value in known.items()]
    for each in cast("list[Any]", stated) if isinstance(stated, (list, tuple)) else ():
        try:
            found.append(matcher(str(each)))
        except ValueError:
            continue
    return tuple(found)


def may_meet(one: Iterable[Matcher], other: Iterable[Matcher]) -> bool:
    """Whether one alert can match all of both."""
    by_name: dict[str, list[Matcher]] = {}
    for each in (*one, *other):
        if not each.open:
            by_name.setdefault(each.name, []).append(each)
    return all(_possible(each) for each in by_name.values())


def _possible(matchers: list[Matcher]) -> bool:
    """Whether a label can have a value that passes all of these."""
    exact = [each.value for each in matchers if each.equal and not each.regex]
    return not exact or any(all(each.admits(value) for each in matchers) for value in exact)


def matches_nothing_named(matchers: Iterable[Matcher]) -> bool:
    """Whether an alert without any of these labels would match: such a silence hides everything."""
    return all(each.admits("") and not each.open for each in matchers)
