"""By which names a Kubernetes order is kept apart from those of other runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cluster import lock
from .kubernetes_client import Client
from .kubernetes_permissions import canary_name
from .kubernetes_refusals import Failure

RELEASE = "meta.helm.sh/release-name"
NAMESPACE = "meta.helm.sh/release-namespace"
CANARIES = frozenset({"canary", "promote", "abort"})


def names_of(client: Client, operation: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    """The object, its canary, and the release of Helm that it is annotated with.

    So an order to a Deployment and one to its release wait for each other. Raises ``Failure``.
    """
    namespace = str(given.get("namespace") or client.namespace)
    if operation == "flag":
        kind, name, method = (
            "configmap",
            given["config_map"],
            client.core.read_namespaced_config_map,
        )
    else:
        kind, name, method = (
            "deployment",
            given["deployment"],
            client.apps.read_namespaced_deployment,
        )
    names = [lock(kind, namespace, name, client.server)]
    if operation in CANARIES:
        names.append(lock(kind, namespace, canary_name(name), client.server))
    try:
        found = client.call(method, name, namespace)
    except Failure as failure:
        if failure.status == 404:  # there is nothing to keep apart; the order itself will say so
            return tuple(names)
        raise
    notes: Mapping[str, str] = found["metadata"].get("annotations") or {}
    if release := notes.get(RELEASE):
        names.append(lock("release", notes.get(NAMESPACE) or namespace, release, client.server))
    return tuple(names)
