"""What each operation of the Kubernetes adapter does on the cluster: verbs, resources, objects.

Owns the one table of it. A line is complete and least: without any of its verbs the operation ends
with a refusal, which a test tries out on a real API server, verb by verb.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from .permissions import Access, Ask, Needs, is_open

CANARY_SUFFIX = "-canary"
Of = Literal["itself", "canary", "any"]


class Line(NamedTuple):
    """Verbs on a resource: of the object that is named, of its canary, or of any object."""

    verbs: str
    resource: str
    group: str
    of: Of


class Named(NamedTuple):
    """An object, or a part of one, that a binding names; it has to be there beforehand."""

    kind: Literal["deployment", "config map"]
    name: str
    namespace: str
    container: str = ""


# What is listed and watched by its name (a field selector) can be limited to it by a rule, too.
FOLLOW_IT = Line("get list watch", "deployments", "apps", "itself")
READ_IT = Line("get", "deployments", "apps", "itself")
CHANGE_IT = Line("get patch", "deployments", "apps", "itself")
REVISIONS = Line("list", "replicasets", "apps", "any")
PODS = Line("list", "pods", "", "any")
FOLLOW_REVISIONS = Line("list watch", "replicasets", "apps", "any")
FOLLOW_PODS = Line("list watch", "pods", "", "any")
END_CANARY = Line("get delete", "deployments", "apps", "canary")

TABLE: Mapping[str, tuple[Line, ...]] = {
    "status": (READ_IT,),
    "healthy": (FOLLOW_IT, FOLLOW_REVISIONS, FOLLOW_PODS),
    "judge": (READ_IT, FOLLOW_PODS),
    "recent_rollout": (READ_IT, REVISIONS),
    "logs": (READ_IT, PODS, Line("get", "pods/log", "", "any")),
    "events": (Line("list", "events", "", "any"),),
    "scale": (CHANGE_IT, Line("list", "horizontalpodautoscalers", "autoscaling", "any")),
    "pause": (CHANGE_IT,),
    "resume": (CHANGE_IT,),
    "flag": (Line("get patch", "configmaps", "", "itself"),),
    "restart": (CHANGE_IT,),
    "undo": (CHANGE_IT, REVISIONS),
    "canary": (
        READ_IT,
        Line("create", "deployments", "apps", "any"),
        Line("get", "deployments", "apps", "canary"),
    ),
    "promote": (CHANGE_IT, END_CANARY),
    "abort": (END_CANARY,),
}
"""For each operation what it does, in the order in which it does it."""
MAKES_CANARY = frozenset({"canary"})


def canary_name(deployment: str) -> str:
    """The Deployment that holds a canary."""
    return f"{deployment}{CANARY_SUFFIX}"


def access(operation: str, given: Mapping[str, Any], namespace: str) -> tuple[Access, ...]:
    """What an operation with these arguments does; ``namespace`` where they name none."""
    where = str(given.get("namespace") or namespace)
    itself = str(given.get("deployment") or given.get("config_map") or "")
    names: Mapping[Of, str] = {"itself": itself, "canary": canary_name(itself), "any": ""}
    return tuple(
        Access(verb, line.resource, line.group, names[line.of], where)
        for line in TABLE.get(operation, ())
        for verb in line.verbs.split()
    )


def needs(operation: str, ask: Ask) -> Needs:
    """The needs of an operation from the models of its settings and arguments."""
    stated: Any = ask.settings
    given = ask.arguments.model_dump()
    if is_open(given["namespace"]):
        return Needs(unknown=(f"the namespace {given['namespace']} is filled in when it runs",))
    found = access(operation, given, stated.namespace)
    return Needs(found, kubeconfig=stated.kubeconfig, context=stated.context)


def named(operation: str, given: Mapping[str, Any], namespace: str) -> Named | None:
    """What has to be there before the operation runs; None where it may come to be in the run."""
    where = str(given.get("namespace") or namespace)
    if "config_map" in given:
        return Named("config map", str(given["config_map"]), where)
    if "deployment" not in given or operation == "abort":
        return None
    container = str(given.get("container") or "")
    known = "" if is_open(container) else container
    return Named("deployment", str(given["deployment"]), where, known)


def made(operation: str, given: Mapping[str, Any], namespace: str) -> Named | None:
    """What the operation itself makes, so that it need not be there beforehand."""
    if operation not in MAKES_CANARY or "deployment" not in given:
        return None
    where = str(given.get("namespace") or namespace)
    return Named("deployment", canary_name(str(given["deployment"])), where)
