"""The seed on a real control plane: a bad release, and all that is done about it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from described_github import TOKEN, GitHub
from exporter import Exporter
from local_server import serving
from responder import Responder
from seed_release import SEED, bad_release, helm, least_user, shipped_bindings
from servers import Cluster, or_left_out, program, prometheus, until
from terminal import environment

from armada.runtime.journal import Journal
from armada.runtime.journal_faults import JournalTrouble

pytestmark = [pytest.mark.servers, pytest.mark.slow]
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


@pytest.fixture
def traffic() -> Iterator[Traffic]:
    exporter = Exporter()
    found = Traffic(exporter)
    yield found
    found.stopped.set()
    exporter.server.shutdown()
    exporter.server.server_close()


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


def test_the_seed_mends_a_bad_release(
    kube: Cluster, namespace: str, tmp_path: Path, traffic: Traffic
) -> None:
    """Scaled, rolled back by helm, fixed by a canary, verified by measurements, written up.

    All of it as a user who has the role that ``armada rbac`` prints, and no other.
    """
    with or_left_out():
        bad_release(kube, namespace, tmp_path)
        scraped = f"127.0.0.1:{traffic.exporter.server.server_address[1]}"
        with prometheus(tmp_path, scraped, RULES) as monitoring:
            rate = f"{monitoring.url}/api/v1/query?query=rate(http_requests_total[5s])"
            until(lambda: b'"metric"' in urllib.request.urlopen(rate).read(), "a rate")
            github = Repository("example/golden-armada")
            with serving(github) as server:
                addresses = {"PROMETHEUS_URL": monitoring.url, "GITHUB_URL": server.url}
                run = _run_it(kube, namespace, tmp_path, traffic, addresses)
    (pull,) = github.pulls
    assert not github.wrong and pull["head"]["ref"] == f"hotfix/{run}"
    assert f"## Hotfix for {run}" in pull["body"] and "the root_cause" in pull["body"]
    assert [each["name"] for each in pull["labels"]] == ["hotfix", "urgent"]
    assert [each["slug"] for each in pull["requested_teams"]] == ["on-call"]


class Repository(GitHub):
    """A repository in which the branch of every hotfix has been pushed."""

    def open(self, body: Mapping[str, Any]) -> tuple[int, Any]:
        self.branches.add(body["head"])
        return super().open(body)


def _run_it(
    kube: Cluster, namespace: str, folder: Path, traffic: Traffic, addresses: Mapping[str, str]
) -> str:
    """Carry the seed out to its end; the run's name."""
    journal, bindings = folder / "journal.db", shipped_bindings(folder, namespace, github=True)
    config = kube.kubeconfig
    if kube.port:  # a cluster of one's own has no users of these tests
        config = least_user(kube, namespace, bindings, "drill", folder / "drill")
    given = {
        "KUBECONFIG": str(config),
        "GITHUB_TOKEN": TOKEN,
        **addresses,
        "PATH": f"{Path(program('helm')).parent}:{os.environ['PATH']}",
    }
    declared = ("run", SEED, "--severity", "1", "--title", "Agents down")
    command = [sys.executable, "-m", "armada", *declared, "--bindings", bindings]
    said = open(folder / "host.log", "wb")  # noqa: SIM115 - the process has it
    host = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=subprocess.STDOUT,
        env=environment(journal, "ada", **given),
    )
    try:
        run = run_of(journal)
        people = Responder(journal, run)
        mended = threading.Thread(target=_mend, args=(kube, namespace, traffic), daemon=True)
        mended.start()
        view = people.until_over(150)
        people.close()
        host.wait(60)
    finally:
        host.kill()
        host.wait()
        said.close()
    out = (folder / "host.log").read_text("utf-8")
    assert view.status == "resolved", out[-6_000:]
    assert host.returncode == 0, out[-3_000:]
    revisions = helm(kube, namespace, "history", "golden-armada")
    assert "Rollback to 1" in revisions and "3" in revisions
    found = kube.get("-n", namespace, "deployment", "golden-armada")
    image = found["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == f"registry.example.com/golden-armada:{run}"
    names = [each["metadata"]["name"] for each in kube.get("-n", namespace, "deployments")["items"]]
    assert names == ["golden-armada"]
    document = (folder / "postmortems" / f"{run}.md").read_text("utf-8")
    assert run in document and "rollback" in document
    return run


def _mend(kube: Cluster, namespace: str, traffic: Traffic) -> None:
    """Requests fail for as long as the bad image runs."""
    while traffic.failing:
        found = kube.get("-n", namespace, "deployment", "golden-armada")
        image = found["spec"]["template"]["spec"]["containers"][0]["image"]
        traffic.failing = image.endswith(":bad")
        time.sleep(0.5)
