"""Draws layered graphs as boxes and lines, by rules of its own, for the reader to read back.

Nothing of the product's drawer is used. Each source has a level line of its own between two
layers; where another line crosses it, it is left out, so that only tees and corners join lines.
Lines leave boxes at even columns and enter them at odd ones, and so never lie on each other.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

LIGHT, HEAVY, DOUBLE = "─│┌┐└┘┬┴├┤", "━┃┏┓┗┛┳┻┣┫", "═║╔╗╚╝╦╩╠╣"
ROUNDED, ASCII = "─│╭╮╰╯┬┴├┤", "-|++++++++"
STYLES = {"light": LIGHT, "heavy": HEAVY, "double": DOUBLE, "rounded": ROUNDED, "ascii": ASCII}

Edge = tuple[str, str]


@dataclass(frozen=True)
class Graph:
    """Layers of labels from top to bottom, and edges from one layer to a lower one."""

    layers: tuple[tuple[str, ...], ...]
    edges: frozenset[Edge]


def random_graph(dice: random.Random) -> Graph:
    """Two to five layers of one to four steps, each with a way in or out."""
    count = dice.randint(2, 5)
    names = iter(_names(dice))
    layers = tuple(tuple(next(names) for _ in range(dice.randint(1, 4))) for _ in range(count))
    edges: set[Edge] = set()
    for upper, lower in pairwise(layers):
        edges |= {(dice.choice(upper), name) for name in lower if dice.random() < 0.9}
        edges |= {(name, dice.choice(lower)) for name in upper if dice.random() < 0.6}
    for _ in range(dice.randint(0, 2)):
        first, last = sorted(dice.sample(range(count), 2))
        if last > first + 1:
            edges.add((dice.choice(layers[first]), dice.choice(layers[last])))
    return Graph(layers, frozenset(edges or {(layers[0][0], layers[1][0])}))


def _names(dice: random.Random) -> Iterator[str]:
    words = [
        "Assess",
        "Diagnose",
        "Roll back",
        "Page",
        "Write up",
        "Verify",
        "Close",
        "Fix",
        "調査",
    ]
    for number in range(1, 99):
        yield f"{dice.choice(words)} {number}"


def draw(graph: Graph, style: str, *, heads_in_border: bool) -> str:
    """The drawing, each line without trailing blanks."""
    return _Drawer(
        graph, STYLES[style], ascii_heads=style == "ascii", inside=heads_in_border
    ).draw()


@dataclass
class _Place:
    """A step, or a line that passes a layer: where it starts, its width, its ports."""

    left: int
    width: int
    way_in: dict[str, int]
    way_out: int


class _Drawer:
    def __init__(self, graph: Graph, signs: str, *, ascii_heads: bool, inside: bool) -> None:
        self.graph = graph
        self.signs = signs
        self.head = "v" if ascii_heads else "▼"
        self.inside = inside
        self.cells: dict[tuple[int, int], str] = {}

    def draw(self) -> str:
        hops = self._hops()
        row = 0
        above: dict[str, _Place] = {}
        for depth, layer in enumerate(self._with_passing(hops)):
            places = self._place(layer, [hop for hop in hops if hop[2] == depth])
            if depth:
                row = self._join(row, above, places, [hop for hop in hops if hop[2] == depth])
            self._draw_layer(row, places)
            row += 3
            above = places
        return self._text()

    # --- what stands where ---

    def _hops(self) -> list[tuple[str, str, int]]:
        """Every edge as steps from layer to layer: from, to, and the layer of ``to``."""
        depth = {name: at for at, layer in enumerate(self.graph.layers) for name in layer}
        hops: list[tuple[str, str, int]] = []
        for source, target in sorted(self.graph.edges):
            way = [source]
            for at in range(depth[source] + 1, depth[target]):
                way.append(f"|{source}|{target}|{at}")
            way.append(target)
            for at, (one, other) in enumerate(pairwise(way)):
                hops.append((one, other, depth[source] + at + 1))
        return hops

    def _with_passing(self, hops: list[tuple[str, str, int]]) -> Iterator[list[str]]:
        for depth, layer in enumerate(self.graph.layers):
            yield [*layer, *(to for _, to, at in hops if at == depth and to.startswith("|"))]

    def _place(self, layer: list[str], hops: list[tuple[str, str, int]]) -> dict[str, _Place]:
        places: dict[str, _Place] = {}
        left = 0
        for name in layer:
            sources = [one for one, other, _ in hops if other == name]
            if name.startswith("|"):
                places[name] = _Place(left, 1, {sources[0]: left + 1}, left)
                left += 4
                continue
            width = max(_width(name) + 4, 2 * len(sources) + 4)
            width += width % 2
            ways = {source: left + 1 + 2 * (at + 1) for at, source in enumerate(sources)}
            places[name] = _Place(left, width, ways, left + width // 2 // 2 * 2)
            left += width + 4
        return places

    # --- drawing ---

    def _draw_layer(self, row: int, places: dict[str, _Place]) -> None:
        across, up, *corners = self.signs[:6]
        for name, place in places.items():
            left, right = place.left, place.left + place.width - 1
            if name.startswith("|"):
                self._down(row, row + 2, place.way_out)
                continue
            for at in range(left + 1, right):
                self.cells.setdefault((row, at), across)
                self.cells[row + 2, at] = across
            for at, sign in zip((left, right), corners[:2], strict=True):
                self.cells[row, at] = sign
            for at, sign in zip((left, right), corners[2:], strict=True):
                self.cells[row + 2, at] = sign
            self.cells[row + 1, left] = self.cells[row + 1, right] = up
            at = left + 2
            for letter in name:
                self.cells[row + 1, at] = letter
                at += _width(letter)
                if _width(letter) == 2:
                    self.cells[row + 1, at - 1] = ""

    def _join(
        self,
        top: int,
        above: dict[str, _Place],
        below: dict[str, _Place],
        hops: list[tuple[str, str, int]],
    ) -> int:
        """Draw the lines between two layers; where the lower layer starts."""
        sources = sorted({one for one, _, _ in hops}, key=lambda name: above[name].left)
        rails = {source: top + 1 + 2 * at for at, source in enumerate(sources)}
        bottom = top + 2 + 2 * len(sources)
        for source in sources:
            out = above[source].way_out
            if not source.startswith("|"):
                self.cells[top - 1, out] = self.signs[6]
            targets = [other for one, other, _ in hops if one == source]
            ends = {below[name].way_in[source]: name for name in targets}
            self._down(top, rails[source] - 1, out)
            self._level(rails[source], out, ends)
            for at, name in ends.items():
                self._arrive(rails[source], bottom, at, name)
        return bottom

    def _arrive(self, rail: int, bottom: int, at: int, name: str) -> None:
        if name.startswith("|"):
            self._down(rail + 1, bottom - 2, at)
            self.cells[bottom - 1, at - 1] = self.signs[2]
            self.cells[bottom - 1, at] = self.signs[5]
            return
        last = bottom if self.inside else bottom - 1
        self._down(rail + 1, last - 1, at)
        self.cells[last, at] = self.head

    def _level(self, row: int, out: int, ends: dict[int, str]) -> None:
        """A source's own line; an upright one that is already there stays whole."""
        first, last = min(out, *ends), max(out, *ends)
        for at in range(first, last + 1):
            left, right = at > first, at < last
            if at == out:
                self.cells[row, at] = self._joint(up=True, left=left, right=right)
            elif at in ends:
                self.cells[row, at] = self._joint(up=False, left=left, right=right)
            else:
                self.cells.setdefault((row, at), self.signs[0])

    def _joint(self, *, up: bool, left: bool, right: bool) -> str:
        if left and right:
            return self.signs[7] if up else self.signs[6]
        if up:
            return self.signs[5] if left else self.signs[4]
        return self.signs[3] if left else self.signs[2]

    def _down(self, first: int, last: int, at: int) -> None:
        for row in range(first, last + 1):
            self.cells[row, at] = self.signs[1]

    def _text(self) -> str:
        height = max(row for row, _ in self.cells) + 1
        lines: list[str] = []
        for row in range(height):
            columns = [at for at_row, at in self.cells if at_row == row]
            width = max(columns, default=-1) + 1
            lines.append("".join(self.cells.get((row, at), " ") for at in range(width)).rstrip())
        return "\n".join(lines) + "\n"


def damage(drawing: str, dice: random.Random) -> str:
    """One mishap: a character lost or replaced, a line shifted, lost or doubled."""
    lines = drawing.split("\n")[:-1]
    row = dice.randrange(len(lines))
    line = lines[row]
    places = [at for at, sign in enumerate(line) if not sign.isalnum()] or [0]
    at = dice.choice(places)
    kind = dice.randrange(8)
    if kind < 3:
        lines[row] = line[:at] + line[at + 1 :]
    elif kind < 5:
        lines[row] = line[:at] + dice.choice(" x─│┼-|+") + line[at + 1 :]
    elif kind == 5:
        lines[row] = " " * dice.randint(1, 3) + line
    elif kind == 6:
        del lines[row]
    else:
        lines.insert(row, line)
    return "\n".join(lines) + "\n"


def _width(text: str) -> int:
    return sum(2 if letter > "\u2e80" else 1 for letter in text)
