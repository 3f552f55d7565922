"""The Helm adapter: the real program against a real control plane."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from kubernetes_hands import Hands as KubernetesHands
from servers import Cluster, or_left_out, program

from armada.runtime.adapters.contract import Order, Result, Surroundings
from armada.runtime.adapters.helm import Helm, Revision, good_before
from armada.runtime.adapters.helm_arguments import DESCRIPTION, Settings

pytestmark = [pytest.mark.servers, pytest.mark.slow]
TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: 2
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers: [{name: main, image: "{{ .Values.image }}"}]
      {{ if .Values.never }}nodeSelector: {no: such}{{ end }}
"""


class Hands:
    """The adapter as a host uses it, and helm as a person does."""

    def __init__(self, kube: Cluster, namespace: str, folder: Path) -> None:
        self.kube, self.namespace, self.folder = kube, namespace, folder
        self.chart = folder / "chart"
        (self.chart / "templates").mkdir(parents=True)
        (self.chart / "Chart.yaml").write_text("{apiVersion: v2, name: shop, version: 1.0.0}\n")
        (self.chart / "values.yaml").write_text("image: shop:1\n")
        (self.chart / "templates/deployment.yaml").write_text(TEMPLATE)
        self.settings = Settings(
            program=program("helm"), kubeconfig=str(kube.kubeconfig), namespace=namespace
        )

    def helm(self, *args: str) -> str:
        command = [self.settings.program, *args, "--kubeconfig", self.settings.kubeconfig]
        done = subprocess.run(
            [*command, "-n", self.namespace], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def install(self) -> None:
        self.helm("install", "shop", str(self.chart), "--wait")

    def image(self) -> str:
        found = self.kube.get("-n", self.namespace, "deployment", "shop")
        return str(found["spec"]["template"]["spec"]["containers"][0]["image"])

    def order(self, operation: str, key: str, given: dict[str, Any]) -> Order:
        found = DESCRIPTION.operation(operation)
        assert found is not None
        return Order("r", "c", key, operation, given, found.effect)

    def adapter(self, **settings: Any) -> Helm:
        stated = self.settings.model_copy(update=settings)
        lent = Surroundings(self.folder / "adapter", lambda text: text, lambda text: text)
        return Helm(stated, lent)

    def run(self, work: Callable[[Helm], Coroutine[Any, Any, Any]], **settings: Any) -> Any:
        return asyncio.run(work(self.adapter(**settings)))

    def do(self, operation: str, key: str, /, **given: Any) -> Result:
        order = self.order(operation, key, given)
        result: Result = self.run(lambda helm: helm.dispatch(order))
        return result


@pytest.fixture
def hands(kube: Cluster, namespace: str, tmp_path: Path) -> Hands:
    with or_left_out():
        return Hands(kube, namespace, tmp_path)


def test_a_rollback_goes_to_a_good_revision_and_is_done_once(hands: Hands) -> None:
    """Asked for twice it does not bring the bad release back."""
    hands.install()
    hands.helm("upgrade", "shop", str(hands.chart), "--set", "image=shop:bad", "--wait")
    given = {"release": "shop", "wait": "30s"}
    order = hands.order("rollback", "k1", given)
    assert hands.run(lambda helm: helm.observe(order)) is False
    shown = hands.run(lambda helm: helm.prepare(order))
    assert (shown["from_revision"], shown["to_revision"]) == (2, 1)
    done = hands.do("rollback", "k1", **given)
    assert done.answer == "ok" and "made revision 3" in done.text, done.text
    assert hands.image() == "shop:1"
    again = hands.do("rollback", "k1", **given)
    assert again.answer == "ok" and "made revision 3" in again.text
    assert hands.run(lambda helm: helm.observe(order)) is True
    second = hands.do("rollback", "k2", **given)
    assert second.answer == "ok" and hands.image() == "shop:1", second.text
    assert "deployed" in hands.do("status", "k3", release="shop").text


def test_a_release_that_moved_on_is_left_alone(hands: Hands) -> None:
    """What was approved was another situation."""
    hands.install()
    hands.helm("upgrade", "shop", str(hands.chart), "--set", "image=shop:bad", "--wait")
    given = {"release": "shop", "to_revision": 1, "from_revision": 2}
    hands.helm("upgrade", "shop", str(hands.chart), "--set", "image=shop:3", "--wait")
    refused = hands.do("rollback", "k", **given)
    assert refused.answer == "permanent" and "is at revision 3 by now" in refused.text
    assert hands.image() == "shop:3"


def test_an_upgrade_is_known_by_its_key(hands: Hands) -> None:
    """Values are texts, whatever is in them."""
    hands.install()
    given = {"release": "shop", "chart": str(hands.chart), "values": {"image": "shop:2,x=$(id)"}}
    done = hands.do("upgrade", "k", **given, wait="30s")
    assert done.answer == "ok", done.text
    assert hands.image() == "shop:2,x=$(id)"
    assert "made revision 2" in hands.do("upgrade", "k", **given, wait="30s").text
    order = hands.order("upgrade", "k", given)
    assert hands.run(lambda helm: helm.observe(order)) is True


def test_a_host_killed_during_a_rollback_finds_it_done(hands: Hands) -> None:
    """helm goes on without Armada; whoever comes next waits for it and repeats nothing."""
    hands.install()
    hands.helm("upgrade", "shop", str(hands.chart), "--set", "image=shop:bad", "--wait")
    given = {"release": "shop", "wait": "30s"}
    child = os.fork()
    if not child:
        hands.do("rollback", "k", **given)
        os._exit(0)
    order = hands.order("rollback", "k", given)
    end = time.monotonic() + 20
    while not list((hands.folder / "adapter").glob("*.json")):
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.3)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    time.sleep(1)
    assert hands.run(lambda helm: helm.observe(order)) is True
    done = hands.do("rollback", "k", **given)
    assert done.answer == "ok", done.text
    assert hands.image() == "shop:1"
    assert hands.helm("history", "shop", "--output", "json").count('"revision"') == 3


