"""What can be known of a cluster before an incident: objects that are missing, rights that are.

Owns the sentences of ``armada doctor`` about a cluster, for every adapter that works on one.
Permissions are asked of the API server itself (SelfSubjectAccessReview), so groups, roles of the
whole cluster and whatever else decides there count. An object that may not be looked at is left to
the missing permission.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .arguments import validated
from .contract import Check, Description, Use
from .kubernetes_client import Client, Object
from .kubernetes_permissions import Named, made, named
from .kubernetes_refusals import Failure
from .permissions import ROLE, Access, Ask

if TYPE_CHECKING:
    from pydantic import BaseModel

MOST_NAMED = 3
Wanted = Mapping[Access, str]
"""What is needed, and in words who needs it."""


def reached(client: Client) -> tuple[Check, ...]:
    """One request that every user may make; raises ``Failure``."""
    client.may(Access("get", "pods", namespace=client.namespace))
    return (Check(True, f"the cluster answers, namespace {client.namespace}"),)


def wanted(
    description: Description,
    settings: BaseModel,
    uses: Iterable[Use],
    manifests: Mapping[str, tuple[Mapping[str, Any], ...]],
) -> tuple[Wanted, tuple[str, ...]]:
    """What all uses together need, and what of it cannot be known; raises ``ValueError``."""
    by: dict[Access, list[Use]] = {}
    unknown: dict[str, None] = {}
    for use in uses:
        operation = description.operation(use.operation)
        if operation is None or operation.needs is None:
            continue
        given = validated(operation.arguments, use.arguments, use.where)
        needs = operation.needs(Ask(settings, given, manifests))
        for access in needs.access:
            by.setdefault(access, []).append(use)
        unknown |= dict.fromkeys(needs.unknown)
    return {a: users(description.name, each) for a, each in by.items()}, tuple(unknown)


def users(adapter: str, uses: Iterable[Use]) -> str:
    """Who uses something, in words: ``mitigate.rollback (helm.rollback)``."""
    names = list(dict.fromkeys(f"{use.where} ({adapter}.{use.operation})" for use in uses))
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def permitted(client: Client, stated: Wanted) -> tuple[Check, ...]:
    """Whether each access is permitted, in a namespace that is there; raises ``Failure``."""
    home = client.namespace
    at_home = {replace(a, namespace=a.namespace or home): by for a, by in stated.items()}
    found: list[Check] = []
    granted = 0
    for space in dict.fromkeys(each.namespace for each in at_home):
        if absent(client, space):
            help = "correct `namespace` in the bindings"
            found.append(Check(False, f"there is no namespace {space}", help))
            continue
        own = [each for each in at_home if each.namespace == space]
        denied = [each for each in own if not client.may(each)]
        granted += len(own) - len(denied)
        if len(denied) == len(own) > 1:
            help = "correct `namespace` in the bindings, or grant the role of armada rbac"
            found.append(Check(False, f"nothing is permitted in namespace {space}", help))
        found += [Check(False, f"{at_home[each]} may not {each}", ROLE) for each in denied]
    if granted:
        what = f"{granted} permission{'' if granted == 1 else 's'} that the bindings need"
        found.append(Check(True, what))
    return tuple(found)


def absent(client: Client, namespace: str) -> bool:
    """Whether it is known that there is no such namespace; few roles permit to look."""
    try:
        client.call(client.core.read_namespace, namespace)
    except Failure as failure:
        if failure.status not in (403, 404):
            raise
        return failure.status == 404
    return False


def objects(client: Client, uses: tuple[Use, ...]) -> tuple[Check, ...]:
    """Whether what the uses of the Kubernetes adapter name is there; raises ``Failure``."""
    coming = {made(use.operation, use.arguments, client.namespace) for use in uses}
    stated: dict[Named, list[Use]] = {}
    for use in uses:
        thing = named(use.operation, use.arguments, client.namespace)
        if thing is not None and thing not in coming:
            stated.setdefault(thing, []).append(use)
    found: list[Check] = []
    there = {space: not absent(client, space) for space in {each.namespace for each in stated}}
    for thing, by in stated.items():
        if not there[thing.namespace]:
            continue
        trouble = _trouble(client, thing)
        if trouble:
            help = "correct its name in the bindings, or make it"
            found.append(Check(False, f"{users('kubernetes', by)}: {trouble}", help))
        elif trouble is not None:
            found.append(Check(True, f"{thing.kind} {thing.name} in namespace {thing.namespace}"))
    return tuple(found)


def _trouble(client: Client, thing: Named) -> str | None:
    """What is missing; empty where nothing is, None where it may not be looked at."""
    method = client.apps.read_namespaced_deployment
    if thing.kind == "config map":
        method = client.core.read_namespaced_config_map
    try:
        found: Object = client.call(method, thing.name, thing.namespace)
    except Failure as failure:
        if failure.status == 403:
            return None
        if failure.status != 404:
            raise
        return f"there is no {thing.kind} {thing.name} in namespace {thing.namespace}"
    if not thing.container:
        return ""
    containers = [each["name"] for each in found["spec"]["template"]["spec"]["containers"]]
    if thing.container in containers:
        return ""
    return f"{thing.name} has no container {thing.container}; there are {', '.join(containers)}"
