"""Telling people of proposals: by the channel that the inbound file names, until it has taken them.

What was told is remembered in the journal file, so a proposal made right before a crash is told
after it. A channel that fails is tried again later and never stops anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .adapters.contract import Message, Surroundings
from .adapters.registry import make
from .adapters.secrets import Secrets
from .carriers import references_in

if TYPE_CHECKING:
    from pathlib import Path

    from .adapters.contract import Adapter
    from .bindings import Connection
    from .journal_alerts import Alerts, Proposal
    from .redaction import Redactor

PAUSE_MS = 30_000
"""How long a channel is left alone after it has failed."""


def channel_of(connection: Connection, folder: Path, root: Path, redactor: Redactor) -> Adapter:
    """The adapter that carries the words; raises ``ValueError`` with a sentence."""
    secrets = Secrets(redactor.remember, root, references_in(connection.settings))
    lent = Surroundings(folder / "adapters" / connection.adapter, secrets.resolve, redactor.redact)
    return make(connection.adapter, connection.settings, lent)


class Notices:
    """Tells of the proposals of one journal."""

    def __init__(
        self,
        alerts: Alerts,
        adapter: Adapter,
        wall_ms: Callable[[], int],
        say: Callable[[str], None],
    ) -> None:
        self._alerts = alerts
        self._adapter = adapter
        self._wall_ms = wall_ms
        self._say = say
        self._not_before_ms = 0

    async def tell(self) -> None:
        """Tell of every open proposal that nobody was told of."""
        now_ms = self._wall_ms()
        if now_ms < self._not_before_ms:
            return
        for each in self._alerts.untold(now_ms):
            result = await self._adapter.send(notice_of(each))
            if result.answer != "ok":
                self._not_before_ms = now_ms + PAUSE_MS
                self._say(f"nobody was told of proposal {each.id}: {result.text or result.answer}")
                return
            self._alerts.told(each.id)

    async def close(self) -> None:
        """Let the channel go."""
        await self._adapter.close()


def notice_of(proposal: Proposal) -> Message:
    """What people are told of a proposal."""
    payload = proposal.payload
    level = payload.get("severity")
    summary, url = str(payload.get("summary", "")), str(payload.get("url", ""))
    lines = (
        summary,
        url,
        f"It is an incident: armada proposals declare {proposal.id}",
        f"It is none: armada proposals dismiss {proposal.id}",
    )
    names = {"title": proposal.title, "status": "proposed", "source": proposal.source}
    return Message(
        kind="notice",
        key=f"proposal/{proposal.id}",
        thread=f"proposal/{proposal.id}",
        to="on-call",
        subject=f"Proposed: {proposal.title}",
        body="\n".join(line for line in lines if line),
        incident=names if level is None else {**names, "severity": str(level)},
        level=level if isinstance(level, int) else 1,
    )
