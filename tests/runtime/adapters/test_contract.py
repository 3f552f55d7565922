"""Every built-in adapter passes the tests of the contract, against real processes and servers."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from adapter_contract import SECRET, AdapterContract, Case
from local_server import Answer, Seen, serving

from armada.compiler.plan import Effect
from armada.runtime.adapters.console import Console
from armada.runtime.adapters.contract import Order
from armada.runtime.adapters.http import Http
from armada.runtime.adapters.pagerduty import PagerDuty
from armada.runtime.adapters.shell import Shell
from armada.runtime.adapters.slack import Slack
from armada.runtime.adapters.webhook import Webhook

COUNTING = (
    "import os, sys; h = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT);"
    " os.write(h, b'x'); print(os.environ.get('TOKEN'), sys.stdin.read())"
)


class TestShell(AdapterContract):
    """The shell adapter; an effect is a byte in a file."""

    @pytest.fixture
    def case(self, tmp_path: Path) -> Case:
        marks, told = tmp_path / "marks", tmp_path / "told"

        def order(key: str) -> Order:
            arguments = {
                "argv": [sys.executable, "-c", COUNTING, str(marks)],
                "env": {"TOKEN": "env:SECRET"},
                "stdin": "env:SECRET",
            }
            return Order("r", "c", key, "run", arguments, Effect.UNSAFE, timeout_ms=20_000)

        def slow(key: str) -> Order:
            return Order("r", "c", key, "run", {"argv": ["sleep", "60"]}, Effect.UNSAFE)

        def count(path: Path) -> int:
            return len(path.read_bytes()) if path.exists() else 0

        return Case(
            Shell,
            {"message": [sys.executable, "-c", COUNTING, str(told)], "timeout": "30s"},
            tmp_path,
            order,
            slow,
            lambda: count(marks),
            lambda: count(told),
        )


class TestHttp(AdapterContract):
    """The http adapter; an effect is a POST that a server has seen."""

    @pytest.fixture
    def case(self, tmp_path: Path) -> Iterator[Case]:
        def answer(seen: Seen) -> Answer:
            echo = f"{seen.headers.get('authorization')} {seen.body.decode()}"
            return Answer(200, echo, after_s=8.0 if seen.path == "/slow" else 0.0)

        with serving(answer) as server:

            def order(key: str, path: str = "/effects") -> Order:
                arguments = {
                    "url": path,
                    "json": {"a": 1},
                    "headers": {"authorization": "env:SECRET"},
                }
                return Order("r", "c", key, "post", arguments, Effect.UNSAFE, timeout_ms=20_000)

            yield Case(
                Http,
                {"url": server.url, "secret": "env:SECRET"},
                tmp_path,
                order,
                lambda key: order(key, "/slow"),
                lambda: sum(seen.path == "/effects" for seen in server.seen),
            )


class TestWebhook(AdapterContract):
    """The webhook adapter."""

    @pytest.fixture
    def case(self, tmp_path: Path) -> Iterator[Case]:
        with serving(lambda seen: Answer(204)) as server:
            settings = {"url": server.url, "secret": "env:SECRET"}
            yield Case(Webhook, settings, tmp_path, told=lambda: len(server.seen))


class TestSlackByWebhook(AdapterContract):
    """The Slack adapter with an incoming webhook."""

    @pytest.fixture
    def case(self, tmp_path: Path) -> Iterator[Case]:
        with serving(slack_webhook) as server:
            secrets = {"env:HOOK": f"{server.url}/services/{SECRET}"}
            yield Case(
                Slack,
                {"url": "env:HOOK", "interactive": True},
                tmp_path,
                told=lambda: len(server.seen),
                secrets=secrets,
            )


class TestSlackByToken(AdapterContract):
    """The Slack adapter with a token."""

    @pytest.fixture
    def case(self, tmp_path: Path) -> Iterator[Case]:
        with serving(slack_api) as server:
            settings = {"token": "env:SECRET", "channel": "#incidents", "api": f"{server.url}/api"}
            yield Case(Slack, settings, tmp_path, told=lambda: len(server.seen))


class TestPagerDuty(AdapterContract):
    """The PagerDuty adapter."""

    @pytest.fixture
    def case(self, tmp_path: Path) -> Iterator[Case]:
        with serving(pagerduty) as server:
            settings = {"routing_key": "env:SECRET", "url": server.url}

            def order(key: str) -> Order:
                arguments = {"dedup_key": "one", "summary": "Agents down"}
                return Order("r", "c", key, "trigger", arguments, Effect.IDEMPOTENT)

            def alerts() -> int:
                return len({seen.json["dedup_key"] for seen in server.seen} & {"one"})

            yield Case(
                PagerDuty,
                settings,
                tmp_path,
                order,
                count=alerts,
                told=lambda: len(server.seen),
            )


class TestConsole(AdapterContract):
    """The console adapter."""

    @pytest.fixture
    def case(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Case:
        return Case(
            Console, {}, tmp_path, told=lambda: capsys.readouterr().err.count("[page] INC-1")
        )


# --- servers that refuse what the real ones would refuse ---


def slack_webhook(seen: Seen) -> Answer:
    """An incoming webhook: plain text answers."""
    trouble = slack_trouble(seen)
    return Answer(400, trouble) if trouble else Answer(200, "ok")


def slack_api(seen: Seen) -> Answer:
    """chat.postMessage: HTTP 200 with ``ok`` true or false."""
    trouble = slack_trouble(seen)
    if seen.headers.get("authorization") != f"Bearer {SECRET}":
        trouble = "invalid_auth"
    elif seen.path != "/api/chat.postMessage":
        trouble = "unknown_method"
    elif seen.json.get("channel") != "#incidents":
        trouble = "channel_not_found"
    if trouble:
        return Answer(200, json.dumps({"ok": False, "error": trouble}))
    return Answer(200, json.dumps({"ok": True, "channel": "C01", "ts": "1700000000.000100"}))


def slack_trouble(seen: Seen) -> str:
    """What Slack's published limits say against this message; empty for nothing."""
    if not seen.headers["content-type"].startswith("application/json"):
        return "invalid_post_type"
    body = seen.json
    if not body.get("text") or len(body["text"]) > 40_000:
        return "no_text"
    if not 1 <= len(body["blocks"]) <= 50:
        return "invalid_blocks"
    for block in body["blocks"]:
        match block["type"]:
            case "header":
                texts, most = [block["text"]], 150
                if block["text"]["type"] != "plain_text":
                    return "invalid_blocks"
            case "section":
                texts, most = [block["text"]], 3_000
            case "context":
                texts, most = block["elements"], 3_000
            case "actions":
                (button,) = block["elements"]
                texts, most = [button["text"]], 75
                if len(button["value"]) > 2_000 or len(button["action_id"]) > 255:
                    return "invalid_blocks"
            case _:
                return "invalid_blocks"
        if not all(1 <= len(text["text"]) <= most for text in texts):
            return "invalid_blocks"
        if any(
            text["type"] == "mrkdwn" and re.search(r"[<>]|&(?!amp;|lt;|gt;)", text["text"])
            for text in texts
        ):
            return "unescaped"
    return ""


