"""The Alertmanager adapter against a real Alertmanager, alone and under a host that dies."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from adapter_contract import AdapterContract, Case
from servers import alertmanager, or_left_out, until
from terminal import armada

from armada.compiler.plan import Effect
from armada.runtime.adapters.alertmanager import Alertmanager
from armada.runtime.adapters.contract import Order, Result, Surroundings, Use

pytestmark = [pytest.mark.servers, pytest.mark.slow]
CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with or_left_out(), alertmanager(tmp_path_factory.mktemp("alertmanager"), CONFIG) as found:
        yield found


def call(url: str, method: str = "GET", body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=5) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def silences(url: str, **labels: str) -> list[dict[str, Any]]:
    """Every silence that names these labels, over or not."""
    wanted = set(labels.items())
    return [
        each
        for each in call(f"{url}/api/v2/silences")
        if {(m["name"], m["value"]) for m in each["matchers"]} >= wanted
    ]


def fire(url: str, *names: str, **labels: str) -> None:
    """Alerts that fire from now on, until they are ended or forgotten."""
    now = datetime.now(UTC)
    ends = (now + timedelta(minutes=5)).isoformat()
    body = [
        {"labels": {"alertname": name, **labels}, "startsAt": now.isoformat(), "endsAt": ends}
        for name in names
    ]
    call(f"{url}/api/v2/alerts", "POST", body)


def end(url: str, name: str, **labels: str) -> None:
    over = datetime.now(UTC).isoformat()
    call(
        f"{url}/api/v2/alerts", "POST", [{"labels": {"alertname": name, **labels}, "endsAt": over}]
    )


def order(operation: str, key: str = "k", seen: Any = None, **given: Any) -> Order:
    return Order("INC-1", "c", key, operation, given, Effect.IDEMPOTENT, text="quiet", seen=seen)


def adapted(url: str, work: Any) -> Any:
    async def whole() -> Any:
        lent = Surroundings(Path("."), lambda text: text, lambda text: text)
        kind: Any = Alertmanager
        adapter = kind(Alertmanager.describe().settings(url=url), lent)
        try:
            return await work(adapter)
        finally:
            await adapter.close()

    return asyncio.run(whole())


def ask(url: str, operation: str, **given: Any) -> Result:
    return adapted(url, lambda adapter: adapter.dispatch(order(operation, **given)))


class TestAlertmanager(AdapterContract):
    """An effect is a silence of the case's own label."""

    @pytest.fixture
    def case(self, tmp_path: Path, url: str) -> Case:
        own = tmp_path.name

        def silence(key: str) -> Order:
            return order("silence", f"{own}/{key}", labels={"case": own}, comment="env:SECRET")

        settings = {"url": url, "headers": {"Authorization": "env:SECRET"}}
        return Case(
            Alertmanager, settings, tmp_path, silence, count=lambda: len(silences(url, case=own))
        )


def test_what_it_would_refuse_is_found_beforehand(url: str) -> None:
    """By the matchers alone: nothing is made, nothing is ended."""
    fire(url, "Foreseen", job="foreseen")

    async def ahead(adapter: Any) -> Any:
        return await adapter.foresee(
            (
                Use("watch", "alerts", {"labels": {"job": "foreseen"}}),
                Use("bad", "alerts", {"matchers": ["job=~(x"]}),
                Use("alive", "alerts", {"labels": {"job": "none"}, "alive": {"job": "never"}}),
                Use("mend", "silence", {"labels": {"job": "foreseen-too"}}),
            )
        )

    checks = adapted(url, ahead)
    assert [each.what for each in checks if each.ok] == [
        "the alerts of watch: 1 firing now",
        "the alerts of alive: none firing now",
        "the alerts of mend: none firing now",
        "silences can be read; whether they may be made is seen only when one is",
    ]
    bad, alive = [each.what for each in checks if not each.ok]
    assert bad.startswith("bad: Alertmanager refuses: HTTP 400") and 'job="never"' in alive
    assert silences(url, job="foreseen-too") == []


