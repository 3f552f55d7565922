"""Alerts that fire, and which of them are news to a watch.

What fires when a watch begins is known and does not fail it; what begins to fire afterwards does,
also where the same alert had been firing before and ended in between. An alert is told apart by its
labels and by when it began. Owns that rule for every adapter that can read alerts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple, cast

from ...compiler.plan import canonical
from .contract import Result

SHOWN = 20
"""How many alerts a text names at most."""


class Firing(NamedTuple):
    """One alert that is firing; ``since`` is when it began, as its server writes it."""

    labels: Mapping[str, str]
    since: str

    @property
    def mark(self) -> str:
        """What tells it apart from every other alert, and from itself at another time."""
        told = canonical([sorted(self.labels.items()), self.since])
        return sha256(told.encode("utf-8", "replace")).hexdigest()[:16]


def labelled(labels: Mapping[str, str]) -> str:
    """Labels as a person reads them: ``Name{a=b, c=d}``."""
    rest = ", ".join(
        f"{k}={v}" for k, v in sorted(labels.items()) if k not in ("__name__", "alertname")
    )
    name = labels.get("__name__") or labels.get("alertname") or "value"
    return f"{name}{{{rest}}}" if rest else name


def judged(firing: Iterable[Firing], seen: Mapping[str, Any] | None) -> Result:
    """``alert`` where one fires (``seen`` None), or where one fires that no look had seen before.

    ``seen`` is what the look before had remembered; the first look of a watch remembers all.
    """
    found = {each.mark: each for each in firing}
    if seen is None:
        return _answer("alert" if found else "ok", _words(found.values()) or "nothing is firing")
    known: Any = seen.get("known")
    if not isinstance(known, list):
        told = f"firing already, and no news: {_words(found.values())}" if found else ""
        return _answer("ok", told or "nothing is firing", sorted(found))
    left = sorted(found.keys() & set(map(str, cast("list[Any]", known))))
    news = [each for mark, each in found.items() if mark not in left]
    if news:
        return _answer("alert", f"newly firing: {_words(news)}", left)
    return _answer("ok", "nothing new is firing", left)


def _answer(answer: Any, text: str, known: list[str] | None = None) -> Result:
    return Result(answer, text, remember=None if known is None else {"known": known})


def _words(firing: Iterable[Firing]) -> str:
    names = sorted(labelled(each.labels) for each in firing)
    more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
