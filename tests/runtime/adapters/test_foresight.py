"""What adapters say beforehand of the servers that they will ask: as much as those tell."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from local_server import Answer, Seen, Server, serving

from armada.runtime.adapters.alertmanager import Alertmanager
from armada.runtime.adapters.contract import Check, Surroundings, Use
from armada.runtime.adapters.http import Http

TOKEN = "Bearer hunter2"


def secret(text: str) -> str:
    if text == "env:GONE":
        raise LookupError("the variable GONE is not set")
    return TOKEN if text == "env:TOKEN" else text


def foreseen(kind: Any, settings: dict[str, Any], *uses: Use) -> tuple[Check, ...]:
    async def whole() -> tuple[Check, ...]:
        lent = Surroundings(Path("."), secret, lambda text: text.replace("hunter2", "***"))
        adapter = kind(kind.describe().settings.model_validate(settings), lent)
        try:
            found: tuple[Check, ...] = await adapter.foresee(uses)
            return found
        finally:
            await adapter.close()

    return asyncio.run(whole())


def wrong(checks: tuple[Check, ...]) -> list[str]:
    assert all(each.what and (each.ok or each.help) for each in checks)
    return [each.what for each in checks if not each.ok]


# --- requests -------------------------------------------------------------------------------------


def shop(seen: Seen) -> Answer:
    """A service with a status page for whoever has the token."""
    if seen.headers.get("authorization") != TOKEN:
        return Answer(401)
    bodies = {"/health": '{"error_rate": 0.1}', "/deploys": "[]", "/": ""}
    body = bodies.get(seen.path)
    return Answer(404) if body is None else Answer(200, body)


def asked(server: Server, *uses: Use, **headers: str) -> tuple[Check, ...]:
    stated = headers or {"Authorization": "env:TOKEN"}
    return foreseen(Http, {"url": server.url, "headers": stated}, *uses)


def test_what_reads_is_asked_and_what_changes_is_not_touched() -> None:
    """Not even by a question about it: nobody knows what a server does on that."""
    uses = (
        Use("check.rate", "check", {"url": "/health", "pointer": "/error_rate", "below": 1}),
        Use("check.rate", "get", {"url": "/health"}),
        Use("mend.roll_back", "post", {"url": "/deploys", "json": {"to": "v1"}}),
        Use("mend.hush", "request", {"url": "/deploys", "method": "GET"}),
        Use("mend.flag", "put", {"url": "/flags/x", "body": "on"}),
    )
    with serving(shop) as server:
        checks = asked(server, *uses)
    assert wrong(checks) == []
    assert [(each.method, each.path) for each in server.seen if each.path != "/"] == [
        ("GET", "/health")
    ]
    assert {each.method for each in server.seen if each.path == "/"} == {"HEAD"}
    assert any("127.0.0.1 answers; what it does for mend.roll_back" in c.what for c in checks)


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (Use("a", "get", {"url": "/helth"}), "a (http.get): HTTP 404"),
        (Use("a", "check", {"url": "/helth"}), "a (http.check): HTTP 404"),
        (Use("a", "get", {"url": "/health", "headers": {"Authorization": "no"}}), "HTTP 401"),
        (Use("a", "get", {"url": "ftp://example.org/x"}), "no http:// or https:// address"),
        (Use("a", "put", {"url": "/x", "headers": {"X-Key": "env:GONE"}}), "GONE is not set"),
        (Use("a", "put", {"url": "http://127.0.0.1:9/x"}), "127.0.0.1 cannot be reached"),
        (Use("a", "get", {}), "'url' is missing"),
    ],
)
def test_what_would_not_work_is_found(use: Use, said: str) -> None:
    with serving(shop) as server:
        (found,) = wrong(asked(server, use))
    assert said in found and found.startswith(("a", "the variable"))


def test_what_is_expected_or_comes_later_is_no_finding() -> None:
    """A check whose answer is *no* now, a status that is awaited, a template."""
    uses = (
        Use("a", "check", {"url": "/gone", "status": [404]}),
        Use("a", "get", {"url": "/x", "ok": [404, 200]}),
        Use("a", "get", {"url": "/health", "pick": {"rate": "/rate"}}),
        Use("a", "get", {"url": "/runs/{{ incident_id }}"}),
    )
    with serving(shop) as server:
        checks = asked(server, *uses)
    assert wrong(checks) == [] and len(server.seen) == 3
    assert any("HTTP 200 now, with nothing at /rate" in each.what for each in checks)
    assert any("is filled in when it runs" in each.what for each in checks)


def test_nothing_secret_is_said() -> None:
    with serving(lambda _: Answer(403)) as server:
        url = f"{server.url}/x?token=hunter2"
        checks = asked(server, Use("a", "get", {"url": url}), Use("b", "put", {"url": url}))
    assert len(wrong(checks)) == 1 and "hunter2" not in repr(checks)


# --- alerts ---------------------------------------------------------------------------------------


def pager(firing: dict[str, int], silences: int = 200) -> Callable[[Seen], Answer]:
    """An Alertmanager in which so many alerts fire for a filter."""

    def answer(seen: Seen) -> Answer:
        parts = urlsplit(seen.path)
        if parts.path == "/api/v2/silences":
            return Answer(silences, "[]" if silences == 200 else '"forbidden"')
        filters = ",".join(parse_qs(parts.query).get("filter", []))
        if "(" in filters:
            return Answer(400, '"bad matcher format"')
        row = {"labels": {"alertname": "x"}, "startsAt": "2026-11-24T02:31:00Z"}
        return Answer(200, json.dumps([row] * firing.get(filters, 0)))

    return answer


def test_what_matchers_select_now_is_said() -> None:
    uses = (
        Use("watch", "alerts", {"labels": {"job": "shop"}, "alive": {"alertname": "Watchdog"}}),
        Use("mend", "silence", {"labels": {"job": "batch"}}),
        Use("again", "silence", {"labels": {"job": "batch"}}),
        Use("later", "silence", {"labels": {"job": "{{ job }}"}}),
    )
    with serving(pager({'job="shop"': 2, 'alertname="Watchdog"': 1})) as server:
        checks = foreseen(Alertmanager, {"url": server.url}, *uses)
    assert wrong(checks) == []
    assert [each.what for each in checks] == [
        "the alerts of watch: 2 firing now",
        "the alerts of mend: none firing now",
        "the labels of later are filled in when it runs",
        "silences can be read; whether they may be made is seen only when one is",
    ]
    assert {each.method for each in server.seen} == {"GET"} and len(server.seen) == 4


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (Use("a", "alerts", {"matchers": ["job=~(x"]}), "a: Alertmanager refuses: HTTP 400: bad"),
        (Use("a", "alerts", {"alive": {"alertname": "Gone"}}), 'not firing: alertname="Gone"'),
        (Use("a", "silence", {"labels": {"a": "b"}}), "the silences: Alertmanager refuses"),
        (Use("a", "unsilence", {}), "the silences: Alertmanager refuses: HTTP 403: forbidden"),
        (Use("a", "silence", {}), "a: give labels or matchers"),
        (Use("a", "quiet", {}), "no operation 'quiet'"),
    ],
)
def test_what_an_alertmanager_would_refuse_is_found(use: Use, said: str) -> None:
    with serving(pager({}, 403)) as server:
        (found,) = wrong(foreseen(Alertmanager, {"url": server.url}, use))
    assert said in found
