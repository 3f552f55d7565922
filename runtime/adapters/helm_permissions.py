"""What helm itself does on the cluster for each operation.

Owns two tables: what it does with the Secrets that hold a release's revisions, and by which name
the API serves the kinds of objects that charts hold. Helm changes every object of the release, so
the rest depends on the manifest: where that is known it is in the needs, else they say that it is
not. Every line was tried out on a real API server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .helm_manifest import Manifest
from .permissions import Access, Ask, Needs, is_open

REVISIONS: Mapping[str, str] = {
    "status": "list",
    "history": "list",
    "rollback": "list get create update",
    "upgrade": "list create update",
}
"""By operation what is done with Secrets ``sh.helm.release.v1.RELEASE.vN``.

A Role cannot hold such names: the next revision's is not known, and listing has none.
"""
CHANGES = frozenset({"rollback", "upgrade"})
WAITS_FOR: Mapping[str, Access] = {"Deployment": Access("list", "replicasets", "apps")}
"""What ``--wait`` reads besides the object itself."""

_COMING = "create and delete for objects that one revision of {} has and another has not"

KINDS: Mapping[str, str] = {
    "ConfigMap": "configmaps",
    "CronJob": "cronjobs.batch",
    "DaemonSet": "daemonsets.apps",
    "Deployment": "deployments.apps",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers.autoscaling",
    "Ingress": "ingresses.networking.k8s.io",
    "Job": "jobs.batch",
    "NetworkPolicy": "networkpolicies.networking.k8s.io",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "Pod": "pods",
    "PodDisruptionBudget": "poddisruptionbudgets.policy",
    "ReplicaSet": "replicasets.apps",
    "Role": "roles.rbac.authorization.k8s.io",
    "RoleBinding": "rolebindings.rbac.authorization.k8s.io",
    "Secret": "secrets",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
    "StatefulSet": "statefulsets.apps",
}
"""Kinds of a namespace that charts hold, with the resource and group by which they are served."""


def needs(operation: str, ask: Ask) -> Needs:
    """The needs of an operation from the models of its settings and arguments."""
    stated: Any = ask.settings
    given: Any = ask.arguments
    space = str(given.namespace or stated.namespace)
    if is_open(space):
        return Needs(unknown=(f"the namespace {space} is filled in when it runs",))
    found = [Access(verb, "secrets", namespace=space) for verb in REVISIONS[operation].split()]
    unknown: tuple[str, ...] = ()
    if operation in CHANGES:
        manifest = ask.manifests.get(given.release)
        if manifest is None:
            unknown = (_unread(given.release, space),)
        else:
            known, unknown = of_manifest(manifest, space)
            found += known
            unknown += (_COMING.format(given.release),)
    words = (f"the program {stated.program}",)
    return Needs(tuple(found), words, unknown, stated.kubeconfig, stated.context)


def of_manifest(manifest: Manifest, namespace: str) -> tuple[list[Access], tuple[str, ...]]:
    """What changing a release's objects needs, and in words what of it no Role can say."""
    found: list[Access] = []
    unknown: list[str] = []
    for kind, name, space in _objects(manifest, namespace):
        served = KINDS.get(kind)
        if served is None:
            unknown.append(
                f"get and patch on {kind} {name}: this kind is not a built-in one of a namespace"
            )
            continue
        resource, _, group = served.partition(".")
        found += [Access(verb, resource, group, name, space) for verb in ("get", "patch")]
        if kind in WAITS_FOR:
            waits = WAITS_FOR[kind]
            found.append(Access(waits.verb, waits.resource, waits.group, namespace=space))
    return found, tuple(unknown)


def _objects(manifest: Manifest, namespace: str) -> Iterable[tuple[str, str, str]]:
    """Each object's kind, name and namespace."""
    for each in manifest:
        meta: Any = each["metadata"]
        yield each["kind"], str(meta.get("name", "")), str(meta.get("namespace") or namespace)


def _unread(release: str, namespace: str) -> str:
    where = f" -n {namespace}" if namespace else ""
    return (
        f"get and patch on every object of the release {release}:"
        f" helm get manifest {release}{where} lists them, and --manifest reads that"
    )
