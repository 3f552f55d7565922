"""Doing a thing once under a key, for what happens elsewhere and cannot be looked up.

A claim is on the disk before the request leaves, the answer after it came. Who is given a claimed
key gets the recorded answer; where there is none because the process that claimed it is gone, or
gave up, the outcome is unknown and stays so.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from .contract import Result
from .shell_supervisor import CLAIM, RESULT, boot_id, lives, read_json, started, write_json

POLL_S = 0.1

_busy: set[str] = set()
"""The folders whose work goes on in this process."""


class Once:
    """Claims and answers by key, in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def run(self, key: str, work: Callable[[], Awaitable[Result]]) -> Result | None:
        """The answer of the one time this is done; None where it was begun and has no answer.

        Work that answers ``failed`` has not happened: the key may be used again.
        """
        path = self._path(key)
        if not self._claim(path):
            return await self._joined(path)
        _busy.add(str(path))
        try:
            result = await work()
            # What cannot be noted down stays a claim without an answer: in doubt, not done again.
            with suppress(OSError):
                if result.answer == "failed":
                    (path / CLAIM).unlink()
                elif result.answer != "unknown":
                    write_json(str(path / RESULT), _plain(result))
        finally:
            _busy.discard(str(path))
        return result

    async def happened(self, key: str, until: float) -> bool | None:
        """Whether it was done: False where it was never begun or was refused, None in doubt."""
        path = self._path(key)
        if read_json(str(path / CLAIM)) is None:
            return False
        loop = asyncio.get_running_loop()
        while (result := self._result(path)) is None:
            if not self._goes_on(path) or loop.time() >= until:
                return None
            await asyncio.sleep(POLL_S)
        return result.answer != "permanent"

    async def _joined(self, path: Path) -> Result | None:
        while (result := self._result(path)) is None:
            if not self._goes_on(path):
                return self._result(path)
            await asyncio.sleep(POLL_S)
        return result

    def _claim(self, path: Path) -> bool:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        pid = os.getpid()
        mine = {"pid": pid, "boot": boot_id(), "started": started(pid)}
        return write_json(str(path / CLAIM), mine, exclusive=True)

    def _goes_on(self, path: Path) -> bool:
        claim: Mapping[str, Any] = read_json(str(path / CLAIM)) or {}
        if claim.get("pid") == os.getpid() and claim.get("boot") == boot_id():
            return str(path) in _busy
        return lives(claim)

    def _result(self, path: Path) -> Result | None:
        data = read_json(str(path / RESULT))
        return None if data is None else Result(**data)

    def _path(self, key: str) -> Path:
        return self._root / sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(result: Result) -> dict[str, Any]:
    return {
        "answer": result.answer,
        "text": result.text,
        "values": dict(result.values),
        "facts": dict(result.facts),
        "detail": dict(result.detail),
    }
