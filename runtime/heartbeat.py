"""Beats for an outside dead-man switch, so that a host which dies is missed by somebody.

While this host drives a run that is open, the switch's address is asked for again and again; when
no run of the journal is open any more, the address that sets the switch at rest. A host that is
stopped or killed with open runs says nothing, and that is what the switch is for. A beat that
fails is noted in the runs, once until it succeeds again, and never stops anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from .adapters.web import Call, Reply, Trouble, Web, host
from .journal_faults import JournalTrouble

if TYPE_CHECKING:
    from .host import Host

LOOK_S, PATIENCE_S = 0.5, 10.0


class Switch(NamedTuple):
    """An outside switch: the addresses, as values or references, and how often it is beaten."""

    beat: str
    done: str = ""
    every_ms: int = 30_000


class Heartbeat:
    """Beats for the runs of one host; ``secret`` resolves references."""

    def __init__(
        self,
        switch: Switch,
        driver: Host,
        secret: Callable[[str], str],
        redact: Callable[[str], str],
    ) -> None:
        self._switch = switch
        self._driver = driver
        self._secret = secret
        self._redact = redact
        self._web = Web()
        self._failing = False
        self._beating = False

    async def keep(self, stopping: asyncio.Event) -> None:
        """Beat until told to stop, and set the switch at rest where no run is left open."""
        due_s, loop = 0.0, asyncio.get_running_loop()
        try:
            while not stopping.is_set():
                runs = self._driven()
                if runs and loop.time() >= due_s:
                    due_s = loop.time() + self._switch.every_ms / 1000
                    await self._beat(runs, stopping)
                elif not runs and self._beating:
                    await self._rest()
                    due_s = 0.0
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await stopping.wait()
            await self._rest()
        finally:
            await self._web.close()

    def _driven(self) -> tuple[str, ...]:
        """The open runs that this host drives."""
        runs = self._driver.runs.items()
        return tuple(r for r, live in runs if not live.finished and not self._driver.lost(r))

    async def _beat(self, runs: Sequence[str], stopping: asyncio.Event) -> None:
        self._beating = True
        asking = asyncio.ensure_future(self._ask(self._switch.beat))
        stopped = asyncio.ensure_future(stopping.wait())
        await asyncio.wait({asking, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not asking.done():
            asking.cancel()
            return
        trouble = asking.result()
        if trouble and not self._failing:
            self._note(runs, f"the dead-man switch cannot be beaten: {trouble}; it may raise alarm")
        elif not trouble and self._failing:
            self._note(runs, "the dead-man switch is beaten again")
        self._failing = bool(trouble)

    async def _rest(self) -> None:
        """Set the switch at rest, where it was beaten and no run of the journal is open."""
        if not self._beating or self._driver.journal.runs(open_only=True):
            return
        self._beating = False
        trouble = await self._ask(self._switch.done) if self._switch.done else ""
        if trouble:
            self._driver.watcher.trouble(f"the dead-man switch cannot be set at rest: {trouble}")

    async def _ask(self, reference: str) -> str:
        """Ask for an address; what went wrong, empty where nothing did."""
        try:
            address = self._secret(reference)
        except LookupError as error:
            return str(error.args[0])
        said = await self._web.call(Call("GET", address, timeout_s=PATIENCE_S))
        if isinstance(said, Trouble):
            return self._redact(said.reason)
        return self._refusal(said, address)

    def _refusal(self, reply: Reply, address: str) -> str:
        if 200 <= reply.status < 300:
            return ""
        return self._redact(f"{host(address)} answers HTTP {reply.status}")

    def _note(self, runs: Sequence[str], text: str) -> None:
        self._driver.watcher.trouble(text)
        letter = {"verb": "note", "text": text, "by": "armada", "via": "heartbeat"}
        for run in runs:
            with suppress(JournalTrouble):  # it is said where the run itself is written
                self._driver.journal.put(run, letter, self._driver.clock.wall_ms())
