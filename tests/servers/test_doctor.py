"""``armada doctor`` before the incident: each fault by its name, found on the real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from exporter import Exporter
from seed_release import SEED, bad_release, least_user, shipped_bindings
from servers import Cluster, Missing, deployment, free_port, or_left_out, program, prometheus
from small_workflow import WORKFLOW
from terminal import environment

pytestmark = [pytest.mark.servers, pytest.mark.slow]
USER = "reader"
ALL = """\
  mend.roll_back: {do: kubernetes.promote, deployment: shop, image: "shop:2", container: main}
  check.verify_all:
    "Error rate normalized": {do: kubernetes.healthy, deployment: shop, for: 1s}
"""
FLAG = "{do: kubernetes.flag, config_map: flags, key: search, value: off}"
WITHOUT = "import sys; sys.modules[{!r}] = None; from armada.cli.main import main; main()"


class Doctor:
    """The command with bindings of the test, for a namespace where a shop runs."""

    def __init__(self, kube: Cluster, namespace: str, folder: Path) -> None:
        self.kube, self.namespace, self.folder = kube, namespace, folder
        self.config = kube.kubeconfig
        self.document = folder / "small.armada.yaml"
        self.document.write_text(WORKFLOW, "utf-8")
        self.bindings = folder / "bindings.yaml"

    def bind(self, actions: str, agent: str = "", namespace: str = "") -> None:
        """Actions, and the cluster's agent with what else it is given."""
        space = namespace or self.namespace
        worker = f"  worker: {{{agent or f'adapter: kubernetes, namespace: {space}'}}}\n"
        self.bindings.write_text(f"agents:\n{worker}actions:\n{actions}", "utf-8")

    def asked(self, *command: str, **given: str) -> list[str]:
        """What it finds wrong with the adapters; their help is beside it."""
        told = environment(self.folder / "journal.db", "ada", KUBECONFIG=str(self.config), **given)
        command = command or ("-m", "armada")
        where = ("doctor", str(self.document), "--bindings", str(self.bindings))
        done = subprocess.run(
            [sys.executable, *command, *where, "--format", "json"],
            capture_output=True,
            text=True,
            timeout=120,
            env=told,
        )
        found: list[dict[str, Any]] = json.loads(done.stdout)
        assert done.returncode == 1  # nobody is told in these bindings
        self.found = [each for each in found if each["what"].startswith(("agent:", "adapter:"))]
        assert all(each["help"] for each in self.found if not each["ok"])
        return [each["what"] for each in self.found if not each["ok"]]


@pytest.fixture
def doctor(kube: Cluster, namespace: str, tmp_path: Path) -> Doctor:
    kube.apply(deployment("shop", 1), namespace=namespace)
    return Doctor(kube, namespace, tmp_path)


def only(found: list[str], *words: str) -> None:
    """There is one finding, and it says all of this."""
    assert len(found) == 1 and all(word in found[0] for word in words), found


def users(doctor: Doctor) -> None:
    with or_left_out():
        if not doctor.kube.port:
            raise Missing("a cluster of one's own has no users of these tests")


def test_all_is_well(doctor: Doctor) -> None:
    """Nothing is found, and what was looked at is said; nothing has changed on the server."""
    before = doctor.kube.get("-n", doctor.namespace, "deployment", "shop")["metadata"]
    doctor.bind(ALL)
    assert doctor.asked() == []
    said = " ".join(each["what"] for each in doctor.found)
    assert f"deployment shop in namespace {doctor.namespace}" in said
    assert "10 permissions that the bindings need" in said
    after = doctor.kube.get("-n", doctor.namespace, "deployment", "shop")["metadata"]
    assert after["generation"] == before["generation"] and "armada" not in json.dumps(after)


def test_a_wrong_token(doctor: Doctor) -> None:
    users(doctor)
    doctor.config = doctor.kube.as_user("nonsense", doctor.namespace, doctor.folder / "nonsense")
    doctor.bind(ALL)
    only(doctor.asked(), "does not accept these credentials")


def test_no_server(doctor: Doctor) -> None:
    users(doctor)
    elsewhere = replace(doctor.kube, port=free_port())
    doctor.config = elsewhere.as_user("x", doctor.namespace, doctor.folder / "gone")
    doctor.bind(ALL)
    only(doctor.asked(), "the cluster cannot be reached")


def test_a_wrong_namespace(doctor: Doctor) -> None:
    """Who may look is told that it is not there; who may not, that nothing is permitted in it."""
    doctor.bind(ALL, namespace="nowhere")
    only(doctor.asked(), "there is no namespace nowhere")
    users(doctor)
    doctor.config = doctor.kube.as_user(USER, doctor.namespace, doctor.folder / USER)
    found = doctor.asked()
    assert any("nothing is permitted in namespace nowhere" in each for each in found)


def test_a_missing_deployment_container_and_config_map(doctor: Doctor) -> None:
    """Each with the action that names it."""
    doctor.bind(ALL.replace("shop,", "shopp,", 1))
    only(doctor.asked(), "mend.roll_back", "(kubernetes.promote): there is no deployment shopp")
    doctor.bind(ALL.replace("container: main", "container: nginx"))
    only(doctor.asked(), "mend.roll_back", "no container nginx; there are main")
    doctor.bind(f"  mend.roll_back: {FLAG}\n")
    only(doctor.asked(), "kubernetes.flag", f"no config map flags in namespace {doctor.namespace}")


def test_a_canary_need_not_be_there_before_it_is_made(doctor: Doctor) -> None:
    """It is named by what watches it, and made by what begins it."""
    watched = ALL.replace("deployment: shop, for", "deployment: shop-canary, for")
    doctor.bind(watched)
    only(doctor.asked(), "there is no deployment shop-canary")
    doctor.bind(watched.replace("promote", "canary"))
    assert doctor.asked() == []


