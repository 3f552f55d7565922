"""Messages: what each service is told, and when sending is tried again."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from adapter_contract import SECRET, message
from hypothesis import given
from hypothesis import strategies as st
from local_server import Answer, Seen, Server, serving

from armada.compiler.plan import Effect
from armada.runtime.adapters.console import Console, rendered
from armada.runtime.adapters.contract import Message, Order, Result, Surroundings
from armada.runtime.adapters.pagerduty import PagerDuty
from armada.runtime.adapters.signature import HEADER, verify
from armada.runtime.adapters.slack import Slack
from armada.runtime.adapters.slack_blocks import (
    ACKNOWLEDGE,
    answered,
    blocks,
    escaped,
    fallback,
)
from armada.runtime.adapters.webhook import Webhook


def made(kind: Any, folder: Path, **settings: Any) -> Any:
    """An adapter with these settings; the reference ``env:SECRET`` is the only one there is."""
    around = Surroundings(
        folder / kind.NAME, lambda text: SECRET if text == "env:SECRET" else text, lambda text: text
    )
    return kind(kind.describe().settings.model_validate(settings), around)


def sent(adapter: Any, *messages: Message) -> list[Result]:
    """The answers to these messages, one after the other."""

    async def work() -> list[Result]:
        results = [await adapter.send(each) for each in messages]
        await adapter.close()
        return results

    return asyncio.run(work())


def in_turn(*answers: Answer) -> Callable[[Seen], Answer]:
    """These answers, and the last one for ever."""
    left = list(answers)
    return lambda seen: left.pop(0) if len(left) > 1 else left[0]


KINDS: dict[str, Callable[[Path, Server], Any]] = {
    "webhook": lambda folder, server: made(Webhook, folder, url=server.url, timeout="3s"),
    "slack": lambda folder, server: made(Slack, folder, url=server.url, timeout="3s"),
    "pagerduty": lambda folder, server: made(
        PagerDuty, folder, url=server.url, routing_key="env:SECRET", timeout="3s"
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("answers", "answer", "calls"),
    [
        ([Answer(200)], "ok", 1),
        ([Answer(429, headers={"Retry-After": "0"}), Answer(200)], "ok", 2),
        ([Answer(500, headers={"Retry-After": "0"}), Answer(503), Answer(200)], "ok", 3),
        ([Answer(503, headers={"Retry-After": "0"})], "failed", 3),
        ([Answer(429, headers={"Retry-After": "60"})], "failed", 1),
        ([Answer(400, "no")], "permanent", 1),
        ([Answer(403, "no")], "permanent", 1),
        ([Answer(drop=True)], "failed", 1),
        ([Answer(302, headers={"Location": "http://other.invalid/"})], "permanent", 1),
    ],
)
def test_sending_is_tried_again_where_it_was_not_taken(
    tmp_path: Path, kind: str, answers: list[Answer], answer: str, calls: int
) -> None:
    """Twice at most, and only within its time: the next channel is waiting."""
    with serving(in_turn(*answers)) as server:
        (result,) = sent(KINDS[kind](tmp_path, server), message())
        assert (result.answer, len(server.seen)) == (answer, calls)


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_that_does_not_answer_is_left_in_time(tmp_path: Path, kind: str) -> None:
    """And the sentence shows no more of the address than its host."""
    with serving(lambda seen: Answer(after_s=4)) as server:
        began = time.monotonic()
        (result,) = sent(KINDS[kind](tmp_path, server), message())
        assert time.monotonic() - began < 3.8
    assert result.answer == "failed" and "127.0.0.1 did not answer" in result.text


def test_a_webhook_is_told_everything(tmp_path: Path) -> None:
    """Signed, and with its key."""
    with serving(lambda seen: Answer(204)) as server:
        settings = {"url": server.url, "secret": "env:SECRET", "headers": {"X-Team": "ops"}}
        assert sent(made(Webhook, tmp_path, **settings), message())[0].answer == "ok"
    (seen,) = server.seen
    page = message()
    assert seen.json == {
        "format": 1,
        "kind": "page",
        "key": page.key,
        "thread": page.thread,
        "to": "on-call",
        "subject": page.subject,
        "body": page.body,
        "level": 1,
        "incident": dict(page.incident),
    }
    assert seen.headers["idempotency-key"] == page.key and seen.headers["x-team"] == "ops"
    assert verify(SECRET, seen.headers[HEADER.lower()], seen.body, time.time())


def test_slack_keeps_a_thread(tmp_path: Path) -> None:
    """The first message begins it, the next ones join it, in the next process too."""

    def answer(seen: Seen) -> Answer:
        return Answer(200, json.dumps({"ok": True, "ts": f"1.{len(seen.body)}", "channel": "C1"}))

    with serving(answer) as server:

        def slack() -> Any:
            return made(
                Slack, tmp_path, token="env:SECRET", channel="#incidents", api=server.url + "/api"
            )

        sent(slack(), message(), message(key="message-2", kind="notice"))
        sent(slack(), message(key="message-3", kind="resolved"), message(key="x", thread="other"))
        again = sent(slack(), message())
    first, second, third, other = [seen.json for seen in server.seen]
    assert "thread_ts" not in first and "thread_ts" not in other
    assert second["thread_ts"] == third["thread_ts"] == f"1.{len(server.seen[0].body)}"
    assert again[0].answer == "ok" and len(server.seen) == 4


def test_a_page_has_a_button_where_slack_can_be_answered(tmp_path: Path) -> None:
    """Not where nobody would hear the press, nor for what wants no answer; its text says it all."""
    page = message(press='["INC-1","on-call","","page",1]')
    asked = [page, replace(page, key="2", press=""), replace(page, key="3", press="x" * 2_001)]
    with serving(lambda seen: Answer(200)) as server:
        sent(made(Slack, tmp_path / "a", url=server.url, interactive=True), *asked)
        sent(made(Slack, tmp_path / "b", url=server.url), page)
    shown = [[b for b in seen.json["blocks"] if b["type"] == "actions"] for seen in server.seen]
    assert [len(each) for each in shown] == [1, 0, 0, 0]
    (button,) = shown[0][0]["elements"]
    assert (button["type"], button["text"]["text"]) == ("button", "Acknowledge")
    assert (button["action_id"], button["value"]) == (ACKNOWLEDGE, page.press)
    assert server.seen[0].json["text"] == server.seen[3].json["text"] == fallback(page)


def test_a_used_button_leaves_the_message_and_what_came_of_it(tmp_path: Path) -> None:
    page = message(press="[]", body="\n".join(["line"] * 30_000))
    shown = blocks(page, interactive=True)
    found = answered(shown, "<ada> did")
    kept = [each for each in shown if each["type"] != "actions"]
    assert found["replace_original"] is True and found["text"] == "&lt;ada&gt; did"
    assert found["blocks"][:-1] == kept and len(found["blocks"]) <= 50
    assert found["blocks"][-1]["elements"][0]["text"] == "&lt;ada&gt; did"


@pytest.mark.parametrize(
    ("error", "answer"),
    [("ratelimited", "failed"), ("channel_not_found", "permanent"), ("invalid_auth", "permanent")],
)
def test_what_slack_refuses(tmp_path: Path, error: str, answer: str) -> None:
    """It answers 200 and says what is wrong."""
    body = json.dumps({"ok": False, "error": error})
    with serving(lambda seen: Answer(200, body)) as server:
        slack = made(Slack, tmp_path, token="env:SECRET", channel="c", api=server.url)
        (result,) = sent(slack, message())
    assert result.answer == answer and error in result.text


@given(st.text(), st.text())
def test_text_never_becomes_markup_in_slack(subject: str, body: str) -> None:
    """No mention of a channel, no link with another face; nothing is lost that fits."""
    page = message(subject=subject, body=body)
    for block in blocks(page):
        for text in [block["text"]] if "text" in block else block["elements"]:
            assert text["type"] == "plain_text" or not set(text["text"]) & set("<>")
    assert "<" not in fallback(page)
    shown = "".join(b["text"]["text"] for b in blocks(page) if b["type"] == "section")
    assert shown.replace("\n", "").strip() == escaped(body).replace("\n", "").strip() or (
        len(body) > 1_000
    )


@given(st.text("&<>ab\n", min_size=2_900, max_size=3_400))
def test_long_text_is_cut_between_characters(body: str) -> None:
    """An escape is not cut in two, and no piece is longer than Slack takes."""
    pieces = [b["text"]["text"] for b in blocks(message(body=body)) if b["type"] == "section"]
    whole = "".join(pieces)
    assert all(len(piece) <= 3_000 for piece in pieces)
    for piece in pieces:
        rest = piece.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
        assert "&" not in rest
    assert whole.replace("\n", "") == escaped(body).replace("\n", "")
    assert len(fallback(message(body=body))) <= 4_000


def test_pagerduty_is_told_one_alert(tmp_path: Path) -> None:
    """Triggered and resolved by the thread, with severity and links."""
    with serving(lambda seen: Answer(202, '{"status": "success"}')) as server:
        pager = made(PagerDuty, tmp_path, url=server.url, routing_key="env:SECRET")
        page = message()
        sent(pager, page, replace(page, key="2", level=3), replace(page, key="3", kind="resolved"))
    first, second, third = [seen.json for seen in server.seen]
    assert first["dedup_key"] == second["dedup_key"] == third["dedup_key"] == page.thread
    assert first["event_action"] == "trigger" and third["event_action"] == "resolve"
    assert (first["payload"]["severity"], second["payload"]["severity"]) == ("critical", "warning")
    assert first["payload"]["summary"] == page.subject
    assert first["links"][0]["href"] == "https://example.com/INC-1"
    assert first["payload"]["custom_details"]["incident_id"] == "INC-1"


def test_pagerduty_operations(tmp_path: Path) -> None:
    """An action may raise, acknowledge and resolve an alert of its own."""
    with serving(lambda seen: Answer(202, "{}")) as server:
        pager = made(PagerDuty, tmp_path, url=server.url, routing_key="env:SECRET")

        async def work() -> list[Result]:
            orders = [
                ("trigger", {"dedup_key": "d", "summary": "s", "severity": "info"}),
                ("acknowledge", {"dedup_key": "d"}),
                ("resolve", {"dedup_key": "d"}),
                ("resolve", {}),
            ]
            results = [
                await pager.dispatch(Order("r", "c", op, op, arguments, Effect.IDEMPOTENT))
                for op, arguments in orders
            ]
            await pager.close()
            return results

        answers = [result.answer for result in asyncio.run(work())]
    assert answers == ["ok", "ok", "ok", "permanent"]
    assert [seen.json["event_action"] for seen in server.seen] == [
        "trigger",
        "acknowledge",
        "resolve",
    ]


@given(st.text(), st.text())
def test_the_terminal_is_not_taken_over(subject: str, body: str) -> None:
    """No text moves the cursor, changes colours, or begins a line that looks like ours."""
    text = rendered(message(subject=subject, body=body), lambda each: each)
    assert not any((ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160 for c in text)
    head, *lines = text.removesuffix("\n").split("\n")
    assert head.startswith("[page] INC-1 to on-call:")
    assert all(line.startswith("    ") for line in lines)


def test_a_closed_terminal_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next channel is taken."""
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    around = Surroundings(tmp_path, lambda text: text, lambda text: text)
    console = Console(Console.describe().settings(), around)  # type: ignore[arg-type]
    assert asyncio.run(console.send(message())).answer == "failed"
    assert not asyncio.run(console.check())[0].ok
