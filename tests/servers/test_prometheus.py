"""The Prometheus adapter against a real Prometheus that scrapes metrics of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from exporter import Exporter
from servers import Monitoring, or_left_out, prometheus, until

from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order, Result, Surroundings
from armada.runtime.adapters.prometheus import Prometheus, Settings

pytestmark = [pytest.mark.servers, pytest.mark.slow]
RULES = """\
groups:
  - name: shop
    rules:
      - {alert: ErrorsHigh, expr: errors_ratio > 0.1, labels: {service: shop}}
"""


@pytest.fixture(scope="module")
def exporter() -> Iterator[Exporter]:
    found = Exporter()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(scope="module")
def monitoring(
    exporter: Exporter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Monitoring]:
    folder = tmp_path_factory.mktemp("prometheus")
    target = f"127.0.0.1:{exporter.server.server_address[1]}"
    with or_left_out(), prometheus(folder, target, RULES) as found:
        until(lambda: ask(found, "query", query="errors_ratio").answer == "ok", "a scrape")
        yield found


def ask(found: Monitoring, operation: str, **given: Any) -> Result:
    seen = given.pop("seen", None)

    async def whole() -> Result:
        lent = Surroundings(Path("."), lambda text: text, lambda text: text)
        adapter = Prometheus(Settings(url=found.url), lent)
        try:
            order = Order("r", "c", "k", operation, given, Effect.READ, seen=seen)
            return await adapter.dispatch(order)
        finally:
            await adapter.close()

    return asyncio.run(whole())


def test_values_held_against_a_bound(monitoring: Monitoring) -> None:
    """Now and for a time; the worst value is told."""
    assert ask(monitoring, "check", query="errors_ratio", below=0.01).answer == "ok"
    above = ask(monitoring, "check", query="errors_ratio", above=0.01)
    assert above.answer == "false" and "worst 0.002" in above.text
    held = {"query": "errors_ratio", "below": 0.01, "for": "3s"}
    until(lambda: ask(monitoring, "check", **held).answer == "ok", "three seconds of data")
    long = ask(monitoring, "check", **{**held, "for": "1h"})
    assert long.answer == "unknown" and "has data only for" in long.text


def test_no_data_is_unknown_and_never_green(monitoring: Monitoring, exporter: Exporter) -> None:
    """A name that nobody exports, and an exporter that died."""
    absent = ask(monitoring, "check", query="nothing_at_all", below=1)
    assert absent.answer == "unknown" and "no data" in absent.text
    before, exporter.values = exporter.values, None
    try:
        given = {"query": "errors_ratio", "below": 0.01, "for": "2s"}
        until(lambda: ask(monitoring, "check", **given).answer == "unknown", "the end of data")
    finally:
        exporter.values = before
    until(lambda: ask(monitoring, "query", query="errors_ratio").answer == "ok", "data again")


def test_a_spike_inside_the_time_is_seen(monitoring: Monitoring, exporter: Exporter) -> None:
    """It is below the bound again now, and was not all the time."""
    exporter.values = {"errors_ratio": 0.4}
    until(
        lambda: ask(monitoring, "query", query="errors_ratio").values.get("value") == "0.4",
        "the spike",
    )
    until(lambda: ask(monitoring, "alerts").answer == "alert", "the alert")
    assert "service=shop" in ask(monitoring, "alerts", labels={"service": "shop"}).text
    other = ask(monitoring, "alerts", labels={"service": "other"})
    assert other.answer == "unknown" and "no alerting rule" in other.text
    begun = ask(monitoring, "alerts", seen={})
    assert begun.answer == "ok" and "no news: ErrorsHigh" in begun.text
    assert ask(monitoring, "alerts", seen=begun.remember).answer == "ok"
    exporter.values = {"errors_ratio": 0.002}
    until(
        lambda: ask(monitoring, "check", query="errors_ratio", below=0.01).answer == "ok",
        "the spike's end",
    )
    until(lambda: ask(monitoring, "alerts").answer == "ok", "the alert's end")
    exporter.values = {"errors_ratio": 0.4}
    until(lambda: ask(monitoring, "alerts").answer == "alert", "the alert again")
    assert ask(monitoring, "alerts", seen=begun.remember).answer == "alert"
    exporter.values = {"errors_ratio": 0.002}
    until(lambda: ask(monitoring, "alerts").answer == "ok", "the alert's second end")
    given = {"query": "errors_ratio", "below": 0.01, "for": "10s"}
    spiked = ask(monitoring, "check", **given)
    assert spiked.answer in ("false", "unknown") and spiked.answer != "ok"


def _value(found: Monitoring, query: str) -> str:
    return ask(found, "query", query=query).values.get("value", "")


def test_a_canary_is_compared_with_the_rest(monitoring: Monitoring, exporter: Exporter) -> None:
    """By requests of two versions; with few requests nothing is known of it."""
    before = exporter.values
    given = {
        "canary": 'sum(failed{version="canary"}) / sum(requests{version="canary"})',
        "rest": 'sum(failed{version="main"}) / sum(requests{version="main"})',
        "samples": 'sum(requests{version="canary"})',
        "ratio": 2,
    }

    def served(failed: int, requests: int) -> Result:
        exporter.values = {
            'requests{version="canary"}': requests,
            'failed{version="canary"}': failed,
            'requests{version="main"}': 1_000,
            'failed{version="main"}': 10,
        }
        until(lambda: _value(monitoring, given["samples"]) == f"{requests}", "a scrape")
        return ask(monitoring, "compare", **given)

    try:
        assert served(1, 101).answer == "ok"
        worse = served(9, 102)
        assert worse.answer == "false" and "times as bad, at most 2" in worse.text
        few = served(0, 7)
        assert few.answer == "unknown" and "7 samples of at least 50" in few.text
    finally:
        exporter.values = before
    until(lambda: ask(monitoring, "query", query="errors_ratio").answer == "ok", "data again")


def test_what_is_wrong_is_named(monitoring: Monitoring) -> None:
    """Bad PromQL is permanent, an address where nobody is may pass."""
    bad = ask(monitoring, "query", query="rate(")
    assert bad.answer == "permanent" and "parse error" in bad.text
    gone = ask(Monitoring("http://127.0.0.1:9"), "query", query="up")
    assert gone.answer == "failed"
    ranged = ask(monitoring, "query", query="up[5m]")
    assert ranged.answer == "permanent" and "instant vector" in ranged.text
    both = ask(monitoring, "check", query="up", below=1, above=2)
    assert both.answer == "permanent" and "one of below and above" in both.text
