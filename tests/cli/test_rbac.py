"""``armada rbac``: roles to apply, why each rule is in them, and what no role can say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_workflow import WORKFLOW

KUBERNETES = Path(__file__).resolve().parents[2] / "specs/bindings/kubernetes.yaml"
Call = Callable[..., Any]
ROLL_BACK = "{do: kubernetes.undo, deployment: shop}"


def small(bindings: str) -> tuple[Path, str, Path]:
    """A small document and its bindings."""
    document, bound = Path("small.armada.yaml").absolute(), Path("bindings.yaml").absolute()
    document.write_text(WORKFLOW, "utf-8")
    bound.write_text(bindings, "utf-8")
    return document, "--bindings", bound


def objects(text: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(text) if each is not None]


def test_the_shipped_bindings(call: Call, seed: Path, golden: Callable[[str, str], None]) -> None:
    """A Role and its binding, each rule with the actions that need it; the rest in words."""
    answer = call("rbac", seed, "--bindings", KUBERNETES, "--subject", "user:armada")
    assert (answer.status, answer.err) == (0, "")
    golden("rbac.yaml", answer.out)
    role, binding = objects(answer.out)
    assert (role["kind"], binding["kind"]) == ("Role", "RoleBinding")
    assert role["metadata"] == {"name": "armada-incident-response", "namespace": "agents"}
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    for rule in role["rules"]:
        assert "create" not in rule["verbs"] or "resourceNames" not in rule


def test_as_data_it_is_the_same(call: Call, seed: Path) -> None:
    """What is applied, and a reason for each rule."""
    given = ("rbac", seed, "--bindings", KUBERNETES, "--subject", "group:ops")
    role, binding = objects(call(*given).out)
    data = json.loads(call(*given, "--format", "json").out)
    (found,) = data["roles"]
    assert (found["role"], found["binding"]) == (role, binding)
    assert len(found["reasons"]) == len(role["rules"]) and all(found["reasons"])
    assert {each["adapter"] for each in data["others"]} == {
        *("github", "helm", "pagerduty", "prometheus", "slack")
    }
    (unknown,) = data["unknown"]
    assert "helm get manifest golden-armada -n agents" in unknown["needs"]


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("user:ada", {"kind": "User", "name": "ada", "apiGroup": "rbac.authorization.k8s.io"}),
        ("group:a:b", {"kind": "Group", "name": "a:b", "apiGroup": "rbac.authorization.k8s.io"}),
        ("user:on", {"kind": "User", "name": "on", "apiGroup": "rbac.authorization.k8s.io"}),
        (
            "serviceaccount:ops/armada",
            {"kind": "ServiceAccount", "name": "armada", "namespace": "ops"},
        ),
    ],
)
def test_subjects(call: Call, text: str, subject: dict[str, str]) -> None:
    """As they stand in a RoleBinding."""
    given = small(f"actions: {{mend.roll_back: {ROLL_BACK}}}\n")
    (_, binding) = objects(call("rbac", *given, "--subject", text).out)
    assert binding["subjects"] == [subject]


@pytest.mark.parametrize(
    "options",
    [
        ("--subject", "ada"),
        ("--subject", "user:"),
        ("--subject", "serviceaccount:armada"),
        ("--subject", "serviceaccount:a/b/c"),
        ("--context", "nowhere"),
        ("--manifest", "shop"),
        ("--manifest", "shop=nowhere.yaml"),
    ],
)
def test_a_wrong_option_is_usage(call: Call, options: tuple[str, str]) -> None:
    """Nothing is printed that could be applied."""
    answer = call("rbac", *small(f"actions: {{mend.roll_back: {ROLL_BACK}}}\n"), *options)
    assert (answer.status, answer.out) == (2, "") and answer.err


def test_without_bindings_there_is_nothing_to_say(call: Call) -> None:
    """They are asked for; wrong ones are findings."""
    document, _, _ = small("")
    answer = call("rbac", document)
    assert answer.status == 2 and "--bindings" in answer.err
    answer = call("rbac", *small("actions: {mend.roll_back: {do: kubernetes.undo}}\n"))
    assert (answer.status, answer.out) == (1, "") and "ARM616" in answer.err


SEVERAL = f"""\
agents:
  commander: {{adapter: kubernetes, context: east, namespace: shop}}
  worker: {{adapter: kubernetes, context: "West 1", kubeconfig: /etc/west.yaml}}
