"""The Kubernetes adapter as a host uses it, and a Deployment to use it on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from servers import Cluster, deployment

from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order, Result, Surroundings
from armada.runtime.adapters.kubernetes import Kubernetes
from armada.runtime.adapters.kubernetes_arguments import DESCRIPTION, Settings


class Hands:
    """The adapter as a host uses it: prepare, dispatch, observe."""

    def __init__(self, kubeconfig: Path, namespace: str, folder: Path) -> None:
        self.settings = Settings(kubeconfig=str(kubeconfig), namespace=namespace)
        self.folder = folder
        self.count = 0

    def order(self, operation: str, key: str = "", /, **given: Any) -> Order:
        self.count += 1
        found = DESCRIPTION.operation(operation)
        effect = found.effect if found else Effect.READ
        return Order("r", "c", key or f"r/{self.count}", operation, given, effect)

    def with_adapter(self, work: Callable[[Kubernetes], Coroutine[Any, Any, Any]]) -> Any:
        async def whole() -> Any:
            lent = Surroundings(self.folder, lambda text: text, lambda text: text)
            adapter = Kubernetes(self.settings, lent)
            try:
                return await work(adapter)
            finally:
                await adapter.close()

        return asyncio.run(whole())

    def do(self, operation: str, key: str = "", /, **given: Any) -> Result:
        order = self.order(operation, key, **given)
        return self.with_adapter(lambda adapter: adapter.dispatch(order))

    def observe(self, operation: str, key: str, /, **given: Any) -> bool | None:
        order = self.order(operation, key, **given)
        return self.with_adapter(lambda adapter: adapter.observe(order))

    def prepare(self, operation: str, key: str = "", /, **given: Any) -> dict[str, Any]:
        order = self.order(operation, key, **given)
        return dict(self.with_adapter(lambda adapter: adapter.prepare(order)))


def shop(kube: Cluster, namespace: str, replicas: int = 3, **labels: str) -> None:
    """A Deployment that is rolled out."""
    kube.apply(deployment("shop", replicas, **labels), namespace=namespace)
    kube.ready("shop", namespace)


def spec(kube: Cluster, namespace: str, name: str = "shop") -> dict[str, Any]:
    """A Deployment as the API has it."""
    found: dict[str, Any] = kube.get("-n", namespace, "deployment", name)
    return found


def image(found: dict[str, Any]) -> str:
    """The image of a Deployment."""
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])
