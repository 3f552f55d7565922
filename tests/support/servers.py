"""Real servers on loopback: started on free ports, waited for, and ended with the session.

Built by ``tests/servers/build``; Prometheus and Alertmanager come with the system. Whoever asks for
one that is not there gets ``Missing`` with the reason, and its tests are skipped by that name.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

BUILT = Path(os.environ.get("ARMADA_TEST_SERVERS", "~/.cache/armada-servers")).expanduser()
TOKEN = "admin-token"
AUTHORITY = Path("certs/apiserver.crt")


class Missing(Exception):
    """A server that is not on this machine, and how to have it."""


@contextmanager
def or_left_out() -> Iterator[None]:
    """Leave the test out where a server is not here; where all of them must be, it has failed."""
    try:
        yield
    except Missing as missing:
        if os.environ.get("ARMADA_TEST_SERVERS_REQUIRED"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def program(name: str) -> str:
    """A built program, or one of the system; raises ``Missing``."""
    built = BUILT / name
    found = str(built) if built.exists() else shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not here: run tests/servers/build, or install it")
    return found


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def process(folder: Path, command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A server process, its output in a file; ended with the block."""
    name = Path(command[0]).name
    with open(folder / f"{name}.log", "ab") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield running
    finally:
        end(running)


def end(running: subprocess.Popen[bytes]) -> None:
    """Stop a server process."""
    running.terminate()
    try:
        running.wait(10)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait(10)


def until(true: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, f"{what} did not happen in {timeout_s:g} s"
        time.sleep(0.1)


def answers(url: str, context: Any = None) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2, context=context) as answer:
            return int(answer.status) == 200
    except (OSError, urllib.error.URLError):
        return False


# --- Kubernetes -----------------------------------------------------------------------------------


