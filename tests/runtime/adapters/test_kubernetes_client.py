"""Which cluster the client talks to."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from armada.runtime.adapters.cluster import cluster_of
from armada.runtime.adapters.kubernetes_client import Client

CONFIG = """\
apiVersion: v1
kind: Config
clusters:
- {{name: c, cluster: {{server: "https://{name}.example:6443"}}}}
users:
- {{name: u, user: {{token: t}}}}
contexts:
- {{name: x, context: {{cluster: c, user: u, namespace: "{name}"}}}}
current-context: x
"""


def test_the_kubeconfig_is_the_one_that_is_stated_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's package reads KUBECONFIG once, at its import: whoever asks later is not told."""
    import_module("kubernetes.config")
    for name in ("one", "two"):
        path = tmp_path / name
        path.write_text(CONFIG.format(name=name))
        monkeypatch.setenv("KUBECONFIG", str(path))
        client = Client("", "", "", 1.0)
        seen = client.server, client.namespace
        client.close()
        known = cluster_of("", "")
        assert seen == (f"https://{name}.example:6443", name) == (known.server, known.namespace)
