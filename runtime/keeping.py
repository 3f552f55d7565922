"""What lasts only while it is renewed: renewed while it is wanted, released when it is not.

Owns when that is: until the run is resolved or closed, or the stage of its action is left. Of a
run whose automation a person has ended nothing is touched: it ends by itself. What is kept stands
in the journal, so the next host goes on; where there is none, nothing outlives its own time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Literal

from .kernel.index import index_of
from .view import Kept, RunView
from .workshop import Workshop

RENEWALS = 3
"""How often something is renewed in the time it lasts: two renewals may fail."""
Wanted = Literal["keep", "release", "leave"]


def wanted(view: RunView, kept: Kept) -> Wanted:
    """What is to be done about something that is kept."""
    control = view.state.control
    if control.phase != "open":
        return "release"
    if kept.until == "stage":
        stage = control.stages.get(index_of(view.plan).actions[kept.command.action].stage.id)
        if stage is None or stage.status not in ("running", "blocked"):
            return "release"
    return "leave" if control.ended else "keep"


class Keeping:
    """Renews and releases what one run keeps, beside its loop."""

    def __init__(
        self,
        view: RunView,
        workshop: Workshop,
        spawn: Callable[[str, Coroutine[Any, Any, None]], asyncio.Task[None]],
        still_mine: Callable[[], Coroutine[Any, Any, None]],
        note: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._view = view
        self._workshop = workshop
        self._spawn = spawn
        self._still_mine = still_mine
        self._note = note
        self._old = frozenset(view.kept)
        self._renewing: dict[str, asyncio.Task[None]] = {}
        self._releasing: set[str] = set()

    def look(self) -> None:
        """Begin what has to be renewed, and end what need not be any more."""
        for name, kept in self._view.kept.items():
            what = wanted(self._view, kept)
            if what == "keep" and name not in self._releasing:
                if name not in self._renewing:
                    self._renewing[name] = self._spawn(f"keep:{name}", self._renew(name, kept))
                continue
            task = self._renewing.pop(name, None)
            if task is not None:
                task.cancel()
            if what == "release" and name not in self._releasing:
                self._releasing.add(name)
                self._spawn(f"release:{name}", self._release(name, kept))

    async def _renew(self, name: str, kept: Kept) -> None:
        """Renew at once where another host had kept it, and then again and again."""
        pause_s = kept.lasts_ms / RENEWALS / 1000
        waited, failing = name not in self._old, False
        while True:
            if waited:
                await asyncio.sleep(pause_s)
            waited = True
            await self._still_mine()
            result = await self._workshop.renew(kept.command, kept.lasts_ms)
            if result.answer == "permanent":
                self._told(name, f"{kept.command.action} is not renewed: {result.text}", over=True)
                return
            if (result.answer != "ok") is not failing:
                failing = not failing
                words = f"cannot be renewed: {result.text}" if failing else "is renewed again"
                self._told(name, f"{kept.command.action} {words}")

    async def _release(self, name: str, kept: Kept) -> None:
        await self._still_mine()
        result = await self._workshop.release(kept.command)
        text = f"{kept.command.action}: {result.text}"
        if result.answer != "ok":
            text += f"; it ends by itself within {kept.lasts_ms / 1000:g} s"
        self._told(name, text, over=True)

    def _told(self, name: str, text: str, over: bool = False) -> None:
        by = self._workshop.instance_of(self._view.kept[name].command)
        self._note({"what": "kept", "by": by, "of": name, "over": over, "text": text})