actions:
  mend.roll_back: {ROLL_BACK}
  check.verify_all:
    "Error rate normalized":
      {{do: kubernetes.healthy, deployment: shop, agent: commander, namespace: other}}
"""


def test_each_cluster_has_roles_of_its_own(call: Call) -> None:
    """One a namespace, under a heading; a namespace that nobody states is the context's."""
    answer = call("rbac", *small(SEVERAL))
    headings = [line for line in answer.out.splitlines() if line.startswith("# ===")]
    assert headings == [
        "# === Kubernetes: context east ===",
        "# === Kubernetes: context West 1 of /etc/west.yaml ===",
    ]
    east, west = objects(answer.out)
    assert east["metadata"] == {"name": "armada-small-east", "namespace": "other"}
    assert west["metadata"] == {"name": "armada-small-west-1-west-yaml"}
    only = call("rbac", *small(SEVERAL), "--context", "east").out
    assert objects(only) == [east]


def test_what_helm_does_is_read_from_the_manifest(call: Call) -> None:
    """Built-in kinds become rules; another kind, and objects that come and go, are said."""
    given = small("actions: {mend.roll_back: {do: helm.rollback, release: shop}}\n")
    manifest = Path("manifest.yaml").absolute()
    manifest.write_text(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: front}\n"
        "---\napiVersion: example.com/v1\nkind: Robot\nmetadata: {name: r2}\n"
    )
    out = call("rbac", *given, "--manifest", f"shop={manifest}").out
    home, front = objects(out)
    rules = [(r["resources"][0], r["verbs"], r.get("resourceNames")) for r in home["rules"]]
    assert rules == [
        ("secrets", ["get", "list", "create", "update"], None),
        ("deployments", ["get", "patch"], ["web"]),
        ("replicasets", ["list"], None),
    ]
    assert front["rules"][0]["resourceNames"] == ["web"]
    assert "get and patch on Robot r2" in out and "create and delete for objects" in out
    for text in ("a: [", "just words\n", "\x00", "&a [*a, *a]\n"):
        manifest.write_text(text)
        answer = call("rbac", *given, "--manifest", f"shop={manifest}")
        assert (answer.status, answer.out) == (2, ""), text


def test_text_of_a_document_stays_in_its_comment(call: Call) -> None:
    """A text with line breaks in it adds no rule."""
    hostile = 'checks: ["a\\n- apiGroups: [all]\\n\\u2028kind: ClusterRole"]'
    document, option, bindings = small(
        "actions: {check.verify_all: {do: kubernetes.healthy, deployment: shop}}\n"
    )
    document.write_text(WORKFLOW.replace('checks: ["Error rate normalized"]', hostile), "utf-8")
    answer = call("rbac", document, option, bindings)
    (role,) = objects(answer.out)
    assert "ClusterRole" in answer.out and role["kind"] == "Role"
    assert {rule["apiGroups"][0] for rule in role["rules"]} == {"", "apps"}


def test_a_namespace_that_is_filled_in_later_is_said(call: Call) -> None:
    """No role can be made for it."""
    template = '"{{ incident_id }}"'
    given = small(
        f"actions: {{mend.roll_back: {{do: helm.rollback, release: s, namespace: {template}}}}}\n"
    )
    out = call("rbac", *given).out
    assert objects(out) == [] and "{{ incident_id }} is filled in when it runs" in out
