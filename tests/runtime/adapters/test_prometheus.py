"""What the Prometheus adapter makes of answers that a real server gives only on a bad day."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from adapter_contract import AdapterContract, Case
from local_server import Answer, Seen, serving

from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order, Result, Surroundings
from armada.runtime.adapters.prometheus import Prometheus, Settings

NOW = 1_795_487_460.0
EVALUATED = "2026-11-24T02:30:55.123456789Z"


def vector(*values: float) -> dict[str, Any]:
    found = [{"metric": {"n": str(n)}, "value": [NOW, str(v)]} for n, v in enumerate(values)]
    return {"resultType": "vector", "result": found}


def rule(**changes: Any) -> dict[str, Any]:
    alert = {
        "labels": {"alertname": "ErrorsHigh", "service": "shop"},
        "state": "firing",
        "activeAt": "2026-11-24T02:00:00Z",
    }
    found = {
        "type": "alerting",
        "name": "ErrorsHigh",
        "labels": {"service": "shop"},
        "alerts": [alert],
        "health": "ok",
        "lastEvaluation": EVALUATED,
    }
    return {**found, **changes}


class Fake:
    """Answers by query; ``rules`` are those of one group."""

    def __init__(self, values: dict[str, tuple[float, ...]] | None = None, *rules: Any) -> None:
        self.values, self.rules = values or {}, list(rules)
        self.more: dict[str, Any] = {}
        self.asked: list[dict[str, str]] = []

    def __call__(self, seen: Seen) -> Answer:
        parts = urlsplit(seen.path)
        query = {name: found[0] for name, found in parse_qs(parts.query).items()}
        self.asked.append(query)
        if parts.path == "/api/v1/rules":
            assert query == {"type": "alert"}
            return self.said({"groups": [{"rules": self.rules}]})
        text = query["query"]
        if text == "vector(time())":
            return self.said(vector(NOW))
        if text.startswith("time() - timestamp("):
            return self.said(vector(*(0 for _ in self.values.get(text[19:-1], ()))))
        return self.said(vector(*self.values.get(text, ())))

    def said(self, data: Any) -> Answer:
        return Answer(200, json.dumps({"status": "success", "data": data, **self.more}))


def ask(fake: Callable[[Seen], Answer], operation: str, **given: Any) -> Result:
    seen = given.pop("seen", None)

    async def whole(url: str) -> Result:
        lent = Surroundings(Path("."), lambda text: text, lambda text: text)
        adapter = Prometheus(Settings(url=url), lent)
        try:
            order = Order("r", "c", "k", operation, given, Effect.READ, seen=seen)
            return await adapter.dispatch(order)
        finally:
            await adapter.close()

    with serving(fake) as server:
        return asyncio.run(whole(server.url))


class TestPrometheus(AdapterContract):
    """It changes nothing, so there is nothing to count."""

    @pytest.fixture
    def case(self, tmp_path: Path) -> Any:
        with serving(Fake()) as server:
            settings = {"url": server.url, "headers": {"Authorization": "env:SECRET"}}
            yield Case(Prometheus, settings, tmp_path)


# --- a canary held against the rest ---------------------------------------------------------------

COMPARED = {"canary": "c", "rest": "r", "samples": "s"}


@pytest.mark.parametrize(
    ("canary", "rest", "bound", "answer"),
    [
        (0.02, 0.01, {"ratio": 2}, "ok"),
        (0.021, 0.01, {"ratio": 2}, "false"),
        (0.0, 0.0, {"ratio": 1}, "ok"),
        (0.1, 0.0, {"ratio": 9}, "false"),
        (0.012, 0.01, {"difference": 0.005}, "ok"),
        (0.02, 0.01, {"difference": 0.005}, "false"),
        (0.97, 0.99, {"difference": 0.01, "worse": "lower"}, "false"),
        (0.99, 0.97, {"difference": 0, "worse": "lower"}, "ok"),
        (0.5, 0.99, {"ratio": 1.5, "worse": "lower"}, "false"),
        (0.0, 0.99, {"ratio": 1.5, "worse": "lower"}, "false"),
    ],
)
def test_a_canary_is_compared_with_the_rest(
    canary: float, rest: float, bound: dict[str, Any], answer: str
) -> None:
    """All at one time of the server's clock."""
    fake = Fake({"c": (canary,), "r": (rest,), "s": (500,)})
    result = ask(fake, "compare", **COMPARED, **bound)
    assert result.answer == answer, result.text
    assert {each["time"] for each in fake.asked if each["query"] in "crs"} == {f"{NOW}"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"c": (0.0,), "r": (0.0,), "s": (49,)}, "49 samples of at least 50"),
        ({"c": (0.0,), "r": (0.0,)}, "no data: s"),
        ({"r": (0.0,), "s": (500,)}, "no data: c"),
        ({"c": (float("nan"),), "r": (0.0,), "s": (500,)}, "not a number"),
    ],
)
def test_too_little_is_unknown(values: dict[str, tuple[float, ...]], words: str) -> None:
    result = ask(Fake(values), "compare", **COMPARED, ratio=1)
    assert result.answer == "unknown" and words in result.text


