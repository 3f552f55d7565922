"""The Kubernetes adapter: the official client, imported when the adapter is first used.

Owns what becomes of an order. Every change is written down on the object it changes, in the same
patch, so that after a crash ``observe`` knows without a person whether it was made, and one key
changes nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from .arguments import milliseconds, validated
from .cancelling import Cancelling
from .contract import Check, Description, Message, Order, Result, Surroundings
from .kubernetes_arguments import CHANGES, DESCRIPTION, Settings
from .kubernetes_client import MISSING, Client, installed
from .kubernetes_marks import happened
from .kubernetes_refusals import Failure
from .kubernetes_waits import healthy, judge
from .kubernetes_work import WORK, canary_name, prepared

T = TypeVar("T")
WAITS: Mapping[str, Callable[[Client, Mapping[str, Any]], Coroutine[Any, Any, Result]]] = {
    "healthy": healthy,
    "judge": judge,
}


class Kubernetes:
    """Changes and reads Deployments and flags."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._client: Client | None = None
        self._waiting = Cancelling()

    @classmethod
    def describe(cls) -> Description:
        """Its operations and settings."""
        return DESCRIPTION

    async def check(self) -> tuple[Check, ...]:
        """The cluster answers these credentials, and the namespace is there."""
        if not installed():
            return (Check(False, "package kubernetes", MISSING),)
        try:
            namespace = await self._with(lambda client: client.namespace)
            await self._with(lambda c: c.call(c.core.list_namespaced_pod, namespace, limit=1))
        except Failure as failure:
            help = "see kubeconfig, context, namespace and the role of its user"
            return (Check(False, f"the cluster: {failure.text}", help),)
        return (Check(True, f"the cluster, namespace {namespace}"),)

    async def prepare(self, order: Order) -> Mapping[str, Any]:
        """The arguments with numbers for differences, and a revision for *the one before*."""
        try:
            return await self._with(
                lambda c: prepared(c, order.operation, order.arguments, order.key)
            )
        except Failure as failure:
            if failure.answer == "failed":
                raise ConnectionError(failure.text) from None
            raise ValueError(failure.text) from None

    async def dispatch(self, order: Order) -> Result:
        """Carry the order out; under a key that was carried out before, nothing changes."""
        operation = DESCRIPTION.operation(order.operation)
        if operation is None:
            return Result("permanent", f"kubernetes has no operation {order.operation!r}")
        try:
            given = validated(operation.arguments, order.arguments, order.operation)
            plain = given.model_dump(by_alias=True, exclude_none=True)
            if (wait := WAITS.get(order.operation)) is not None:
                client = await self._with(lambda c: c)
                found = await self._waiting.run(order.key, wait(client, plain))
                return found or Result("failed", "nobody waited for it any more")
            return await self._with(lambda c: self._work(c, order, plain))
        except Failure as failure:
            return Result(failure.answer, self._surroundings.redact(failure.text))
        except ValueError as error:
            return Result("permanent", self._surroundings.redact(str(error.args[0])))

    def _work(self, client: Client, order: Order, given: Mapping[str, Any]) -> Result:
        whole = prepared(client, order.operation, given, order.key)
        return WORK[order.operation](client, whole, order.key)

    async def observe(self, order: Order) -> bool | None:
        """Whether the change of this key is written on its object; None where it cannot be seen."""
        if order.operation not in CHANGES or not order.arguments:
            return None
        try:
            return await self._with(lambda c: _observed(c, order))
        except Failure:
            return None

    async def cancel(self, key: str) -> None:
        """Wait no longer; a change that was sent is not taken back."""
        self._waiting.cancel(key)

    async def send(self, message: Message) -> Result:
        """It carries no messages."""
        return Result("permanent", "The kubernetes adapter carries no messages")

    async def close(self) -> None:
        """Let the connections go."""
        self._waiting.close()
        if self._client is not None:
            self._client.close()

    async def _with(self, work: Callable[[Client], T]) -> T:
        """Do something with the client in a thread of its own; raises ``Failure``."""

        def whole() -> T:
            if self._client is None:
                stated = self._settings
                timeout_s = milliseconds(stated.timeout) / 1000
                self._client = Client(
                    stated.kubeconfig, stated.context, stated.namespace, timeout_s
                )
            return work(self._client)

        return await asyncio.to_thread(whole)


def _observed(client: Client, order: Order) -> bool | None:
    given = order.arguments
    namespace = str(given.get("namespace") or client.namespace)
    if order.operation == "flag":
        method = client.core.read_namespaced_config_map
        return happened(client.call(method, given["config_map"], namespace), order.key)
    name = str(given["deployment"])
    if order.operation not in ("canary", "abort"):
        return happened(client.deployment(name, namespace), order.key)
    try:
        found = client.deployment(canary_name(name), namespace)
    except Failure as failure:
        if failure.status != 404:
            raise
        return order.operation == "abort"
    return happened(found, order.key) if order.operation == "canary" else False
