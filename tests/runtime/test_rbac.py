"""Adding up permissions: what the rules grant is what the operations need, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_workflow import WORKFLOW

from armada.compiler.compile import compile_source
from armada.dsl.source import decode
from armada.runtime.adapters.console import Console
from armada.runtime.adapters.contract import Description, Operation
from armada.runtime.adapters.kubernetes_arguments import DESCRIPTION
from armada.runtime.adapters.kubernetes_permissions import TABLE, access
from armada.runtime.adapters.permissions import Access, explained
from armada.runtime.adapters.registry import BUILT_IN, known_adapters
from armada.runtime.binding import bind
from armada.runtime.bindings import load_bindings
from armada.runtime.rbac import Least, least

COMPILED = compile_source(decode("small.armada.yaml", WORKFLOW.encode())[0])
MORE = {
    "flag": {"config_map": "flags", "key": "search", "value": "off"},
    "scale": {"replicas": 3},
    "canary": {"image": "shop:2"},
    "promote": {"image": "shop:2"},
}


def summed(operations: Mapping[str, Mapping[str, Any]], adapters: Any = None) -> Least:
    """The least of a plan whose two actions are bound to these."""
    assert COMPILED.plan is not None
    places = ("mend.roll_back", "check.verify_all")
    actions = {
        place: {"do": do, **given}
        for place, (do, given) in zip(places, operations.items(), strict=False)
    }
    known = adapters or known_adapters()
    return least(bind(COMPILED.plan, load_bindings({"actions": actions}), known), known, {})


def bound(operation: str, deployment: str, namespace: str) -> dict[str, Any]:
    """Arguments of an operation of the Kubernetes adapter."""
    named = {} if operation == "flag" else {"deployment": deployment}
    return {**named, **MORE.get(operation, {}), "namespace": namespace}


NAMES = st.sampled_from(["shop", "shop-canary", "api"])


@given(
    st.lists(st.sampled_from(sorted(TABLE)), min_size=2, max_size=2, unique=True),
    st.lists(NAMES, min_size=2, max_size=2),
    st.lists(st.sampled_from(["", "agents"]), min_size=2, max_size=2),
)
def test_the_rules_grant_what_is_needed_and_nothing_else(
    operations: list[str], names: list[str], spaces: list[str]
) -> None:
    """For any two operations on any objects."""
    wanted: set[Access] = set()
    stated: dict[str, dict[str, Any]] = {}
    for operation, name, space in zip(operations, names, spaces, strict=True):
        stated[f"kubernetes.{operation}"] = bound(operation, name, space)
        wanted |= set(access(operation, stated[f"kubernetes.{operation}"], ""))
    granted = {
        Access(verb, rule.resource, rule.group, rule.name, role.namespace)
        for role in summed(stated).roles
        for rule in role.rules
        for verb in rule.verbs
    }
    assert granted <= wanted
    anyone = {a for a in granted if not a.name}
    covered = {a for a in wanted if Access(a.verb, a.resource, a.group, "", a.namespace) in anyone}
    assert wanted - granted <= covered


def test_the_table_has_a_line_for_every_operation() -> None:
    """And none for what is no operation."""
    assert set(TABLE) == {each.name for each in DESCRIPTION.operations}


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_built_in_adapter_says_what_it_needs(name: str) -> None:
    """For each operation, and for messages where it carries them."""
    described = known_adapters()[name].describe()
    assert [each.name for each in described.operations if each.needs is None] == []
    assert not described.messages or described.needs is not None


class Bell(Console):
    """A plug-in from before adapters said what they need."""

    @classmethod
    def describe(cls) -> Description:
        plain = Console.describe()
        ring = Operation("ring", "Ring.", DESCRIPTION.operations[0].effect, plain.settings)
        return Description("bell", "Rings.", plain.settings, (ring,), messages=True)


def test_an_adapter_that_does_not_say_is_named() -> None:
    """It goes on working, and nothing is guessed."""
    found = summed({"bell.ring": {}}, {**{n: known_adapters()[n] for n in BUILT_IN}, "bell": Bell})
    (word,) = [each for each in found.words if each.adapter == "bell"]
    assert not word.known and "does not say" in word.text and found.roles == ()
    assert word.reasons == ('mend.roll_back "helm rollback shop" (bell.ring)',)


FORBIDDEN = (
    'deployments.apps "{}" is forbidden: User "x" cannot get resource "deployments" in API group'
    ' "apps" in the namespace "agents"'
)


def test_a_refusal_is_explained_by_the_line_that_it_is_about() -> None:
    """Of two objects the one that was refused; what the table does not know is left as it was."""
    needed = access("canary", {"deployment": "shop"}, "agents")
    for name in ("shop", "shop-canary"):
        said = explained(FORBIDDEN.format(name), "kubernetes.canary", needed)
        assert f'needs to get deployments.apps "{name}" in namespace agents: armada rbac' in said
    assert explained("it burns", "kubernetes.canary", needed) == "it burns"
    other = FORBIDDEN.format("shop").replace("cannot get", "cannot watch")
    assert explained(other, "kubernetes.canary", needed) == other
