"""Driving runs from the command line: a host with the terminal, signals and the way out.

Shared by ``run``, ``resume`` and ``serve``. The first Ctrl-C or SIGTERM ends the host in order:
what is being written is finished, nothing more is begun, the run stays in its journal. A second one
ends the process at once, which the journal survives just as well.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exits import Exit
from .inputs import Unreadable, configured
from .watching import Watching

if TYPE_CHECKING:
    from ..runtime.heartbeat import Switch
    from ..runtime.host import Host
    from ..runtime.journal import Journal
    from ..runtime.links import Links
    from ..runtime.people import People
    from ..runtime.redaction import Redactor

Begin = Callable[["Host", Watching], Awaitable[None]]
Beside = Callable[["Host", Watching, asyncio.Event], Awaitable[None]]
"""Something that goes on beside a host until the event is set."""


def drive(
    journal: Journal,
    begin: Begin,
    *,
    redactor: Redactor,
    form: str,
    actor: str = "",
    forever: bool = False,
    everything: bool = False,
    beside: Beside | None = None,
) -> int:
    """Drive what ``begin`` adopts until it is over; returns the exit status.

    ``actor``: who answers the questions that appear here; empty: nobody does.
    """
    several = forever or everything
    watching = Watching(journal.path.parent / "postmortems", form, several)
    beside = _beats(beside, redactor)
    driven = _driven(journal, begin, watching, redactor, actor, forever, everything, beside)
    return asyncio.run(driven)


async def _driven(
    journal: Journal,
    begin: Begin,
    watching: Watching,
    redactor: Redactor,
    actor: str,
    forever: bool,
    everything: bool,
    beside: Beside | None,
) -> int:
    from ..runtime.host import Host

    host = Host(
        journal,
        journal.path.parent,
        watching,
        redactor=redactor,
        people_of=people_of,
        links=links_of(journal),
    )
    told: list[int] = []
    _listen(host, told)
    prompts = None
    try:
        await begin(host, watching)
        if actor and sys.stdin.isatty() and sys.stdout.isatty():
            from .prompting import Prompts

            prompts = Prompts(host, actor)
            prompts.start()
        serving = host.serve(forever=forever, everything=everything)
        await _with(host, watching, beside, serving)
    finally:
        if prompts is not None:
            prompts.close()
        await host.close()
    return _ended(host, watching, told)


async def _with(
    host: Host, watching: Watching, beside: Beside | None, serving: Awaitable[None]
) -> None:
    """Serve, and end what goes on beside it when that is over."""
    if beside is None:
        await serving
        return
    over = asyncio.Event()
    other = asyncio.ensure_future(beside(host, watching, over))
    other.add_done_callback(lambda _: host.stop())
    try:
        await serving
    finally:
        over.set()
        await other


def links_of(journal: Journal) -> Links | None:
    """What makes signed links, where the configuration says under which address they lead here."""
    from ..runtime.adapters.web import urlsplit_or_none
    from ..runtime.links import Links, LinkTrouble, key_of

    base = configured("public_url")
    if base is None:
        return None
    if urlsplit_or_none(base) is None:
        raise Unreadable(f"public_url: {base!r} is no http:// or https:// address")
    try:
        return Links(base, key_of(journal.path.parent / "links.key"))
    except LinkTrouble as trouble:
        raise Unreadable(str(trouble)) from None


def switch() -> Switch | None:
    """The dead-man switch that the configuration or the environment names."""
    from ..dsl.timing import read_duration
    from ..runtime.heartbeat import Switch

    beat = os.environ.get("ARMADA_HEARTBEAT") or configured("heartbeat")
    if not beat:
        return None
    every = configured("heartbeat_every") or "30s"
    every_ms = read_duration(every) or 0
    if not 1_000 <= every_ms <= 86_400_000:
        raise Unreadable(f"heartbeat_every: {every!r} is no duration from 1s to 24h")
    return Switch(beat, configured("heartbeat_done") or "", every_ms)


def _beats(beside: Beside | None, redactor: Redactor) -> Beside | None:
    """The same beside a host, and the beats for its dead-man switch."""
    found = switch()
    if found is None:
        return beside

    async def both(host: Host, watching: Watching, over: asyncio.Event) -> None:
        from ..runtime.adapters.secrets import Secrets
        from ..runtime.heartbeat import Heartbeat

        secrets = Secrets(redactor.remember, Path.cwd())
        heart = Heartbeat(found, host, secrets.resolve, redactor.redact)
        beating = asyncio.ensure_future(heart.keep(over))
        try:
            if beside is not None:
                await beside(host, watching, over)
            else:
                await over.wait()
        finally:
            over.set()
            await beating

    return both


def _listen(host: Host, told: list[int]) -> None:
    """End in order at the first signal; the second one does what it always does."""
    loop = asyncio.get_running_loop()

    def heard(number: int) -> None:
        told.append(number)
        host.stop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(each)

    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, heard, each)


def _ended(host: Host, watching: Watching, told: list[int]) -> int:
    left = [run for run in host.runs if run not in watching.over]
    for run in left:
        if host.lost(run):
            click.echo(f"armada: {host.lost(run)}", err=True)
        else:
            click.echo(f"{run} is in its journal; go on with: armada resume {run}", err=True)
    if told:
        return Exit.INTERRUPTED if told[0] == signal.SIGINT else Exit.WAITING
    if left:
        return Exit.WAITING
    return Exit.DONE if all(w == "resolved" for w in watching.over.values()) else Exit.FINDINGS


def people_of(header: Mapping[str, Any]) -> People | None:
    """The people file of a run, as it is now; one that is gone or wrong is said and left out."""
    path = str(header.get("people") or "")
    if not path:
        return None
    from ..dsl.source import decode
    from ..runtime.people_file import read_people

    try:
        data = Path(path).read_bytes()
    except OSError as error:
        click.echo(f"armada: the people file {path} cannot be read: {error.strerror}", err=True)
        return None
    read = read_people(decode(os.path.relpath(path), data)[0])
    if read.people is None:
        click.echo(f"armada: {path} names no people; `armada who` says why", err=True)
        return None
    return read.people.for_coordinator(header["plan"].get("coordinator"))
