"""Waiting by watches on a real control plane: through cuts, an absence, and to a judgement."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kubernetes_hands import Hands, shop
from proxy import Proxy
from servers import TOKEN, Cluster, deployment, or_left_out, until

from armada.runtime.adapters.contract import Result

pytestmark = [pytest.mark.servers, pytest.mark.slow]


@pytest.fixture
def proxy(kube: Cluster) -> Iterator[Proxy]:
    with or_left_out():
        found = Proxy(kube.own_port())
    yield found
    found.close()


@pytest.fixture
def hands(kube: Cluster, namespace: str, tmp_path: Path, proxy: Proxy) -> Hands:
    """The adapter, reaching the cluster through the proxy."""
    path = replace(kube, port=proxy.port).as_user(TOKEN, namespace, tmp_path / "through")
    found = Hands(path, namespace, tmp_path / "adapter")
    found.settings = found.settings.model_copy(update={"timeout": "2s"})
    return found


class Asked:
    """An order that is carried out beside the test."""

    def __init__(self, hands: Hands, operation: str, **given: object) -> None:
        self.found: list[Result] = []
        self.took_s = 0.0
        self._thread = threading.Thread(target=self._run, args=(hands, operation, given))
        self._thread.start()

    def _run(self, hands: Hands, operation: str, given: dict[str, object]) -> None:
        began = time.monotonic()
        self.found.append(hands.do(operation, **given))
        self.took_s = time.monotonic() - began

    def result(self) -> Result:
        self._thread.join(60)
        return self.found[0]


def test_one_that_is_well_is_asked_about_a_few_times_only(
    kube: Cluster, namespace: str, hands: Hands, proxy: Proxy
) -> None:
    """A watch is held; nothing is asked once a second."""
    shop(kube, namespace)
    done = hands.do("healthy", deployment="shop", **{"for": "6s", "within": "20s"})
    assert done.answer == "ok" and "well for 6 s" in done.text, done.text
    assert proxy.accepted <= 5


def test_watches_that_are_cut_go_on(
    kube: Cluster, namespace: str, hands: Hands, proxy: Proxy
) -> None:
    """A pod that is replaced after the cut is seen."""
    shop(kube, namespace)
    asked = Asked(hands, "healthy", deployment="shop", **{"for": "5s", "within": "40s"})
    time.sleep(2)
    proxy.cut()
    time.sleep(1)
    kube.kubectl("-n", namespace, "delete", "pod", "-l", "app=shop", "--wait=false")
    found = asked.result()
    assert found.answer == "ok", found.text
    assert asked.took_s > 7.5


def test_a_cluster_that_is_away_is_waited_for(
    kube: Cluster, namespace: str, hands: Hands, proxy: Proxy
) -> None:
    """Longer than a request may take; the time does not count as well, and is told."""
    shop(kube, namespace)
    asked = Asked(hands, "healthy", deployment="shop", **{"for": "4s", "within": "40s"})
    time.sleep(2)
    with proxy.away():
        time.sleep(6)
    found = asked.result()
    assert found.answer == "ok" and "out of sight for" in found.text, found.text
    assert asked.took_s > 11


def test_a_cluster_that_stays_away_is_no_green(
    kube: Cluster, namespace: str, hands: Hands, proxy: Proxy
) -> None:
    """Nor is it a *no*: it may be asked again."""
    shop(kube, namespace)
    asked = Asked(hands, "healthy", deployment="shop", **{"for": "8s", "within": "9s"})
    time.sleep(4)
    with proxy.away():
        found = asked.result()
    assert found.answer == "failed" and "cannot be reached" in found.text, found.text


def test_a_connection_that_died_without_a_word_is_no_green(
    kube: Cluster, namespace: str, hands: Hands, proxy: Proxy
) -> None:
    """Nothing comes through it any more; the last look of its own finds out."""
    shop(kube, namespace)
    asked = Asked(hands, "healthy", deployment="shop", **{"for": "6s", "within": "9s"})
    time.sleep(3)
    with proxy.silent():
        kube.kubectl("-n", namespace, "scale", "deployment/shop", "--replicas=0")
        until(lambda: not kube.get("-n", namespace, "pods")["items"], "no pods")
    found = asked.result()
    assert found.answer != "ok", found.text


def test_a_canary_is_judged_by_the_pods_of_both_sides(
    kube: Cluster, namespace: str, hands: Hands
) -> None:
    """One that is as good passes, one whose pods fail does not, none at all is unknown."""
    shop(kube, namespace)
    given = {"deployment": "shop", "for": "5s"}
    none = hands.do("judge", **given)
    assert none.answer == "unknown" and "0 of 3 pods are canary" in none.text, none.text
    made = hands.do("canary", deployment="shop", image="shop:2", percent=10)
    assert made.text == "1 of 4 replicas have shop:2: 25 %, 10 % were asked for"
    kube.ready("shop-canary", namespace)
    good = hands.do("judge", **given)
    assert good.answer == "ok" and "1 of 4 pods are canary: 25 %" in good.text, good.text
    assert hands.do("abort", deployment="shop").answer == "ok"
    until(lambda: "shop-canary" not in kube.kubectl("-n", namespace, "get", "pods"), "the end")
    hands.do("canary", deployment="shop", image="shop:fails", percent=10)
    kube.ready("shop-canary", namespace)
    bad = hands.do("judge", deployment="shop", **{"for": "8s"})
    assert bad.answer == "false" and "failed pods, the rest nothing" in bad.text, bad.text


def test_a_deployment_that_goes_away_is_not_well(
    kube: Cluster, namespace: str, hands: Hands
) -> None:
    """And is said to be gone."""
    kube.apply(deployment("shop", 1), namespace=namespace)
    kube.ready("shop", namespace)
    asked = Asked(hands, "healthy", deployment="shop", **{"for": "5s", "within": "7s"})
    time.sleep(2)
    kube.kubectl("-n", namespace, "delete", "deployment", "shop")
    found = asked.result()
    assert found.answer == "false" and "there is no shop any more" in found.text, found.text
