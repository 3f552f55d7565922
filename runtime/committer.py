"""The committer: what many runs have to write goes into the journal in one transaction.

While one transaction is being made durable the next one gathers, so a thousand runs cost few
syncs and one run waits for no other. Owns what happens when the journal cannot be written: nothing
is carried out, nothing is lost, it is tried again for a while, and then every run steps back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from .journal import Append, Journal, LeaseLost
from .journal_faults import JournalTrouble

AGAIN_S = 0.5
PATIENCE_S = 60.0
"""How long a journal that cannot be written is tried again before its runs step back."""


class _Waiting(NamedTuple):
    append: Append
    done: asyncio.Future[None]


class Committer:
    """Gathers appends and commits them together; used by one event loop."""

    def __init__(
        self,
        journal: Journal,
        trouble: Callable[[str], None],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._journal = journal
        self._trouble = trouble
        self._patience_s = patience_s
        self._waiting: list[_Waiting] = []
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._writer: asyncio.Task[None] | None = None

    async def commit(self, append: Append) -> None:
        """Return once it is durable; raises ``LeaseLost`` or ``JournalTrouble``."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append(_Waiting(append, done))
        if self._writer is None or self._writer.done():
            self._writer = loop.create_task(self._write_all())
        await asyncio.shield(done)

    async def close(self) -> None:
        """Finish what is being written."""
        if self._writer is not None:
            with suppress(asyncio.CancelledError):
                await self._writer
        self._pool.shutdown(wait=True)

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await self._write(batch)

    async def _write(self, batch: list[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        tried_s = 0.0
        while batch:
            appends = [each.append for each in batch]
            try:
                await loop.run_in_executor(self._pool, self._journal.commit, appends)
            except LeaseLost as lost:
                batch = _without(batch, lost)
            except JournalTrouble as trouble:
                if tried_s == 0.0:
                    self._trouble(
                        f"the journal cannot be written: {trouble}. Nothing further is carried out "
                        f"until it can; trying again for {self._patience_s:.0f} s"
                    )
                if tried_s >= self._patience_s:
                    for each in batch:
                        _fail(each, trouble)
                    return
                tried_s += AGAIN_S
                await asyncio.sleep(AGAIN_S)
            except Exception as error:  # a bug of ours must not leave runs waiting for ever
                for each in batch:
                    _fail(each, error)
                raise
            else:
                if tried_s:
                    self._trouble("the journal can be written again; going on")
                for each in batch:
                    if not each.done.done():
                        each.done.set_result(None)
                return


def _without(batch: list[_Waiting], lost: LeaseLost) -> list[_Waiting]:
    """The rest of a batch once one run has lost its lease."""
    for each in batch:
        if each.append.run == lost.run:
            _fail(each, lost)
    return [each for each in batch if each.append.run != lost.run]


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(error)
