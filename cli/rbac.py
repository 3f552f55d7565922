"""``armada rbac``: the least that a plan with its bindings has to be permitted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from .bindings import bound_or_exit
from .documents import plan_or_exit
from .exits import Exit
from .inputs import Unreadable, configured, read_bytes, spec_or_configured
from .options import SPEC, STDIN_FILENAME, output_format

if TYPE_CHECKING:
    from ..runtime.rbac import Least, Subject

EXAMPLES = """\b
Examples:
  armada rbac incident.md --bindings production.yaml
  armada rbac --bindings production.yaml --subject serviceaccount:ops/armada | kubectl apply -f -
  armada rbac --bindings production.yaml --subject user:armada --context production
  helm get manifest shop -n shop | armada rbac --bindings production.yaml --manifest shop=-

\b
Asks no server. Whether it is granted, armada doctor finds out.
Exit status: 0 printed, 1 the bindings have errors, 2 usage or an unreadable file.
"""
KINDS = {"user": "User", "group": "Group", "serviceaccount": "ServiceAccount"}


@click.command(epilog=EXAMPLES)
@SPEC
@click.option("--bindings", metavar="FILE", help="By what it is carried out.")
@click.option(
    "--subject",
    "subjects",
    multiple=True,
    metavar="KIND:NAME",
    help="Bind the roles to user:NAME, group:NAME or serviceaccount:NAMESPACE/NAME.",
)
@click.option("--context", metavar="NAME", help="Only what this context of the kubeconfig needs.")
@click.option(
    "--manifest",
    "manifests",
    multiple=True,
    metavar="RELEASE=FILE",
    help="What `helm get manifest RELEASE` prints; `-` is standard input.",
)
@STDIN_FILENAME
@output_format("yaml", "json")
def command(
    spec: str | None,
    bindings: str | None,
    subjects: tuple[str, ...],
    context: str | None,
    manifests: tuple[str, ...],
    stdin_filename: str,
    form: str,
) -> int:
    """Print the least Kubernetes roles that the bindings need.

    They are YAML to apply. Comments say which action needs each rule, what the other adapters
    need, and what cannot be known beforehand.
    """
    from ..runtime.adapters.registry import known_adapters
    from ..runtime.rbac import least
    from .views import rbac as view

    whom = tuple(_subject(each) for each in subjects)
    known = _manifests(manifests)
    plan = plan_or_exit(spec_or_configured(spec), stdin_filename)
    path = bindings or configured("bindings")
    if path is None:
        raise click.UsageError("name the bindings: --bindings FILE, or `bindings` in armada.toml")
    found = least(bound_or_exit(path, plan), known_adapters(), known)
    if context is not None:
        found = _of_context(found, context)
    if form == "json":
        click.echo(json.dumps(view.data(plan.name, found, whom), indent=2, ensure_ascii=False))
    else:
        click.echo(view.yaml(plan.name, found, whom), nl=False)
    return Exit.DONE


def _of_context(found: Least, context: str) -> Least:
    """Only the roles of a context; an empty name is the current one."""
    from dataclasses import replace

    chosen = tuple(role for role in found.roles if role.context == context)
    if not chosen:
        known = ", ".join(sorted({repr(role.context) for role in found.roles})) or "none"
        raise click.UsageError(f"the bindings name no context {context!r}; they name: {known}")
    return replace(found, roles=chosen)


def _subject(text: str) -> Subject:
    from ..runtime.rbac import Subject

    kind, _, name = text.partition(":")
    namespace, slash, account = name.partition("/")
    service = kind == "serviceaccount"
    whole = bool(namespace and slash and account and "/" not in account) if service else bool(name)
    if kind not in KINDS or not whole:
        known = "user:NAME, group:NAME or serviceaccount:NAMESPACE/NAME"
        raise click.UsageError(f"{text!r} is no subject; write {known}")
    if service:
        return Subject("ServiceAccount", account, namespace)
    return Subject("User" if kind == "user" else "Group", name)


def _manifests(stated: tuple[str, ...]) -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    from ..runtime.adapters.helm_manifest import objects

    found: dict[str, tuple[Mapping[str, Any], ...]] = {}
    for each in stated:
        release, equals, path = each.partition("=")
        if not (release and equals and path):
            raise click.UsageError(f"{each!r} is no manifest; write RELEASE=FILE")
        try:
            found[release] = objects(read_bytes(path).decode("utf-8"))
        except UnicodeDecodeError:
            raise Unreadable(f"cannot read {path}: it is not UTF-8") from None
        except ValueError as error:
            raise Unreadable(f"cannot read {path}: {error}") from None
    return found
