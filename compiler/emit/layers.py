"""Where each stage of a layered drawing stands.

The layers are those of Sugiyama, Tagawa and Toda (1981), section 2: a stage stands one layer below
the lowest it needs, an edge over several layers passes through a bend in each, and a layer is
ordered by the mean place of what each member hangs from.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..plan import Plan, Stage


@dataclass(slots=True)
class Place:
    """A box, or with ``stage`` None a bend that only passes a line on."""

    stage: Stage | None
    above: list[Place] = field(default_factory=list["Place"])
    below: list[Place] = field(default_factory=list["Place"])
    order: float = 0.0
    left: int = 0
    width: int = 1

    @property
    def centre(self) -> int:
        """The column at which a line arrives or leaves."""
        return self.left + (self.width - 1) // 2


def layers(plan: Plan) -> list[list[Place]]:
    """The stages layer by layer, top first, each layer from left to right."""
    depth: dict[str, int] = {}
    for stage in plan.stages:
        depth[stage.id] = 1 + max((depth[need] for need in stage.needs), default=-1)
    found: list[list[Place]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    places: dict[str, Place] = {}
    for stage in plan.stages:
        place = places[stage.id] = Place(stage)
        found[depth[stage.id]].append(place)
    for stage in plan.stages:
        for need in stage.needs:
            _connect(found, places[need], depth[need], places[stage.id], depth[stage.id])
    for layer in found:
        _order(layer)
    return found


def _connect(found: list[list[Place]], upper: Place, top: int, lower: Place, bottom: int) -> None:
    """Join two places; lines from one place share their bends."""
    for at in range(top + 1, bottom):
        bend = next((place for place in upper.below if place.stage is None), None)
        if bend is None:
            bend = Place(None, [upper])
            upper.below.append(bend)
            found[at].append(bend)
        upper = bend
    upper.below.append(lower)
    lower.above.append(upper)


def _order(layer: list[Place]) -> None:
    for place in layer:
        if place.above:
            place.order = sum(above.order for above in place.above) / len(place.above)
    layer.sort(key=lambda place: place.order)
    for at, place in enumerate(layer):
        place.order = float(at) - (len(layer) - 1) / 2
