"""What takes time: a Deployment that stays well, and a canary judged beside the rest.

Both follow watches and poll nothing. Time during which the cluster is out of sight does not count
as well, and "well" is said only after one more look of its own: a connection that has died without
a word shows nothing, which is not the same as nothing happening.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .arguments import milliseconds
from .contract import Result
from .kubernetes_client import Client, Object, selector
from .kubernetes_health import Look, look, looked
from .kubernetes_judge import Judgement, verdict
from .kubernetes_refusals import Failure
from .kubernetes_sight import Kind, Sight, out_of_sight

T = TypeVar("T")
AGAIN_S = 1.0
CHANGED = "a pod was replaced, restarted, or its readiness changed"


async def healthy(client: Client, given: Mapping[str, Any]) -> Result:
    """Wait until a Deployment was well for the whole time, or the time to wait is over."""
    name, namespace = given["deployment"], given.get("namespace") or client.namespace
    loop = asyncio.get_running_loop()
    until = loop.time() + milliseconds(given.get("within", "5m")) / 1000
    found = await _patiently(until, lambda: client.deployment(name, namespace))
    async with Sight(client, namespace, _kinds(client, found)) as sight:
        return await _Hold(client, name, namespace, given, until, sight).wait()


def _kinds(client: Client, found: Object) -> dict[str, Kind]:
    picked = {"label_selector": selector(found)}
    own = {"field_selector": f"metadata.name={found['metadata']['name']}"}
    return {
        "deployments": Kind(client.apps.list_namespaced_deployment, own),
        "sets": Kind(client.apps.list_namespaced_replica_set, picked),
        "pods": Kind(client.core.list_namespaced_pod, picked),
    }


async def _patiently(until: float, work: Callable[[], T]) -> T:
    """Do it, again and again while that may pass and there is time; raises ``Failure``."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            return await asyncio.to_thread(work)
        except Failure as failure:
            if failure.answer != "failed" or loop.time() + AGAIN_S >= until:
                raise
        await asyncio.sleep(AGAIN_S)


class _Hold:
    """One wait for a Deployment to stay well."""

    def __init__(
        self,
        client: Client,
        name: str,
        namespace: str,
        given: Mapping[str, Any],
        until: float,
        sight: Sight,
    ) -> None:
        self._client, self._name, self._namespace = client, name, namespace
        self._hold_s = milliseconds(given.get("for", "30s")) / 1000
        self._until = until
        self._sight = sight
        self._time = asyncio.get_running_loop().time
        self._since = self._time()
        self._before: Look | None = None
        self._why = "it was not seen yet"

    async def wait(self) -> Result:
        """The answer."""
        while True:
            now = self._time()
            self._follow(self._looked())
            if self._well and now - self._since >= self._hold_s and await self._confirmed():
                text = f"{self._name} was well for {now - self._since:.0f} s"
                return Result("ok", text + out_of_sight(self._sight))
            if now >= self._until:
                return self._not_well()
            due = self._since + self._hold_s if self._well else self._until
            await self._sight.change(min(due, self._until) - now)

    @property
    def _well(self) -> bool:
        return self._before is not None and not self._before.why

    def _looked(self) -> Look:
        if (trouble := self._sight.trouble) is not None:
            return Look(trouble.text, frozenset())
        if not self._sight.whole:
            return Look("it was not seen yet", frozenset())
        found = self._sight.of("deployments")
        if not found:
            return Look(f"there is no {self._name} any more", frozenset())
        return looked(found[0], self._sight.of("sets"), self._sight.of("pods"))

    def _follow(self, found: Look) -> None:
        """Begin anew where it is not well, or not as it was."""
        before = self._before
        changed = before is not None and before.signature != found.signature
        if found.why or changed or not self._well:
            self._since = self._time()
        if found.why or (changed and self._well):
            self._why = found.why or CHANGED
        self._before = found

    async def _confirmed(self) -> bool:
        """One more look, past the watches; what it shows is what counts from now on."""
        try:
            found = await asyncio.to_thread(look, self._client, self._name, self._namespace)
        except Failure as failure:
            if failure.answer != "failed":
                raise
            found = Look(failure.text, frozenset())
            await asyncio.sleep(AGAIN_S)
        same = self._before is not None and found == self._before
        if not same:
            self._since, self._why = self._time(), found.why or CHANGED
        return same

    def _not_well(self) -> Result:
        if (trouble := self._sight.trouble) is not None:
            return Result("failed", trouble.text + out_of_sight(self._sight))
        text = f"{self._name} was not well for {self._hold_s:.0f} s: {self._why}"
        return Result("false", text + out_of_sight(self._sight))


async def judge(client: Client, given: Mapping[str, Any]) -> Result:
    """Watch a canary and the rest for the same time, and say which did worse."""
    name, namespace = given["deployment"], given.get("namespace") or client.namespace
    loop = asyncio.get_running_loop()
    hold_s = milliseconds(given.get("for", "1m")) / 1000
    found = await _patiently(loop.time() + hold_s, lambda: client.deployment(name, namespace))
    pods = Kind(client.core.list_namespaced_pod, {"label_selector": selector(found)})
    judgement = Judgement()
    until = loop.time() + hold_s
    async with Sight(client, namespace, {"pods": pods}) as sight:
        while (left_s := until - loop.time()) > 0:
            seen = await sight.change(left_s)
            if seen and sight.whole:
                if not judgement.begun:
                    until = loop.time() + hold_s
                judgement.see(sight.of("pods"), loop.time())
        if (trouble := sight.trouble) is not None or not judgement.begun:
            text = trouble.text if trouble is not None else "the pods could not be seen in time"
            return Result("failed", text + out_of_sight(sight))
        judgement.see(sight.of("pods"), loop.time())
        answer, text = verdict(judgement, given.get("at_least", 1))
        detail = {"canary": judgement.canary.data(), "rest": judgement.rest.data()}
        return Result(answer, text + out_of_sight(sight), detail=detail)