def test_a_missing_permission(doctor: Doctor) -> None:
    """Every one of the table, with the action, verb, resource and object."""
    users(doctor)
    doctor.bind(ALL)
    least_user(
        doctor.kube,
        doctor.namespace,
        str(doctor.bindings),
        USER,
        doctor.folder / USER,
        str(doctor.document),
    )
    doctor.config = doctor.folder / USER
    assert doctor.asked() == []
    patch = '[{"op": "replace", "path": "/rules/0/verbs", "value": ["update"]}]'
    role = ("role", "armada-small", "-n", doctor.namespace)
    rules = doctor.kube.get(*role)["rules"]
    lost = rules[0]
    doctor.kube.kubectl("patch", *role, "--type=json", "-p", patch)
    found: list[str] = []
    for _ in range(20):  # until the API server goes by it
        found = doctor.asked()
        if found:
            break
    assert len(found) == len(lost["verbs"])
    for verb, said in zip(lost["verbs"], found, strict=True):
        only([said], "(kubernetes.healthy) may not", f"{verb} {lost['resources'][0]} in namespace")
    help = next(each["help"] for each in doctor.found if not each["ok"])
    assert "armada rbac" in help


PROMETHEUS = """\
  check.verify_all:
    "Error rate normalized": {do: prometheus.check, query: "QUERY", below: 0.1}
"""


def test_prometheus(doctor: Doctor) -> None:
    """Nobody there; a query that it does not understand; no data now is said and is no fault."""
    gone = f"http://127.0.0.1:{free_port()}"
    doctor.bind(PROMETHEUS.replace("QUERY", "up"), f'adapter: prometheus, url: "{gone}"')
    only(doctor.asked(), "reach Prometheus at 127.0.0.1")
    exporter = Exporter()
    with or_left_out():
        target = f"127.0.0.1:{exporter.server.server_address[1]}"
        with prometheus(doctor.folder, target) as found:
            agent = f'adapter: prometheus, url: "{found.url}"'
            doctor.bind(PROMETHEUS.replace("QUERY", "rate("), agent)
            only(doctor.asked(), "check.verify_all", "Prometheus refuses", "parse error")
            doctor.bind(PROMETHEUS.replace("QUERY", "nothing_at_all"), agent)
            assert doctor.asked() == []
            assert any("has no data now" in each["what"] for each in doctor.found)
    exporter.server.shutdown()
    exporter.server.server_close()


def test_an_alertmanager_that_is_not_there(doctor: Doctor) -> None:
    """Silences and the state of alerts would not work."""
    url = f"http://127.0.0.1:{free_port()}"
    actions = "  check.verify_all: {do: alertmanager.alerts, labels: {service: shop}}\n"
    doctor.bind(actions, f'adapter: alertmanager, url: "{url}"')
    only(doctor.asked(), "reach Alertmanager at 127.0.0.1")


HELM = "  mend.roll_back: {do: helm.rollback, release: golden-armada}\n"


def test_helm_without_its_program(doctor: Doctor) -> None:
    doctor.bind(HELM, "adapter: helm, program: /nowhere/helm")
    only(doctor.asked(), "program /nowhere/helm")


def test_helm_without_the_release_or_a_permission(doctor: Doctor, tmp_path: Path) -> None:
    """A rollback that is refused half-way leaves it pending; its objects are looked at before."""
    with or_left_out():
        agent = f"adapter: helm, program: {program('helm')}, namespace: {doctor.namespace}"
        doctor.bind(HELM, agent)
        missing = f"there is no release golden-armada in namespace {doctor.namespace}"
        only(doctor.asked(), "mend.roll_back", f"(helm.rollback): {missing}")
        bad_release(doctor.kube, doctor.namespace, tmp_path)
        assert doctor.asked() == []
        users(doctor)
        args = (str(doctor.bindings), USER, doctor.folder / USER, str(doctor.document))
        doctor.config = least_user(doctor.kube, doctor.namespace, *args)
        found = doctor.asked()
        what = '(helm.rollback) may not {} deployments.apps "golden-armada"'
        for verb in ("get", "patch"):
            assert any(what.format(verb) in each for each in found), found
        assert not any("secrets" in each for each in found)


@pytest.mark.parametrize(
    ("package", "agent", "actions"),
    [
        ("kubernetes", "", ALL),
        ("httpx", "adapter: prometheus, url: 'http://127.0.0.1:9'", PROMETHEUS),
    ],
)
def test_a_package_that_is_not_installed(
    doctor: Doctor, package: str, agent: str, actions: str
) -> None:
    """Named, with what to install."""
    doctor.bind(actions.replace("QUERY", "up"), agent)
    only(doctor.asked("-c", WITHOUT.format(package)), f"package {package}")
    assert any("pip install 'armada[" in each["help"] for each in doctor.found)


def test_the_shipped_bindings(kube: Cluster, namespace: str, tmp_path: Path) -> None:
    """With the role of ``armada rbac`` nothing of the cluster is wanting."""
    doctor = Doctor(kube, namespace, tmp_path)
    users(doctor)
    with or_left_out():
        bad_release(kube, namespace, tmp_path)
        path = f"{Path(program('helm')).parent}:{os.environ['PATH']}"
    doctor.document = Path(SEED)
    doctor.bindings = Path(shipped_bindings(tmp_path, namespace))
    doctor.config = least_user(kube, namespace, str(doctor.bindings), USER, tmp_path / USER)
    given: Mapping[str, str] = {"PATH": path, "PROMETHEUS_URL": "http://127.0.0.1:9"}
    only(doctor.asked(**given), "reach Prometheus")
    assert any("release golden-armada" in each["what"] for each in doctor.found)
