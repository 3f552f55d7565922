"""The system under the incident: one cause, what was done about it, and what is read from it.

Causal, not scripted: a rollback cures a bad deploy and nothing else; switching a feature off cures
a bad feature; more capacity relieves saturation and rerouting relieves a failing dependency, and
neither cures; a fix that reaches production cures what it addresses, and a wrong one put over a
rollback brings the bad revision back. Whatever is read is read at that moment.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from .distributions import parse_duration
from .meaning import Remedy, fact_is_true
from .scenario import Gauge
from .scenario import World as Conditions

_RELIEF: dict[tuple[str, Remedy], float] = {
    ("saturation", Remedy.SCALE): 0.35,
    ("saturation", Remedy.RESTART): 0.6,
    ("dependency", Remedy.REROUTE): 0.4,
}
"""What share of the harm is left after relief; the rest needs a cure."""
_CURES: dict[str, Remedy] = {"bad-deploy": Remedy.ROLLBACK, "bad-feature": Remedy.FLAG}
CANARY_HARM = 1.6


class Revision(StrEnum):
    """What runs in production."""

    CURRENT = "current"
    PREVIOUS = "previous"
    FIXED = "fixed"


class World:
    """The state of the system and every effect that it has taken, by idempotency key."""

    __slots__ = ("_fix", "_recovers_ms", "effects", "given", "relieved", "revision", "suspected")

    def __init__(self, given: Conditions) -> None:
        self.given = given
        self.suspected = given.suspected or given.cause
        self.revision = Revision.CURRENT
        self.relieved: dict[Remedy, None] = {}
        self.effects: dict[str, int] = {}
        self._fix = given.fix_addresses or self.suspected
        after = given.recovers_after
        self._recovers_ms = None if after is None else parse_duration(after)

    # --- readings -----------------------------------------------------------------------------

    def harm(self, at_ms: int) -> float:
        """How much of the incident is felt: 0 none, 1 all of it, more where a fix did harm."""
        if self.given.cause == "none":
            return 0.0
        if self._recovers_ms is not None and at_ms >= self._recovers_ms:
            return 0.0
        if self.revision is Revision.FIXED:
            if self.given.fix == "harmful":
                return CANARY_HARM
            if self.given.fix == "right" and self._fix == self.given.cause:
                return 0.0
        return self._harm_left()

    def _harm_left(self) -> float:
        cause = self.given.cause
        if cause == "bad-deploy" and self.revision is Revision.PREVIOUS:
            return 0.0
        if cause != "bad-deploy" and _CURES.get(cause) in self.relieved:
            return 0.0
        return min((_RELIEF.get((cause, remedy), 1.0) for remedy in self.relieved), default=1.0)

    def error_rate(self, at_ms: int) -> float:
        """The share of requests that fail."""
        return _reading(self.given.error_rate, self.harm(at_ms))

    def latency_ms(self, at_ms: int) -> float:
        """How long a request takes."""
        return _reading(self.given.latency_ms, self.harm(at_ms))

    def healthy(self, at_ms: int) -> bool:
        """True where errors and latency are both acceptable."""
        return (
            self.error_rate(at_ms) <= self.given.error_rate.objective
            and self.latency_ms(at_ms) <= self.given.latency_ms.objective
        )

    def check(self, text: str, at_ms: int) -> bool:
        """Whether a check of these words holds now."""
        words = text.lower()
        if "latency" in words or "slow" in words or "response time" in words:
            return self.latency_ms(at_ms) <= self.given.latency_ms.objective
        return self.error_rate(at_ms) <= self.given.error_rate.objective

    def canary_holds(self) -> bool:
        """A canary is compared with what runs beside it: only a fix that does harm stands out."""
        return self.given.fix != "harmful"

    def fact(self, name: str) -> tuple[Any, str]:
        """What people say when asked, and where it comes from (scenario, meaning or default)."""
        if name in self.given.facts:
            return self.given.facts[name], "scenario"
        recent = self.given.recent_deploy
        deployed = self.suspected == "bad-deploy" if recent is None else recent
        found = fact_is_true(name, self.suspected, deployed)
        return (False, "default") if found is None else (found, "meaning")

    # --- effects ------------------------------------------------------------------------------

    def take(self, key: str, remedy: Remedy) -> bool:
        """Apply an effect once; False where the world has taken the one of this key before."""
        if key in self.effects:
            return False
        self.effects[key] = 1
        if remedy is Remedy.ROLLBACK:
            self.revision = Revision.PREVIOUS
        elif remedy is not Remedy.NONE:
            self.relieved[remedy] = None
        return True

    def promote(self, key: str) -> bool:
        """The fix reaches all of production; counted once."""
        if not self.take(key, Remedy.NONE):
            return False
        self.revision = Revision.FIXED
        return True

    def revert(self, key: str) -> bool:
        """What a rollout had begun is taken back; counted once."""
        if not self.take(key, Remedy.NONE):
            return False
        if self.revision is Revision.FIXED:
            self.revision = Revision.PREVIOUS
        return True


def _reading(gauge: Gauge, harm: float) -> float:
    return round(gauge.healthy + (gauge.incident - gauge.healthy) * harm, 6)
