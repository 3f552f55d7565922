"""What is wrong with a document, as data.

A diagnostic's *level* says how much it matters (error, warning, note); the word *severity* belongs
to incidents. Codes are stable; each has one page under ``docs/rules``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .source import Span


class Level(Enum):
    """How much a finding matters. ERROR: the document has no plan, or not the one it states."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Label:
    """Another place that a finding speaks of, and what stands there."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters of ``span`` by ``text``."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change with one safe answer: what it does, in the imperative, and its edits."""

    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding at one place.

    ``message`` is one terse sentence without a full stop; ``help`` is one imperative line;
    ``label`` is the few words printed under the carets; ``secondary`` are the other places.
    ``secret``: what stands at the place is never shown.
    """

    code: str
    level: Level
    message: str
    span: Span
    label: str = ""
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str = ""
    fix: Fix | None = None
    secret: bool = False

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """The key by which findings are listed: place, then code, then message."""
        return (self.span.file, self.span.start, self.span.end, self.code, self.message)
