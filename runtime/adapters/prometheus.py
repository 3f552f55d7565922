"""The Prometheus adapter: what is measured, held against a bound for a time.

No data, data that is too old and an answer that is no number are *unknown*, never green: an
exporter that died takes its error rate with it. Read with httpx (the extra ``http``); changes
nothing. The API is https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from pydantic import Field, model_validator

from ...compiler.plan import Effect
from .arguments import Duration, Given, milliseconds, validated
from .contract import Check, Description, Message, Operation, Order, Result, Surroundings
from .web import MISSING, Call, Reply, Trouble, Web, host, installed

STEPS = 60
"""How many points a range is asked in, at most; never closer than a second."""


class Settings(Given):
    """Which server."""

    url: str = Field(min_length=1, description="Its address; may be `env:NAME` or `file:PATH`.")
    headers: dict[str, str] = Field(
        default_factory=dict, description="Headers of every request; `env:` and `file:` allowed."
    )
    timeout: Duration = Field("10s", description="How long a request may take.")


class Query(Given):
    """A question in PromQL."""

    query: str = Field(min_length=1, max_length=8_000, description="PromQL.")


class Bounded(Query):
    """A question with a bound: every series must keep to it for the whole time."""

    below: float | int | None = Field(None, description="Every value is below this.")
    above: float | int | None = Field(None, description="Every value is above this.")
    hold: Duration | None = Field(
        None, alias="for", description="For how long up to now; else only now."
    )
    stale: Duration = Field("5m", description="Data older than this is no data.")

    @model_validator(mode="after")
    def _a_bound(self) -> Bounded:
        if (self.below is None) == (self.above is None):
            raise ValueError("give one of below and above")
        return self


class Alerts(Given):
    """Firing alerts."""

    labels: dict[str, str] = Field(default_factory=dict, description="Only with these labels.")


DESCRIPTION = Description(
    "prometheus",
    "Measurements and alerts of a Prometheus.",
    Settings,
    (
        Operation("query", "The values now.", Effect.READ, Query),
        Operation("check", "Whether values keep to a bound for a time.", Effect.READ, Bounded),
        Operation("alerts", "Whether no alert is firing.", Effect.READ, Alerts),
    ),
)


class Series(NamedTuple):
    """One series: its labels in words, and its points as (Unix seconds, value)."""

    name: str
    points: tuple[tuple[float, float], ...]


class Unknown(Exception):
    """Nothing can be said, and why."""


class Prometheus:
    """Asks a Prometheus."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._web = Web()

    @classmethod
    def describe(cls) -> Description:
        """Its operations and settings."""
        return DESCRIPTION

    async def check(self) -> tuple[Check, ...]:
        """It answers a query."""
        if not installed():
            return (Check(False, "package httpx", MISSING),)
        where = "reach Prometheus"
        try:
            where = f"reach Prometheus at {host(self._surroundings.secret(self._settings.url))}"
            await self._get("/api/v1/query", {"query": "vector(1)"})
        except LookupError as error:
            return (Check(False, str(error.args[0]), "set it where Armada runs"),)
        except (ConnectionError, Unknown, ValueError) as error:
            text = self._surroundings.redact(f"{where}: {error}")
            return (Check(False, text, "see url in the settings, and that it is up"),)
        return (Check(True, where),)

    async def prepare(self, order: Order) -> Mapping[str, Any]:
        """The arguments as they are."""
        return dict(order.arguments)

    async def dispatch(self, order: Order) -> Result:
        """Ask, and judge what comes back."""
        operation = DESCRIPTION.operation(order.operation)
        if operation is None:
            return Result("permanent", f"prometheus has no operation {order.operation!r}")
        try:
            given = validated(operation.arguments, order.arguments, order.operation)
            if isinstance(given, Bounded):
                return await self._check(given)
            if isinstance(given, Alerts):
                return await self._alerts(given)
            return await self._query(cast(Query, given))
        except ConnectionError as error:
            return Result("failed", self._surroundings.redact(str(error)))
        except Unknown as error:
            return Result("unknown", self._surroundings.redact(str(error)))
        except (ValueError, LookupError) as error:
            return Result("permanent", self._surroundings.redact(str(error.args[0])))

    async def observe(self, order: Order) -> bool | None:
        """It changes nothing."""
        return None

    async def cancel(self, key: str) -> None:
        """A question is over by itself."""

    async def send(self, message: Message) -> Result:
        """It carries no messages."""
        return Result("permanent", "The prometheus adapter carries no messages")

    async def close(self) -> None:
        """Let the connections go."""
        await self._web.close()

    # --- asking -------------------------------------------------------------------------------

    async def _query(self, given: Query) -> Result:
        series = _instant(await self._get("/api/v1/query", {"query": given.query}))
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
            _trusted(each, at_s, hold_s, given)
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
        (clock,) = _instant(await self._get("/api/v1/query", {"query": "vector(time())"}))
        at_s = clock.points[-1][1]
        age = f"time() - timestamp({given.query})"  # of a selector; an expression is always new
        for each in _instant(await self._get("/api/v1/query", {"query": age})):
            if each.points[-1][1] * 1000 > milliseconds(given.stale):
                raise Unknown(f"the newest data is {each.points[-1][1]:.0f} s old: {given.query}")
        if given.hold is None:
            return at_s, _instant(await self._get("/api/v1/query", {"query": given.query}))
        hold_s = milliseconds(given.hold) / 1000
        step = max(1.0, hold_s / STEPS)
        asked = {"query": given.query, "start": f"{at_s - hold_s}", "end": f"{at_s}"}
        return at_s, _range(await self._get("/api/v1/query_range", {**asked, "step": f"{step}"}))

    async def _alerts(self, given: Alerts) -> Result:
        data = await self._get("/api/v1/alerts", {})
        alerts: Any = cast(Any, data).get("alerts") if isinstance(data, dict) else None
        if not isinstance(alerts, list):
            raise Unknown("the answer holds no alerts")
        firing = sorted(
            _labels(each["labels"])
            for each in cast(list[dict[str, Any]], alerts)
            if each.get("state") == "firing"
            and given.labels.items() <= dict(each["labels"]).items()
        )
        text = "\n".join(firing) or "nothing is firing"
        return Result("alert" if firing else "ok", text, detail={"firing": firing})

    async def _get(self, path: str, query: Mapping[str, str]) -> Any:
        """The data of an answer; raises ``ConnectionError``, ``Unknown`` and ``ValueError``."""
        secret = self._surroundings.secret
        url = f"{secret(self._settings.url).rstrip('/')}{path}"
        if query:
            url += f"?{urlencode(query)}"
        headers = {name: secret(value) for name, value in self._settings.headers.items()}
        timeout_s = milliseconds(self._settings.timeout) / 1000
        reply = await self._web.call(Call("GET", url, headers, timeout_s=timeout_s))
        if isinstance(reply, Trouble):
            raise ConnectionError(reply.reason)
        return _data(reply)