@dataclass
class Cluster:
    """A control plane with one pretended node."""

    kubeconfig: Path
    folder: Path
    port: int = 0
    api: subprocess.Popen[bytes] | None = None
    api_command: Sequence[str] = ()

    @contextmanager
    def without_api(self) -> Iterator[None]:
        """The API server is killed, and away for as long as the block takes; raises ``Missing``."""
        self.own_port()
        assert self.api is not None
        self.api.kill()
        self.api.wait()
        try:
            yield
        finally:
            with open(self.folder / "kube-apiserver.log", "ab") as log:
                self.api = subprocess.Popen(self.api_command, stdout=log, stderr=log)
            until(lambda: _up(self), "the API server")

    def own_port(self) -> int:
        """Where its API server listens; raises ``Missing`` for a cluster of somebody's own."""
        if not self.port:
            raise Missing("only where the tests start the API server themselves")
        return self.port

    def as_user(self, user: str, namespace: str, path: Path) -> Path:
        """A kubeconfig of another user, written to a file."""
        data = kubeconfig_of(self.port, user, self.folder / AUTHORITY, namespace)
        path.write_text(json.dumps(data))
        return path

    def kubectl(self, *args: str, stdin: str = "", check: bool = True) -> str:
        """Run kubectl; its output."""
        done = subprocess.run(
            [program("kubectl"), "--kubeconfig", str(self.kubeconfig), *args],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def get(self, *args: str) -> dict[str, Any]:
        """An object, or a list of them, as data."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *args, "-o", "json"))
        return found

    def apply(self, *objects: dict[str, Any], namespace: str) -> None:
        """Apply objects."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        self.kubectl("apply", "-n", namespace, "-f", "-", stdin=text)

    def ready(self, name: str, namespace: str) -> None:
        """Wait until a Deployment is rolled out."""
        self.kubectl("-n", namespace, "rollout", "status", f"deployment/{name}", "--timeout=50s")


@contextmanager
def cluster(folder: Path, users: Sequence[str] = ()) -> Iterator[Cluster]:
    """A control plane of its own, or the one that ``ARMADA_TEST_KUBECONFIG`` names.

    Every name of ``users`` may log in with itself as the token, and may do nothing yet.
    """
    own = os.environ.get("ARMADA_TEST_KUBECONFIG")
    if own:
        yield Cluster(Path(own).expanduser(), folder)
        return
    for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"):
        program(name)
    with ExitStack() as stack:
        yield _started(stack, folder, users)


def _started(stack: ExitStack, folder: Path, users: Sequence[str]) -> Cluster:
    store, peer, port = free_port(), free_port(), free_port()
    kubeconfig = _written(folder, port, users)
    at = f"http://127.0.0.1:{store}"
    beside = f"http://127.0.0.1:{peer}"
    etcd = [program("etcd"), "--data-dir", str(folder / "etcd"), "--unsafe-no-fsync"]
    etcd += ["--listen-client-urls", at, "--advertise-client-urls", at]
    etcd += ["--listen-peer-urls", beside, "--initial-advertise-peer-urls", beside]
    stack.enter_context(process(folder, [*etcd, "--initial-cluster", f"default={beside}"]))
    key = str(folder / "sa.key")
    api = [program("kube-apiserver"), "--etcd-servers", at, "--secure-port", str(port)]
    api += ["--bind-address", "127.0.0.1", "--cert-dir", str(folder / "certs")]
    api += ["--service-account-key-file", str(folder / "sa.pub")]
    api += ["--service-account-signing-key-file", key]
    api += ["--service-account-issuer", "https://kubernetes.default.svc"]
    api += ["--token-auth-file", str(folder / "tokens.csv"), "--authorization-mode", "RBAC"]
    api += ["--service-cluster-ip-range", "10.0.0.0/24"]
    api += ["--disable-admission-plugins", "ServiceAccount"]
    found = Cluster(kubeconfig, folder, port, None, api)
    found.api = stack.enter_context(process(folder, api))
    stack.callback(lambda: end(found.api) if found.api is not None else None)
    until(lambda: _up(found), "the API server")
    managed = "deployment-controller,replicaset-controller,namespace-controller"
    managed += ",garbage-collector-controller,node-lifecycle-controller,serviceaccount-controller"
    common = ["--kubeconfig", str(kubeconfig)]
    quiet = ["--leader-elect=false", "--secure-port", "0"]
    manager = [program("kube-controller-manager"), *common, *quiet, f"--controllers={managed}"]
    manager += ["--service-account-private-key-file", key]
    stack.enter_context(process(folder, [*manager, "--use-service-account-credentials=false"]))
    stack.enter_context(process(folder, [program("kube-scheduler"), *common, *quiet]))
    kwok = [program("kwok"), *common, "--manage-all-nodes=true", "--enable-crds="]
    stages = _stages(folder)
    stack.enter_context(process(folder, [*kwok, *(["--config", str(stages)] if stages else [])]))
    found.kubectl("apply", "-f", "-", stdin=json.dumps(NODE))
    until(lambda: _node_ready(found), "the node")
    return found


def _up(found: Cluster) -> bool:
    return found.kubectl("get", "--raw", "/readyz", check=False).strip() == "ok"


def _node_ready(found: Cluster) -> bool:
    (node,) = found.get("nodes")["items"]
    return not node["spec"].get("taints") and bool(node["status"].get("conditions"))


NODE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "node-1", "labels": {"kubernetes.io/os": "linux"}},
    "status": {
        "allocatable": {"cpu": "32", "memory": "256Gi", "pods": "200"},
        "capacity": {"cpu": "32", "memory": "256Gi", "pods": "200"},
    },
}


def _written(folder: Path, port: int, users: Sequence[str]) -> Path:
    """Keys, tokens and the administrator's kubeconfig."""
    key, public = folder / "sa.key", folder / "sa.pub"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    command = ["openssl", "rsa", "-in", key, "-pubout", "-out", public]
    subprocess.run(command, check=True, capture_output=True)
    lines = [f'{TOKEN},admin,admin,"system:masters"']
    lines += [f"{user},{user},{user}" for user in users]
    (folder / "tokens.csv").write_text("\n".join(lines) + "\n")
    path = folder / "kubeconfig"
    path.write_text(json.dumps(kubeconfig_of(port, TOKEN, folder / AUTHORITY)))
    return path


