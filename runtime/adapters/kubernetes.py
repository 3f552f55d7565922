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
from .contract import Check, Description, Message, Order, Result, Surroundings, Use
from .kubernetes_arguments import CHANGES, DESCRIPTION, Settings
from .kubernetes_client import MISSING, Client, installed
from .kubernetes_foresight import objects, permitted, reached, wanted
from .kubernetes_locks import names_of
from .kubernetes_marks import happened
from .kubernetes_permissions import access, canary_name
from .kubernetes_refusals import Failure
from .kubernetes_waits import healthy, judge
from .kubernetes_work import WORK, prepared
from .permissions import explained, is_open

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
        """The cluster answers these credentials; any user may ask what it is asked."""
        if not installed():
            return (Check(False, "package kubernetes", MISSING),)
        try:
            return await self._with(reached)
        except Failure as failure:
            help = "see kubeconfig and context, and whether its credentials are still valid"
            return (Check(False, f"the cluster: {failure.text}", help),)

    async def foresee(self, uses: tuple[Use, ...]) -> tuple[Check, ...]:
        """The namespaces and objects are there, and everything that will be done is permitted."""
        fixed = tuple(use for use in uses if not is_open(use.arguments.get("namespace")))
        try:
            needed, _ = wanted(DESCRIPTION, self._settings, fixed, {})
            rights = await self._with(lambda client: permitted(client, needed))
            return (*rights, *await self._with(lambda client: objects(client, fixed)))
        except (Failure, ValueError) as error:
            return (Check(False, f"the cluster: {error}", "see the bindings, and try again"),)

    async def prepare(self, order: Order) -> Mapping[str, Any]:
        """The arguments with numbers for differences, and a revision for *the one before*."""
        try:
            return await self._with(
                lambda c: prepared(c, order.operation, order.arguments, order.key)
            )
        except Failure as failure:
            kind = ConnectionError if failure.answer == "failed" else ValueError
            raise kind(self._explained(failure, order)) from None

    async def locks(self, order: Order) -> tuple[str, ...]:
        """The object, where it is, and the release that it belongs to."""
        if order.operation not in CHANGES:
            return ()
        try:
            return await self._with(lambda c: names_of(c, order.operation, order.arguments))
        except Failure as failure:
            kind = ConnectionError if failure.answer == "failed" else ValueError
            raise kind(failure.text) from None

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
            text = self._explained(failure, order)
            return Result(failure.answer, self._surroundings.redact(text))
        except ValueError as error:
            return Result("permanent", self._surroundings.redact(str(error.args[0])))

    async def try_out(self, order: Order) -> Result:
        """The same request with ``dryRun=All``: admission, quotas and rights have their say."""
        try:
            return await asyncio.to_thread(self._tried, order)
        except Failure as failure:
            word = "permanent" if failure.answer == "permanent" else "failed"
            return Result(word, self._surroundings.redact(self._explained(failure, order)))
        except ValueError as error:
            return Result("permanent", self._surroundings.redact(str(error.args[0])))

    def _tried(self, order: Order) -> Result:
        model = DESCRIPTION.operation(order.operation)
        given = validated(model.arguments, order.arguments, order.operation) if model else None
        plain = given.model_dump(by_alias=True, exclude_none=True) if given else {}
        client = self._made(trying=True)
        try:
            return self._work(client, order, plain)
        finally:
            client.close()

    def _explained(self, failure: Failure, order: Order) -> str:
        """What went wrong; a refusal with the line of the table that it is about."""
        namespace = self._client.namespace if self._client else self._settings.namespace
        needed = access(order.operation, order.arguments, namespace)
        return explained(failure.text, f"kubernetes.{order.operation}", needed)

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
                self._client = self._made()
            return work(self._client)

        return await asyncio.to_thread(whole)

    def _made(self, *, trying: bool = False) -> Client:
        stated = self._settings
        timeout_s = milliseconds(stated.timeout) / 1000
        where = (stated.kubeconfig, stated.context, stated.namespace)
        return Client(*where, timeout_s, trying=trying)


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
