"""Requests: what their answers mean, what is signed, and what is never sent twice."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_server import Answer, Seen, serving

from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order, Result, Surroundings
from armada.runtime.adapters.http import Http
from armada.runtime.adapters.http_arguments import looked_up
from armada.runtime.adapters.signature import HEADER, TOLERANCE_S, sign, verify

SECRETS = {"env:SIGN": "signing-key", "env:TOKEN": "Bearer t0ken"}


def adapter(folder: Path, **settings: Any) -> Http:
    """The adapter with these settings."""

    def secret(text: str) -> str:
        if text.startswith("env:") and text not in SECRETS:
            raise LookupError(f"The environment variable of the secret {text} is not set")
        return SECRETS.get(text, text)

    around = Surroundings(folder / "http", secret, lambda text: text)
    return Http(Http.describe().settings.model_validate(settings), around)  # type: ignore[arg-type]


def order(operation: str, key: str = "k", timeout_ms: int = 5_000, **arguments: Any) -> Order:
    """An order, as unsafe as its operation."""
    return Order("r", "c", key, operation, arguments, Effect.UNSAFE, timeout_ms=timeout_ms)


def done(folder: Path, given_: Order, **settings: Any) -> Result:
    """The answer of a new adapter."""

    async def work() -> Result:
        http = adapter(folder, **settings)
        try:
            return await http.dispatch(given_)
        finally:
            await http.close()

    return asyncio.run(work())


def observed(folder: Path, given_: Order) -> bool | None:
    return asyncio.run(adapter(folder).observe(given_))


@pytest.mark.parametrize(
    ("operation", "status", "answer", "happened"),
    [
        ("get", 200, "ok", None),
        ("get", 404, "permanent", None),
        ("get", 429, "failed", None),
        ("get", 500, "failed", None),
        ("put", 201, "ok", None),
        ("put", 502, "failed", None),
        ("delete", 409, "permanent", None),
        ("submit", 504, "failed", None),
        ("post", 202, "ok", True),
        ("post", 400, "permanent", False),
        ("post", 408, "unknown", None),
        ("post", 429, "failed", False),
        ("post", 500, "unknown", None),
        ("post", 503, "failed", False),
        ("post", 504, "unknown", None),
        ("patch", 301, "permanent", False),
    ],
)
def test_what_a_status_means(
    tmp_path: Path, operation: str, status: int, answer: str, happened: bool | None
) -> None:
    """It depends on what the request may have done."""
    with serving(lambda seen: Answer(status, "said")) as server:
        given_ = order(operation, url=f"{server.url}/x")
        result = done(tmp_path, given_)
        assert (result.answer, result.detail["status"]) == (answer, status)
        assert observed(tmp_path, given_) is happened
        assert len(server.seen) == 1


@pytest.mark.parametrize(("operation", "answer"), [("post", "unknown"), ("put", "failed")])
@pytest.mark.parametrize("fault", [Answer(drop=True), Answer(after_s=1.5)], ids=["drop", "late"])
def test_an_answer_that_does_not_come(
    tmp_path: Path, operation: str, answer: str, fault: Answer
) -> None:
    """It may have been carried out; an unsafe request is not sent a second time under its key."""
    with serving(lambda seen: fault) as server:
        given_ = order(operation, url=f"{server.url}/x", timeout="1s")
        assert done(tmp_path, given_).answer == answer
        if operation == "post":
            assert observed(tmp_path, given_) is None
            assert done(tmp_path, given_).answer == "unknown"
            assert len(server.seen) == 1


HOST = """
import asyncio, pathlib, sys
from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order, Surroundings
from armada.runtime.adapters.http import Http
folder, url = sys.argv[1:]
around = Surroundings(pathlib.Path(folder) / "http", lambda text: text, lambda text: text)
order = Order("r", "c", "k", "post", {"url": url}, Effect.UNSAFE, timeout_ms=20_000)
asyncio.run(Http(Http.describe().settings(), around).dispatch(order))
"""


def test_a_host_that_is_killed_after_sending(tmp_path: Path) -> None:
    """The next host neither knows nor sends it again."""
    with serving(lambda seen: Answer(after_s=1.0)) as server:
        process = subprocess.Popen([sys.executable, "-c", HOST, str(tmp_path), server.url])
        until = time.monotonic() + 20
        while not server.seen:
            assert time.monotonic() < until
            time.sleep(0.01)
        process.kill()
        process.wait()
        given_ = order("post", url=server.url)
        assert observed(tmp_path, given_) is None
        assert done(tmp_path, given_).answer == "unknown"
        assert len(server.seen) == 1


def test_an_answer_that_cannot_be_noted_down_is_given_all_the_same(tmp_path: Path) -> None:
    """It was sent; it is not reported as something that did not happen."""

    def answer(seen: Seen) -> Answer:
        for folder in (tmp_path / "http").iterdir():
            (folder / "result.json").mkdir()  # nothing can be put in its place
        return Answer(200, "done")

    with serving(answer) as server:
        given_ = order("post", url=server.url)
        assert done(tmp_path, given_).answer == "ok"
        assert done(tmp_path, given_).answer == "unknown"
        assert len(server.seen) == 1


def test_nothing_listens(tmp_path: Path) -> None:
    """Then nothing was sent, and the key may be used again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given_ = order("post", url=f"http://127.0.0.1:{port}/x")
    result = done(tmp_path, given_)
    assert result.answer == "failed" and "cannot be reached" in result.text
    assert observed(tmp_path, given_) is False