def test_a_host_that_is_told_to_stop_leaves_helm_to_finish(hands: Hands) -> None:
    """Ctrl-C ends the host at once, and half a rollback helps nobody."""
    hands.install()
    hands.helm("upgrade", "shop", str(hands.chart), "--set", "image=shop:bad", "--wait")
    given = {"release": "shop", "wait": "30s"}
    order = hands.order("rollback", "k", given)

    async def stopped(helm: Helm) -> None:
        work = asyncio.ensure_future(helm.dispatch(order))
        while not list((hands.folder / "adapter").glob("*.json")):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        work.cancel()

    hands.run(stopped)
    assert hands.run(lambda helm: helm.observe(order)) is True
    assert hands.image() == "shop:1"


def test_a_release_that_a_killed_helm_left_pending_is_named_with_its_way_out(hands: Hands) -> None:
    """Nothing is done to it; by the line that is told it is free again, and the rollback goes."""
    hands.install()
    never = ("--set", "image=shop:slow", "--set", "never=true", "--wait", "--timeout", "60s")
    command = [hands.settings.program, "upgrade", "shop", str(hands.chart), *never]
    command += ["--kubeconfig", hands.settings.kubeconfig, "-n", hands.namespace]
    left = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while "pending-upgrade" not in hands.helm("history", "shop"):
        assert time.monotonic() < end
        time.sleep(0.1)
    left.kill()
    left.wait()
    refused = hands.do("rollback", "k", release="shop", wait="30s")
    assert refused.answer == "failed", refused.text
    assert "another operation (install/upgrade/rollback) is in progress, or was killed" in (
        refused.text
    )
    assert "`helm rollback shop 1` frees it" in refused.text
    hands.helm("rollback", "shop", "1", "--wait")
    hands.helm("upgrade", "shop", str(hands.chart), "--set", "image=shop:bad", "--wait")
    done = hands.do("rollback", "k2", release="shop", wait="30s")
    assert done.answer == "ok" and hands.image() == "shop:1", done.text


def test_a_release_and_its_deployment_are_kept_apart_by_one_name(
    hands: Hands, kube: Cluster, namespace: str
) -> None:
    """However a binding spells them: by the context's namespace, or by a stated one."""
    hands.install()
    release = hands.run(lambda helm: helm.locks(hands.order("rollback", "k", {"release": "shop"})))
    stated = {"release": "shop", "namespace": namespace}
    other = hands.run(
        lambda helm: helm.locks(hands.order("upgrade", "k", stated)), namespace="elsewhere"
    )
    assert release == other and len(release) == 1
    of = KubernetesHands(kube.kubeconfig, "elsewhere", hands.folder)
    order = of.order("scale", deployment="shop", namespace=namespace, replicas=3)
    names = of.with_adapter(lambda adapter: adapter.locks(order))
    server = release[0].partition(" at ")[2]
    assert names == (f"deployment {namespace}/shop at {server}", *release)
    assert server.startswith("https://") and f"release {namespace}/shop" in release[0]


def test_what_goes_wrong_is_named(hands: Hands) -> None:
    """No such release, nothing earlier, no program, no cluster."""
    absent = hands.do("rollback", "k", release="nothing")
    assert absent.answer == "permanent" and "release: not found" in absent.text
    hands.install()
    first = hands.do("rollback", "k", release="shop")
    assert first.answer == "permanent" and "no earlier revision that worked" in first.text
    order = hands.order("status", "k", {"release": "shop"})
    gone = hands.run(lambda helm: helm.dispatch(order), program="/nowhere/helm")
    assert gone.answer == "permanent" and "cannot be started" in gone.text
    checks = hands.run(lambda helm: helm.check(), program="/nowhere/helm")
    assert not checks[0].ok and "program /nowhere/helm" in checks[0].what
    assert all(check.ok for check in hands.run(lambda helm: helm.check()))


def test_which_revision_is_good() -> None:
    """Not the newest, not a failed one, not one that was rolled back from."""
    old, bad = Revision(1, "superseded", "", "Install"), Revision(2, "superseded", "", "Upgrade")
    back = Revision(3, "deployed", "", "Rollback to 1")
    assert good_before([old, bad]) == 1
    assert good_before([old, bad, back]) == 1
    failed = Revision(4, "failed", "", "Upgrade")
    assert good_before([old, bad, back._replace(status="superseded"), failed]) == 3
    with pytest.raises(ValueError, match="no earlier revision"):
        good_before([old])
