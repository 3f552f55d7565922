"""A plan drawn with characters: boxes in layers, joined by rails.

The drawing uses the marks that the document's own reader understands, so a plan's picture can be
pasted into a document. What does not fit the width, or would be too large to take in, is listed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from ..plan import Plan, Stage
from .labels import agent_label, stage_label, whole_label
from .layers import Place, layers

_MOST_STAGES, _GAP, _LEAST_BOX, _BEND = 120, 3, 12, 3
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_LIGHT = {
    _UP | _DOWN: "│", _LEFT | _RIGHT: "─", _DOWN | _RIGHT: "┌", _DOWN | _LEFT: "┐",
    _UP | _RIGHT: "└", _UP | _LEFT: "┘", _DOWN | _LEFT | _RIGHT: "┬", _UP | _LEFT | _RIGHT: "┴",
    _UP | _DOWN | _RIGHT: "├", _UP | _DOWN | _LEFT: "┤", _UP: "│", _DOWN: "│", _LEFT: "─",
    _RIGHT: "─", _UP | _DOWN | _LEFT | _RIGHT: "┼",
}  # fmt: skip
_ASCII = {_UP | _DOWN: "|", _LEFT | _RIGHT: "-", _UP: "|", _DOWN: "|", _LEFT: "-", _RIGHT: "-"}


def display_width(text: str) -> int:
    """How many columns a text takes: wide characters two, combining ones none."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def clip(text: str, width: int) -> str:
    """A text cut to a number of columns."""
    if display_width(text) <= width:
        return text
    kept, used = "", 0
    for character in text:
        used += _columns(character)
        if used > width - 1:
            break
        kept += character
    return kept + "…"


def terminal(plan: Plan, width: int = 80, unicode: bool = True) -> str:
    """The plan as a drawing of at most ``width`` columns, or as a list where none would do."""
    if not plan.stages or len(plan.stages) > _MOST_STAGES:
        return _listed(plan)
    found = layers(plan)
    if not _lay_out(found, width):
        return _listed(plan)
    canvas = _Canvas(_LIGHT if unicode else _ASCII)
    row = 0
    for at, layer in enumerate(found):
        height = 2 + max(len(_lines(place)) for place in layer)
        for place in layer:
            canvas.place(place, row, height)
        row += height
        if at + 1 < len(found):
            row = canvas.join(layer, row, "▼" if unicode else "v")
    return canvas.text()


def _listed(plan: Plan) -> str:
    by_id = {stage.id: stage for stage in plan.stages}
    lines: list[str] = []
    for stage in plan.stages:
        needs = ", ".join(by_id[need].title or need for need in stage.needs)
        lines.append(whole_label(stage) + (f"  after {needs}" if needs else ""))
    return "\n".join(lines) + "\n" if lines else ""


def _lines(place: Place) -> list[str]:
    if place.stage is None:
        return []
    parts = (stage_label(place.stage), agent_label(place.stage))
    return [part for part in parts if part]


def _box(stage: Stage) -> int:
    lines = (stage_label(stage), agent_label(stage))
    return max(_LEAST_BOX, 4 + max(display_width(line) for line in lines)) | 1


def _lay_out(found: list[list[Place]], width: int) -> bool:
    """Give every place its columns; false where a layer cannot be made to fit."""
    for layer in found:
        bends = sum(place.stage is None for place in layer)
        boxes = [place for place in layer if place.stage is not None]
        room = width - _GAP * (len(layer) - 1) - bends * _BEND
        most = room // max(1, len(boxes))
        for place in boxes:
            assert place.stage is not None
            place.width = min(_box(place.stage), most if most % 2 else most - 1)
            if place.width < _LEAST_BOX:
                return False
    for layer in found:
        for place in layer:
            place.width = place.width if place.stage else _BEND
    total = max(_extent(layer) for layer in found)
    for layer in found:
        left = (total - _extent(layer)) // 2
        for place in layer:
            place.left = left
            left += place.width + _GAP
    return True


def _extent(layer: list[Place]) -> int:
    return sum(place.width for place in layer) + _GAP * (len(layer) - 1)


@dataclass(slots=True)
class _Rail:
    """A horizontal line that joins the lines from some places to all those they lead to."""

    sources: list[Place]
    targets: list[Place]
    entries: list[int] = field(default_factory=list[int])
    row: int = 0

    @property
    def exits(self) -> list[int]:
        """The columns from which lines come down to the rail."""
        return [place.centre for place in self.sources]

    @property
    def straight(self) -> bool:
        """True where one line runs straight down."""
        return len(self.sources) == 1 and self.exits == self.entries


def _rails(layer: list[Place]) -> list[_Rail]:
    """One rail for all boxes that lead to exactly the same places, and one for each bend.

    A bend shares no rail, so that no line leads from a box back up to where the bend comes from.
    """
    found: dict[tuple[int, ...], _Rail] = {}
    for place in layer:
        if place.below:
            key = tuple(sorted(id(target) for target in place.below))
            if place.stage is None:
                key = (id(place),)
            found.setdefault(key, _Rail([], place.below)).sources.append(place)
    return list(found.values())


