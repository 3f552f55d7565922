"""Synthetic workflows of any size, as texts in the YAML surface.

Three shapes: a chain, where each stage needs the one before; a fan, where all stages but the first
and the last stand side by side; layers, where each stage needs three of the layer before. The last
stage verifies, so that a drill of any of them ends resolved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

LAYER = 25

HEAD = """\
name: {name}
description: A synthetic workflow of {count} stages.
coordinator: commander
agents: [commander, worker]
severities:
  - {{level: SEV-1, criteria: outage, respond_within: Immediate, agents: All}}
  - {{level: SEV-2, criteria: degraded, respond_within: 30 min, agents: All}}
escalation:
  - "0-15 min: on-call engineer"
  - "15-30 min: team lead"
  - "30+ min: engineering manager"
stages:
"""
STAGE = """\
  - id: s{at}
    agent: worker
    needs: [{needs}]
    actions:
      - read_{at}:
          queries: ["Is reading {at} as expected?"]
"""
LAST = """\
      - verify_all:
          checks: ["Error rate normalized"]
"""


def _chain(count: int) -> Iterator[Sequence[int]]:
    for at in range(count):
        yield range(max(0, at - 1), at)


def _fan(count: int) -> Iterator[Sequence[int]]:
    yield ()
    for _ in range(count - 2):
        yield (0,)
    yield range(1, count - 1)


def _layers(count: int) -> Iterator[Sequence[int]]:
    for at in range(count - 1):
        layer, place = divmod(at, LAYER)
        above = (layer - 1) * LAYER
        yield sorted({above + (place + step) % LAYER for step in range(3)}) if layer else ()
    yield range(max(0, count - 1 - LAYER), count - 1)


SHAPES: dict[str, Callable[[int], Iterator[Sequence[int]]]] = {
    "chain": _chain,
    "fan": _fan,
    "layers": _layers,
}

SCENARIO = {
    "name": "synthetic",
    "world": {"cause": "bad-deploy", "recovers_after": "1m"},
    "people": {"default": {"acknowledges": "2m"}},
    "responses": {"kind: observe": {"takes": "10s"}},
    "horizon": "100d",
}


def document(shape: str, count: int) -> str:
    """The text of a workflow of ``count`` stages, at least three."""
    parts = [HEAD.format(name=f"{shape}-{count}", count=count)]
    for at, needs in enumerate(SHAPES[shape](count)):
        parts.append(STAGE.format(at=at, needs=", ".join(f"s{need}" for need in needs)))
    parts.append(LAST)
    return "".join(parts)
