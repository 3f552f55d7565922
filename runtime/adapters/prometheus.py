"""The Prometheus adapter: what is measured, held against a bound for a time.

No data, data that is too old and an answer that is no number are *unknown*, never green: an
exporter that died takes its error rate with it. A watch fails on alerts that begin to fire while it
goes on. Read with httpx (the extra ``http``); changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from .alerts import judged
from .arguments import milliseconds, validated
from .contract import Check, Description, Order, Result, Surroundings, Use
from .permissions import is_open
from .prometheus_arguments import (
    DESCRIPTION,
    INSTANT,
    QUERIES,
    RANGE,
    RULES,
    Alerts,
    Bounded,
    Compared,
    Query,
    Settings,
)
from .prometheus_data import (
    STEPS,
    Series,
    Unknown,
    data_of,
    firing,
    instant,
    one_value,
    ranged,
    trusted,
)
from .service import UNUSABLE, Service
from .web import Trouble


class Prometheus(Service):
    """Asks a Prometheus."""

    NAME, TITLE = "prometheus", "Prometheus"

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        super().__init__(surroundings, settings.url, settings.timeout, settings.headers)

    @classmethod
    def describe(cls) -> Description:
        """Its operations and settings."""
        return DESCRIPTION

    async def _try(self) -> None:
        await self._get(INSTANT, {"query": "vector(1)"})

    async def foresee(self, uses: tuple[Use, ...]) -> tuple[Check, ...]:
        """Every query is one that this server understands; whether it has data is said, too."""
        asked: dict[str, str] = {}
        for use in uses:
            for query in map(use.arguments.get, QUERIES):
                if isinstance(query, str) and not is_open(query):
                    asked.setdefault(query, use.where)
        return tuple([await self._understood(query, where) for query, where in asked.items()])

    async def _understood(self, query: str, where: str) -> Check:
        try:
            some = bool(await self._instant(query))
        except (*UNUSABLE, TypeError) as error:
            return Check(False, self._said(error, where), "correct the query in the bindings")
        return Check(True, f"the query of {where}{'' if some else ', which has no data now'}")

    async def dispatch(self, order: Order) -> Result:
        """Ask, and judge what comes back."""
        if DESCRIPTION.operation(order.operation) is None:
            return self._no_operation(order)
        try:
            return await self._judge(order)
        except (KeyError, IndexError, TypeError, AttributeError):
            return Result("unknown", "the answer has not the shape that a Prometheus gives it")
        except UNUSABLE as error:
            return self.answered(error)

    # --- asking -------------------------------------------------------------------------------

    async def _judge(self, order: Order) -> Result:
        operation = DESCRIPTION.operation(order.operation)
        assert operation is not None
        given = validated(operation.arguments, order.arguments, order.operation)
        match given:
            case Bounded():
                return await self._check(given)
            case Compared():
                return await self._compare(given)
            case Alerts():
                return await self._alerts(given, order.seen)
            case Query():
                return await self._query(given)
            case _:
                raise AssertionError(order.operation)

    async def _query(self, given: Query) -> Result:
        series = await self._instant(given.query)
        if not series:
            raise Unknown(f"no data: {given.query}")
        lines = [f"{each.name} {each.points[-1][1]:g}" for each in series[:20]]
        values = {"value": f"{series[0].points[-1][1]:g}"} if len(series) == 1 else {}
        return Result("ok", "\n".join(lines), values)

    async def _check(self, given: Bounded) -> Result:
        at_s, series = await self._measured(given)
        hold_s = 0 if given.hold is None else milliseconds(given.hold) / 1000
        if not series:
            raise Unknown(f"no data: {given.query}")
        for each in series:
            trusted(each, at_s, hold_s, given.query)
        bound, above = (given.below, False) if given.below is not None else (given.above, True)
        assert bound is not None
        worst = min if above else max
        found = worst((value, each.name) for each in series for _, value in each.points)
        kept = found[0] > bound if above else found[0] < bound
        word = "above" if above else "below"
        held = f" for {given.hold}" if given.hold else ""
        text = f"{'' if kept else 'not '}{word} {bound:g}{held}: worst {found[0]:g} ({found[1]})"
        return Result("ok" if kept else "false", text, {"value": f"{found[0]:g}"})

    async def _measured(self, given: Bounded) -> tuple[float, list[Series]]:
        """The server's own time, and the series over the time that is asked about."""
        at_s = await self._now()
        await self._fresh(given.query, given.stale)
        if given.hold is None:
            return at_s, await self._instant(given.query)
        hold_s = milliseconds(given.hold) / 1000
        step = max(1.0, hold_s / STEPS)
        asked = {"query": given.query, "start": f"{at_s - hold_s}", "end": f"{at_s}"}
        return at_s, ranged(await self._get(RANGE, {**asked, "step": f"{step}"}))

    async def _compare(self, given: Compared) -> Result:
        """The canary and the rest at the same time, by the server's clock."""
        at_s = await self._now()
        samples = await self._one(given.samples, at_s, given.stale)
        if samples < given.least:
            raise Unknown(f"the canary has {samples:g} samples of at least {given.least}")
        canary = await self._one(given.canary, at_s, given.stale)
        rest = await self._one(given.rest, at_s, given.stale)
        good, words = _as_good(given, canary, rest)
        text = f"canary {canary:g}, rest {rest:g}: {words}; {samples:g} samples"
        values = {"canary": f"{canary:g}", "rest": f"{rest:g}", "samples": f"{samples:g}"}
        return Result("ok" if good else "false", text, values)

    async def _alerts(self, given: Alerts, seen: Mapping[str, Any] | None) -> Result:
        at_s = await self._now()
        data = await self._get(RULES, {"type": "alert"})
        return judged(firing(data, given, at_s), seen)

    async def _now(self) -> float:
        """The server's clock, as Unix seconds."""
        (clock,) = await self._instant("vector(time())")
        return clock.points[-1][1]

    async def _fresh(self, query: str, stale: str) -> None:
        """Raises ``Unknown`` for data of a selector that is old; an expression is always new."""
        for each in await self._instant(f"time() - timestamp({query})"):
            if each.points[-1][1] * 1000 > milliseconds(stale):
                raise Unknown(f"the newest data is {each.points[-1][1]:.0f} s old: {query}")

    async def _one(self, query: str, at_s: float, stale: str) -> float:
        await self._fresh(query, stale)
        return one_value(await self._instant(query, at_s), query)

    async def _instant(self, query: str, at_s: float | None = None) -> list[Series]:
        at = {} if at_s is None else {"time": f"{at_s}"}
        return instant(await self._get(INSTANT, {"query": query, **at}))

    async def _get(self, path: str, query: Mapping[str, str]) -> Any:
        """The data of an answer; raises ``ConnectionError``, ``Unknown`` and ``ValueError``."""
        reply = await self._exchange("GET", f"{path}?{urlencode(query)}" if query else path)
        if isinstance(reply, Trouble):
            raise ConnectionError(reply.reason)
        return data_of(reply)


def _as_good(given: Compared, canary: float, rest: float) -> tuple[bool, str]:
    """Whether the canary is not too much worse, and by how much it is, in words."""
    bad, good = (canary, rest) if given.worse == "higher" else (rest, canary)
    if given.difference is not None:
        words = f"worse by {bad - good:g}, at most {given.difference:g}"
        return bad - good <= given.difference, words
    assert given.ratio is not None
    if good == 0:
        return bad == 0, "as good" if bad == 0 else "without bound as bad"
    return bad / good <= given.ratio, f"{bad / good:g} times as bad, at most {given.ratio:g}"
