"""Which cluster a kubeconfig names, without the Kubernetes client: its server and namespace.

Owns the names of objects in clusters that several adapters change, so that one object has one name
however it is reached: two contexts of one server are one cluster. It reads as kubectl does (the
first of several files that says something counts) and looks at no credentials.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from ...dsl.source import SourceFile
from ...dsl.yaml_model import plain
from ...dsl.yaml_nodes import read_yaml

PORTS = {"https": 443, "http": 80}
UNKNOWN = "an unknown cluster"
Data = Mapping[str, Any]


class Cluster(NamedTuple):
    """A cluster's server, and the namespace where none is stated."""

    server: str
    namespace: str


def lock(kind: str, namespace: str, name: str, server: str) -> str:
    """The name of an object, the same for everyone who changes it."""
    return f"{kind} {namespace}/{name} at {server}"


def server_name(url: str) -> str:
    """A server's address in one spelling."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        scheme = parts.scheme.lower()
        port = parts.port or PORTS.get(scheme)
    except ValueError:
        return url.lower()
    return f"{scheme}://{parts.hostname or ''}:{port}{parts.path.rstrip('/')}"


def cluster_of(kubeconfig: str, context: str) -> Cluster:
    """The cluster of a kubeconfig and context, or of the pod that this is."""
    stated = os.environ.get("HELM_KUBEAPISERVER", "")
    files = list(_files(kubeconfig))
    name = context or os.environ.get("HELM_KUBECONTEXT", "") or _first(files, "current-context")
    chosen = _named(files, "context", name)
    known = _named(files, "cluster", str(chosen.get("cluster", "")))
    server = stated or str(known.get("server") or _inside())
    namespace = str(chosen.get("namespace") or "default")
    return Cluster(server_name(server) if server else UNKNOWN, namespace)


def kubeconfig_files(stated: str) -> str:
    """The files that say which cluster and as whom, as they are told to kubectl: now, not once."""
    return stated or os.environ.get("KUBECONFIG", "") or "~/.kube/config"


def _inside() -> str:
    host = os.environ.get("KUBERNETES_SERVICE_HOST", "")
    port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}" if host else ""


def _files(kubeconfig: str) -> Iterator[Data]:
    """What the files say, each as a mapping; what cannot be read says nothing."""
    for each in kubeconfig_files(kubeconfig).split(os.pathsep):
        try:
            text = Path(each).expanduser().read_text("utf-8")
        except (OSError, ValueError):
            continue
        node = read_yaml(SourceFile(each, text), 0, len(text)).node
        data = plain(node) if node is not None else None
        if isinstance(data, Mapping):
            yield cast(Data, data)


def _first(files: Sequence[Data], key: str) -> str:
    return next((str(each[key]) for each in files if each.get(key)), "")


def _named(files: Sequence[Data], kind: str, name: str) -> Data:
    """What the first context or cluster of this name says."""
    for each in files:
        listed = each.get(f"{kind}s")
        for entry in cast(list[Any], listed) if isinstance(listed, list) else []:
            if isinstance(entry, Mapping) and cast(Data, entry).get("name") == name:
                said = cast(Data, entry).get(kind)
                return cast(Data, said) if isinstance(said, Mapping) else {}
    return {}
