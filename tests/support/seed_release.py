"""The seed on a cluster: a release that is good, then bad; the shipped bindings in seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from servers import Cluster, program

ROOT = Path(__file__).resolve().parents[2]
SEED = str(ROOT / "specs/incident-response.md")
TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: golden-armada}
spec:
  replicas: 2
  selector: {matchLabels: {app: golden-armada}}
  template:
    metadata: {labels: {app: golden-armada}}
    spec: {containers: [{name: main, image: "{{ .Values.image }}"}]}
"""
CODER = """\
  coder:
    adapter: github
    token: "env:GITHUB_TOKEN"
    repository: example/golden-armada
"""
BY_PEOPLE = {CODER: "  coder:\n    adapter: human\n"}
ON_GITHUB = {CODER: CODER + '    url: "env:GITHUB_URL"\n'}
QUICK = {
    "namespace: agents": "namespace: NAMESPACE",
    "for: 5m": "for: 3s",
    "for: 1m": "for: 2s",
    "for: 10s": "for: 1s",
    "[1m]": "[5s]",
    'job="golden-armada"': 'job="shop"',
}
HEAD = "rehearsal: true\nspeed: 60\ndurations: {deploy.monitor_stability: 3s}\n"


def shipped_bindings(
    folder: Path,
    namespace: str,
    changes: Mapping[str, str] | None = None,
    head: str = HEAD,
    github: bool = False,
) -> str:
    """The shipped bindings with this cluster's names and ``changes``, told on the console.

    The pull request is opened by people, or on the ``github`` of GITHUB_URL.
    """
    text = (ROOT / "specs/bindings/kubernetes.yaml").read_text("utf-8")
    if not github:
        blocks = text.split("\n\n")
        text = "\n\n".join(each for each in blocks if "github.create_pr" not in each)
    coder = ON_GITHUB if github else BY_PEOPLE
    for old, new in {**coder, **QUICK, **(changes or {})}.items():
        text = text.replace(old, new)
    lines: list[str] = []
    for line in text.replace("NAMESPACE", namespace).splitlines():
        name, _, rest = line.partition(": {adapter: ")
        told = rest.startswith(("pagerduty", "slack"))
        lines.append(f"{name}: {{adapter: console}}" if told else line)
    path = folder / "bindings.yaml"
    path.write_text(head + "\n".join(lines) + "\n", "utf-8")
    return str(path)


def helm(kube: Cluster, namespace: str, *args: str) -> str:
    """Run helm as a person would; its output."""
    command = [program("helm"), *args, "--kubeconfig", str(kube.kubeconfig), "-n", namespace]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def bad_release(kube: Cluster, namespace: str, folder: Path) -> None:
    """Release 1 is good, release 2 is not."""
    chart = folder / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: shop, version: 1.0.0}\n")
    (chart / "values.yaml").write_text("image: golden-armada:1\n")
    (chart / "templates/deployment.yaml").write_text(TEMPLATE)
    helm(kube, namespace, "install", "golden-armada", str(chart), "--wait")
    bad = ("--set", "image=golden-armada:bad", "--wait")
    helm(kube, namespace, "upgrade", "golden-armada", str(chart), *bad)


def printed_role(bindings: str, *options: str, spec: str = SEED) -> str:
    """What ``armada rbac`` prints for the seed, or another document, with these bindings."""
    command = [sys.executable, "-m", "armada", "rbac", spec, "--bindings", bindings, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    return done.stdout


def least_user(
    kube: Cluster, namespace: str, bindings: str, user: str, path: Path, spec: str = SEED
) -> Path:
    """The kubeconfig of a user who may do what ``armada rbac`` prints, and nothing else."""
    role = printed_role(bindings, "--subject", f"user:{user}", spec=spec)
    kube.kubectl("apply", "-n", namespace, "-f", "-", stdin=role)
    return kube.as_user(user, namespace, path)
