"""The HTTP API: who may speak, what is admitted, and that no input breaks it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from asgi import HERE, Http
from hypothesis import HealthCheck, given, settings
from live_journal import record
from live_script import LiveScript

from armada.runtime.api import Api, serve_api
from armada.runtime.api_table import VERBS, openapi
from armada.runtime.journal import Journal
from armada.runtime.journal_entries import JournalWriter
from armada.runtime.letters import VERBS as LETTERS
from armada.runtime.tokens import Tokens

RUN = "INC-20261124-0231"


def script() -> LiveScript:
    """A run that has been declared, with questions open."""
    return LiveScript(run=RUN).declare()


@contextmanager
def api(folder: Path) -> Iterator[tuple[Api, Journal, str]]:
    """The API over a journal with one open run that no host drives, and ada's token."""
    journal = Journal.open(record(folder / "journal.db", script()))
    tokens = Tokens(folder / "tokens")
    token = tokens.add("ada")
    found = Api(journal, tokens, people_of=lambda _: None, wall_ms=lambda: 0, wait_s=0.1)
    try:
        yield found, journal, token
    finally:
        journal.close()


@contextmanager
def client(folder: Path) -> Iterator[tuple[Any, Journal]]:
    with api(folder) as (found, journal, token):
        headers = {"authorization": f"Bearer {token}"}
        yield Http(found.application(), headers), journal


def test_the_table_has_every_verb_of_the_letters() -> None:
    """What can be typed can be sent."""
    assert set(VERBS) == set(LETTERS)


def test_reading(tmp_path: Path) -> None:
    """Status, waiting, timeline, journal and postmortem of a run."""
    with client(tmp_path) as (http, journal):
        assert [row["run"] for row in http.get("/v1/runs").json()] == [RUN]
        assert http.get(f"/v1/runs/{RUN}").json()["run"] == RUN
        assert http.get(f"/v1/runs/{RUN}/waiting").json()
        assert http.get(f"/v1/runs/{RUN}/timeline").json()
        assert http.get(f"/v1/runs/{RUN}/journal").text == journal.export(RUN)
        assert http.get(f"/v1/runs/{RUN}/journal?since=x").status_code == 400
        assert http.get(f"/v1/runs/{RUN}/postmortem").status_code == 200
        assert http.get("/v1/runs/INC-1").status_code == 404


