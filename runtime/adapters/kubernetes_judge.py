"""A canary judged against the rest, from what happened to the pods of both in the same time.

Owns what counts as trouble (a container started again, a pod that failed, a pod that lost its
readiness, one that is not ready at the end) and when so little was seen that nobody can tell. It
looks at pods alone: what users notice is for a measurement to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import comb
from typing import Any

from .contract import Answer
from .kubernetes_client import Object
from .kubernetes_health import readiness, restarts

CANARY = "armada.dev/canary"
CHANCE = 0.05
"""What is this likely to happen to a canary that is no worse is called chance."""


@dataclass(slots=True)
class _Pod:
    """One pod as it was last seen; ``restarts`` are those since the comparison began."""

    first: int
    restarts: int = 0
    failed: bool = False
    ready: bool = False
    flaps: int = 0
    seen_s: float = 0.0
    there: bool = True
    leaving: bool = False

    def see(self, found: Object) -> None:
        phase = found.get("status", {}).get("phase")
        ready = readiness(found).get("status") == "True"
        self.leaving = "deletionTimestamp" in found["metadata"]
        self.failed = self.failed or phase == "Failed"
        self.restarts = max(self.restarts, restarts(found) - self.first)
        if self.ready and not ready and not self.failed and not self.leaving:
            self.flaps += 1
        self.ready = ready


@dataclass(slots=True)
class Side:
    """The pods of one side, by identity."""

    pods: dict[str, _Pod] = field(default_factory=dict[str, _Pod])

    def count(self, name: str) -> int:
        """Restarts, failed pods or lost readiness, over all pods."""
        return sum(int(getattr(pod, name)) for pod in self.pods.values())

    @property
    def unready(self) -> int:
        """Pods that are not ready at the end, and have not failed."""
        standing = (p for p in self.pods.values() if p.there and not p.failed and not p.leaving)
        return sum(not pod.ready for pod in standing)

    @property
    def now(self) -> int:
        """How many pods there are."""
        return sum(pod.there and not pod.failed for pod in self.pods.values())

    @property
    def troubles(self) -> int:
        """All of them together."""
        return sum(self.count(each) for each in ("restarts", "failed", "flaps")) + self.unready

    def samples(self, over_s: float) -> float:
        """How many pods were seen, each counted by its share of the time."""
        return sum(pod.seen_s for pod in self.pods.values()) / over_s if over_s > 0 else 0.0

    def data(self) -> dict[str, Any]:
        """For the journal."""
        counts = {name: self.count(name) for name in ("restarts", "failed", "flaps")}
        return {"pods": self.now, **counts, "unready": self.unready}

    def words(self) -> str:
        """For a person."""
        known = (
            (self.count("restarts"), "restarts"),
            (self.count("failed"), "failed pods"),
            (self.count("flaps"), "times unready"),
            (self.unready, "not ready now"),
        )
        return ", ".join(f"{n} {what}" for n, what in known if n) or "nothing"


class Judgement:
    """What was seen of both sides since it began; ``at`` are seconds of a steady clock."""

    def __init__(self) -> None:
        self.canary, self.rest = Side(), Side()
        self.begun = False
        self._first = self._last = 0.0

    @property
    def over_s(self) -> float:
        """For how long both were looked at."""
        return self._last - self._first

    def see(self, pods: Iterable[Object], at: float) -> None:
        """Take the pods as they are at a time."""
        if not self.begun:
            self._first = self._last = at
        gone_by = at - self._last
        self._last = at
        for side in (self.canary, self.rest):
            for pod in side.pods.values():
                pod.seen_s += gone_by if pod.there else 0.0
                pod.there = False
        for found in pods:
            meta = found["metadata"]
            side = self.canary if meta.get("labels", {}).get(CANARY) == "true" else self.rest
            if meta["uid"] not in side.pods:
                if found.get("status", {}).get("phase") == "Failed" and not self.begun:
                    continue  # it failed before anybody compared
                side.pods[meta["uid"]] = _Pod(0 if self.begun else restarts(found))
            side.pods[meta["uid"]].see(found)
            side.pods[meta["uid"]].there = True
        self.begun = True


def verdict(judgement: Judgement, at_least: int) -> tuple[Answer, str]:
    """Which side did worse: ``false`` where the canary did, ``unknown`` where nobody can tell."""
    canary, rest = judgement.canary, judgement.rest
    over_s = judgement.over_s
    seen, others = canary.samples(over_s), rest.samples(over_s)
    all_ = canary.now + rest.now
    share = f"{canary.now} of {all_} pods are canary: {100 * canary.now / max(all_, 1):.0f} %"
    said = f"in {over_s:.0f} s the canary had {canary.words()}, the rest {rest.words()}; {share}"
    few = f"; at least {at_least} of each must be seen, and these were {seen:.1f} and {others:.1f}"
    if others < at_least * 0.9:
        return "unknown", said + few
    if canary.troubles and not rest.troubles:
        return "false", said
    if seen < at_least * 0.9:
        return "unknown", said + few
    if canary.troubles * others <= rest.troubles * seen:
        return "ok", said
    if _chance(canary.troubles, rest.troubles, seen / (seen + others)) < CHANCE:
        return "false", said
    return "unknown", f"{said}; that may be chance"


def _chance(canary: int, rest: int, share: float) -> float:
    """How likely so much or more of all trouble falls on the canary if it is no worse.

    The upper tail of the binomial distribution, which is exact where both sides fail at one rate.
    """
    all_ = min(canary + rest, 1_000)
    ways = (comb(all_, k) * share**k * (1 - share) ** (all_ - k) for k in range(canary, all_ + 1))
    return sum(ways)
