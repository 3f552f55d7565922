"""The role that ``armada rbac`` prints, on real RBAC: enough for everything, and nothing too much.

Every bound operation of the shipped bindings is carried out as a user who has that role and no
other; then, for each verb of the role, those that need it are carried out without it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from seed_release import SEED, bad_release, helm, least_user, printed_role, shipped_bindings
from servers import Cluster, Missing, or_left_out, program, until

from armada.cli.bindings import bound_or_exit
from armada.cli.documents import plan_or_exit
from armada.runtime.adapters.arguments import validated
from armada.runtime.adapters.contract import Order, Result, Surroundings, Use
from armada.runtime.adapters.permissions import Access, Ask
from armada.runtime.adapters.registry import known_adapters, make
from armada.runtime.binding import Bound, Instance
from armada.runtime.uses import uses_of

pytestmark = [pytest.mark.servers, pytest.mark.slow]
QUICK = {"{{ incident_id }}": "2", "for: 2s": "for: 1s", "within: 4m": "within: 30s"}
USER = "drill"
KEYS = itertools.count(1)


@dataclass
class Hands:
    """The bound operations of the seed, carried out as a user of the role."""

    kube: Cluster
    namespace: str
    folder: Path
    bound: Bound
    bindings: str

    @property
    def uses(self) -> Iterator[tuple[Instance, Use]]:
        """What is done on the cluster, in plan order."""
        for name, uses in uses_of(self.bound).items():
            instance = self.bound.instances[name]
            if instance.adapter in ("kubernetes", "helm"):
                yield from ((instance, use) for use in uses)

    def needs(self, instance: Instance, use: Use) -> set[Access]:
        """What the table says."""
        described = known_adapters()[instance.adapter].describe()
        operation = described.operation(use.operation)
        assert operation is not None and operation.needs is not None
        settings = validated(described.settings, instance.settings, "settings")
        given = validated(operation.arguments, use.arguments, use.where)
        return set(operation.needs(Ask(settings, given)).access)

    def do(self, instance: Instance, use: Use) -> Result:
        """Carry it out, again where somebody else has changed the object, as the kernel would."""
        operation = known_adapters()[instance.adapter].describe().operation(use.operation)
        assert operation is not None
        key = f"r/{next(KEYS)}"
        order = Order("r", "c", key, use.operation, use.arguments, operation.effect)

        async def whole() -> Result:
            lent = Surroundings(self.folder / instance.adapter, lambda t: t, lambda t: t)
            adapter = make(instance.adapter, instance.settings, lent)
            try:
                result = await adapter.dispatch(order)
                for _ in range(5):
                    if result.answer != "failed":
                        break
                    await asyncio.sleep(0.2)
                    result = await adapter.dispatch(order)
                return result
            finally:
                await adapter.close()

        return asyncio.run(whole())

    def named(self, where: str) -> tuple[Instance, Use]:
        return next(found for found in self.uses if found[1].where.startswith(where))

    def may(self, access: Access) -> bool:
        """What the API server says of the user."""
        resource, _, part = access.resource.partition("/")
        group = f".{access.group}" if access.group else ""
        what = f"{resource}{group}" + (f"/{access.name}" if access.name else "")
        asked = ("auth", "can-i", access.verb, what, "--as", USER, "-n", self.namespace)
        said = self.kube.kubectl(*asked, *(("--subresource", part) if part else ()), check=False)
        return said.strip() == "yes"


@pytest.fixture
def hands(kube: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hands:
    with or_left_out():
        if not kube.port:
            raise Missing("a cluster of one's own has no users of these tests")
        bad_release(kube, namespace, tmp_path)
        monkeypatch.setenv("PATH", str(Path(program("helm")).parent), prepend=":")
    bindings = shipped_bindings(tmp_path, namespace, QUICK, "")
    config = least_user(kube, namespace, bindings, USER, tmp_path / USER)
    monkeypatch.setenv("KUBECONFIG", str(config))
    bound = bound_or_exit(bindings, plan_or_exit(SEED))
    return Hands(kube, namespace, tmp_path, bound, bindings)


def test_the_role_is_enough(hands: Hands) -> None:
    """Every bound operation, in the order of the plan, and the canary's other end."""
    answers = {use.where: hands.do(instance, use) for instance, use in hands.uses}
    assert len(answers) >= 12
    assert {where: r.text for where, r in answers.items() if r.answer != "ok"} == {}
    hands.do(*hands.named("deploy.deploy_fix canary"))
    ended = hands.do(*hands.named("deploy.deploy_fix revert"))
    assert ended.answer == "ok" and "is ended" in ended.text


def test_no_verb_of_it_is_too_much(hands: Hands) -> None:
    """Without any one of them, each action that needs it says so, and which permission it lacks."""
    data: dict[str, Any] = json.loads(printed_role(hands.bindings, "--format", "json"))
    (role,) = [each["role"] for each in data["roles"]]
    assert hands.do(*hands.named("deploy.deploy_fix canary")).answer == "ok"
    tried = 0
    for number, rule in enumerate(role["rules"]):
        for verb in rule["verbs"]:
            name = rule.get("resourceNames", [""])[0]
            removed = Access(
                verb, rule["resources"][0], rule["apiGroups"][0], name, hands.namespace
            )
            _without(hands, role, number, removed)
            users = [found for found in hands.uses if removed in hands.needs(*found)]
            assert users, f"nothing needs {removed}"
            for instance, use in users:
                said = hands.do(instance, use)
                what = f"{instance.adapter}.{use.operation} needs to {removed}: armada rbac"
                assert said.answer != "ok" and what in said.text, (use.where, str(removed), said)
                tried += 1
                if instance.adapter == "helm" and use.operation == "rollback":
                    undo = ("rollback", "golden-armada", "1", "--history-max", "0", "--wait")
                    helm(hands.kube, hands.namespace, *undo)
    assert tried >= 30


def _without(hands: Hands, role: dict[str, Any], number: int, removed: Access) -> None:
    """The role without one verb of one rule, as soon as the API server goes by it."""
    less = deepcopy(role)
    rule = less["rules"][number]
    rule["verbs"] = [verb for verb in rule["verbs"] if verb != removed.verb]
    less["rules"] = [each for each in less["rules"] if each["verbs"]]
    hands.kube.apply(less, namespace=hands.namespace)
    needed = {access for found in hands.uses for access in hands.needs(*found)}
    until(
        lambda: not hands.may(removed) and all(hands.may(each) for each in needed - {removed}),
        f"the role without {removed}",
    )
