"""``armada run --dry-run`` against a real control plane: asked, and left as it was."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kubernetes_hands import shop, spec
from live_seed import path_with_helm
from seed_release import SEED, bad_release, helm, shipped_bindings
from servers import Cluster, or_left_out
from terminal import environment

pytestmark = [pytest.mark.servers, pytest.mark.slow]
ACTIONS = """\
agents:
  k8s-deployer: {adapter: kubernetes, namespace: NS}
actions:
  mitigate.immediate_relief:
    "Scale up replicas": {do: kubernetes.scale, deployment: shop, replicas: "+2"}
  deploy.deploy_fix:
    canary: {do: kubernetes.canary, deployment: shop, image: "shop:2"}
"""


def dry_run(folder: Path, kubeconfig: Path, bindings: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, what was tried by action and step, and everything that was printed."""
    args = ("run", SEED, "--severity", "1", "--bindings", bindings, "--dry-run")
    given = {"KUBECONFIG": str(kubeconfig), "PROMETHEUS_URL": "http://127.0.0.1:1"}
    done = subprocess.run(
        [sys.executable, "-m", "armada", *args, "--format", "json"],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(folder / "journal.db", "ada", PATH=path_with_helm(), **given),
    )
    assert done.stdout, done.stderr
    tried = json.loads(done.stdout)["tried"]
    return done.returncode, {f"{t['action']} {t['item']}": t for t in tried}, done.stdout


def test_the_seed_is_tried_and_nothing_is_touched(
    kube: Cluster, namespace: str, tmp_path: Path
) -> None:
    """Scale, restart, a rollback by helm, a canary: the servers would do it, and have not."""
    with or_left_out():
        bad_release(kube, namespace, tmp_path)
    before = spec(kube, namespace, "golden-armada")
    status, tried, out = dry_run(tmp_path, kube.kubeconfig, shipped_bindings(tmp_path, namespace))
    assert status == 0, out
    said = {name: each["text"] for name, each in tried.items()}
    assert "is scaled from 2 to 4" in "\n".join(said.values())
    rolled = "rollback of golden-armada to revision 1 would make revision 3"
    assert [tried[name]["text"] for name in tried if name.startswith("mitigate.rollback ")] == [
        rolled
    ]
    assert "1 of 3 replicas have" in said["deploy.deploy_fix canary"]
    after = spec(kube, namespace, "golden-armada")
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert len(kube.get("-n", namespace, "deployments")["items"]) == 1
    assert '"revision":3' not in helm(kube, namespace, "history", "golden-armada", "-o", "json")
    assert not (tmp_path / "journal.db").exists()


def test_what_the_servers_would_refuse_is_said_beforehand(
    kube: Cluster, namespace: str, tmp_path: Path
) -> None:
    """A quota by the admission's own words, a missing permission by its verb and resource."""
    shop(kube, namespace)
    bindings = tmp_path / "bindings.yaml"
    bindings.write_text(ACTIONS.replace("NS", namespace))
    kube.kubectl("-n", namespace, "create", "quota", "none", "--hard=count/deployments.apps=1")
    counted = {"count/deployments.apps": "1"}
    change = json.dumps({"status": {"hard": counted, "used": counted}})
    patch = ("--subresource=status", "--type=merge", "-p", change)
    kube.kubectl("-n", namespace, "patch", "quota", "none", *patch)
    status, tried, _ = dry_run(tmp_path, kube.kubeconfig, str(bindings))
    assert status == 1
    assert "exceeded quota: none" in tried["deploy.deploy_fix canary"]["text"]
    with or_left_out():
        kube.own_port()
    role = ("create", "role", "looks", "--verb=get,list", "--resource=deployments,replicasets")
    kube.kubectl("-n", namespace, *role)
    autoscaled = ("create", "role", "hpa", "--verb=list", "--resource=horizontalpodautoscalers")
    kube.kubectl("-n", namespace, *autoscaled)
    for name in ("looks", "hpa"):
        bound = ("create", "rolebinding", name, f"--role={name}", "--user=reader")
        kube.kubectl("-n", namespace, *bound)
    config = kube.as_user("reader", namespace, tmp_path / "reader")
    status, tried, _ = dry_run(tmp_path, config, str(bindings))
    assert status == 1
    text = "\n".join(each["text"] for each in tried.values())
    assert f"reader needs patch on deployments in namespace {namespace}" in text, text
    assert f"reader needs create on deployments in namespace {namespace}" in text, text
    assert spec(kube, namespace)["spec"]["replicas"] == 3


def test_a_cluster_that_is_not_there_is_no_refusal(
    kube: Cluster, namespace: str, tmp_path: Path
) -> None:
    """Nobody could be asked: that is told, with a status of its own."""
    del kube
    bindings = tmp_path / "bindings.yaml"
    bindings.write_text(ACTIONS.replace("NS", namespace))
    nowhere = {"clusters": [{"name": "t", "cluster": {"server": "https://127.0.0.1:1"}}]}
    nowhere |= {"users": [{"name": "t", "user": {}}], "current-context": "t"}  # type: ignore[dict-item]
    nowhere["contexts"] = [{"name": "t", "context": {"cluster": "t", "user": "t"}}]  # type: ignore[list-item]
    path = tmp_path / "nowhere"
    path.write_text(json.dumps(nowhere))
    status, tried, _ = dry_run(tmp_path, path, str(bindings))
    assert status == 4
    assert {each["answer"] for each in tried.values()} == {"failed"}