def _data(reply: Reply) -> Any:
    try:
        answer: Any = json.loads(reply.text)
    except ValueError:
        answer = None
    known = cast(dict[str, Any], answer) if isinstance(answer, dict) else {}
    if reply.status == 200 and known.get("status") == "success":
        return known.get("data")
    said = str(known.get("error") or f"HTTP {reply.status}")
    if reply.status in (408, 429) or reply.status >= 500:
        raise ConnectionError(said)
    raise ValueError(f"Prometheus refuses: {said}")


def _instant(data: Any) -> list[Series]:
    kind, result = data["resultType"], data["result"]
    if kind in ("scalar", "string"):
        return [Series(kind, (_point(result),))]
    if kind != "vector" or any("value" not in each for each in result):
        raise ValueError("the query gives no plain values now; ask for an instant vector")
    return [Series(_labels(each["metric"]), (_point(each["value"]),)) for each in result]


def _range(data: Any) -> list[Series]:
    return [
        Series(_labels(each["metric"]), tuple(_point(point) for point in each["values"]))
        for each in data["result"]
    ]


def _point(pair: Any) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])


def _labels(metric: Mapping[str, str]) -> str:
    rest = ", ".join(f"{k}={v}" for k, v in sorted(metric.items()) if k != "__name__")
    name = metric.get("__name__") or metric.get("alertname") or "value"
    return f"{name}{{{rest}}}" if rest else name


def _trusted(series: Series, at_s: float, hold_s: float, given: Bounded) -> None:
    """Raises ``Unknown`` for no numbers, for gaps, and for less than the whole time."""
    if any(math.isnan(value) for _, value in series.points):
        raise Unknown(f"{series.name} is not a number: {given.query}")
    first, last = series.points[0][0], series.points[-1][0]
    step = max(1.0, hold_s / STEPS)
    if hold_s and at_s - last > 2 * step:
        raise Unknown(f"{series.name} has no data since {at_s - last:.0f} s: {given.query}")
    if hold_s and first - (at_s - hold_s) > 2 * step:
        raise Unknown(f"{series.name} has data only for {at_s - first:.0f} s of {hold_s:.0f} s")
    gaps = [b[0] - a[0] for a, b in zip(series.points, series.points[1:], strict=False)]
    if hold_s and gaps and max(gaps) > max(3 * step, 2.0):
        raise Unknown(f"{series.name} has a gap of {max(gaps):.0f} s: {given.query}")