def test_a_silence_is_renewed_under_its_key_and_ends_by_itself(url: str) -> None:
    """One silence for one key; renewing moves its end; left alone it ends, and renewing revives."""
    first = ask(url, "silence", key="a", labels={"job": "a"}, **{"for": "5s"})
    assert first.answer == "ok" and first.keep is not None and first.keep.lasts_ms == 5_000
    (made,) = silences(url, job="a")
    assert made["createdBy"] == "armada" and made["comment"].startswith("quiet (run INC-1) [key ")
    time.sleep(2)
    renewed = adapted(url, lambda a: a.renew(order("silence", "a"), 5_000))
    assert renewed.answer == "ok"
    (same,) = silences(url, job="a")
    assert same["id"] == made["id"] and same["endsAt"] > made["endsAt"]
    until(lambda: silences(url, job="a")[0]["status"]["state"] == "expired", "its end", 12)
    assert adapted(url, lambda a: a.observe(order("silence", "a"))) is True
    assert adapted(url, lambda a: a.observe(order("silence", "other"))) is False
    assert adapted(url, lambda a: a.renew(order("silence", "a"), 5_000)).answer == "ok"
    assert sorted(s["status"]["state"] for s in silences(url, job="a")) == ["active", "expired"]


def test_a_silence_that_a_person_ended_stays_ended(url: str) -> None:
    made = ask(url, "silence", key="b", labels={"job": "b"})
    time.sleep(1.5)
    call(f"{url}/api/v2/silence/{made.values['silence_id']}", "DELETE")
    renewed = adapted(url, lambda a: a.renew(order("silence", "b"), 900_000))
    assert renewed.answer == "permanent" and "somebody has ended" in renewed.text
    assert [s["status"]["state"] for s in silences(url, job="b")] == ["expired"]
    assert adapted(url, lambda a: a.release(order("silence", "b"))).answer == "ok"