def test_a_letter_is_kept_and_is_in_the_name_of_the_token(tmp_path: Path) -> None:
    """Nobody speaks for somebody else."""
    with client(tmp_path) as (http, journal):
        asked = http.get(f"/v1/runs/{RUN}/waiting").json()[0]["id"]
        body = {"request": asked, "answer": "1"}
        kept = http.post(f"/v1/runs/{RUN}/answer", json=body)
        assert (kept.status_code, kept.json()["outcome"]) == (202, "kept")
        letter = journal.letter(kept.json()["letter"])
        assert letter is not None and letter.payload["by"] == "ada"
        other = http.post(f"/v1/runs/{RUN}/answer", json={**body, "by": "grace"})
        assert other.status_code == 403
        assert len(journal.pending()) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": HERE}, 200),
        ({"authorization": "Bearer nonsense"}, 401),
        ({"authorization": ""}, 401),
        ({"content-length": "99999999"}, 413),
    ],
)
def test_who_may_come_in(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    """Loopback, the same origin, a valid token, a small body."""
    with client(tmp_path) as (http, _):
        assert http.get("/v1/runs", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("verb", "content", "media", "status"),
    [
        ("ack", b"{}", "text/plain", 415),
        ("ack", b"{", "application/json", 400),
        ("ack", b"[]", "application/json", 400),
        ("ack", b'{"nonsense": 1}', "application/json", 400),
        ("answer", b'{"request": 1}', "application/json", 400),
        ("answer", b'{"request": "x", "answer": "\\ud800"}', "application/json", 400),
        ("set-severity", b'{"level": "9"}', "application/json", 400),
        ("approve", b'{"action": "x", "digest": "y"}', "application/json", 400),
        ("note", b'{"text": "' + b"x" * 70_000 + b'"}', "application/json", 413),
        ("nonsense", b"{}", "application/json", 404),
    ],
)
def test_bad_input_changes_nothing(
    tmp_path: Path, verb: str, content: bytes, media: str, status: int
) -> None:
    """A problem with words, and a journal as it was."""
    with client(tmp_path) as (http, journal):
        before = journal.export(RUN)
        found = http.post(
            f"/v1/runs/{RUN}/{verb}", content=content, headers={"content-type": media}
        )
        assert found.status_code == status, found.text
        assert found.json()["detail"]
        assert not journal.pending() and journal.export(RUN) == before


def test_a_run_of_another_version_is_refused_everywhere(tmp_path: Path) -> None:
    """In words, with 2 or 4xx, and nothing is written."""
    path = tmp_path / "journal.db"
    writer = JournalWriter()
    writer.append(0, "header", {**script().header, "format": 99})
    journal = Journal.open(path, create=True)
    journal.import_(writer.text)
    before = journal.export(RUN)
    tokens = Tokens(tmp_path / "tokens")
    headers = {"authorization": f"Bearer {tokens.add('ada')}"}
    app = Api(journal, tokens, people_of=lambda _: None, wall_ms=lambda: 0, wait_s=0.1)
    http = Http(app.application(), headers)
    for end in ("", "/waiting", "/timeline", "/postmortem"):
        assert http.get(f"/v1/runs/{RUN}{end}").status_code == 409
    assert http.post(f"/v1/runs/{RUN}/note", json={"text": "x"}).status_code == 409
    for verb in ("status", "why", "log", "ack", "postmortem", "resume", "note x", "stop"):
        done = subprocess.run(
            [sys.executable, "-m", "armada", *verb.split(), "--journal", str(path)],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "ARMADA_ME": "ada"},
        )
        assert done.returncode == 2 and "format 99" in done.stderr, (verb, done.stderr)
        assert "Traceback" not in done.stderr
    assert journal.export(RUN) == before and not journal.pending()
    journal.close()


def test_a_file_of_tokens_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """It might have been read already."""
    with client(tmp_path) as (http, _):
        (tmp_path / "tokens").chmod(0o644)
        assert http.get("/v1/runs").status_code == 503


@pytest.mark.slow
@pytest.mark.parametrize("examples", [8, pytest.param(40, marks=pytest.mark.sweep)])
def test_no_input_breaks_it(tmp_path: Path, examples: int) -> None:
    """Schemathesis against the document of the API: never a 5xx."""
    with api(tmp_path) as (found, _, token):
        app = found.application()
        schema = schemathesis.openapi.from_dict(openapi())
        schema.app = app
        headers = {"authorization": f"Bearer {token}", "host": "127.0.0.1"}
        operations = [each.ok() for each in schema.get_all_operations()]
        assert len(operations) > 20
        for operation in operations:

            @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy())
            def call(case: Any) -> None:
                case.path_parameters = {
                    name: RUN if len(str(value)) % 2 else value
                    for name, value in (case.path_parameters or {}).items()
                }
                answer = case.call(base_url="http://127.0.0.1", headers=headers)
                assert answer.status_code < 500, answer.text

            call()


def test_it_answers_beside_a_host(tmp_path: Path) -> None:
    """A real socket, until told to stop."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with api(tmp_path) as (found, _, token):
        answers: list[Any] = []

        def ask(stopping: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/v1/runs", headers={"Authorization": f"Bearer {token}"}
            )
            for _ in range(100):
                try:
                    with urllib.request.urlopen(request, timeout=5) as answer:
                        answers.append(json.load(answer))
                    break
                except OSError:
                    time.sleep(0.05)
            loop.call_soon_threadsafe(stopping.set)

        async def serve() -> None:
            stopping = asyncio.Event()
            loop = asyncio.get_running_loop()
            asking = threading.Thread(target=ask, args=(stopping, loop))
            asking.start()
            await serve_api(found.application(), "127.0.0.1", port, stopping)
            asking.join()

        asyncio.run(serve())
        assert answers[0][0]["run"] == RUN
