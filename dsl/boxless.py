"""A flow drawn without boxes: chains of arrows, lines under lines, branches under a line.

``A → B → C`` on a line is a chain. Lines of text with an arrow on a line of its own between them
are a sequence, each run of lines one node. ``├─> text`` hangs a node under the text it starts at.
Refuses what only resembles a flow: a tree without arrowheads (a directory), code, pairs that map
one thing to another, columns side by side. What is refused or left out is named, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from .codes import report
from .diagnostics import Diagnostic
from .heading import read_heading
from .names import Names
from .patterns import lazy
from .source import SourceFile, Span
from .syntax import Fence, Flow, FlowEdge, FlowNode, Text
from .words import ANSWER, clip, is_answer, slice_of

MAX_LINES = 500
"""How many lines are read; a longer text is no drawing of a flow."""
MAX_STEPS = 500
"""How many nodes chains may have."""
MAX_WORDS = 60
"""How many characters a node of a chain may have; more is prose."""

_ARROW = lazy(r"(?<=\s)(?:[-=─═]{1,60}[>▶►→]|[→➜⟶⇒])(?=\s)")
_BACK = lazy(r"(?<=\s)(?:[<◀◄←][-=─═]{1,60}|[←⟵⇐])(?=\s)")
_CONNECTOR = lazy(r"[│|║┃▼▽↓⬇⇓vV▲△↑⬆⇑^]\ufe0f?")
_RISES = lazy(r"[▲△↑⬆⇑^]")
_HEAD = lazy(r"[▼▽↓⬇⇓vV▲△↑⬆⇑^]")
_BRANCH = lazy(r"[│|║┃ \t]*[├└╰+`][─-]{0,8}[>▶►→]\s*(?=\S)")
_LABELLED = lazy(
    r"[│|║┃ \t]*[├└╰+`][─-]{1,8}[ ]?(?P<label>[^→▶►>─\s][^→▶►>─\n]{0,30}?)[ ]?"
    r"(?:[─-]{0,60}[▶►>]|→)\s+(?=\S)"
)
"""A branch that says when it is taken: ``├─ yes → deploy``; the words must be an answer."""
_TREE = lazy(r"[│|║┃ \t]*[├└╰]")
_SIDE = lazy(r"[│║┃]\s+(?=\S)")
_TRUNK = lazy(r"[│|║┃ \t]+")
_CODE = lazy(r"[;{}=$\\]|\w\(|::|https?:")
_LABEL = lazy(r"--|──|\s{2}")
"""What parts the words of one step from others: a label in an arrow, or columns."""
_DRAWN = lazy(r"[─-◿]")

Reading = tuple[Flow | None, tuple[Diagnostic, ...]]


@dataclass(slots=True)
class _Drawing:
    """What has been read so far: nodes with the column of their text, edges, and notes."""

    source: SourceFile
    names: Names = field(default_factory=Names)
    nodes: list[FlowNode] = field(default_factory=list[FlowNode])
    columns: list[int] = field(default_factory=list[int])
    edges: list[FlowEdge] = field(default_factory=list[FlowEdge])
    notes: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def add(self, text: Text, column: int = 0) -> int:
        at = len(self.nodes)
        title = read_heading(text)
        name = self.names.take(title.title.value)
        self.nodes.append(FlowNode(name, title, (), text.span))
        self.columns.append(column)
        return at

    def join(self, source: int, target: int, span: Span, label: str = "") -> None:
        self.edges.append(FlowEdge(self.nodes[source].id, self.nodes[target].id, label, span))

    def extend(self, at: int, line: Text) -> None:
        old = self.nodes[at]
        self.nodes[at] = FlowNode(old.id, old.title, (*old.lines, line), old.span.cover(line.span))

    def note(self, span: Span, message: str) -> None:
        self.notes.append(report("ARM010", span, message))

    def flow(self, fence: Fence) -> Reading:
        notes = tuple(self.notes)
        confidence = "partial" if notes else "exact"
        nodes, edges = tuple(self.nodes), tuple(self.edges)
        return Flow("drawing", nodes, edges, confidence, fence.span, notes), notes


def read_boxless(source: SourceFile, fence: Fence) -> Reading:
    """The flow of a text without boxes, or None where nothing in it looks like one."""
    lines = _lines(source, fence)
    if not lines or len(lines) > MAX_LINES:
        return None, ()
    chains = [_split(line) for line in lines]
    if all(len(parts) > 1 for parts in chains) and not any(map(_branch, lines)):
        return _read_chains(source, fence, chains)
    down = any(_is_connector(line.value) for line in lines)
    tree = any(_TREE.match(line.value) for line in lines)
    if not down and not tree and not any(_branch(line) for line in lines):
        return None, ()
    refusal = _refusal(lines)
    if refusal is not None:
        return _refused(fence, *refusal)
    return _read_lines(source, fence, lines)


def _lines(source: SourceFile, fence: Fence) -> list[Text]:
    found: list[Text] = []
    at = fence.body.start
    for line in fence.text.split("\n"):
        text = slice_of(source, at, min(at + len(line), fence.body.end))
        at += len(line) + 1
        if text.value:
            found.append(text)
    return found


def _column(source: SourceFile, text: Text) -> int:
    return text.span.start - source.text.rfind("\n", 0, text.span.start) - 1


def _is_connector(line: str) -> bool:
    return all(_CONNECTOR.fullmatch(part) for part in line.split())


def _refused(fence: Fence, span: Span, message: str) -> Reading:
    note = report("ARM011", span, message, help="write `needs:` in the stages to state an order")
    return Flow("drawing", (), (), "none", fence.span, (note,)), (note,)


def _refusal(lines: list[Text]) -> tuple[Span, str] | None:
    """Where and why this is no flow that can be read line by line."""
    for line in lines:
        branch = _branch(line)
        if branch is None and _TREE.match(line.value):
            return line.span, "a tree without arrowheads states no order"
        words = line.value[branch.end() :] if branch else line.value
        if _is_connector(line.value):
            if len(line.value.split()) > 1:
                return line.span, "columns of text side by side are not read without boxes"
        elif _DRAWN.search(_ARROW.sub("", words)) and not _TRUNK.match(words):
            return line.span, "this drawing without boxes is not understood"
    return None


# --- chains ---


def _split(line: Text) -> list[Text]:
    """The words between the arrows of a line, in the order of the flow.

    Arrows to the left count where there are several and none to the right: one alone is a remark.
    """
    arrows = list(_ARROW.finditer(line.value))
    back = [] if arrows else list(_BACK.finditer(line.value))
    parts: list[Text] = []
    at = 0
    for match in back if len(back) > 1 else arrows:
        parts.append(clip(line, at, match.start()))
        at = match.end()
    parts.append(clip(line, at, len(line.value)))
    return parts[::-1] if len(back) > 1 else parts


def _read_chains(source: SourceFile, fence: Fence, chains: list[list[Text]]) -> Reading:
    """Chains, one a line; the same words are the same node."""
    parts = [part for chain in chains for part in chain]
    if len(parts) > 2 * MAX_STEPS or any(not _is_step(part.value) for part in parts):
        return None, ()
    drawing = _Drawing(source)
    known: dict[str, int] = {}
    for part in parts:
        if part.value not in known:
            known[part.value] = drawing.add(part)
    seen: set[tuple[int, int]] = set()
    for chain in chains:
        for left, right in pairwise(chain):
            pair = known[left.value], known[right.value]
            if pair not in seen:
                seen.add(pair)
                drawing.join(*pair, source.span(right.span.start - 1, right.span.start))
    if len(chains) > 1 and not _hangs_together(len(known), seen):
        return _refused(fence, chains[0][0].span, "lines that share no step state no order")
    return drawing.flow(fence)


def _is_step(words: str) -> bool:
    return bool(words) and len(words) <= MAX_WORDS and not _CODE.search(words)


def _hangs_together(count: int, pairs: set[tuple[int, int]]) -> bool:
    root = list(range(count))
    for one, other in sorted(pairs):
        low, high = sorted((root[one], root[other]))
        root = [low if at == high else at for at in root]
    return len(set(root)) == 1


# --- lines under lines ---


def _read_lines(source: SourceFile, fence: Fence, lines: list[Text]) -> Reading:
    drawing = _Drawing(source)
    block: int | None = None
    arrow: Text | None = None
    branched = False
    for at, line in enumerate(lines):
        branch = _branch(line)
        if branch:
            _hang(drawing, line, branch, _column(source, line))
            branched, arrow = True, None
        elif _is_connector(line.value):
            headed = arrow is not None and _HEAD.search(arrow.value)
            arrow = arrow if headed else line
        elif (trunk := _SIDE.match(line.value)) and drawing.nodes:
            drawing.extend(len(drawing.nodes) - 1, clip(line, trunk.end(), len(line.value)))
        elif arrow is None and block is not None and not branched:
            drawing.extend(block, line)
        else:
            after = lines[at + 1] if at + 1 < len(lines) else None
            last = len(drawing.nodes) - 1
            met = arrow if block is not None else None
            following, onward = _add_between(drawing, line, met, after)
            under = arrow is not None and branched and _under(drawing, arrow, last)
            above = last if under else block
            _follow(drawing, above, following, arrow, branched and not under)
            block = onward
            arrow, branched = None, False
    if arrow is not None:
        drawing.note(arrow.span, "this connector leads nowhere")
    for node in drawing.nodes:
        _note_arrows(drawing, node)
    return drawing.flow(fence) if drawing.edges else (None, ())


def _branch(line: Text) -> re.Match[str] | None:
    branch = _BRANCH.match(line.value)
    if branch is not None:
        return branch
    labelled = _LABELLED.match(line.value)
    return labelled if labelled and ANSWER.search(labelled["label"]) else None


def _add(drawing: _Drawing, line: Text, column: int, *, chain: bool) -> int:
    """The node of a line; of a chain in it the first, the others behind it."""
    parts = _split(line) if chain else [line]
    if any(not part.value or len(part.value) > MAX_WORDS for part in parts):
        parts = [line]
    first = len(drawing.nodes)
    for at, part in enumerate(parts):
        node = drawing.add(part, column + part.span.start - line.span.start)
        if at:
            drawing.join(node - 1, node, drawing.source.span(part.span.start - 1, part.span.start))
    return first


def _add_between(
    drawing: _Drawing, line: Text, before: Text | None, after: Text | None
) -> tuple[int, int]:
    """The node of a line that the connector before it leads to, and the one the next leaves."""
    source = drawing.source
    column = _column(source, line)
    if after is not None and _branch(after) is not None:
        first = _add(drawing, line, column, chain=True)
        return first, first
    parted = _stands_at_one(source, line, (before, after))
    first = _add(drawing, line, column, chain=parted)
    if not parted:
        return first, first
    return first + _part_at(source, line, before), first + _part_at(source, line, after)


def _hang(drawing: _Drawing, line: Text, branch: re.Match[str], start: int) -> None:
    """A branch hangs under the last text that starts no further right than its elbow."""
    text = clip(line, branch.end(), len(line.value))
    mark = re.search(r"[├└╰+`]", line.value)
    elbow = start + (mark.start() if mark else 0)
    above = [at for at, column in enumerate(drawing.columns) if column <= elbow]
    node = _add(drawing, text, start + branch.end(), chain=True)
    if above:
        label = (branch.groupdict().get("label") or "").strip()
        span = drawing.source.span(text.span.start - 1, text.span.start)
        drawing.join(above[-1], node, span, label)
    else:
        drawing.note(line.span, "this branch hangs under nothing")


def _stands_at_one(source: SourceFile, line: Text, connectors: tuple[Text | None, ...]) -> bool:
    """Whether a chain has one step right under, or over, each connector beside it."""
    beside = [at for at in connectors if at is not None and _is_connector(at.value)]
    parts = [part.value for part in _split(line)]
    if any(_LABEL.search(part) or is_answer(part) for part in parts):
        return False
    return bool(beside) and all(_part_at(source, line, at) >= 0 for at in beside)


def _part_at(source: SourceFile, line: Text, connector: Text | None) -> int:
    """The number of the step of a chain in whose columns a connector stands, else -1 or 0."""
    if connector is None or not _is_connector(connector.value):
        return 0
    at = _column(source, connector)
    for number, part in enumerate(_split(line)):
        start = _column(source, part)
        if start <= at < start + len(part.value):
            return number
    return -1


def _under(drawing: _Drawing, arrow: Text, branch: int) -> bool:
    """Whether a connector stands under the words of the branch above it, and so goes on from it."""
    start = drawing.columns[branch]
    width = drawing.nodes[branch].span.end - drawing.nodes[branch].span.start
    return start <= _column(drawing.source, arrow) < start + width


def _follow(
    drawing: _Drawing, above: int | None, node: int, arrow: Text | None, branched: bool
) -> None:
    if arrow is None:
        if above is not None:
            drawing.note(drawing.nodes[node].span, "nothing leads to this text")
    elif above is None:
        drawing.note(arrow.span, "this connector comes from nowhere")
    elif branched:
        drawing.note(arrow.span, "which of the branches this connector goes on from is not clear")
    else:
        ends = (node, above) if _RISES.search(arrow.value) else (above, node)
        drawing.join(*ends, arrow.span.sub(len(arrow.value) - 1, len(arrow.value)))


def _note_arrows(drawing: _Drawing, node: FlowNode) -> None:
    text = Text(drawing.source.text[node.span.start : node.span.end], node.span)
    if len(_split(text)) > 1:
        drawing.note(node.span, "an arrow inside a line of text is not read")
