"""A monitor under a real host: Prometheus with rules, and the Alertmanager that it tells."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import live_host
import pytest
from exporter import Exporter
from live_journal import only_row
from servers import alertmanager, or_left_out, prometheus, until
from terminal import armada

from armada.runtime.view import RunView

pytestmark = [pytest.mark.servers, pytest.mark.slow]
RULES = """\
groups:
  - name: shop
    rules:
      - {alert: DiskFull, expr: disk_used > 0.9, labels: {service: shop}}
      - {alert: ErrorsHigh, expr: errors_ratio > 0.1, labels: {service: shop}}
      - {alert: CartDown, expr: cart_down > 0, labels: {service: cart}}
"""
CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
WORKFLOW = """\
name: watched
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
      - verify_all: {checks: ["Errors are few"]}
      - monitor_it: {duration: 30 min, alerts: enabled}
"""
BINDINGS = """\
rehearsal: true
speed: 60
durations: {mend.monitor_it: 8s}
agents:
  worker: {adapter: prometheus, url: "env:PROMETHEUS_URL"}
  commander: {adapter: alertmanager, url: "env:ALERTS_URL"}
actions:
  mend.verify_all: {do: prometheus.check, query: errors_ratio, below: 0.1}
  mend.monitor_it: {do: ADAPTER.alerts, labels: {service: shop}}
targets:
  "on-call engineer": {adapter: console}
"""
MONITOR = "mend.monitor_it"


@dataclass
class Watched:
    """The servers, and the metrics that the alerts go by."""

    exporter: Exporter
    prometheus: str
    alertmanager: str

    def set(self, **values: float) -> None:
        self.exporter.values = {"errors_ratio": 0, "disk_used": 0, "cart_down": 0, **values}

    def fires(self, name: str) -> Callable[[], bool]:
        """Whether both servers say so."""

        def found() -> bool:
            for url in (f"{self.prometheus}/api/v1/alerts", f"{self.alertmanager}/api/v2/alerts"):
                with urllib.request.urlopen(url, timeout=5) as answer:
                    if f'"{name}"' not in answer.read().decode():
                        return False
            return True

        return found


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    exporter = Exporter()
    target = f"127.0.0.1:{exporter.server.server_address[1]}"
    folder = tmp_path_factory.mktemp("watched")
    with or_left_out(), alertmanager(folder, CONFIG) as alerts:
        told = alerts.removeprefix("http://")
        with prometheus(folder, target, RULES, told) as found:
            yield Watched(exporter, found.url, alerts)
    exporter.server.shutdown()
    exporter.server.server_close()


def view_of(path: Path) -> RunView | None:
    """The only run of a journal, as soon as it is there."""
    row = only_row(path)
    return None if row is None else live_host.view_of(path.parent, row.run)


def status(path: Path) -> str:
    view = view_of(path)
    action = None if view is None else view.state.control.actions.get(MONITOR)
    return "" if action is None else action.status


@pytest.mark.parametrize("adapter", ["prometheus", "alertmanager"])
@pytest.mark.parametrize("news", [False, True])
def test_only_what_is_new_fails_it(
    watched: Watched, tmp_path: Path, adapter: str, news: bool
) -> None:
    """A full disk is known when it begins; another service's alert is none of its business."""
    watched.set(disk_used=1)
    until(watched.fires("DiskFull"), "the old alert")
    (tmp_path / "watched.armada.yaml").write_text(WORKFLOW)
    (tmp_path / "bindings.yaml").write_text(BINDINGS.replace("ADAPTER", adapter))
    journal = tmp_path / "journal.db"
    words = ("run", "watched.armada.yaml", "--severity", "1", "--title", "Errors")
    urls = {"PROMETHEUS_URL": watched.prometheus, "ALERTS_URL": watched.alertmanager}
    bound = (*words, "--bindings", "bindings.yaml")
    host_of_run = armada(journal, *bound, cwd=tmp_path, log=tmp_path / "host.log", **urls)
    with host_of_run as host:
        until(lambda: bool((view := view_of(journal)) and view.remembered), "a first look", 40)
        watched.set(disk_used=1, cart_down=1, errors_ratio=0.4 if news else 0)
        expected = "failed" if news else "done"
        until(lambda: status(journal) in ("failed", "done"), "its end", 40)
        view = view_of(journal)
        assert view is not None and status(journal) == expected
        (begun,) = (note.text for note in view.notes if note.what == "watch" and note.text)
        assert "DiskFull" in begun and "firing already, and no news" in begun
        said = " ".join(each.text for of, each in view.outputs.items() if of.startswith(MONITOR))
        assert ("newly firing: ErrorsHigh" in said) is news and "CartDown" not in said
        assert view.status == ("open" if news else "resolved")
        if not news:
            assert host.wait(30) == 0
    watched.set()
