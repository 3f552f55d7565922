"""The findings of one compilation, collected.

Owns that a finding's level is its rule's, and that one place has at most one finding of a code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..dsl.clear_text import masked
from ..dsl.diagnostics import Diagnostic, Fix, Label, Level
from ..dsl.patterns import lazy
from ..dsl.source import Span
from .rules import RULES


class Findings:
    """A growing list of diagnostics."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span], Diagnostic] = {}
        self._compared = 0

    def add(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        label: str = "",
        secondary: Iterable[Label] = (),
        notes: Iterable[str] = (),
        help: str = "",
        fix: Fix | None = None,
        secret: bool = False,
    ) -> None:
        """Record a finding; a second one of this code at this place is left out."""
        found = Diagnostic(
            code,
            RULES[code].level,
            masked(one_line(message)),
            span,
            one_line(label),
            tuple(Label(other.span, one_line(other.text)) for other in secondary),
            tuple(one_line(note) for note in notes),
            one_line(help),
            fix,
            secret,
        )
        self._found.setdefault((code, span), found)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Record findings that others made."""
        for diagnostic in diagnostics:
            self._found.setdefault((diagnostic.code, diagnostic.span), diagnostic)

    def listed(self) -> tuple[Diagnostic, ...]:
        """All findings in the order of their places."""
        return tuple(sorted(self._found.values(), key=lambda found: found.order))

    @property
    def failed(self) -> bool:
        """True where a finding forbids a plan."""
        return any(found.level is Level.ERROR for found in self._found.values())

    def suggest(self, name: str, known: Iterable[str] | Callable[[], Iterable[str]]) -> str:
        """A help line as by ``suggestion``; none once very many names were compared."""
        if self._compared > MAX_COMPARED:
            return ""
        known = tuple(known() if callable(known) else known)
        self._compared += len(known)
        return suggestion(name, known)

    def closest(self, name: str, known: tuple[str, ...]) -> str | None:
        """The known name that is most like this one; None, too, once very many were compared."""
        if self._compared > MAX_COMPARED:
            return None
        self._compared += len(known)
        return nearest(name, known)


MAX_COMPARED = 50_000
"""How many pairs of names are compared in one document: its first findings have suggestions."""
_LISTED = 60
"""How many names a line lists; more would be cut."""
_LONGEST = 400
_BREAKS = lazy(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def one_line(text: str) -> str:
    """Text fit for one line of a report: control characters become spaces, far too much is cut."""
    text = _BREAKS.sub(" ", text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, or None where none is like it."""
    if len(name) > 80:
        return None
    from difflib import get_close_matches

    by_lower = {other.lower(): other for other in known}
    close = get_close_matches(name.lower(), list(by_lower), 1, 0.7)
    return by_lower[close[0]] if close else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """A help line: the nearest name if there is one, else what is known."""
    known = tuple(known)
    close = nearest(name, known)
    if close is not None:
        return f"did you mean '{close}'?"
    return f"use one of {listing(known)}" if known else ""


def listing(names: Iterable[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    names = tuple(names)
    if len(names) > _LISTED:
        return f"{', '.join(names[:_LISTED])} …"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
