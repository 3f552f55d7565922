"""What was written, node by node, each with its place.

The syntax tree says what the author wrote and where; it never says what it means. Meaning (which
agent, which kind of action, which deadline wins) is the compiler's. All nodes are frozen. A
Markdown document and the YAML form produce the same ``Document``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .diagnostics import Diagnostic
from .source import Span

# --- plain text -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """Some characters of the document, trimmed, and where they stand."""

    value: str
    span: Span


# --- YAML values ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class YamlScalar:
    """A scalar. ``value`` is resolved by the YAML 1.2 core schema, ``raw`` is its text.

    ``pieces`` map the text back to the source: ``(offset in raw, offset in file, length)``, in
    order; empty where no simple mapping exists (escapes, folding), and then every part of the
    text is placed at the whole scalar.
    """

    value: str | int | float | bool | None
    raw: str
    span: Span
    style: Literal["plain", "single", "double", "literal", "folded"] = "plain"
    pieces: tuple[tuple[int, int, int], ...] = ()

    def place(self, start: int, end: int) -> Span:
        """The span of ``raw[start:end]`` in the file."""
        first = self._offset(start)
        last = self._offset(end - 1) if end > start else first
        if first is None or last is None:
            return self.span
        return Span(self.span.file, first, last + (1 if end > start else 0))

    def _offset(self, at: int) -> int | None:
        for in_raw, in_file, length in self.pieces:
            if in_raw <= at < in_raw + length:
                return in_file + at - in_raw
        return None


@dataclass(frozen=True, slots=True)
class YamlSequence:
    """A list of values."""

    items: tuple[YamlNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class YamlMapping:
    """A mapping in the order of the text; a key that stands twice is kept once (the first)."""

    entries: tuple[tuple[YamlScalar, YamlNode], ...]
    span: Span

    def get(self, key: str) -> YamlNode | None:
        """The value under ``key``, or None."""
        for name, value in self.entries:
            if name.raw == key:
                return value
        return None

    def key(self, key: str) -> YamlScalar | None:
        """The node of the key itself, for diagnostics that point at it."""
        for name, _ in self.entries:
            if name.raw == key:
                return name
        return None

    def __iter__(self) -> Iterator[tuple[YamlScalar, YamlNode]]:
        return iter(self.entries)


YamlNode = YamlScalar | YamlSequence | YamlMapping


# --- conditions -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """A fact or the severity, possibly dotted: ``recent_deploy``, ``service.tier``."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class LiteralValue:
    """A number, string, boolean or duration (``duration`` true: ``value`` is milliseconds)."""

    value: str | int | float | bool
    span: Span
    duration: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    """``left op right``; ``op`` is one of ``== != < <= > >= in``; ``in`` has several rights."""

    op: str
    left: Name | LiteralValue
    right: tuple[Name | LiteralValue, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    operand: Condition
    span: Span


@dataclass(frozen=True, slots=True)
class BoolOp:
    """``AND`` or ``OR`` over two or more operands, in the order of the text."""

    op: Literal["and", "or"]
    operands: tuple[Condition, ...]
    span: Span


Condition = Name | LiteralValue | Compare | Not | BoolOp


# --- times ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """A response time: a deadline in milliseconds (0 for ``Immediate``), or deferred."""

    deadline_ms: int | None
    deferred: bool
    text: Text


@dataclass(frozen=True, slots=True)
class Window:
    """``15-30 min`` is from 900000 to 1800000; ``60+ min`` has no end.

    ``relative``: it counts from the line before (``after another 15 min``).
    """

    from_ms: int
    to_ms: int | None
    text: Text
    relative: bool = False


# --- the document ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heading:
    """A Markdown heading; ``title`` is its text without marks."""

    depth: int
    title: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block. ``body`` spans its inner lines, ``language`` is the word after its marks."""

    language: str
    text: str
    body: Span
    span: Span
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A pipe table: header cells and rows of cells, each trimmed and placed."""

    header: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ListItem:
    """One item of a list, its marker and emphasis kept in ``text``; ``indent`` is in columns."""

    text: Text
    span: Span
    ordered: bool
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it up to the next heading (None: the preamble)."""

    heading: Heading | None
    fences: tuple[Fence, ...]
    tables: tuple[Table, ...]
    items: tuple[ListItem, ...]
    path: tuple[str, ...]
    """The titles of the headings above, outermost first, this one's last."""
    prose: tuple[Text, ...] = ()
    """The lines that are nothing else, each trimmed, empty ones left out."""


@dataclass(frozen=True, slots=True)
class StageTitle:
    """``Stage 2a: Diagnose (observability)`` taken apart; each part is None where not written.

    ``ordinal`` is ``2a``; ``title`` is ``Diagnose``; ``agent`` is ``observability``.
    """

    ordinal: Text | None
    title: Text
    agent: Text | None
    span: Span


@dataclass(frozen=True, slots=True)
class StageBlock:
    """A stage as its heading (or a YAML stage entry) states it.

    ``fields`` are the stage-level keys (``actions``, ``output``, ``needs`` …) in the order of the
    text, from one mapping or several YAML blocks. ``unread``: something in them is no YAML or no
    mapping, so that what the author wrote there is not among the fields.
    """

    title: StageTitle
    fields: tuple[tuple[YamlScalar, YamlNode], ...]
    span: Span
    unread: bool = False

    def get(self, key: str) -> YamlNode | None:
        """The value of a stage-level key, or None."""
        for name, value in self.fields:
            if name.raw == key:
                return value
        return None


@dataclass(frozen=True, slots=True)
class FlowNode:
    """A box of a drawing, or a node of a Mermaid chart. ``lines`` are those below its title.

    ``label`` is the whole text where it is not the characters under the title's span.
    """

    id: str
    title: StageTitle
    lines: tuple[Text, ...]
    span: Span
    label: str = ""


@dataclass(frozen=True, slots=True)
class FlowEdge:
    """An arrow from one node to another, by id; ``span`` is the arrow's last character."""

    source: str
    target: str
    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class Flow:
    """What was understood of a drawing. ``confidence`` says how much; ``notes`` what was not."""

    form: Literal["drawing", "mermaid"]
    nodes: tuple[FlowNode, ...]
    edges: tuple[FlowEdge, ...]
    confidence: Literal["exact", "partial", "none"]
    span: Span
    notes: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class SeverityRow:
    """A row of the severity table. ``level`` is the number in its name, 1 the most urgent.

    ``agents`` is None where the table has no such column; ``everyone`` is true for ``All``;
    ``unclear`` where a response is stated of which no time could be read.
    """

    level: int | None
    name: Text
    criteria: Text | None
    response: ResponseTime | None
    agents: tuple[Text, ...] | None
    everyone: bool
    span: Span
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class SeverityTable:
    """The severity table, its rows in the order of the text; ``notes`` say what is unclear."""

    rows: tuple[SeverityRow, ...]
    span: Span
    notes: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class RungEntry:
    """One line of the escalation path.

    ``targets`` are its names without words such as ``notified`` or ``for SEV-1``; ``only_at`` the
    level such a guard names; ``condition`` other words that say when it counts (``if data loss``);
    ``mode`` is ``notify`` where the words make it a notice.
    """

    window: Window | None
    targets: tuple[Text, ...]
    only_at: tuple[int, Text] | None
    mode: Literal["page", "notify"]
    text: Text
    span: Span
    condition: Text | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """The escalation path: its rungs in the order of the text, and the heading's place.

    ``clock`` is what a line under the heading says stops it.
    """

    rungs: tuple[RungEntry, ...]
    heading: Span
    span: Span
    clock: Text | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """``Task("SEV-1 INCIDENT", "Complete outage", "hierarchical-coordinator")``."""

    kind: Text
    title: Text
    agent: Text
    level: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class Ignore:
    """An inline ``armada: ignore[ARM301] reason``; it covers its own and the next line."""

    codes: tuple[str, ...]
    reason: str
    line: int
    span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """One workflow document, whatever its surface form."""

    front: YamlMapping | None
    sections: tuple[Section, ...]
    stages: tuple[StageBlock, ...]
    flows: tuple[Flow, ...]
    severities: tuple[SeverityTable, ...]
    ladders: tuple[Ladder, ...]
    invocations: tuple[Invocation, ...]
    ignores: tuple[Ignore, ...]
    span: Span
    configurations: tuple[Document, ...] = ()
    """What blocks of YAML under a heading "Configuration" state, in the order of the text."""
