"""People inside a host's own loop: every request is answered as soon as it is there."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from responder import payload_of

from armada.runtime.desk import requests
from armada.runtime.host import Host


async def answer_all(host: Host) -> None:
    """Answer whatever waits, each request once, until cancelled."""
    told: set[str] = set()
    while True:
        for run, live in list(host.runs.items()):
            control = live.view.state.control
            if control.told and not control.acknowledged and f"{run} ack" not in told:
                told.add(f"{run} ack")
                host.journal.put(run, {"verb": "ack", "by": "ada", "via": "cli"}, 0)
            for request in requests(live.view, live.carriers):
                name = (
                    f"{run} {request.id} {request.command_id} {request.digest} {request.since_ms}"
                )
                if request.waits and name not in told:
                    told.add(name)
                    by = "grace" if request.form == "vote" else "ada"
                    letter = {"by": by, "via": "cli", **payload_of(request)}
                    host.journal.put(run, letter, 0)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.01)