def test_unsilence_ends_those_of_this_run_only(url: str) -> None:
    for key in ("c1", "c2"):
        ask(url, "silence", key=key, labels={"job": "c", "n": key})
    now = datetime.now(UTC)
    foreign = {
        "matchers": [{"name": "job", "value": "c", "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "grace",
        "comment": "mine",
    }
    call(f"{url}/api/v2/silences", "POST", foreign)
    one = ask(url, "unsilence", key="u", labels={"job": "c", "n": "c1"})
    assert one.text == "ended 1 silence of this run"
    assert ask(url, "unsilence", key="u").answer == "ok"
    left = [s for s in silences(url, job="c") if s["status"]["state"] == "active"]
    assert [s["createdBy"] for s in left] == ["grace"]


def test_a_watch_fails_on_new_alerts_of_its_kind(url: str) -> None:
    """Not on those that fire already, nor on others; a silenced one is an alert all the same."""
    fire(url, "Old", service="shop")
    given = {"labels": {"service": "shop"}, "matchers": ['alertname!~"Info.*"']}
    begun = ask(url, "alerts", seen={}, **given)
    assert begun.answer == "ok" and "no news: Old{service=shop}" in begun.text
    fire(url, "Other", service="cart")
    fire(url, "InfoOnly", service="shop")
    assert ask(url, "alerts", seen=begun.remember, **given).answer == "ok"
    ask(url, "silence", key="d", labels={"alertname": "New"})
    fire(url, "New", service="shop")
    until(lambda: ask(url, "alerts", seen=begun.remember, **given).answer == "alert", "the alert")
    end(url, "New", service="shop")
    until(lambda: ask(url, "alerts", seen=begun.remember, **given).answer == "ok", "its end")
    end(url, "Old", service="shop")
    until(lambda: ask(url, "alerts", **given).answer == "ok", "the end of the old one")
    ended = ask(url, "alerts", seen=begun.remember, **given)
    fire(url, "Old", service="shop")
    again = ask(url, "alerts", seen=ended.remember, **given)
    assert again.answer == "alert" and "Old" in again.text


def test_what_cannot_be_known_is_no_green(url: str) -> None:
    """The alert that always fires does not; nobody is there; the matcher is none."""
    dead = ask(url, "alerts", alive={"alertname": "Watchdog"})
    assert dead.answer == "unknown" and "always fires" in dead.text
    fire(url, "Watchdog")
    assert ask(url, "alerts", alive={"alertname": "Watchdog"}, labels={"a": "b"}).answer == "ok"
    assert ask("http://127.0.0.1:9", "alerts").answer == "failed"
    wrong = ask(url, "silence", matchers=["job=~("])
    assert wrong.answer == "permanent" and wrong.text
    all_of_it = ask(url, "silence", matchers=['job=~".*"'])
    assert all_of_it.answer == "permanent" and "every alert" in all_of_it.text
    long = ask(url, "silence", labels={"job": "x"}, **{"for": "2h"})
    assert long.answer == "permanent" and "5s to 1h" in long.text


# --- under a host ---------------------------------------------------------------------------------

WORKFLOW = """\
name: quiet
coordinator: commander
agents: [commander, worker]
severities:
  - {level: SEV-1, criteria: outage, respond_within: 30 min, agents: All}
escalation:
  - "0-60 min: on-call engineer"
stages:
  - id: mend
    agent: worker
    actions:
      - hush: {constraints: ["Keep it quiet"]}
      - mend_it: {constraints: ["Mend it"]}
  - id: check
    agent: worker
    needs: [mend]
    actions:
      - verify_all: {checks: ["Nothing fires"], poll: 1 s}
"""
BINDINGS = """\
agents:
  worker: {adapter: alertmanager, url: "env:ALERTS_URL"}
actions:
  mend.hush: {do: alertmanager.silence, labels: {job: host}, for: 6s}
  check.verify_all: {do: alertmanager.alerts, labels: {job: none}}
targets:
  "on-call engineer": {adapter: console}
"""


class Hosted:
    """A host of its own process, on a journal of the test's own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        (folder / "quiet.armada.yaml").write_text(WORKFLOW)
        (folder / "bindings.yaml").write_text(BINDINGS)
        self.journal = folder / "journal.db"

    def start(self, *words: str) -> AbstractContextManager[subprocess.Popen[str]]:
        log = self.folder / "host.log"
        given = {"ALERTS_URL": self.url}
        return armada(self.journal, *words, cwd=self.folder, log=log, **given)

    def say(self, *words: str) -> None:
        with self.start(*words) as process:
            assert process.wait(30) == 0, (self.folder / "host.log").read_text()

    def state(self) -> str:
        found = silences(self.url, job="host")
        return found[-1]["status"]["state"] if found else ""


def test_a_silence_lives_with_its_run_and_not_longer_than_its_host(
    url: str, tmp_path: Path
) -> None:
    """Renewed beyond its own time; over after a kill; taken up again; over with the incident."""
    hosted = Hosted(tmp_path, url)
    declared = ("run", "quiet.armada.yaml", "--severity", "1", "--title", "Quiet")
    with hosted.start(*declared, "--bindings", "bindings.yaml") as host:
        until(lambda: hosted.state() == "active", "a silence", 30)
        (made,) = silences(url, job="host")
        time.sleep(8)
        (kept,) = silences(url, job="host")
        assert kept["id"] == made["id"] and kept["status"]["state"] == "active"
        os.kill(host.pid, signal.SIGKILL)
        host.wait(10)
    until(lambda: hosted.state() == "expired", "its end", 12)
    with hosted.start("resume") as host:
        until(lambda: hosted.state() == "active" or len(silences(url, job="host")) > 1, "it", 30)
        states = sorted(s["status"]["state"] for s in silences(url, job="host"))
        assert states == ["active", "expired"]
        hosted.say("answer", "mend.mend_it", "done")
        assert host.wait(60) == 0, (tmp_path / "host.log").read_text()[-3_000:]
        assert {s["status"]["state"] for s in silences(url, job="host")} == {"expired"}
