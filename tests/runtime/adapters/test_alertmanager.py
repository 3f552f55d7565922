"""The Alertmanager adapter without an Alertmanager: the contract, and answers on a bad day."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from adapter_contract import AdapterContract, Case
from local_server import Answer, Seen, serving

from armada.compiler.plan import Effect
from armada.runtime.adapters.alertmanager import Alertmanager
from armada.runtime.adapters.contract import Order, Result, Surroundings

FIELDS = {"matchers", "startsAt", "endsAt", "createdBy", "comment"}


class Silences:
    """As much of an Alertmanager as keeps silences; refuses what the real one refuses."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    def __call__(self, seen: Seen) -> Answer:
        path = seen.path.partition("?")[0]
        if seen.headers.get("authorization") != "Bearer t0ken-of-the-case":
            return Answer(401, "Unauthorized")
        if (seen.method, path) == ("GET", "/api/v2/status"):
            return Answer(200, "{}")
        if (seen.method, path) == ("GET", "/api/v2/silences"):
            return Answer(200, json.dumps(list(self.kept.values())))
        if (seen.method, path) == ("GET", "/api/v2/alerts"):
            return Answer(200, "[]")
        if (seen.method, path) == ("POST", "/api/v2/silences"):
            return self.put(seen.json)
        name = path.removeprefix("/api/v2/silence/")
        if seen.method == "DELETE" and name in self.kept:
            self.kept[name]["status"]["state"] = "expired"
            return Answer(200)
        return Answer(404)

    def put(self, body: dict[str, Any]) -> Answer:
        if not body.keys() >= FIELDS or not body["comment"] or not body["matchers"]:
            return Answer(400, json.dumps("invalid silence"))
        if body["endsAt"] < datetime.now(UTC).isoformat():
            return Answer(400, json.dumps("end time can't be in the past"))
        name = body.get("id") or f"id-{len(self.kept)}"
        changed = {"id": name, "status": {"state": "active"}, "updatedAt": body["startsAt"]}
        self.kept[name] = {**body, **changed}
        return Answer(200, json.dumps({"silenceID": name}))


def order(operation: str, key: str = "k", **given: Any) -> Order:
    return Order("INC-1", "c", key, operation, given, Effect.IDEMPOTENT, text="quiet")


class TestAlertmanager(AdapterContract):
    """An effect is a silence that the server keeps."""

    @pytest.fixture
    def case(self, tmp_path: Path) -> Iterator[Case]:
        server = Silences()
        with serving(server) as found:
            yield Case(
                Alertmanager,
                {"url": found.url, "headers": {"Authorization": "env:SECRET"}},
                tmp_path,
                lambda key: order("silence", key, labels={"job": "case"}),
                count=lambda: len(server.kept),
                secrets={"env:SECRET": "Bearer t0ken-of-the-case"},
            )


def ask(answer: Callable[[Seen], Answer], operation: str, **given: Any) -> Result:
    async def whole(url: str) -> Result:
        kind: Any = Alertmanager
        settings = Alertmanager.describe().settings(url=url, timeout="1s")
        adapter = kind(settings, Surroundings(Path("."), lambda t: t, lambda t: t))
        try:
            found: Result = await adapter.dispatch(order(operation, **given))
            return found
        finally:
            await adapter.close()

    with serving(answer) as server:
        return asyncio.run(whole(server.url))


@pytest.mark.parametrize(
    ("status", "answer"),
    [(429, "failed"), (503, "failed"), (401, "permanent"), (404, "permanent"), (400, "permanent")],
)
def test_a_refusal_is_said_in_its_own_words(status: int, answer: str) -> None:
    for operation, given in (("alerts", {}), ("silence", {"labels": {"a": "b"}})):
        result = ask(lambda seen: Answer(status, '"because"'), operation, **given)
        assert result.answer == answer and f"HTTP {status}: because" in result.text


@pytest.mark.parametrize("body", ["", "{}", "[1]", '[{"createdBy": "armada"}]', "<html>"])
def test_another_shape_is_unknown(body: str) -> None:
    """Never an empty list of alerts, and never a second silence."""
    for operation, given in (("alerts", {}), ("silence", {"labels": {"a": "b"}})):
        if body == "{}" and operation == "alerts":
            continue
        result = ask(lambda seen: Answer(200, body), operation, **given)
        assert result.answer in ("unknown", "permanent"), (operation, body, result)


def test_an_answer_that_is_lost_leaves_the_key_as_it_is() -> None:
    """It may have been made: the next attempt has the same key, and finds it."""
    server = Silences()

    def lost(seen: Seen) -> Answer:
        if seen.method == "GET":
            return Answer(200, json.dumps(list(server.kept.values())))
        server.put(seen.json)
        return Answer(drop=True)

    assert ask(lost, "silence", labels={"a": "b"}).answer == "unknown"
    again = ask(
        lambda seen: server.put(seen.json) if seen.method == "POST" else lost(seen),
        "silence",
        labels={"a": "b"},
    )
    assert again.answer == "ok" and len(server.kept) == 1
