"""``armada serve --inbound`` as a process of its own: what it takes, and that it ends in order."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from inbound_bodies import alert, group
from local_server import Answer, serving
from servers import free_port
from slack_side import SIGNING, interaction, sent
from small_workflow import WORKFLOW
from terminal import armada

from armada.runtime.journal import Journal
from armada.runtime.links import Pass
from armada.runtime.tokens import Tokens
from armada.runtime.view import RunView

PEOPLE = "persons:\n  ada: {name: Ada, roles: [commander, worker, on-call engineer]}\n"
RULES = """\
alertmanager: {token: "env:HOOK_TOKEN"}
slack: {secrets: ["env:SIGNING"], users: {U012AB3CD: ada}, responses: URL}
rules:
  - {when: labels.severity == "critical", spec: small.yaml, people: people.yaml, auto_declare: true}
  - {when: labels.severity == "warning", spec: small.yaml, people: people.yaml}
"""
SECRETS = {"HOOK_TOKEN": "hook-t0ken-of-the-test", "SIGNING": SIGNING}


@contextmanager
def served(folder: Path, slack: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """The host, and a client of it that speaks for ada."""
    port = free_port()
    files = {"small.yaml": WORKFLOW, "people.yaml": PEOPLE, "a.yaml": RULES.replace("URL", slack)}
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    token = Tokens(folder / "tokens").add("ada")
    words = ("serve", "--api", str(port), "--inbound", str(folder / "a.yaml"))
    headers = {"authorization": f"Bearer {token}"}
    here = f"http://127.0.0.1:{port}"
    with (
        armada(folder / "journal.db", *words, **SECRETS) as host,
        httpx.Client(base_url=here, headers=headers, timeout=10) as client,
    ):
        until = time.monotonic() + 20
        while not _answers(client):
            assert host.poll() is None and time.monotonic() < until
            time.sleep(0.05)
        yield host, client


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/v1/health").status_code == 200
    except httpx.TransportError:
        return False


def test_a_served_host_takes_alerts_and_answers_and_ends_at_sigterm(tmp_path: Path) -> None:
    """A proposal, an incident, a press in Slack that stops its ladder; nothing left behind."""
    with serving(lambda _: Answer()) as slack, served(tmp_path, slack.url) as (host, client):
        hook = {"authorization": f"Bearer {SECRETS['HOOK_TOKEN']}"}
        path = "/v1/inbound/alertmanager"
        warning = group(alert("a"), key="warning", severity="warning")
        assert client.post(path, json=warning).status_code == 401, "ada's token is no sender's"
        assert client.post(path, json=warning, headers=hook).json()["outcome"] == "proposed"
        (shown,) = client.get("/v1/proposals").json()
        assert (shown["title"], shown["state"]) == ("the shop is down", "open")
        run = client.post(path, json=group(alert("b")), headers=hook).json()["run"]
        value = Pass(run, "on-call engineer", "", "page", 2**50).text
        press = interaction(value, answer_url=f"{slack.url}/actions/1")
        until = time.monotonic() + 10
        while not slack.seen or "acknowledged for" not in slack.seen[-1].json["text"]:
            assert time.monotonic() < until, slack.seen
            request = sent({**press, "trigger_id": str(time.monotonic())}, int(time.time()))
            answer = client.post("/v1/inbound/slack", content=request.body, headers=request.headers)
            assert (answer.status_code, answer.content) == (200, b"")
            time.sleep(0.05)
        began = time.monotonic()
        host.send_signal(signal.SIGTERM)
        out, _ = host.communicate(timeout=15)
        assert time.monotonic() - began < 10
    assert host.returncode == 4 and "Traceback" not in out, out
    assert f"go on with: armada resume {run}" in out
    assert all(secret not in out for secret in SECRETS.values())
    journal = Journal.open(tmp_path / "journal.db")
    try:
        (row,) = journal.runs()
        assert not row.alive and not row.finished
        view = RunView.of(journal.entries(run))
        assert view.state.control.acknowledged == "on-call engineer"
        assert json.dumps(view.header).count(SIGNING) == 0
    finally:
        journal.close()