def kubeconfig_of(
    port: int, token: str, authority: Path, namespace: str = "default"
) -> dict[str, Any]:
    """A kubeconfig for a user's token."""
    server = {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(authority)}
    context = {"cluster": "test", "user": "test", "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": server}],
        "users": [{"name": "test", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": context}],
        "current-context": "test",
    }


FAILING = """\
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: image-that-fails}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: '.spec.containers[0].image | split(":")[-1]', operator: In, values: [fails]}
    - {key: .metadata.deletionTimestamp, operator: DoesNotExist}
    - {key: .status.phase, operator: In, values: [Running]}
  delay: {durationMilliseconds: 2000, jitterDurationMilliseconds: 2500}
  weight: 10000
"""
"""A pod of an image ``…:fails`` becomes ready, and a moment later fails."""
CHAOS = "pod-container-running-failed"


def _stages(folder: Path) -> Path | None:
    """kwok's own stages, where the build has kept them, and one for images that fail."""
    kept = BUILT / "kwok-stages.yaml"
    if not kept.exists():
        return None
    text = kept.read_text("utf-8")
    chaos = next((each for each in text.split("\n---") if f"name: {CHAOS}" in each), "")
    made = folder / "kwok-stages.yaml"
    then = chaos[chaos.index("  next:") :] if chaos else ""
    made.write_text(f"{text.rstrip()}\n{FAILING}{then}" if then else text, "utf-8")
    return made


def deployment(
    name: str, replicas: int = 3, image: str = "shop:1", **labels: str
) -> dict[str, Any]:
    """A Deployment whose pods kwok pretends to run."""
    own = {"app": name}
    template = {
        "metadata": {"labels": {**own, **labels}},
        "spec": {"containers": [{"name": "main", "image": image}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": own},
        "spec": {"replicas": replicas, "selector": {"matchLabels": own}, "template": template},
    }


# --- Prometheus -----------------------------------------------------------------------------------


@dataclass
class Monitoring:
    """A Prometheus that scrapes one address every second."""

    url: str


@contextmanager
def prometheus(
    folder: Path, target: str, rules: str = "", alerts_to: str = ""
) -> Iterator[Monitoring]:
    """A Prometheus; ``target`` is ``host:port`` of what it scrapes, as ``alerts_to`` is told of."""
    told = (
        f"alertmanagers: [{{static_configs: [{{targets: ['{alerts_to}']}}]}}]" if alerts_to else ""
    )
    port = free_port()
    (folder / "rules.yml").write_text(rules or "groups: []\n")
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        "rule_files: [rules.yml]\n"
        f"alerting: {{{told}}}\n"
        f"scrape_configs: [{{job_name: shop, static_configs: [{{targets: ['{target}']}}]}}]\n"
    )
    command = [program("prometheus"), f"--config.file={folder}/prometheus.yml"]
    command += [f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{port}"]
    with process(folder, command):
        until(lambda: answers(f"http://127.0.0.1:{port}/-/ready"), "Prometheus")
        yield Monitoring(f"http://127.0.0.1:{port}")


@contextmanager
def alertmanager(folder: Path, config: str) -> Iterator[str]:
    """An Alertmanager with a configuration; its address."""
    port = free_port()
    (folder / "alertmanager.yml").write_text(config)
    command = [program("prometheus-alertmanager"), f"--config.file={folder}/alertmanager.yml"]
    command += [f"--storage.path={folder}/am", f"--web.listen-address=127.0.0.1:{port}"]
    with process(folder, [*command, "--cluster.listen-address="]):
        until(lambda: answers(f"http://127.0.0.1:{port}/-/ready"), "Alertmanager")
        yield f"http://127.0.0.1:{port}"