def _enter(rails: list[_Rail]) -> None:
    """Give every rail its own column at each of its targets, clear of other rails' exits.

    A rail that fans out from the middle enters beside its own exit: four lines that meet in one
    character would be read as a crossing.
    """
    used = {column for rail in rails for column in rail.exits}
    for rail in rails:
        single = len(rail.sources) == len(rail.targets) == 1
        for target in rail.targets:
            columns = _near(target)
            own = rail.exits if single or _at_edge(target, rail) else ()
            free = (column for column in columns if column not in used or column in own)
            column = next(free, target.centre)
            used.add(column)
            rail.entries.append(column)
            if target.stage is None:
                target.left, target.width = column, 1


def _near(target: Place) -> list[int]:
    """The columns at which a line may enter, the middle first."""
    reach = max(0, (target.width - 3) // 2) if target.stage else 1
    steps = [0, *(step for far in range(1, reach + 1) for step in (far, -far))]
    return [target.centre + step for step in steps]


def _at_edge(target: Place, rail: _Rail) -> bool:
    """True where the rail leads to one side only from this target's column."""
    others = [place.centre for place in (*rail.sources, *rail.targets) if place is not target]
    return target.centre <= min(others) or target.centre >= max(others)


class _Canvas:
    """Cells by row and column; lines are kept as directions until they are drawn."""

    def __init__(self, marks: dict[int, str]) -> None:
        self._marks = marks
        self._rows: list[dict[int, str]] = []
        self._lines: dict[tuple[int, int], int] = {}

    def _put(self, row: int, column: int, text: str) -> None:
        while len(self._rows) <= row:
            self._rows.append({})
        for character in text:
            wide = _columns(character)
            if wide == 0:
                continue
            self._rows[row][column] = character
            if wide == 2:
                self._rows[row][column + 1] = ""
            column += wide

    def _draw(self, row: int, column: int, directions: int) -> None:
        self._lines[row, column] = self._lines.get((row, column), 0) | directions

    def place(self, place: Place, row: int, height: int) -> None:
        """A box with its words, or the line of a bend."""
        if place.stage is None:
            for at in range(row, row + height):
                self._draw(at, place.left, _UP | _DOWN)
            return
        left, right, bottom = place.left, place.left + place.width - 1, row + height - 1
        for column in range(left + 1, right):
            self._draw(row, column, _LEFT | _RIGHT)
            self._draw(bottom, column, _LEFT | _RIGHT)
        for at in range(row + 1, bottom):
            self._draw(at, left, _UP | _DOWN)
            self._draw(at, right, _UP | _DOWN)
        self._draw(row, left, _DOWN | _RIGHT)
        self._draw(row, right, _DOWN | _LEFT)
        self._draw(bottom, left, _UP | _RIGHT)
        self._draw(bottom, right, _UP | _LEFT)
        for at, line in enumerate(_lines(place), 1):
            self._put(row + at, left + 2, clip(line, place.width - 4))
        if place.below:
            self._draw(bottom, place.centre, _DOWN)

    def join(self, layer: list[Place], row: int, arrow: str) -> int:
        """The lines from a layer to the next; returns the row at which the next layer starts."""
        rails = _rails(layer)
        _enter(rails)
        bent = [rail for rail in rails if not rail.straight]
        for at, rail in enumerate(bent):
            rail.row = row + 1 + at
        last = row + 1 + len(bent) + (len(bent) > 1)
        for rail in rails:
            self._rail(rail, row, last)
            for target, column in zip(rail.targets, rail.entries, strict=True):
                if target.stage is not None:
                    self._put(last, column, arrow)
        return last + 1

    def _rail(self, rail: _Rail, top: int, last: int) -> None:
        if rail.straight:
            for at in range(top, last + 1):
                self._draw(at, rail.exits[0], _UP | _DOWN)
            return
        for column in rail.exits:
            for at in range(top, rail.row):
                self._draw(at, column, _UP | _DOWN)
            self._draw(rail.row, column, _UP)
        for column in rail.entries:
            for at in range(rail.row + 1, last + 1):
                self._draw(at, column, _UP | _DOWN)
            self._draw(rail.row, column, _DOWN)
        ends = [*rail.exits, *rail.entries]
        for column in range(min(ends), max(ends)):
            self._draw(rail.row, column, _RIGHT)
            self._draw(rail.row, column + 1, _LEFT)

    def text(self) -> str:
        """The drawing, one line a row, without trailing spaces."""
        for (row, column), directions in self._lines.items():
            while len(self._rows) <= row:
                self._rows.append({})
            self._rows[row].setdefault(column, self._marks.get(directions, "+"))
        lines: list[str] = []
        for cells in self._rows:
            last = max(cells, default=-1)
            lines.append("".join(cells.get(column, " ") for column in range(last + 1)).rstrip())
        return "\n".join(lines) + "\n"