def test_what_is_sent(tmp_path: Path) -> None:
    """Key, signature, headers with their secrets, and the body as it was given."""
    with serving(lambda seen: Answer(200, '{"id": 7, "a": {"b": ["x"]}}')) as server:
        given_ = order(
            "post",
            url="/deploys",
            json={"title": "Größe", "n": [1]},
            headers={"Authorization": "env:TOKEN"},
            pick={"id": "/id", "first": "/a/b/0", "none": "/a/c"},
        )
        result = done(tmp_path, given_, url=server.url, secret="env:SIGN")
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/deploys")
    assert seen.headers["idempotency-key"] == "k"
    assert seen.headers["authorization"] == "Bearer t0ken"
    assert seen.headers["content-type"] == "application/json"
    assert seen.json == {"title": "Größe", "n": [1]}
    assert verify("signing-key", seen.headers[HEADER.lower()], seen.body, time.time())
    assert result.values["first"] == "x" and "none" not in result.values
    assert dict(result.facts) == {"id": 7, "first": "x"}


def test_redirects_stay_on_the_host(tmp_path: Path) -> None:
    """What reads follows on the same host; nothing follows to another one, with its headers."""

    def answer(seen: Seen) -> Answer:
        return {
            "/there": Answer(200, "there"),
            "/here": Answer(302, headers={"Location": "/there"}),
            "/away": Answer(302, headers={"Location": "http://other.invalid/"}),
        }.get(seen.path, Answer(302, headers={"Location": seen.path}))

    with serving(answer) as server:
        assert done(tmp_path, order("get", url=f"{server.url}/here")).text == "there"
        away = done(tmp_path, order("get", url=f"{server.url}/away"))
        assert away.answer == "permanent" and "other.invalid" in away.text
        assert done(tmp_path, order("get", url=f"{server.url}/round")).answer == "permanent"


@pytest.mark.parametrize(
    ("arguments", "status", "answer"),
    [
        ({}, 200, "ok"),
        ({}, 503, "false"),
        ({"status": [503]}, 503, "ok"),
        ({"pointer": "/rate", "below": 0.01}, 200, "ok"),
        ({"pointer": "/rate", "above": 0.01}, 200, "false"),
        ({"pointer": "/text", "below": 5}, 200, "ok"),
        ({"pointer": "/ready", "equals": True}, 200, "ok"),
        ({"pointer": "/ready", "equals": 1}, 200, "false"),
        ({"pointer": "/nothing", "equals": 1}, 200, "false"),
        ({"pointer": "/rate"}, 200, "permanent"),
        ({"equals": 1}, 200, "permanent"),
    ],
)
def test_checks(tmp_path: Path, arguments: dict[str, Any], status: int, answer: str) -> None:
    """A comparison that does not hold is an answer, not a failure."""
    body = '{"rate": 0.004, "ready": true, "text": "4.5"}'
    with serving(lambda seen: Answer(status, body)) as server:
        assert done(tmp_path, order("check", url=server.url, **arguments)).answer == answer


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"url": "ftp://example.com"},
        {"url": "http://"},
        {"url": "http://[::1"},
        {"url": "http://example.com:99999/"},
        {"url": "http://127.0.0.1/", "headers": {"A": "b\r\nC: d"}},
        {"url": "http://127.0.0.1/", "headers": {"A": "env:NOT_THERE"}},
        {"url": "http://127.0.0.1/", "json": 1, "body": "x"},
        {"url": "http://127.0.0.1/", "json": "\ud800", "timeout": "never"},
        {"url": "http://127.0.0.1/", "body": "\ud800"},
    ],
)
def test_what_cannot_be_sent_says_so(tmp_path: Path, arguments: dict[str, Any]) -> None:
    """For good, and nothing was sent."""
    result = done(tmp_path, order("post", **arguments))
    assert result.answer == "permanent" and result.text
    assert observed(tmp_path, order("post", **arguments)) is False


@given(st.text(max_size=20), st.integers(0, 2**40), st.binary(max_size=50), st.text(max_size=40))
def test_signatures(secret: str, at_s: int, body: bytes, noise: str) -> None:
    """A signature holds for its secret, body and time, and for nothing else."""
    header = sign(secret, at_s, body)
    assert verify(secret, header, body, at_s)
    assert verify(secret, header, body, at_s + TOLERANCE_S)
    assert not verify(secret, header, body, at_s + TOLERANCE_S + 1)
    assert not verify(secret + "x", header, body, at_s)
    assert not verify(secret, header, body + b"x", at_s)
    assert not verify(secret, noise, body, at_s)


@given(st.text(max_size=30), st.text(max_size=10))
def test_pointers_never_raise(text: str, pointer: str) -> None:
    """Whatever a server says."""
    looked_up(text, pointer)
    assert looked_up(json.dumps({"a/b": {"~": [text]}}), "/a~1b/~0/0") == text