def test_several_values_are_a_mistake_of_the_query() -> None:
    fake = Fake({"c": (0.1, 0.2), "r": (0.1,), "s": (500,)})
    result = ask(fake, "compare", **COMPARED, ratio=1)
    assert result.answer == "permanent" and "sum()" in result.text
    neither = ask(fake, "compare", **COMPARED)
    assert neither.answer == "permanent" and "one of ratio and difference" in neither.text


# --- alerts ---------------------------------------------------------------------------------------


def test_a_watch_begins_with_what_fires() -> None:
    """Where it is no watch, whatever fires is an alert."""
    fake = Fake(None, rule())
    assert ask(fake, "alerts").answer == "alert"
    first = ask(fake, "alerts", seen={})
    assert first.answer == "ok" and "ErrorsHigh{service=shop}" in first.text
    assert ask(fake, "alerts", seen=first.remember).answer == "ok"
    again = {**rule()["alerts"][0], "activeAt": "2026-11-24T02:20:00Z"}
    second = ask(Fake(None, rule(alerts=[again])), "alerts", seen=first.remember)
    assert second.answer == "alert" and "newly firing" in second.text
    ended = ask(Fake(None, rule(alerts=[])), "alerts", seen=first.remember)
    assert ended.answer == "ok" and ended.remember == {"known": []}
    assert ask(fake, "alerts", seen=ended.remember).answer == "alert"


@pytest.mark.parametrize(
    ("rules", "labels", "words"),
    [
        ([], {}, "no alerting rule"),
        ([rule()], {"service": "other"}, "no alerting rule gives alerts{service=other}"),
        ([rule()], {"alertname": "Other"}, "no alerting rule"),
        ([rule(health="err", lastError="many-to-many")], {}, "many-to-many"),
        ([rule(health="unknown", lastError="")], {}, "not evaluated yet"),
        ([rule(lastEvaluation="2026-11-24T02:00:00Z")], {}, "was evaluated 1860 s ago"),
    ],
)
def test_rules_that_cannot_say_so_are_no_green(
    rules: list[Any], labels: dict[str, str], words: str
) -> None:
    """A label that nothing sets, a rule that fails, a rule that is not evaluated."""
    result = ask(Fake(None, *rules), "alerts", labels=labels)
    assert result.answer == "unknown" and words in result.text


def test_a_label_may_come_from_a_series_or_a_template() -> None:
    quiet = rule(alerts=[], labels={"service": "{{ $labels.app }}"})
    assert ask(Fake(None, quiet), "alerts", labels={"service": "a", "pod": "b"}).answer == "ok"


# --- answers that are not whole -------------------------------------------------------------------


def test_a_partial_answer_is_unknown() -> None:
    fake = Fake({"up": (1,)})
    fake.more = {"warnings": ["store 3 did not answer"]}
    result = ask(fake, "query", query="up")
    assert result.answer == "unknown" and "store 3" in result.text


@pytest.mark.parametrize(
    "body", ["", "[]", '{"status": "success"}', '{"status": "success", "data": 3}']
)
def test_another_shape_is_unknown(body: str) -> None:
    for operation, given in (("query", {"query": "up"}), ("alerts", {})):
        result = ask(lambda seen: Answer(200, body), operation, **given)
        assert result.answer == "unknown" and result.text
