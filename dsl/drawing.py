"""Drawing a flow: boxes in layers from top to bottom, joined by rails.

The inverse of the reader. Owns layout alone: what a box says and which edges there are is given.
What cannot be drawn so that it would be read again as it was (a cycle, too many crossings for the
room) is not drawn; whoever calls reads the drawing back to be sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .canvas import width

GAP = 3
"""Blanks between two boxes of a layer."""
SLOT = 4
"""How far two lines that leave one box stand apart at least."""
SWEEPS = 4
MAX_NODES = 200


class Arrow(NamedTuple):
    """An edge by the numbers of its nodes, and the words on it."""

    source: int
    target: int
    label: str = ""


@dataclass(slots=True)
class _Cell:
    """A box, or a place where a long edge passes a layer (no lines)."""

    lines: tuple[str, ...]
    layer: int
    width: int = 1
    left: int = 0
    ins: list[int] = field(default_factory=list[int])
    outs: list[int] = field(default_factory=list[int])

    @property
    def passes(self) -> bool:
        return not self.lines

    @property
    def centre(self) -> int:
        return self.left + self.width // 2


@dataclass(slots=True)
class _Net:
    """Lines that share one rail: every source leads to every target."""

    sources: list[int]
    targets: list[int]
    label: str = ""
    labels: dict[int, str] = field(default_factory=dict[int, str])
    out_at: dict[int, int] = field(default_factory=dict[int, int])
    in_at: dict[int, int] = field(default_factory=dict[int, int])
    row: int = -1

    @property
    def columns(self) -> list[int]:
        return [*self.out_at.values(), *self.in_at.values()]

    @property
    def straight(self) -> bool:
        return len(set(self.columns)) == 1


def draw(nodes: Sequence[Sequence[str]], arrows: Iterable[Arrow]) -> list[str] | None:
    """The lines of a drawing, None where it cannot be drawn. ``nodes``: the lines in each box."""
    wanted = sorted(set(arrows))
    if not nodes or len(nodes) > MAX_NODES or any(not lines for lines in nodes):
        return None
    layers = _layers(len(nodes), wanted)
    if layers is None:
        return None
    return _Drawer(nodes, wanted, layers).lines()


def _layers(count: int, arrows: Sequence[Arrow]) -> list[int] | None:
    """The longest way to each node from one without needs; None for a cycle."""
    waiting = [0] * count
    after: list[list[int]] = [[] for _ in range(count)]
    for arrow in arrows:
        waiting[arrow.target] += 1
        after[arrow.source].append(arrow.target)
    ready = [node for node in range(count) if not waiting[node]]
    layers = [0] * count
    for node in ready:
        for target in after[node]:
            layers[target] = max(layers[target], layers[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return layers if len(ready) == count else None


class _Drawer:
    """Places cells and nets, then paints them."""

    def __init__(
        self, nodes: Sequence[Sequence[str]], arrows: Sequence[Arrow], layers: list[int]
    ) -> None:
        self.cells = [_Cell(tuple(lines), layers[at]) for at, lines in enumerate(nodes)]
        self.steps: list[Arrow] = []
        for arrow in arrows:
            self._add(arrow)
        self.rows = [
            [at for at, cell in enumerate(self.cells) if cell.layer == layer]
            for layer in range(max(cell.layer for cell in self.cells) + 1)
        ]

    def _add(self, arrow: Arrow) -> None:
        """Take an edge; one that passes layers goes through a cell in each."""
        last = arrow.source
        for layer in range(self.cells[arrow.source].layer + 1, self.cells[arrow.target].layer):
            self.cells.append(_Cell((), layer))
            self.steps.append(Arrow(last, len(self.cells) - 1))
            last = len(self.cells) - 1
        self.steps.append(Arrow(last, arrow.target, arrow.label))

    def lines(self) -> list[str]:
        self._order()
        nets = [self._nets(layer) for layer in range(len(self.rows) - 1)]
        for layer, found in enumerate(nets):
            for net in found:
                for source in net.sources:
                    self.cells[source].outs.append(layer)
                for target in net.targets:
                    self.cells[target].ins.append(layer)
        self._place(nets)
        for found in nets:
            self._ports(found)
        return _Painter(self.cells, self.rows, nets).lines()

    # --- order --------------------------------------------------------------------------------

    def _order(self) -> None:
        """Put what is joined beneath each other; the order that was given decides else."""
        above = _neighbours(self.steps, down=False)
        below = _neighbours(self.steps, down=True)
        for sweep in range(SWEEPS):
            rows = self.rows[1:] if sweep % 2 == 0 else self.rows[-2::-1]
            near = above if sweep % 2 == 0 else below
            place = {cell: at for row in self.rows for at, cell in enumerate(row)}
            for row in rows:
                keys = {cell: _mean([place[each] for each in near.get(cell, ())]) for cell in row}
                known = {c: k if k is not None else float(place[c]) for c, k in keys.items()}
                row.sort(key=lambda cell: (known[cell], place[cell]))
                place.update({cell: at for at, cell in enumerate(row)})

    # --- nets ---------------------------------------------------------------------------------

    def _nets(self, layer: int) -> list[_Net]:
        """The lines below a layer: one net where all lead to all, else one for each source.

        A long edge has a net of its own: joined by another line, that line would lead up it, too.
        """
        steps = [step for step in self.steps if self.cells[step.source].layer == layer]
        found: list[_Net] = []
        for part in _parts(steps):
            sources = _ordered(self.rows[layer], {step.source for step in part})
            targets = _ordered(self.rows[layer + 1], {step.target for step in part})
            pairs = {(step.source, step.target): step.label for step in part}
            whole = len(pairs) == len(sources) * len(targets)
            mixed = any(pairs.values()) or any(self.cells[source].passes for source in sources)
            if whole and (len(sources) == 1 or not mixed):
                labels = {step.target: step.label for step in part}
                found.append(_Net(sources, targets, labels=labels))
                continue
            for source in sources:
                own = [target for target in targets if (source, target) in pairs]
                labels = {target: pairs[source, target] for target in own}
                found.append(_Net([source], own, labels=labels))
        return found

    # --- places -------------------------------------------------------------------------------

    def _place(self, nets: Sequence[Sequence[_Net]]) -> None:
        """Equal boxes, each layer centred."""
        room = (
            max(_text_width(x) + SLOT for n in nets for net in n for x in net.labels.values())
            if any(nets)
            else SLOT
        )
        inner = 0
        for cell in self.cells:
            if cell.passes:
                continue
            ports = max(len(cell.ins), len(cell.outs), 1)
            text = max(_text_width(line) for line in cell.lines)
            inner = max(inner, text + 4, ports * max(room, SLOT))
        for cell in self.cells:
            cell.width = 1 if cell.passes else inner + 2 + (inner + 1) % 2
        widths = [sum(self.cells[c].width + GAP for c in row) - GAP for row in self.rows]
        for row, taken in zip(self.rows, widths, strict=True):
            left = (max(widths) - taken) // 2
            for cell in row:
                self.cells[cell].left = left
                left += self.cells[cell].width + GAP

    def _ports(self, nets: list[_Net]) -> None:
        """Where each net leaves and enters its cells."""
        outs = self._slots(nets, out=True)
        ins = self._slots(nets, out=False)
        for at, net in enumerate(nets):
            net.out_at = {cell: outs[at, cell][2] for cell in net.sources}
            net.in_at = {cell: ins[at, cell][2] for cell in net.targets}
            if len(net.sources) == len(net.targets) == 1:
                _straighten(net, outs[at, net.sources[0]], ins[at, net.targets[0]])
        if len(nets) > 1:
            self._part(nets)
        _assign_rows(nets)

    def _part(self, nets: Sequence[_Net]) -> None:
        """Let no line end in the column in which another begins: where four meet, two cross."""
        bent = [net for net in nets if not net.straight]
        fixed = {c for net in nets for to, c in net.in_at.items() if self.cells[to].passes}
        for net in bent:
            for cell, column in net.out_at.items():
                if column in fixed and not self.cells[cell].passes:
                    net.out_at[cell] = column + 2
        used = {column for net in nets for column in net.out_at.values()}
        for net in bent:
            for cell, column in net.in_at.items():
                if column in used and not self.cells[cell].passes:
                    net.in_at[cell] = column + (1 if column + 2 in used else 2)

    def _slots(self, nets: list[_Net], *, out: bool) -> dict[tuple[int, int], tuple[int, int, int]]:
        """For each net and cell: the stretch of its border, and the middle of that."""
        of_cell: dict[int, list[int]] = {}
        for at, net in enumerate(nets):
            for cell in net.sources if out else net.targets:
                of_cell.setdefault(cell, []).append(at)
        found: dict[tuple[int, int], tuple[int, int, int]] = {}
        for cell, users in of_cell.items():
            users.sort(key=lambda at: (self._aim(nets[at], out), at))
            box = self.cells[cell]
            for place, at in enumerate(users):
                first = box.left + box.width * place // len(users)
                last = box.left + box.width * (place + 1) // len(users) - 1
                middle = box.centre if len(users) == 1 else (first + last) // 2
                found[at, cell] = (first, last, middle)
        return found

    def _aim(self, net: _Net, out: bool) -> float:
        cells = net.targets if out else net.sources
        return sum(self.cells[cell].centre for cell in cells) / len(cells)


def _straighten(net: _Net, out: tuple[int, int, int], into: tuple[int, int, int]) -> None:
    """Let a line between two cells go straight down where they lie above each other."""
    first, last = max(out[0], into[0]), min(out[1], into[1])
    if out[1] - out[0] > 1 and into[1] - into[0] > 1:  # keep off the corners of boxes
        first, last = first + 1, last - 1
    if first > last:
        return
    wanted = out[2] if into[1] - into[0] > 1 else into[2]
    column = min(max(wanted, first), last)
    net.out_at = dict.fromkeys(net.out_at, column)
    net.in_at = dict.fromkeys(net.in_at, column)


def _assign_rows(nets: list[_Net]) -> None:
    """Give rails that overlap rows of their own, from the left."""
    taken: list[list[tuple[int, int]]] = []
    bent = [net for net in nets if not net.straight]
    for net in sorted(bent, key=lambda net: (min(net.columns), max(net.columns))):
        first, last = min(net.columns), max(net.columns)
        for row, spans in enumerate([*taken, []]):
            if all(last + 1 < a or b + 1 < first for a, b in spans):
                if row == len(taken):
                    taken.append([])
                taken[row].append((first, last))
                net.row = row
                break


def _neighbours(steps: Iterable[Arrow], *, down: bool) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for step in steps:
        cell, other = (step.source, step.target) if down else (step.target, step.source)
        found.setdefault(cell, []).append(other)
    return found


def _mean(values: Sequence[int]) -> float | None:
    return sum(values) / len(values) if values else None


def _ordered(row: Sequence[int], wanted: set[int]) -> list[int]:
    return [cell for cell in row if cell in wanted]


def _parts(steps: Sequence[Arrow]) -> list[list[Arrow]]:
    """Steps that are joined by their ends, in the order of the first of each."""
    part_of: dict[tuple[str, int], int] = {}
    parts: dict[int, list[Arrow]] = {}
    for number, step in enumerate(steps):
        ends = (("out", step.source), ("in", step.target))
        joined = sorted({part_of[end] for end in ends if end in part_of})
        home = joined[0] if joined else number
        merged = [each for old in joined for each in parts.pop(old)]
        parts[home] = [*merged, step]
        for each in parts[home]:
            part_of["out", each.source] = part_of["in", each.target] = home
    return [parts[home] for home in sorted(parts)]


def _text_width(text: str) -> int:
    return sum(width(character) for character in text)


# --- painting -------------------------------------------------------------------------------------

UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8
_LINES: Mapping[int, str] = {
    UP | DOWN: "│",
    LEFT | RIGHT: "─",
    DOWN | RIGHT: "┌",
    DOWN | LEFT: "┐",
    UP | RIGHT: "└",
    UP | LEFT: "┘",
    UP | DOWN | RIGHT: "├",
    UP | DOWN | LEFT: "┤",
    DOWN | LEFT | RIGHT: "┬",
    UP | LEFT | RIGHT: "┴",
    UP | DOWN | LEFT | RIGHT: "┼",
}


class _Painter:
    """Rows of text, layer by layer."""

    def __init__(
        self, cells: Sequence[_Cell], rows: Sequence[Sequence[int]], nets: Sequence[list[_Net]]
    ) -> None:
        self.cells, self.rows, self.nets = cells, rows, nets
        self.out: list[str] = []

    def lines(self) -> list[str]:
        for layer, row in enumerate(self.rows):
            self._boxes(layer, row)
            if layer < len(self.nets):
                self._between(self.nets[layer])
        return self.out

    def _boxes(self, layer: int, row: Sequence[int]) -> None:
        boxes = [self.cells[cell] for cell in row]
        leaving = {
            column
            for net in (self.nets[layer] if layer < len(self.nets) else ())
            for column in net.out_at.values()
        }
        height = max((len(box.lines) for box in boxes if not box.passes), default=0)
        for line in range(height + 2):
            self.out.append(_row([_slice(box, line, leaving) for box in boxes]))

    def _between(self, nets: list[_Net]) -> None:
        """The rails, and the arrowheads below them."""
        rails = max((net.row for net in nets), default=-1) + 1
        downs = {column for net in nets for column in net.out_at.values()}
        self.out.append(_verticals(downs, {}))
        if rails:
            for rail in range(rails):
                self.out.append(_rail(nets, rail))
        ends = {column for net in nets for column in net.in_at.values()}
        words = {net.in_at[c]: text for net in nets for c, text in net.labels.items() if text}
        if rails or words:
            self.out.append(_verticals(ends, words))
        heads = {
            column: "│" if self.cells[cell].passes else "▼"
            for net in nets
            for cell, column in net.in_at.items()
        }
        self.out.append(_row([(column, 1, mark) for column, mark in sorted(heads.items())]))


Piece = tuple[int, int, str]
"""Where it stands, how many cells it takes, and what it is."""


def _slice(box: _Cell, line: int, leaving: set[int]) -> Piece:
    """One row of a box; rows below its last one are those of the layer, and blank."""
    if box.passes:
        return box.left, 1, "│"
    inner = box.width - 2
    last = len(box.lines) + 1
    if line == 0:
        text = f"┌{'─' * inner}┐"
    elif line < last:
        words = box.lines[line - 1]
        text = f"│  {words}{' ' * (inner - 2 - _text_width(words))}│"
    elif line == last:
        border = "".join("┬" if box.left + 1 + at in leaving else "─" for at in range(inner))
        text = f"└{border}┘"
    else:
        return _verticals_of(box, leaving)
    return box.left, box.width, text


def _verticals_of(box: _Cell, leaving: set[int]) -> Piece:
    """Below a box that is shorter than its layer its lines go on down."""
    text = "".join("│" if box.left + at in leaving else " " for at in range(box.width))
    return box.left, box.width, text


def _row(pieces: Iterable[Piece]) -> str:
    text, at = "", 0
    for left, taken, piece in sorted(pieces):
        text += " " * (left - at) + piece
        at = left + taken
    return text.rstrip()


def _verticals(columns: Iterable[int], words: Mapping[int, str]) -> str:
    pieces: list[Piece] = []
    for column in sorted(columns):
        label = words.get(column, "")
        text = f"│ {label}" if label else "│"
        pieces.append((column, _text_width(text), text))
    return _row(pieces)


def _rail(nets: Sequence[_Net], rail: int) -> str:
    """One row between layers: the rails on it, crossed by the lines that pass."""
    arms: dict[int, int] = {}
    for net in nets:
        if net.row == rail:
            first, last = min(net.columns), max(net.columns)
            for column in range(first, last + 1):
                sides = (RIGHT if column < last else 0) | (LEFT if column > first else 0)
                arms[column] = arms.get(column, 0) | sides
            for column in net.out_at.values():
                arms[column] |= UP
            for column in net.in_at.values():
                arms[column] |= DOWN
        else:
            passing = net.in_at if -1 < net.row < rail else net.out_at
            for column in passing.values():
                arms[column] = arms.get(column, 0) | UP | DOWN
    return _row([(column, 1, _LINES[mask]) for column, mask in sorted(arms.items())])
