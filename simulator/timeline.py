"""A drill's timeline: the words of every run, and what the world's gauge showed beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..compiler.plan import Kind
from ..runtime.journal_replay import Batch
from ..runtime.timeline import Line, Teller, Told, Tone, joined, level_name

if TYPE_CHECKING:
    from .drill import DrillResult

__all__ = ["Line", "level_name", "percent", "timeline"]

_CHANGES = (Kind.RUN, Kind.CHOOSE, Kind.ROLLOUT)


def timeline(result: DrillResult) -> tuple[Line, ...]:
    """The lines of a drill that kept its journal; none where it did not."""
    teller = _DrillTeller(result.plan, result.scenario.declared.title)
    return tuple(joined(told for batch in result.batches for told in teller.tell(batch)))


class _DrillTeller(Teller):
    """Tells the error rate where an effect changed it, or should have."""

    def _read(self, batch: Batch, action_id: str, phase: str) -> Iterator[Told]:
        reading = batch.reading
        if reading is None:
            return
        before, after = reading["error_rate"]
        action = self._actions.get(action_id)
        changes = action is not None and action.kind in _CHANGES
        if before != after or (phase != "choose" and changes):
            text = f"{action_id}: error rate {percent(before)} → {percent(after)}"
            tone: Tone = "good" if after < before else "bad" if after > before else "plain"
            yield "", Line(batch.at_ms, text, tone, action_id)


def percent(rate: float) -> str:
    """An error rate for a reader."""
    return f"{100 * rate:.1f} %"
