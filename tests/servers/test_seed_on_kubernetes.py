"""The seed on a real control plane: a bad release, and all that is done about it."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from described_github import TOKEN, GitHub
from exporter import Exporter
from live_seed import RULES, Traffic, hosted, mend, run_of
from local_server import serving
from responder import Responder
from seed_release import SEED, bad_release, helm, least_user, shipped_bindings
from servers import Cluster, or_left_out, prometheus, until

from armada.runtime.carriers import carriers_of
from armada.runtime.desk import requests
from armada.runtime.request import Request

pytestmark = [pytest.mark.servers, pytest.mark.slow]


@pytest.fixture
def traffic() -> Iterator[Traffic]:
    exporter = Exporter()
    found = Traffic(exporter)
    yield found
    found.stopped.set()
    exporter.server.shutdown()
    exporter.server.server_close()


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
    bindings = shipped_bindings(folder, namespace, github=True)
    config = kube.kubeconfig
    if kube.port:  # a cluster of one's own has no users of these tests
        config = least_user(kube, namespace, bindings, "drill", folder / "drill")
    given = {"KUBECONFIG": str(config), "GITHUB_TOKEN": TOKEN, **addresses}
    declared = ("run", SEED, "--severity", "1", "--title", "Agents down")
    with hosted(folder, *declared, "--bindings", bindings, **given) as host:
        run = run_of(folder / "journal.db")
        people = Responder(folder / "journal.db", run)
        threading.Thread(target=mend, args=(kube, namespace, traffic), daemon=True).start()
        view = people.until_over(150)
        people.close()
        host.wait(60)
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


SPOILT = {
    "for: 10s": "for: 6s",
    "within: 4m": "within: 8s",
    "golden-armada:{{ incident_id }}": "golden-armada:fails",
}


class Careful(Responder):
    """Leaves it to somebody else what becomes of the fix."""

    def wants(self, request: Request) -> bool:
        return super().wants(request) and request.id != "decide:deploy.deploy_fix"


def test_a_fix_whose_pods_fail_after_having_been_ready_is_taken_back(
    kube: Cluster, namespace: str, tmp_path: Path, traffic: Traffic
) -> None:
    """The canary is aborted, the stage blocks, a person is asked, the good release still runs."""
    with or_left_out():
        bad_release(kube, namespace, tmp_path)
        scraped = f"127.0.0.1:{traffic.exporter.server.server_address[1]}"
        with prometheus(tmp_path, scraped, RULES) as monitoring:
            _spoil_it(kube, namespace, tmp_path, traffic, monitoring.url)


def _spoil_it(kube: Cluster, namespace: str, folder: Path, traffic: Traffic, url: str) -> None:
    given = {"KUBECONFIG": str(kube.kubeconfig), "PROMETHEUS_URL": url}
    declared = ("run", SEED, "--severity", "1", "--title", "Agents down")
    bound = ("--bindings", shipped_bindings(folder, namespace, SPOILT))
    with hosted(folder, *declared, *bound, **given):
        people = Careful(folder / "journal.db", run_of(folder / "journal.db"))
        threading.Thread(target=mend, args=(kube, namespace, traffic), daemon=True).start()

        def blocked() -> list[Request]:
            view = people.view()
            found = requests(view, carriers_of(view.header))
            return [each for each in found if each.id == "decide:deploy.deploy_fix"]

        view = people.until_over(120, stop=lambda: bool(blocked()))
        out = (folder / "host.log").read_text("utf-8")
        (asked,) = blocked()
        assert asked.to and view.state.control.stages["deploy"].status == "blocked", out[-6_000:]
        made = people.view().outputs
        assert any("1 of " in said.text and "%" in said.text for said in made.values())
        found = kube.get("-n", namespace, "deployment", "golden-armada")
        image = found["spec"]["template"]["spec"]["containers"][0]["image"]
        assert image == "golden-armada:1"
        deployments = kube.get("-n", namespace, "deployments")["items"]
        assert [each["metadata"]["name"] for each in deployments] == ["golden-armada"]
        assert found["status"]["readyReplicas"] == found["spec"]["replicas"]
        people.close()
