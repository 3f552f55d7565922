"""What an operation has to be permitted, as data: told beside the operation, read by everyone.

Owns the words for it. The role that ``armada rbac`` prints, what ``armada doctor`` asks the cluster
about and what a refusal is explained by are all read from the same table, so they cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

ROLE = "armada rbac prints the role that permits it"
_FORBIDDEN = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<resource>[^"]+)"'
    r'(?: in API group "(?P<group>[^"]*)")?'
    r'(?: in the namespace "(?P<namespace>[^"]+)"| (?P<whole>at the cluster scope))?'
)


@dataclass(frozen=True, slots=True)
class Access:
    """One thing that may be done on a cluster.

    ``resource`` as in a Role (``deployments``, ``pods/log``); no ``name``: to any object of the
    namespace; no ``namespace``: in that of the kubeconfig's context.
    """

    verb: str
    resource: str
    group: str = ""
    name: str = ""
    namespace: str = ""

    @property
    def kind(self) -> str:
        """The resource with its group, as kubectl writes it."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    def __str__(self) -> str:
        of = f' "{self.name}"' if self.name else ""
        where = f"in namespace {self.namespace}" if self.namespace else "in the context's namespace"
        return f"{self.verb} {self.kind}{of} {where}"


@dataclass(frozen=True, slots=True)
class Needs:
    """What an operation needs, or an adapter for its messages.

    ``access`` is what it does on the cluster that ``kubeconfig`` and ``context`` mean (empty: the
    current ones). ``words`` say what else it needs, each for a person; ``unknown`` what nobody can
    know before it runs.
    """

    access: tuple[Access, ...] = ()
    words: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    kubeconfig: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """For what the needs are asked: settings and arguments as the bindings write them.

    Templates in them are not filled in. ``manifests`` are the objects of Helm releases by the
    release's name, as far as they are known.
    """

    settings: BaseModel
    arguments: BaseModel
    manifests: Mapping[str, tuple[Mapping[str, Any], ...]] = field(
        default_factory=dict[str, "tuple[Mapping[str, Any], ...]"]
    )


def told(*words: str) -> Needs:
    """Needs that are said in words alone."""
    return Needs(words=words)


def is_open(text: object) -> bool:
    """Whether something in a text is filled in when it runs, so that nobody knows it before."""
    return isinstance(text, str) and "{{" in text


def forbidden(said: str) -> re.Match[str] | None:
    """What an API server's refusal is about (user, verb, resource, group, namespace, whole)."""
    return _FORBIDDEN.search(said)


def explained(text: str, what: str, needed: Iterable[Access]) -> str:
    """What a cluster said, and, where it refused something that ``what`` needs, which it was."""
    found = forbidden(text)
    if found is None:
        return text
    about = (found["verb"], found["resource"], found["group"] or "")
    fitting = [each for each in needed if (each.verb, each.resource, each.group) == about]
    named = [each for each in fitting if each.name and f'"{each.name}" is forbidden' in text]
    for access in (*named, *fitting):
        return f"{text}; {what} needs to {access}: {ROLE}"
    return text
