"""What several watches see of a namespace, kept up to date for one that waits.

Owns the picture: objects by kind, whether all kinds have been listed, and for how long the cluster
was out of sight. A picture is a help in waiting, not a proof: who answers "well" looks once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from .kubernetes_client import Client, Object
from .kubernetes_refusals import Failure
from .kubernetes_watch import Seen, Watch


class Kind(NamedTuple):
    """Objects to watch: the method that lists them, and what picks them."""

    method: Callable[..., Any]
    given: dict[str, str]


class Sight:
    """The picture; used within one event loop, ``async with``."""

    def __init__(self, client: Client, namespace: str, kinds: Mapping[str, Kind]) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[tuple[str, Seen]] = asyncio.Queue()
        self._objects: dict[str, dict[str, Object]] = {}
        self._blind: dict[str, Failure] = {}
        self._blind_since = 0.0
        self._blind_s = 0.0
        self._left = set(kinds)
        self._watches = [
            Watch(client, kind.method, namespace, kind.given, self._teller(name))
            for name, kind in kinds.items()
        ]

    async def __aenter__(self) -> Sight:
        for watch in self._watches:
            watch.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for watch in self._watches:
            watch.close()

    def _teller(self, kind: str) -> Callable[[Seen], None]:
        def tell(seen: Seen) -> None:
            with suppress(RuntimeError):  # the loop is gone, and so is whoever waited
                self._loop.call_soon_threadsafe(self._queue.put_nowait, (kind, seen))

        return tell

    # --- what is seen -------------------------------------------------------------------------

    @property
    def whole(self) -> bool:
        """Every kind has been listed."""
        return not self._left

    @property
    def trouble(self) -> Failure | None:
        """Why nothing is seen now."""
        return next(iter(self._blind.values()), None)

    @property
    def blind_s(self) -> float:
        """How long the cluster was out of sight."""
        now_s = self._loop.time() - self._blind_since if self._blind else 0.0
        return self._blind_s + now_s

    def of(self, kind: str) -> list[Object]:
        """The objects of a kind as they are now."""
        return list(self._objects.get(kind, {}).values())

    async def change(self, within_s: float) -> bool:
        """Wait for something to be seen; False where nothing was. Raises what cannot pass."""
        try:
            async with asyncio.timeout(max(0.0, within_s)):
                kind, seen = await self._queue.get()
        except TimeoutError:
            return False
        self._take(kind, seen)
        return True

    def _take(self, kind: str, seen: Seen) -> None:
        if seen.trouble is not None:
            if seen.trouble.answer != "failed":
                raise seen.trouble
            if not self._blind:
                self._blind_since = self._loop.time()
            self._blind[kind] = seen.trouble
            return
        if self._blind.pop(kind, None) is not None and not self._blind:
            self._blind_s += self._loop.time() - self._blind_since
        known = self._objects.setdefault(kind, {})
        if seen.all is not None:
            known.clear()
            known.update((each["metadata"]["uid"], each) for each in seen.all)
            self._left.discard(kind)
        if seen.one is not None:
            uid = seen.one["metadata"]["uid"]
            if seen.gone:
                known.pop(uid, None)
            else:
                known[uid] = seen.one


def out_of_sight(sight: Sight) -> str:
    """What to add to an answer where the cluster was away meanwhile."""
    return f" (the cluster was out of sight for {sight.blind_s:.0f} s)" if sight.blind_s else ""
