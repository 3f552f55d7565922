"""The least that a plan with its bindings has to be permitted: roles of clusters, and words.

Owns how permissions are added up: one Role for each namespace of each cluster, a rule for each
object, a verb in it only where some action needs it, and who that is. What the adapters' table does
not know is said and never guessed. Asks no server and imports no client.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .adapters.arguments import validated
from .adapters.contract import Description, Use
from .adapters.permissions import Access, Ask, Needs
from .binding import Bound
from .uses import messengers, uses_of

if TYPE_CHECKING:
    from pydantic import BaseModel

    from .adapters.contract import Adapter

API = "rbac.authorization.k8s.io"
LONGEST = 200
_SLUG = re.compile(r"[^a-z0-9]+")
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
"""The order in which verbs are written."""
Manifests = Mapping[str, tuple[Mapping[str, Any], ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """Verbs on one object, or on any of a resource (no ``name``); ``reasons`` need them."""

    group: str
    resource: str
    name: str
    verbs: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def data(self) -> dict[str, Any]:
        """The rule as it stands in a Role."""
        named = {"resourceNames": [self.name]} if self.name else {}
        what = {"apiGroups": [self.group], "resources": [self.resource]}
        return {**what, "verbs": list(self.verbs), **named}


@dataclass(frozen=True, slots=True)
class Role:
    """What is needed in one namespace of one cluster; empty names are those of the context."""

    name: str
    kubeconfig: str
    context: str
    namespace: str
    rules: tuple[Rule, ...]

    @property
    def data(self) -> dict[str, Any]:
        """The object as it is applied."""
        return {
            "apiVersion": f"{API}/v1",
            "kind": "Role",
            "metadata": self.metadata,
            "rules": [rule.data for rule in self.rules],
        }

    @property
    def metadata(self) -> dict[str, str]:
        """Name, and namespace where one is stated."""
        return {"name": self.name, **({"namespace": self.namespace} if self.namespace else {})}


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is given a role."""

    kind: Literal["User", "Group", "ServiceAccount"]
    name: str
    namespace: str = ""

    @property
    def data(self) -> dict[str, str]:
        """The subject as it stands in a RoleBinding."""
        if self.kind == "ServiceAccount":
            return {"kind": self.kind, "name": self.name, "namespace": self.namespace}
        return {"kind": self.kind, "name": self.name, "apiGroup": API}


@dataclass(frozen=True, slots=True)
class Word:
    """A need that is no permission of a cluster, in words; ``reasons`` need it.

    ``known`` is false where it cannot be said beforehand what is needed.
    """

    adapter: str
    text: str
    reasons: tuple[str, ...]
    known: bool = True


@dataclass(frozen=True, slots=True)
class Least:
    """All of it; ``words`` in the order of the plan."""

    roles: tuple[Role, ...]
    words: tuple[Word, ...]


def least(bound: Bound, adapters: Mapping[str, type[Adapter]], manifests: Manifests) -> Least:
    """What the bindings need; raises ``ValueError`` where arguments are none of the operation's."""
    sums = _Sums()
    told = messengers(bound)
    asked = uses_of(bound)
    for name, instance in bound.instances.items():
        described = adapters[instance.adapter].describe()
        settings = validated(described.settings, instance.settings, name)
        for use in asked.get(name, ()):
            reason = f"{use.where} ({described.name}.{use.operation})"
            sums.add(described.name, reason, _of_use(described, settings, use, manifests))
        for whom in told.get(name, ()):
            needs = described.needs(settings) if described.needs is not None else None
            sums.add(described.name, whom, needs)
    return Least(tuple(sums.roles(bound.plan.name)), tuple(sums.words()))


def _of_use(
    described: Description, settings: BaseModel, use: Use, manifests: Manifests
) -> Needs | None:
    operation = described.operation(use.operation)
    if operation is None or operation.needs is None:
        return None
    given = validated(operation.arguments, use.arguments, use.where)
    return operation.needs(Ask(settings, given, manifests))


_UNSAID = Needs(unknown=("what it needs: the adapter does not say",))


class _Sums:
    """Needs with their reasons, each once."""

    def __init__(self) -> None:
        self.access: dict[tuple[str, str, Access], dict[str, None]] = {}
        self.said: dict[tuple[str, str, bool], dict[str, None]] = {}

    def add(self, adapter: str, reason: str, needs: Needs | None) -> None:
        needs = needs or _UNSAID
        for access in needs.access:
            key = (needs.kubeconfig, needs.context, access)
            self.access.setdefault(key, {})[reason] = None
        for text in needs.words:
            self.said.setdefault((adapter, text, True), {})[reason] = None
        for text in needs.unknown:
            self.said.setdefault((adapter, text, False), {})[reason] = None

    def words(self) -> Iterable[Word]:
        for (adapter, text, known), reasons in self.said.items():
            yield Word(adapter, text, tuple(reasons), known)

    def roles(self, plan: str) -> Iterable[Role]:
        """One for each namespace of each cluster, in the order of their names."""
        names = _names(plan, sorted({(k, c) for k, c, _ in self.access}))
        for kubeconfig, context, namespace in sorted(
            {(k, c, access.namespace) for k, c, access in self.access}
        ):
            rules = self._rules(kubeconfig, context, namespace)
            name = names[kubeconfig, context]
            yield Role(name, kubeconfig, context, namespace, tuple(rules))

    def _rules(self, kubeconfig: str, context: str, namespace: str) -> Iterable[Rule]:
        mine = {
            access: reasons
            for (k, c, access), reasons in self.access.items()
            if (k, c, access.namespace) == (kubeconfig, context, namespace)
        }
        grouped: dict[tuple[str, str, str], dict[str, dict[str, None]]] = {}
        for access, reasons in mine.items():
            name = access.name
            anyone = Access(access.verb, access.resource, access.group, "", namespace)
            if name and anyone in mine:
                name = ""
            verbs = grouped.setdefault((access.group, access.resource, name), {})
            verbs.setdefault(access.verb, {}).update(reasons)
        for (group, resource, name), verbs in sorted(grouped.items()):
            why = dict.fromkeys(reason for reasons in verbs.values() for reason in reasons)
            ordered = tuple(sorted(verbs, key=VERBS.index))
            yield Rule(group, resource, name, ordered, tuple(why))


def _names(plan: str, clusters: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """``armada-PLAN``, with context and kubeconfig where they are stated; no two the same.

    Two contexts may lead to one cluster, where roles of one name would replace each other.
    """
    found: dict[tuple[str, str], str] = {}
    for kubeconfig, context in clusters:
        parts = ("armada", plan, context, kubeconfig.rpartition("/")[2])
        slugs = [_SLUG.sub("-", part.lower()).strip("-") for part in parts]
        name = "-".join(slug for slug in slugs if slug)[:LONGEST].rstrip("-")
        same = sum(each == name or each.startswith(f"{name}-again-") for each in found.values())
        found[kubeconfig, context] = f"{name}-again-{same}" if same else name
    return found