def pagerduty(seen: Seen) -> Answer:
    """Events API v2: 202, or 400 with what is wrong."""
    body = seen.json
    wrong: list[str] = []
    if (seen.method, seen.path) != ("POST", "/v2/enqueue"):
        return Answer(404)
    if body.get("routing_key") != SECRET:
        wrong.append("routing_key")
    if body.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        wrong.append("event_action")
    if not 1 <= len(body.get("dedup_key", "")) <= 255:
        wrong.append("dedup_key")
    if body.get("event_action") == "trigger":
        payload = body.get("payload", {})
        if not 1 <= len(payload.get("summary", "")) <= 1_024:
            wrong.append("summary")
        if not payload.get("source"):
            wrong.append("source")
        if payload.get("severity") not in ("critical", "error", "warning", "info"):
            wrong.append("severity")
        if not isinstance(payload.get("custom_details", {}), dict):
            wrong.append("custom_details")
        if not all(isinstance(link.get("href"), str) for link in body.get("links", [])):
            wrong.append("links")
    elif "payload" in body:
        wrong.append("payload")
    if len(seen.body) > 512 * 1024:
        return Answer(413)
    if wrong:
        return Answer(400, json.dumps({"status": "invalid event", "errors": wrong}))
    said = {"status": "success", "message": "Event processed", "dedup_key": body["dedup_key"]}
    return Answer(202, json.dumps(said))
