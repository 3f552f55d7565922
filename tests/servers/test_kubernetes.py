"""The Kubernetes adapter against a real control plane, with pods that only pretend to run."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kubernetes_hands import Hands, image, shop, spec
from servers import Cluster, deployment, until

from armada.runtime.adapters.contract import Result
from armada.runtime.adapters.kubernetes import Kubernetes

pytestmark = [pytest.mark.servers, pytest.mark.slow]


@pytest.fixture
def hands(kube: Cluster, namespace: str, folder: Path) -> Hands:
    return Hands(kube.kubeconfig, namespace, folder)


def test_scale_is_made_absolute_capped_and_done_once(
    kube: Cluster, namespace: str, hands: Hands
) -> None:
    """+2 of 3 is 5; the same key again, even by another process, is still 5."""
    shop(kube, namespace)
    given = {"deployment": "shop", "replicas": "+2", "max": 12}
    assert hands.prepare("scale", **given)["replicas"] == 5
    assert hands.prepare("scale", **{**given, "max": 4})["replicas"] == 4
    assert hands.observe("scale", "k1", **given) is False
    assert hands.do("scale", "k1", **given).answer == "ok"
    assert spec(kube, namespace)["spec"]["replicas"] == 5
    again = hands.do("scale", "k1", **given)
    assert again.answer == "ok" and spec(kube, namespace)["spec"]["replicas"] == 5
    assert hands.prepare("scale", "k1", **given)["replicas"] == 5
    assert hands.observe("scale", "k1", **given) is True
    managers = {m["manager"] for m in spec_with_fields(kube, namespace)}
    assert "armada" in managers


def spec_with_fields(kube: Cluster, namespace: str) -> list[dict[str, Any]]:
    text = kube.kubectl(
        "-n", namespace, "get", "deployment", "shop", "-o", "json", "--show-managed-fields"
    )
    found: list[dict[str, Any]] = json.loads(text)["metadata"]["managedFields"]
    return found


def test_restart_replaces_pods_once(kube: Cluster, namespace: str, hands: Hands) -> None:
    """A second order under the key starts no second round."""
    shop(kube, namespace)
    before = spec(kube, namespace)["metadata"]["generation"]
    assert hands.do("restart", "k", deployment="shop").answer == "ok"
    assert hands.do("restart", "k", deployment="shop").answer == "ok"
    assert spec(kube, namespace)["metadata"]["generation"] == before + 1
    assert hands.observe("restart", "k", deployment="shop") is True
    assert hands.observe("restart", "other", deployment="shop") is False


def test_undo_goes_to_a_named_revision_and_never_back_to_the_bad_one(
    kube: Cluster, namespace: str, hands: Hands
) -> None:
    """The second undo of one order does nothing; "current minus one" would bring the bad one."""
    shop(kube, namespace)
    kube.apply(deployment("shop", 3, "shop:bad"), namespace=namespace)
    kube.ready("shop", namespace)
    assert hands.prepare("undo", deployment="shop")["to_revision"] == 1
    done = hands.do("undo", "k", deployment="shop")
    assert done.answer == "ok" and "revision 1" in done.text
    assert image(spec(kube, namespace)) == "shop:1"
    assert hands.do("undo", "k", deployment="shop").answer == "ok"
    assert image(spec(kube, namespace)) == "shop:1"
    refused = hands.do("undo", "k2", deployment="shop", to_revision=9)
    assert refused.answer == "permanent" and "there is no revision 9" in refused.text


def test_pause_resume_and_a_flag(kube: Cluster, namespace: str, hands: Hands) -> None:
    """Each seen on the object afterwards."""
    shop(kube, namespace, 1)
    assert hands.do("pause", deployment="shop").answer == "ok"
    assert spec(kube, namespace)["spec"]["paused"] is True
    assert hands.do("resume", deployment="shop").answer == "ok"
    assert not spec(kube, namespace)["spec"].get("paused")
    kube.kubectl("-n", namespace, "create", "configmap", "flags", "--from-literal=search=on")
    given = {"config_map": "flags", "key": "search", "value": "off"}
    done = hands.do("flag", "k", **given)
    assert done.answer == "ok" and "it was on" in done.text
    assert kube.get("-n", namespace, "configmap", "flags")["data"] == {"search": "off"}
    assert hands.observe("flag", "k", **given) is True


def test_a_canary_is_a_share_of_real_replicas(kube: Cluster, namespace: str, hands: Hands) -> None:
    """10 % of 3 is one of four; promoted it is everywhere and gone, aborted it is only gone."""
    shop(kube, namespace)
    given = {"deployment": "shop", "image": "shop:2", "percent": 10}
    begun = hands.do("canary", "k1", **given)
    assert begun.answer == "ok", begun.text
    assert "1 of 4 replicas have shop:2: 25 %, 10 % were asked for" in begun.text
    kube.ready("shop-canary", namespace)
    assert hands.do("canary", "k1", **given).answer == "ok"
    second = hands.do("canary", "k2", **given)
    assert second.answer == "permanent" and "end that canary first" in second.text
    well = {"for": "1s", "within": "20s"}
    assert hands.do("healthy", deployment="shop-canary", **well).answer == "ok"
    assert hands.observe("abort", "k3", deployment="shop") is False
    assert hands.do("abort", "k3", deployment="shop").answer == "ok"
    until(lambda: "shop-canary" not in names(kube, namespace), "the canary's end")
    assert hands.observe("abort", "k3", deployment="shop") is True
    assert image(spec(kube, namespace)) == "shop:1"
    assert hands.do("canary", "k4", **given).answer == "ok"
    assert hands.do("promote", "k5", deployment="shop", image="shop:2").answer == "ok"
    kube.ready("shop", namespace)
    assert image(spec(kube, namespace)) == "shop:2"
    assert "shop-canary" not in names(kube, namespace)


def names(kube: Cluster, namespace: str) -> list[str]:
    found = kube.get("-n", namespace, "deployments")
    return [each["metadata"]["name"] for each in found["items"]]


def test_pods_that_fail_after_having_been_ready_are_not_healthy(
    kube: Cluster, namespace: str, hands: Hands
) -> None:
    """ "Successfully rolled out" says kubectl; held for a time it is not so."""
    failing = {"pod-container-running-failed.stage.kwok.x-k8s.io": "true"}
    kube.apply(deployment("shop", 2, **failing), namespace=namespace)
    given = {"deployment": "shop", "for": "6s", "within": "15s"}
    found = hands.do("healthy", **given)
    assert found.answer == "false" and "was not well" in found.text, found.text
    kube.apply(deployment("well", 2), namespace=namespace)
    assert hands.do("healthy", **{**given, "deployment": "well"}).answer == "ok"


def test_what_would_undo_a_change_is_found_first(
    kube: Cluster, namespace: str, hands: Hands
) -> None:
    """An autoscaler and Argo CD are named, with the alternative."""
    shop(kube, namespace)
    kube.kubectl("-n", namespace, "autoscale", "deployment", "shop", "--max=9", "--cpu=80%")
    scaled = hands.do("scale", deployment="shop", replicas=5)
    assert scaled.answer == "permanent" and "raise its minReplicas" in scaled.text
    kube.kubectl("-n", namespace, "annotate", "deployment/shop", "argocd.argoproj.io/tracking-id=x")
    kept = hands.do("undo", deployment="shop")
    assert kept.answer == "permanent"
    kube.apply(deployment("shop", 3, "shop:2"), namespace=namespace)
    kept = hands.do("undo", deployment="shop")
    assert kept.answer == "permanent" and "Argo CD keeps shop" in kept.text
    assert image(spec(kube, namespace)) == "shop:2"


def test_what_another_object_keeps_is_left_to_it(
    kube: Cluster, namespace: str, hands: Hands
) -> None:
    """A controller that owns a Deployment would undo the change; it is named."""
    kube.kubectl("-n", namespace, "create", "configmap", "rollout")
    owner = kube.get("-n", namespace, "configmap", "rollout")["metadata"]
    wanted = deployment("shop", 1)
    wanted["metadata"]["ownerReferences"] = [
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Rollout",
            "name": "shop",
            "uid": owner["uid"],
            "controller": True,
        }
    ]
    kube.apply(wanted, namespace=namespace)
    for operation, given in (("scale", {"replicas": 5}), ("undo", {"to_revision": 1})):
        kept = hands.do(operation, deployment="shop", **given)
        assert kept.answer == "permanent", kept.text
    assert "belongs to Rollout shop" in hands.do("scale", deployment="shop", replicas=5).text


def test_a_quota_that_is_used_up_is_no_missing_permission(
    kube: Cluster, namespace: str, hands: Hands
) -> None:
    """What admission refuses is told in its own words."""
    kube.kubectl("-n", namespace, "create", "quota", "none", "--hard=count/deployments.apps=1")
    shop(kube, namespace, 1)
    use_up(kube, namespace)
    refused = hands.do("canary", deployment="shop", image="shop:2")
    assert refused.answer == "permanent", refused.text
    assert "the cluster refuses it" in refused.text and "exceeded quota: none" in refused.text


def use_up(kube: Cluster, namespace: str) -> None:
    """What the quota controller would do, which does not run here."""
    counted = {"count/deployments.apps": "1"}
    change = json.dumps({"status": {"hard": counted, "used": counted}})
    given = ("quota", "none", "--subresource=status", "--type=merge", "-p", change)
    kube.kubectl("-n", namespace, "patch", *given)


def test_what_is_read(kube: Cluster, namespace: str, hands: Hands) -> None:
    """Status, rollouts, events; logs say why there are none."""
    shop(kube, namespace)
    stands = hands.do("status", deployment="shop")
    assert stands.answer == "ok" and "3 of 3 ready, revision 1" in stands.text
    assert hands.do("recent_rollout", deployment="shop", within="1h").answer == "ok"
    time.sleep(2)
    assert hands.do("recent_rollout", deployment="shop", within="1s").answer == "false"
    assert "ScalingReplicaSet" in hands.do("events", deployment="shop").text
    assert hands.do("logs", deployment="shop").answer == "ok"


def test_what_goes_wrong_is_named(
    kube: Cluster, namespace: str, hands: Hands, tmp_path: Path
) -> None:
    """No such object, no permission, wrong token, nobody there: each by its name."""
    absent = hands.do("restart", deployment="nowhere")
    assert absent.answer == "permanent" and '"nowhere" not found' in absent.text
    if not kube.port:
        return  # a cluster of one's own has no users of these tests
    for token, word, answer in (
        ("reader", f"reader needs get on deployments in namespace {namespace}", "permanent"),
        ("nonsense", "does not accept these credentials", "permanent"),
    ):
        path = kube.as_user(token, namespace, tmp_path / token)
        canary = Hands(path, namespace, tmp_path).do("canary", deployment="shop", image="x")
        assert canary.answer == answer and word in canary.text, canary.text
        refused = Hands(path, namespace, tmp_path).do("restart", deployment="shop")
        assert refused.answer == answer and word in refused.text, refused.text
    path = replace(kube, port=1).as_user("x", namespace, tmp_path / "gone")
    gone = Hands(path, namespace, tmp_path).do("restart", deployment="shop")
    assert gone.answer == "failed" and "cannot be reached" in gone.text


def test_two_at_once_under_one_key_change_it_once(
    kube: Cluster, namespace: str, hands: Hands
) -> None:
    """The one that comes second sees that the object was changed, and joins."""
    shop(kube, namespace)
    before = spec(kube, namespace)["metadata"]["generation"]
    order = hands.order("restart", "k", deployment="shop")

    async def both(adapter: Kubernetes) -> list[Result]:
        return list(await asyncio.gather(adapter.dispatch(order), adapter.dispatch(order)))

    answers = {each.answer for each in hands.with_adapter(both)}
    assert answers <= {"ok", "failed"} and "ok" in answers
    assert spec(kube, namespace)["metadata"]["generation"] == before + 1
