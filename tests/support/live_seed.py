"""Whole runs on a cluster: the traffic of a release, ``armada`` as a process, and its run."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter import Exporter
from servers import Cluster, program, until
from terminal import environment

from armada.runtime.journal import Journal
from armada.runtime.journal_faults import JournalTrouble

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
def hosted(folder: Path, *args: str, **given: str) -> Iterator[subprocess.Popen[bytes]]:
    """``armada`` as a process of its own, its output in ``host.log``; ended with the block."""
    with open(folder / "host.log", "ab") as said:
        host = subprocess.Popen(
            [sys.executable, "-m", "armada", *args],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=environment(folder / "journal.db", "ada", PATH=path_with_helm(), **given),
        )
    try:
        yield host
    finally:
        host.kill()
        host.wait()


def run_of(path: Path) -> str:
    """The run's name, as soon as it is declared."""
    names: list[str] = []

    def declared() -> bool:
        try:
            journal = Journal.open(path)
        except JournalTrouble:
            return False
        names.extend(row.run for row in journal.runs())
        journal.close()
        return bool(names)

    until(declared, "a declaration", 30)
    return names[0]
