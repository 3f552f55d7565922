"""Whole runs on a cluster: the traffic of a release, ``armada`` as a process, and its run."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter import Exporter
from live_journal import only_row
from servers import Cluster, program, until
from terminal import armada

RULES = """\
groups:
  - name: golden-armada
    rules:
      - {alert: Slow, expr: http_request_duration_p99_seconds > 1, labels: {service: golden-armada}}
"""


class Traffic:
    """Requests by code, as counters that grow; a bad release fails some of them."""

    def __init__(self, exporter: Exporter) -> None:
        self.exporter, self.failing, self.stopped = exporter, True, threading.Event()
        self.total = {"200": 0.0, "500": 0.0}
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while not self.stopped.wait(0.2):
            self.total["500" if self.failing else "200"] += 20
            values = {
                f'http_requests_total{{code="{code}"}}': count
                for code, count in self.total.items()
                if count
            }
            p99 = 2.4 if self.failing else 0.08
            self.exporter.values = {**values, "http_request_duration_p99_seconds": p99}


def mend(kube: Cluster, namespace: str, traffic: Traffic) -> None:
    """Requests fail for as long as the bad image runs."""
    while traffic.failing:
        found = kube.get("-n", namespace, "deployment", "golden-armada")
        image = found["spec"]["template"]["spec"]["containers"][0]["image"]
        traffic.failing = image.endswith(":bad")
        time.sleep(0.5)


def path_with_helm() -> str:
    """Where programs are looked for, the built helm first; raises ``Missing``."""
    return f"{Path(program('helm')).parent}:{os.environ['PATH']}"


@contextmanager
def hosted(folder: Path, *args: str, **given: str) -> Iterator[subprocess.Popen[str]]:
    """``armada`` as a process of its own, its output in ``host.log``; ended with the block."""
    more = {"PATH": path_with_helm(), **given}
    with armada(folder / "journal.db", *args, log=folder / "host.log", **more) as host:
        yield host


def run_of(path: Path) -> str:
    """The run's name, as soon as it is declared."""
    until(lambda: only_row(path) is not None, "a declaration", 30)
    row = only_row(path)
    assert row is not None
    return row.run
