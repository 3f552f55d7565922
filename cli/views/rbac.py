"""The least permissions as text: YAML that applies, with the reasons as comments, or JSON.

A comment holds text of documents and bindings; it stays on its line whatever is in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, cast

from ...runtime.plain_text import one_line
from ...runtime.rbac import API, Least, Role, Rule, Subject, Word

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9./-]*")
_NOT_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
Subjects = tuple[Subject, ...]


def yaml(plan: str, least: Least, subjects: Subjects) -> str:
    """Roles and bindings cluster by cluster; what else is needed stands below them as comments."""
    clusters = [
        _cluster(where, list(roles), subjects)
        for where, roles in groupby(least.roles, key=cluster_of)
    ]
    count = len(clusters)
    title = _comment(f"The least that {plan} needs with these bindings")
    if count > 1:
        title += _comment(
            f"{count} clusters: apply each part with its own, by armada rbac --context"
        )
    below = [
        *_words("Of other adapters", (word for word in least.words if word.known)),
        *_words(
            "What cannot be known beforehand", (word for word in least.words if not word.known)
        ),
    ]
    if not least.roles:
        below.insert(0, _comment("Nothing on a Kubernetes cluster."))
    return title + "".join(clusters) + "".join(f"\n{each}" for each in below)


def data(plan: str, least: Least, subjects: Subjects) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "plan": plan,
        "roles": [
            {
                "kubeconfig": role.kubeconfig,
                "context": role.context,
                "namespace": role.namespace,
                "role": role.data,
                "binding": binding(role, subjects) if subjects else None,
                "reasons": [list(rule.reasons) for rule in role.rules],
            }
            for role in least.roles
        ],
        "others": [_word_data(word) for word in least.words if word.known],
        "unknown": [_word_data(word) for word in least.words if not word.known],
    }


def cluster_of(role: Role) -> str:
    """The cluster of a role, in words."""
    context = f"context {role.context}" if role.context else "the current context"
    return f"{context} of {role.kubeconfig}" if role.kubeconfig else context


def binding(role: Role, subjects: Subjects) -> dict[str, Any]:
    """The RoleBinding that gives a role to its subjects."""
    return {
        "apiVersion": f"{API}/v1",
        "kind": "RoleBinding",
        "metadata": role.metadata,
        "roleRef": {"apiGroup": API, "kind": "Role", "name": role.name},
        "subjects": [subject.data for subject in subjects],
    }


def _word_data(word: Word) -> dict[str, Any]:
    return {"adapter": word.adapter, "needs": word.text, "for": list(word.reasons)}


# --- YAML -----------------------------------------------------------------------------------------


def _cluster(where: str, roles: list[Role], subjects: Subjects) -> str:
    parts = [f"\n{_comment(f'=== Kubernetes: {where} ===')}"]
    for role in roles:
        parts.append("---\n" + _role(role))
        if subjects:
            parts.append("---\n" + _plain(binding(role, subjects)))
        else:
            parts.append(_comment("No --subject was named: bind the role to whom Armada runs as."))
    return "".join(parts)


def _role(role: Role) -> str:
    lines = [_plain({"apiVersion": f"{API}/v1", "kind": "Role", "metadata": role.metadata})]
    if not role.namespace:
        lines.append(_comment("The bindings state no namespace: apply it in that of the context."))
    lines.append("rules:\n")
    for rule in role.rules:
        lines += [_comment(note, "  ") for note in _notes(rule)]
        lines.append(_rule(rule))
    return "".join(lines)


def _notes(rule: Rule) -> Iterator[str]:
    yield from rule.reasons
    if not rule.name:
        yield "For every object of the namespace: Kubernetes cannot limit it to names known now"
    if rule.resource == "secrets" and not rule.name:
        yield "Beware: this opens every Secret of the namespace; give the release one of its own"


def _rule(rule: Rule) -> str:
    """One rule, its lists on a line each."""
    lines = [f"{name}: [{', '.join(map(_scalar, value))}]" for name, value in rule.data.items()]
    return "".join(f"{'    ' if at else '  - '}{line}\n" for at, line in enumerate(lines))


def _plain(known: Mapping[str, Any]) -> str:
    """An object of texts, with mappings of texts and lists of them one level below."""
    lines: list[str] = []
    for name, value in known.items():
        if isinstance(value, str):
            lines.append(f"{name}: {_scalar(value)}\n")
            continue
        below = cast("list[Mapping[str, str]]", value if isinstance(value, list) else [value])
        lines.append(f"{name}:\n")
        for each in below:
            mark = "  - " if isinstance(value, list) else "  "
            for key, text in each.items():
                lines.append(f"{mark}{key}: {_scalar(text)}\n")
                mark = " " * len(mark)
    return "".join(lines)


def _scalar(text: str) -> str:
    """A text as it is where YAML takes it for one, else in quotes."""
    plain = _WORD.fullmatch(text) is not None and text.lower() not in _NOT_TEXT
    return text if plain else json.dumps(text)


def _comment(text: str, indent: str = "") -> str:
    return f"{indent}# {one_line(text)}\n"


def _words(title: str, words: Iterable[Word]) -> list[str]:
    lines = [
        _comment(f"  {word.adapter}: {word.text} [{', '.join(word.reasons)}]") for word in words
    ]
    return [_comment(f"{title}:") + "".join(lines)] if lines else []
