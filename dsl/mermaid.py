"""A Mermaid flowchart as a flow: its nodes in order of appearance, and the edges between them.

Owns the meaning of a chart's statements; their form is ``mermaid.lark``. Nothing is guessed: of a
statement that cannot be read to its end, what stands before the wrong place counts, the place is
named, and the chart is read in part. A Mermaid diagram of another kind has no edges here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from lark import Token, Tree

from .chart_labels import lines_of
from .codes import report
from .diagnostics import Diagnostic
from .grammar import parse_tree
from .heading import titled
from .patterns import lazy
from .source import SourceFile, Span
from .syntax import Fence, Flow, FlowEdge, FlowNode, Text

MAX_FINDINGS = 5
"""How many statements that cannot be read are named in one chart."""
MAX_CHARACTERS = 100_000
"""How much of a chart is read; Mermaid itself draws none above 50,000 characters."""
MAX_EDGES = 10_000
"""How many edges are read; Mermaid itself draws none above 500."""

_OPENING = lazy(
    r"(?:---[^\S\n]*\n(?:[^\n]*\n)*?[^\S\n]*---[^\S\n]*\n)?"
    r"(?:\s++|%%\{(?:[^%]|%(?!%))*+%%|%%[^\n]*)*+"
    r"(?P<kind>[A-Za-z][\w-]*)"
)
_FLOWCHART = lazy(r"(?:graph|flowchart)(?:-elk|-v2)?", re.IGNORECASE)
_DIRECTION = lazy(r"[^\S\n]+(?:TB|TD|BT|LR|RL|BR|[<>^v])(?=[\s;]|\Z)|(?=[\s;]|\Z)")
_KINDS = {
    "sequencediagram": "a sequence diagram",
    "classdiagram": "a class diagram",
    "statediagram": "a state diagram",
    "erdiagram": "an entity-relationship diagram",
    "gantt": "a Gantt chart",
    "pie": "a pie chart",
    "journey": "a user journey",
    "gitgraph": "a Git graph",
    "mindmap": "a mind map",
    "timeline": "a timeline",
    "quadrantchart": "a quadrant chart",
    "requirementdiagram": "a requirement diagram",
    "sankey": "a Sankey diagram",
    "xychart": "an XY chart",
    "block": "a block diagram",
    "packet": "a packet diagram",
    "kanban": "a Kanban board",
    "architecture": "an architecture diagram",
    "radar": "a radar chart",
    "treemap": "a tree map",
    "zenuml": "a ZenUML diagram",
    "c4context": "a C4 diagram",
    "c4container": "a C4 diagram",
    "c4component": "a C4 diagram",
    "c4dynamic": "a C4 diagram",
    "c4deployment": "a C4 diagram",
}
_EDGE_ID = lazy(r"([^\s\"@]+)@(?=[xo<]?[-=~])")
_LINK_TEXT = lazy(r"[xo<]?(?:--|==|-\.)\s*(.*?)\s*(?:--+[-xo>]|==+[=xo>]|-?\.+-[xo>]?)", re.S)
_DATA_LABEL = lazy(r"\blabel\s*:\s*(\"(?:\\.|[^\"\\])*+\"|'[^'\n]*'|[^\s,}][^,}\n]*)")
_SUBGRAPH = lazy(r"(?P<id>[^\[\"({]*?)\s*(?P<title>\[.*\]|\(.*\)|\{.*\}|\".*\")?", re.S)
_SUBGRAPH_TAIL = lazy(r"\s(?:%%|:::)[^\n]*\Z|:::[\w-]+\Z")

Reading = tuple[Flow, tuple[Diagnostic, ...]]


def read_mermaid(source: SourceFile, fence: Fence) -> Reading:
    """The flow of a fence of the language ``mermaid``, whatever kind of diagram it holds."""
    opening = _OPENING.match(fence.text)
    if opening is None or not _FLOWCHART.fullmatch(opening["kind"]):
        return _no_flow(fence, opening["kind"] if opening else None)
    direction = _DIRECTION.match(fence.text, opening.end())
    start = direction.end() if direction else opening.end()
    text = fence.text[start : start + MAX_CHARACTERS]
    chart = _Chart(source, fence.body.start + start)
    for statement in parse_tree("mermaid", text + "\n").children:
        chart.take(statement)
    chart.truncated |= start + MAX_CHARACTERS < len(fence.text)
    return chart.reading(fence)


def _no_flow(fence: Fence, kind: str | None) -> Reading:
    named = _KINDS.get(re.sub(r"(?:-v\d+|-beta)+\Z", "", kind.lower())) if kind else None
    note = report(
        "ARM011",
        fence.span.sub(0, 3),
        f"{named} is no flow" if named else "this Mermaid block holds no flowchart",
        help="draw the order of the stages as a `flowchart`, or write `needs:` in the stages",
    )
    return Flow("mermaid", (), (), "none", fence.span, (note,)), (note,)


@dataclass(slots=True)
class _Node:
    """A node as it was first met, and its label as last given, by offsets in the file."""

    span: Span
    label: tuple[int, int] | None = None


@dataclass(slots=True)
class _Chart:
    """What was read of a chart so far. ``start`` is the offset of the parsed text in the file."""

    source: SourceFile
    start: int
    nodes: dict[str, _Node] = field(default_factory=dict[str, _Node])
    groups: dict[str, _Node] = field(default_factory=dict[str, _Node])
    open_groups: list[Span] = field(default_factory=list[Span])
    edge_ids: set[str] = field(default_factory=set[str])
    edges: dict[tuple[str, str, str], FlowEdge] = field(
        default_factory=dict[tuple[str, str, str], FlowEdge]
    )
    found: list[Diagnostic] = field(default_factory=list[Diagnostic])
    truncated: bool = False

    def take(self, statement: Token | Tree[Token]) -> None:
        """One statement: a line of nodes and links, or the token of any other."""
        if isinstance(statement, Tree):
            self._line(statement.children)
        elif statement.type == "SUBGRAPH":
            self._open_group(statement)
        elif statement.type == "END":
            if self.open_groups:
                self.open_groups.pop()
            else:
                self._wrong(statement, "this `end` closes no subgraph", "remove it")

    def reading(self, fence: Fence) -> Reading:
        """The flow of all statements taken; a subgraph is a node only where an edge uses it."""
        for span in self.open_groups:
            self._report(span, "this subgraph is never closed", "close it with `end`")
        if self.truncated:
            self._report(fence.span.sub(0, 3), "this chart is too large to be read whole", "")
        edges = tuple(self.edges.values())
        joined = {id for edge in edges for id in (edge.source, edge.target)}
        nodes = tuple(
            self._node(id, node)
            for id, node in self.nodes.items()
            if id in joined or id not in self.groups
        )
        notes = tuple(self.found[:MAX_FINDINGS])
        confidence = "exact" if not notes else "partial" if edges else "none"
        return Flow("mermaid", nodes, edges, confidence, fence.span, notes), notes

    def _node(self, id: str, node: _Node) -> FlowNode:
        place = node.label or self.groups.get(id, node).label
        lines = lines_of(self.source, *place) if place else ()
        lines = lines or (Text(id, node.span.sub(0, len(id))),)
        title, rest = titled(lines)
        return FlowNode(id, title, rest, node.span, " ".join(line.value for line in lines))

    # --- statements ---

    def _line(self, pieces: Sequence[Token | Tree[Token]]) -> None:
        """One chain. What follows the first wrong place of the line is left out."""
        first = pieces[0]
        if isinstance(first, Token) or first.data == "link":
            self._stray(first)
            return
        parts = cast("list[Tree[Token]]", first.children)
        self._chain(parts)
        if first.data == "open":
            self._wrong(parts[-1], "this link leads nowhere", "write a node behind it")
        elif len(pieces) > 1:
            self._stray(pieces[1])

    def _chain(self, parts: Sequence[Tree[Token]]) -> None:
        before = self._group(parts[0])
        for at in range(2, len(parts), 2):
            after = self._group(parts[at])
            self._link(parts[at - 1], before, after)
            before = after

    def _group(self, group: Tree[Token]) -> list[str]:
        found: list[str] = []
        ampersands = 0
        for child in group.children:
            if isinstance(child, Tree):
                found.append(self._vertex(cast("list[Token]", child.children)))
            else:
                ampersands += 1
        if ampersands >= len(found):
            self._wrong(group, "a node is missing beside this `&`", "write it, or remove the `&`")
        return found

    def _vertex(self, parts: Sequence[Token]) -> str:
        id = parts[0].value
        if id in self.edge_ids and any(part.type == "DATA" for part in parts):
            return id
        span = self._span(parts[0])
        node = self.nodes.setdefault(id, _Node(span))
        for part in parts[1:]:
            label = self._label(part)
            if label:
                node.label = label
                node.span = span.cover(self._span(part))
        return id

    def _label(self, part: Token) -> tuple[int, int] | None:
        """Where the label stands in a shape or in ``@{ label: … }``, its marks left out."""
        at = self._offset(part)
        if part.type == "SHAPE":
            left, right = _marks(part.value)
            return at + left, at + len(part.value) - right
        data = _DATA_LABEL.search(part.value) if part.type == "DATA" else None
        return (at + data.start(1), at + data.end(1)) if data else None

    def _link(self, link: Tree[Token], before: list[str], after: list[str]) -> None:
        tokens = cast("list[Token]", link.children)
        arrow = tokens[0].value.strip()
        named = _EDGE_ID.match(arrow)
        if named:
            self.edge_ids.add(named[1])
            arrow = arrow[named.end() :]
        if arrow.startswith("~"):
            return
        label = self._link_label(tokens, arrow)
        both = arrow.startswith("<") and arrow.endswith(">")
        if arrow.startswith("<") and not both:
            self._wrong(link, "Mermaid draws no head at this link's start", "turn the link round")
        for source, target in _pairs(before, after, both):
            if len(self.edges) >= MAX_EDGES:
                self.truncated = True
                return
            edge = FlowEdge(source, target, label, self._span(tokens[0]))
            self.edges.setdefault((source, target, label), edge)

    def _link_label(self, tokens: Sequence[Token], arrow: str) -> str:
        text = _LINK_TEXT.fullmatch(arrow) if tokens[0].type == "TEXT_LINK" else None
        raw = tokens[1].value.strip()[1:-1] if len(tokens) > 1 else text[1] if text else ""
        lines = lines_of(SourceFile("", raw), 0, len(raw))
        return " ".join(line.value for line in lines).strip("|").strip()

    def _open_group(self, token: Token) -> None:
        self.open_groups.append(self._span(token).sub(0, len("subgraph")))
        name = _SUBGRAPH_TAIL.sub("", token.value.rstrip())[len("subgraph") :]
        shift = self._offset(token) + len("subgraph") + len(name) - len(name.lstrip())
        parts = _SUBGRAPH.fullmatch(name.strip())
        if parts is None:
            return
        id, title = parts["id"], parts["title"]
        place = (shift, shift + len(id))
        if title:
            edge = 0 if title.startswith('"') else 1
            place = (shift + parts.start("title") + edge, shift + parts.end("title") - edge)
            id = id or title.strip('"')
        if id and (title or not re.search(r"\s", id)):
            self.groups[id] = _Node(self._span(token), place)

    # --- places and notes ---

    def _offset(self, token: Token) -> int:
        return self.start + cast(int, token.start_pos)

    def _span(self, token: Token) -> Span:
        """The characters of a token, white space around them left out."""
        at = self._offset(token) + len(token.value) - len(token.value.lstrip())
        return self.source.span(at, at + len(token.value.strip()))

    def _stray(self, piece: Token | Tree[Token]) -> None:
        self._wrong(piece, "this statement of the chart cannot be read from here on", "")

    def _wrong(self, piece: Token | Tree[Token], message: str, help: str) -> None:
        token = piece if isinstance(piece, Token) else next(_tokens(piece))
        self._report(self._span(token), message, help)

    def _report(self, span: Span, message: str, help: str) -> None:
        note = "what stands before it and the other statements were read"
        self.found.append(report("ARM022", span, message, notes=(note,), help=help))


_SHAPES = (
    ("(((", ")))"),
    ("((", "))"),
    ("([", "])"),
    ("[[", "]]"),
    ("[(", ")]"),
    ("[/", "/]"),
    ("[/", "\\]"),
    ("[\\", "\\]"),
    ("[\\", "/]"),
    ("{{", "}}"),
    ("(-", "-)"),
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    (">", "]"),
)
_PROPERTY = lazy(r"\[\|\w+:\w+\|")


def _marks(shape: str) -> tuple[int, int]:
    """How many characters of a shape stand before and behind its text."""
    with_property = _PROPERTY.match(shape)
    if with_property:
        return with_property.end(), 1
    for left, right in _SHAPES:
        whole = len(shape) >= len(left) + len(right)
        if whole and shape.startswith(left) and shape.endswith(right):
            return len(left), len(right)
    return 0, 0


def _pairs(before: list[str], after: list[str], both: bool) -> Iterator[tuple[str, str]]:
    for source in before:
        for target in after:
            yield source, target
            if both:
                yield target, source


def _tokens(tree: Tree[Token]) -> Iterator[Token]:
    """The tokens of a tree, in order; the tree is not deep."""
    for child in tree.children:
        if isinstance(child, Tree):
            yield from _tokens(child)
        else:
            yield child
