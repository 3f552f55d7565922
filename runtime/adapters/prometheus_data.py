"""What a Prometheus answers, as data that can be trusted, or the reason why it cannot be.

Owns the line between a value and *unknown*: no number, a gap, too little of it, rules that are not
evaluated, a partial answer. The shapes are those of
https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, cast

from .alerts import Firing, labelled
from .arguments import milliseconds
from .prometheus_arguments import Alerts
from .service import Refused
from .web import Reply

STEPS = 60
"""How many points a range is asked in, at most; never closer than a second."""


class Unknown(Refused):
    """Nothing can be said, and why."""

    def __init__(self, text: str) -> None:
        super().__init__("unknown", text)


class Series(NamedTuple):
    """One series: its labels in words, and its points as (Unix seconds, value)."""

    name: str
    points: tuple[tuple[float, float], ...]


def data_of(reply: Reply) -> Any:
    """The data of an answer; raises ``ConnectionError``, ``Unknown`` and ``ValueError``."""
    answer = reply.data
    known = cast(dict[str, Any], answer) if isinstance(answer, dict) else {}
    if reply.status == 200 and known.get("status") == "success":
        for warning in known.get("warnings") or ():
            raise Unknown(f"the answer is not whole: {warning}")
        return known.get("data")
    if reply.status == 200:
        raise Unknown("the answer is too long, or is not that of a Prometheus")
    said = str(known.get("error") or f"HTTP {reply.status}")
    if reply.status in (408, 429) or reply.status >= 500:
        raise ConnectionError(said)
    raise ValueError(f"Prometheus refuses: {said}")


def instant(data: Any) -> list[Series]:
    """The series of an instant query; raises ``ValueError`` where they are no plain values."""
    kind, result = data["resultType"], data["result"]
    if kind in ("scalar", "string"):
        return [Series(kind, (_point(result),))]
    if kind != "vector" or any("value" not in each for each in result):
        raise ValueError("the query gives no plain values now; ask for an instant vector")
    return [Series(labelled(each["metric"]), (_point(each["value"]),)) for each in result]


def ranged(data: Any) -> list[Series]:
    """The series of a range query."""
    return [
        Series(labelled(each["metric"]), tuple(_point(point) for point in each["values"]))
        for each in data["result"]
    ]


def _point(pair: Any) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])


def one_value(series: list[Series], query: str) -> float:
    """The only value; raises ``Unknown`` for none, ``ValueError`` for several."""
    if not series:
        raise Unknown(f"no data: {query}")
    if len(series) > 1:
        raise ValueError(f"{query} gives {len(series)} values; make one of them, as by sum()")
    value = series[0].points[-1][1]
    if math.isnan(value):
        raise Unknown(f"{series[0].name} is not a number: {query}")
    return value


def trusted(series: Series, at_s: float, hold_s: float, query: str) -> None:
    """Raises ``Unknown`` for no numbers, for gaps, and for less than the whole time."""
    if any(math.isnan(value) for _, value in series.points):
        raise Unknown(f"{series.name} is not a number: {query}")
    if not hold_s:
        return
    first, last = series.points[0][0], series.points[-1][0]
    step = max(1.0, hold_s / STEPS)
    if at_s - last > 2 * step:
        raise Unknown(f"{series.name} has no data since {at_s - last:.0f} s: {query}")
    if first - (at_s - hold_s) > 2 * step:
        raise Unknown(f"{series.name} has data only for {at_s - first:.0f} s of {hold_s:.0f} s")
    gaps = [b[0] - a[0] for a, b in zip(series.points, series.points[1:], strict=False)]
    if gaps and max(gaps) > max(3 * step, 2.0):
        raise Unknown(f"{series.name} has a gap of {max(gaps):.0f} s: {query}")


# --- alerts ---------------------------------------------------------------------------------------


def firing(data: Any, given: Alerts, at_s: float) -> list[Firing]:
    """The alerts that fire with these labels; raises ``Unknown`` where no rule could say so."""
    groups: Any = cast(Any, data).get("groups") if isinstance(data, dict) else None
    if not isinstance(groups, list):
        raise Unknown("the answer holds no rules")
    rules = [
        rule
        for group in cast(list[dict[str, Any]], groups)
        for rule in group["rules"]
        if rule.get("type") == "alerting" and _could_give(rule, given.labels)
    ]
    if not rules:
        raise Unknown(f"no alerting rule gives {labelled({'__name__': 'alerts', **given.labels})}")
    for rule in rules:
        _evaluated(rule, at_s, milliseconds(given.stale) / 1000)
    return [each for rule in rules for each in _alerts(rule, given.labels)]


def _could_give(rule: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """Whether a rule can give an alert of these labels: those it does not set come from series."""
    own = {**rule.get("labels", {}), "alertname": rule["name"]}
    return all(
        name not in own or "{{" in own[name] or own[name] == value for name, value in wanted.items()
    )


def _evaluated(rule: Mapping[str, Any], at_s: float, stale_s: float) -> None:
    if rule.get("health") != "ok":
        said = rule.get("lastError") or "it was not evaluated yet"
        raise Unknown(f"the rule {rule['name']} says nothing: {said}")
    age_s = at_s - datetime.fromisoformat(str(rule["lastEvaluation"])).timestamp()
    if age_s > stale_s:
        raise Unknown(f"the rule {rule['name']} was evaluated {age_s:.0f} s ago")


def _alerts(rule: Mapping[str, Any], wanted: Mapping[str, str]) -> Iterator[Firing]:
    for each in rule.get("alerts", ()):
        labels = dict(each["labels"])
        if each.get("state") == "firing" and wanted.items() <= labels.items():
            yield Firing(labels, str(each.get("activeAt", "")))
