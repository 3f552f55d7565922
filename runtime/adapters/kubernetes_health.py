"""Whether a Deployment is well, at one moment, from what is known of it and its pods.

"Successfully rolled out" is an instant: pods that become ready and fail a moment later pass it. So
a look has a signature, and what is well must keep it for a stated time: the same pods, none
restarted, none failed, none whose readiness changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from .kubernetes_client import Client, Object

Signature = frozenset[tuple[str, int, str]]
"""Pods by identity, with their restarts and when their readiness last changed."""


class Look(NamedTuple):
    """One look at a Deployment; ``why`` is empty where it is well."""

    why: str
    signature: Signature


def look(client: Client, deployment: str, namespace: str) -> Look:
    """How a Deployment stands now; raises ``Failure``."""
    found = client.deployment(deployment, namespace)
    sets = client.replica_sets(found)
    return looked(found, sets, client.of_selector(client.core.list_namespaced_pod, found))


def looked(found: Object, sets: Iterable[Object], pods: Iterable[Object]) -> Look:
    """How a Deployment stands, with ReplicaSets and pods that its selector picks."""
    own = found["metadata"]["uid"]
    uids = {each["metadata"]["uid"] for each in sets if own in _owners(each)}
    mine = [pod for pod in pods if uids & _owners(pod)]
    return Look(_rollout(found) or _pods(mine), frozenset(_signature(pod) for pod in mine))


def _owners(found: Object) -> set[str]:
    return {str(o.get("uid")) for o in found["metadata"].get("ownerReferences", [])}


def _rollout(found: Object) -> str:
    spec, at = found["spec"], found.get("status", {})
    wanted = int(spec.get("replicas", 1))
    if int(at.get("observedGeneration", 0)) < int(found["metadata"].get("generation", 0)):
        return "the newest change is not seen yet"
    for each in at.get("conditions", []):
        if each.get("reason") == "ProgressDeadlineExceeded":
            return f"its rollout does not get on: {each.get('message', 'no reason given')}"
    for name, word in (
        ("updatedReplicas", "updated"),
        ("readyReplicas", "ready"),
        ("availableReplicas", "available"),
    ):
        if int(at.get(name, 0)) < wanted:
            return f"{at.get(name, 0)} of {wanted} replicas are {word}"
    if int(at.get("replicas", 0)) > wanted:
        return f"{at['replicas'] - wanted} old replicas are still there"
    return ""


def _pods(pods: list[Object]) -> str:
    for pod in pods:
        at: dict[str, Any] = pod.get("status", {})
        name = pod["metadata"]["name"]
        if at.get("phase") not in ("Running", "Succeeded"):
            return f"{name} is {at.get('phase', 'unknown')}"
        for each in at.get("containerStatuses", []):
            state: Object = each.get("state", {})
            halted: Object = state.get("waiting") or state.get("terminated") or {}
            reason = halted.get("reason")
            if "running" not in state:
                return f"{each.get('name')} of {name} is not running: {reason or 'no reason given'}"
    return ""


def restarts(pod: Object) -> int:
    """How often containers of a pod were started again."""
    statuses: list[Object] = pod.get("status", {}).get("containerStatuses", [])
    return sum(int(each.get("restartCount", 0)) for each in statuses)


def readiness(pod: Object) -> Object:
    """A pod's condition ``Ready``; empty where it has none yet."""
    conditions: list[Object] = pod.get("status", {}).get("conditions", [])
    return next((each for each in conditions if each.get("type") == "Ready"), Object())


def _signature(pod: Object) -> tuple[str, int, str]:
    ready = readiness(pod)
    changed = f"{ready.get('status')} {ready.get('lastTransitionTime')}"
    return str(pod["metadata"]["uid"]), restarts(pod), changed
