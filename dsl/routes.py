"""From connectors to edges: which box leads to which.

A connected set of cells is a net. Arrowheads direct it: a route starts where the net leaves a box,
may pass an arrowhead only the way it points, and ends at a box it enters through one. A net without
arrowheads runs down, else to the right. Where four lines meet, they are two that cross if each is
then a route of its own, and one junction otherwise.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from .canvas import DOWN, LEFT, RIGHT, STEP, UP, Cell
from .lines import Port, Wires

_State = tuple[Cell, bool, int]
"""Where a walk is: the cell, whether it has passed an arrowhead, and at a crossing its axis."""

MAX_JOINTS = 200
"""Beyond so many places in one net where four lines meet none is taken for a crossing."""
MAX_CROSSINGS = 8
"""Beyond so many crossings in one net each is taken for a junction."""
MAX_WORK = 600_000
"""Cells that are visited at most on all walks through one drawing."""


@dataclass(frozen=True, slots=True)
class Route:
    """A way from one box to another: indices, the last cell, and all its cells."""

    source: int
    target: int
    end: Cell
    path: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Net:
    """A connected set of cells and the ports on it, in reading order."""

    cells: tuple[Cell, ...]
    ports: tuple[Port, ...]


@dataclass(slots=True)
class Effort:
    """How far a drawing may still be walked; a net of many boxes is walked from each of them."""

    left: int = MAX_WORK

    def spend(self, cells: int) -> None:
        """Count the cells of one walk; those of a way that it found cost an eighth."""
        self.left -= cells


def find_nets(wires: Wires) -> list[Net]:
    """The connected parts, each in reading order."""
    nets: list[Net] = []
    seen: set[Cell] = set()
    for start in sorted(wires.joined):
        if start in seen:
            continue
        seen.add(start)
        pending, cells = [start], [start]
        while pending:
            for other in wires.joined[pending.pop()]:
                if other not in seen:
                    seen.add(other)
                    pending.append(other)
                    cells.append(other)
        cells.sort()
        ports = tuple(port for cell in cells for port in wires.ports.get(cell, ()))
        nets.append(Net(tuple(cells), ports))
    return nets


def find_routes(wires: Wires, net: Net, effort: Effort) -> list[Route]:
    """The routes of one net; none where that takes more effort than is left."""
    if len(net.ports) < 2:
        return []
    walk = _Walk(wires, net, effort)
    plain = walk.routes(frozenset())
    joints = [cell for cell in net.cells if len(wires.joined[cell]) == 4]
    if len(joints) > MAX_JOINTS:
        return plain
    crossings = [cell for cell in joints if not _on_rail(wires, cell)]
    if not crossings or len(crossings) > MAX_CROSSINGS:
        return plain
    for split in (frozenset(crossings), *(frozenset([cell]) for cell in crossings)):
        routes = walk.routes(split)
        if walk.complete(routes):
            return routes
    return plain


def _on_rail(wires: Wires, cell: Cell) -> bool:
    """Whether the level line through a cell is fed by nothing but what seems to cross it.

    It turns the same way at both ends, to where it deals out or whence it gathers, and no tee
    reaches it from the other side.
    """
    ends = [_far(wires, cell, side) for side in (LEFT, RIGHT)]
    turns = [wires.arms[end] & (UP | DOWN) for end in ends]
    if turns[0] != turns[1] or turns[0] not in (UP, DOWN):
        return False
    row, first = ends[0]
    other = -1 if turns[0] == DOWN else 1
    feeds = [
        (row, column)
        for column in range(first, ends[1][1] + 1)
        if (row + other, column) in wires.joined.get((row, column), ())
    ]
    return all(len(wires.joined[feed]) == 4 for feed in feeds)


def _far(wires: Wires, cell: Cell, side: int) -> Cell:
    """The last cell of the level line that runs from a cell to one side."""
    row, column = cell
    step = STEP[side][1]
    while (row, column + step) in wires.joined[row, column]:
        column += step
    return row, column


class _Walk:
    """Routes through one net."""

    def __init__(self, wires: Wires, net: Net, effort: Effort) -> None:
        self.wires = wires
        self.net = net
        self.effort = effort
        self.directed = any(cell in wires.heads for cell in net.cells)

    def routes(self, split: frozenset[Cell]) -> list[Route]:
        """The routes, where lines only cross at the cells of ``split``."""
        sources = [port for port in self.net.ports if self._leaves(port)]
        targets = frozenset(port for port in self.net.ports if self._enters(port))
        if not sources or not targets:
            sources, targets = self._undecided()
        else:
            sources = self._not_entered(sources)
        found: list[Route] = []
        for port in sources:
            found.extend(self._from(port, targets, split))
            if self.effort.left < 0:
                return []
        unique = {(route.source, route.target): route for route in reversed(found)}
        return [unique[key] for key in sorted(unique)]

    def _not_entered(self, sources: list[Port]) -> list[Port]:
        """The sources on a side by which no arrowhead enters, if there are any.

        A line that meets a box beside its fellows, its arrowhead forgotten, enters as they do.
        """
        entered = {port.side for port in self.net.ports if self._has_head_in(port)}
        return [port for port in sources if port.side not in entered] or sources

    def _has_head_in(self, port: Port) -> bool:
        head = self.wires.heads.get(port.cell)
        return head is not None and self._points_in(port, head)

    def complete(self, routes: list[Route]) -> bool:
        """Whether every box on the net has a part in a route."""
        used = {box for route in routes for box in (route.source, route.target)}
        return all(port.box in used for port in self.net.ports)

    def _leaves(self, port: Port) -> bool:
        head = self.wires.heads.get(port.cell)
        if head is not None:
            return not self._points_in(port, head)
        return self.directed or port.side in (DOWN, RIGHT)

    def _enters(self, port: Port) -> bool:
        head = self.wires.heads.get(port.cell)
        if head is not None:
            return self._points_in(port, head)
        return self.directed or port.side not in (DOWN, RIGHT)

    def _points_in(self, port: Port, head: int) -> bool:
        """Whether an arrowhead at a port points into the port's box."""
        down, right = STEP[port.side]
        pointed = STEP[head]
        return (pointed[0], pointed[1]) == (-down, -right)

    def _undecided(self) -> tuple[list[Port], frozenset[Port]]:
        """Ports all alike: two arrowheads lead both ways, bare lines from the first box."""
        ports = list(self.net.ports)
        if self.directed:
            return (
                (ports, frozenset(ports))
                if len({port.box for port in ports}) == 2 == len({port.side for port in ports})
                else ([], frozenset())
            )
        first = min(ports, key=lambda port: (port.box, port.cell))
        return [first], frozenset(port for port in ports if port.box != first.box)

    def _from(self, start: Port, targets: frozenset[Port], split: frozenset[Cell]) -> list[Route]:
        """Breadth first over (cell, armed, axis): ``armed`` once an arrowhead has been passed."""
        both_ways = start in targets and self._enters(start) and not self._leaves(start)
        armed = start.cell in self.wires.heads or not self.directed
        before: dict[_State, _State | None] = {(start.cell, armed, 0): None}
        queue: deque[_State] = deque(before)
        found: dict[int, Route] = {}
        while queue:
            state = queue.popleft()
            cell, armed, axis = state
            for port in self.wires.ports.get(cell, ()):
                arrives = armed and port in targets and port != start and port.box not in found
                if arrives:
                    path = _path(before, state)
                    found[port.box] = Route(start.box, port.box, cell, path)
                    self.effort.spend(len(path) // 8)
                    if self.effort.left < 0:
                        return []
            for other in self.wires.joined[cell]:
                if not self._may_pass(cell, other, both_ways):
                    continue
                heading = 1 if other[0] == cell[0] else 2
                if cell in split and heading != axis:
                    continue
                kept = heading if other in split else 0
                following: _State = (other, armed or other in self.wires.heads, kept)
                if following not in before:
                    before[following] = state
                    queue.append(following)
        self.effort.spend(len(before))
        several = len(found) > 1 or not self.directed
        return [route for box, route in found.items() if not (several and box == start.box)]

    def _may_pass(self, cell: Cell, other: Cell, both_ways: bool) -> bool:
        if both_ways:
            return True
        head = self.wires.heads.get(cell)
        if head is not None and _along(cell, other, head) <= 0:
            return False
        head = self.wires.heads.get(other)
        return head is None or _along(other, cell, head) <= 0


def _along(cell: Cell, other: Cell, direction: int) -> int:
    """How far ``other`` lies from ``cell`` in a direction."""
    down, right = STEP[direction]
    return (other[0] - cell[0]) * down + (other[1] - cell[1]) * right


def _path(
    before: dict[_State, _State | None],
    state: _State | None,
) -> tuple[Cell, ...]:
    path: list[Cell] = []
    while state is not None:
        path.append(state[0])
        state = before[state]
    return tuple(reversed(path))
