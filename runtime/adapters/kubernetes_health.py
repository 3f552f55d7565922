"""Whether a Deployment is well, for a stated time without a break.

"Successfully rolled out" is an instant: pods that become ready and fail a moment later pass it. So
what is looked at must stay the same for the whole time: the same pods, none restarted, none failed,
none whose readiness changed meanwhile.
"""

from __future__ import annotations

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
    uids = {each["metadata"]["uid"] for each in client.replica_sets(found)}
    pods = [
        pod
        for pod in client.of_selector(client.core.list_namespaced_pod, found)
        if any(o.get("uid") in uids for o in pod["metadata"].get("ownerReferences", []))
    ]
    return Look(_rollout(found) or _pods(pods), frozenset(_signature(pod) for pod in pods))


def _rollout(found: Object) -> str:
    spec, at = found["spec"], found.get("status", {})
    wanted = int(spec.get("replicas", 1))
    if int(at.get("observedGeneration", 0)) < int(found["metadata"].get("generation", 0)):
        return "the newest change is not seen yet"
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


def _signature(pod: Object) -> tuple[str, int, str]:
    at: dict[str, Any] = pod.get("status", {})
    restarts = sum(int(each.get("restartCount", 0)) for each in at.get("containerStatuses", []))
    conditions: list[Object] = at.get("conditions", [])
    ready = next((each for each in conditions if each.get("type") == "Ready"), Object())
    changed = f"{ready.get('status')} {ready.get('lastTransitionTime')}"
    return str(pod["metadata"]["uid"]), restarts, changed
