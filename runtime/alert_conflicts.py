"""No plan hides the alerts that it checks by.

A silence over an alert that a verification or a watch of the same plan reads would have people see
nothing where the plan looks for something, or a check go green for want of a signal. Owns which
operations of a plan read alerts, and which that hide some they meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..compiler.plan import Action, Kind
from .adapters.matchers import Matcher, may_meet

if TYPE_CHECKING:
    from .adapters.contract import Operation

CHECKING = frozenset({Kind.VERIFY, Kind.MONITOR})
PHASES = frozenset({"watch", "judge"})


class Use(NamedTuple):
    """An operation with what it is given, and what it is bound to."""

    action: Action
    slot: str
    operation: Operation
    arguments: Mapping[str, Any]

    @property
    def checks(self) -> bool:
        """Whether the plan goes by what it answers."""
        return self.action.kind in CHECKING or self.slot in PHASES


def blinded(hiding: Use, uses: Iterable[Use]) -> Use | None:
    """The first check of a plan that reads alerts which this operation may hide."""
    hidden = _alerts(hiding.operation.hides_alerts, hiding.arguments)
    if hidden is None:
        return None
    for use in uses:
        if use.checks:
            read = _alerts(use.operation.reads_alerts, use.arguments)
            if read is not None and may_meet(hidden, read):
                return use
    return None


def words(read: Use) -> str:
    """Why it is refused, as half a sentence."""
    where = read.action.id if read.slot in ("do", "watch") else f"{read.action.id} ({read.slot})"
    return f"this may silence alerts that {where} reads"


def _alerts(
    of: Callable[[Mapping[str, Any]], tuple[Matcher, ...]] | None, arguments: Mapping[str, Any]
) -> tuple[Matcher, ...] | None:
    return None if of is None else of(arguments)
