"""One object has one name, however a binding reaches it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from armada.runtime.adapters.cluster import UNKNOWN, Cluster, cluster_of, lock, server_name

VARIABLES = (
    "KUBECONFIG",
    "HELM_KUBECONTEXT",
    "HELM_KUBEAPISERVER",
    "KUBERNETES_SERVICE_HOST",
    "HOME",
)


@pytest.fixture(autouse=True)
def nothing_is_stated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


CONFIG = """\
apiVersion: v1
clusters:
- {name: one, cluster: {server: "https://One.example:443/"}}
- {name: two, cluster: {server: "https://two.example:6443"}}
contexts:
- {name: a, context: {cluster: one, user: u, namespace: agents}}
- {name: b, context: {cluster: one, user: v}}
- {name: c, context: {cluster: two, user: u}}
current-context: a
"""


def test_two_contexts_of_one_server_are_one_cluster(tmp_path: Path) -> None:
    """A context is a way to a cluster, not the cluster."""
    path = tmp_path / "config"
    path.write_text(CONFIG)
    a, b, c = (cluster_of(str(path), name) for name in ("a", "b", "c"))
    assert (a.server, b.server) == ("https://one.example:443", "https://one.example:443")
    assert (a.namespace, b.namespace) == ("agents", "default")
    assert c.server == "https://two.example:6443"
    assert cluster_of(str(path), "") == a


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example", "https://A.example:443/"),
        ("http://a.example", "http://a.example:80"),
        ("a.example:6443", "https://a.example:6443"),
        ("https://a.example/k8s/x/", "https://a.example/k8s/x"),
        ("https://[no address", "https://[No Address"),
    ],
)
def test_a_server_has_one_spelling(one: str, other: str) -> None:
    """Case, the port of the scheme, a slash at the end."""
    assert server_name(one) == server_name(other)


def test_of_several_files_the_first_that_says_something_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for kubectl; a file that is not there says nothing."""
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_text("current-context: c\n")
    second.write_text(CONFIG)
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/none:{first}:{second}")
    assert cluster_of("", "") == Cluster("https://two.example:6443", "default")


def test_what_helm_is_told_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its context, and its server."""
    path = tmp_path / "config"
    path.write_text(json.dumps({"contexts": []}) + "\n")
    monkeypatch.setenv("HELM_KUBEAPISERVER", "https://stated:1")
    assert cluster_of(str(path), "").server == "https://stated:1"
    path.write_text(CONFIG)
    monkeypatch.delenv("HELM_KUBEAPISERVER")
    monkeypatch.setenv("HELM_KUBECONTEXT", "c")
    assert cluster_of(str(path), "").server == "https://two.example:6443"


def test_a_pod_knows_its_own_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no kubeconfig at all."""
    assert cluster_of("", "") == Cluster(UNKNOWN, "default")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert cluster_of("", "").server == "https://10.0.0.1:443"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "contexts: 7", "contexts: [7, {name: 1}]", "current-context: [a]", "\x00"],
)
def test_what_is_no_kubeconfig_says_nothing(tmp_path: Path, text: str) -> None:
    """Whatever is in it."""
    path = tmp_path / "config"
    path.write_text(text)
    assert cluster_of(str(path), "").namespace == "default"


def test_the_name_of_an_object() -> None:
    """Kind, namespace and name, and where."""
    assert lock("deployment", "agents", "api", "https://x:443") == (
        "deployment agents/api at https://x:443"
    )
