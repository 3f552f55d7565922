"""Alerts of a real Alertmanager, taken in by ``armada serve`` in a process of its own."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from servers import alertmanager, answers, free_port, or_left_out, until
from small_workflow import WORKFLOW
from terminal import armada

from armada.runtime.journal import Journal

pytestmark = [pytest.mark.servers, pytest.mark.slow]
RULES = """\
alertmanager: {token: "file:token"}
rules:
  - {when: labels.alertname == "Down", spec: small.yaml, severity: 1, auto_declare: true}
"""
CONFIG = """\
route:
  receiver: armada
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
receivers:
  - name: armada
    webhook_configs:
      - url: http://127.0.0.1:PORT/v1/inbound/alertmanager
        send_resolved: true
        http_config: {authorization: {credentials: CREDENTIALS}}
"""


@contextmanager
def serve(folder: Path) -> Iterator[int]:
    """The host; its port."""
    port = free_port()
    for name, text in (("small.yaml", WORKFLOW), ("token", "s3cret"), ("alerts.yaml", RULES)):
        (folder / name).write_text(text, "utf-8")
    words = ("serve", "--api", str(port), "--inbound", str(folder / "alerts.yaml"))
    with armada(folder / "journal.db", *words, log=folder / "serve.log") as host:
        until(lambda: answers(f"http://127.0.0.1:{port}/v1/health"), "the API")
        yield port
        host.terminate()
        host.wait(20)


def fire(at: str, *instances: str, ended: bool = False) -> None:
    """Tell Alertmanager of alerts, as Prometheus does."""
    ends = {"endsAt": "2020-01-01T00:00:01Z", "startsAt": "2020-01-01T00:00:00Z"} if ended else {}
    alerts = [{"labels": {"alertname": "Down", "instance": each}, **ends} for each in instances]
    request = urllib.request.Request(
        f"{at}/api/v2/alerts",
        data=json.dumps(alerts).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def told(folder: Path) -> tuple[list[str], str]:
    """The runs of the journal, and all that is written and said in it as one text."""
    journal = Journal.open(folder / "journal.db", read_only=True)
    try:
        runs = [row.run for row in journal.runs()]
        entries: list[Any] = [entry.payload for run in runs for entry in journal.entries(run)]
        return runs, json.dumps(entries)
    finally:
        journal.close()


def test_two_notifications_of_one_group_declare_one_incident(tmp_path: Path) -> None:
    """The second is told to the run; that all are resolved is a fact, and the run goes on."""
    with or_left_out(), serve(tmp_path) as port:
        config = CONFIG.replace("PORT", str(port)).replace("CREDENTIALS", "s3cret")
        with alertmanager(tmp_path, config) as at:
            fire(at, "a")
            until(lambda: bool(told(tmp_path)[0]), "the declaration")
            fire(at, "a", "b")
            until(lambda: "Down: 2 firing, 0 resolved" in told(tmp_path)[1], "the second")
            fire(at, "a", "b", ended=True)
            until(lambda: "Down: 0 firing, 2 resolved" in told(tmp_path)[1], "the resolution")
            until(lambda: '"alert_resolved"' in told(tmp_path)[1], "the fact")
            assert len(told(tmp_path)[0]) == 1


def test_an_alertmanager_with_another_secret_declares_nothing(tmp_path: Path) -> None:
    with or_left_out(), serve(tmp_path) as port:
        config = CONFIG.replace("PORT", str(port)).replace("CREDENTIALS", "wrong")
        with alertmanager(tmp_path, config) as at:
            fire(at, "a")
            log = tmp_path / "prometheus-alertmanager.log"
            until(lambda: "401" in log.read_text("utf-8"), "the refusal", 20)
            assert not told(tmp_path)[0]
