"""Questions where a run is watched: shown when they come, answered by typing.

An answer typed here goes the same way as one from any other terminal: as a letter through the
journal's inbox, so what is said here is as durable and as checked.
"""

from __future__ import annotations

import asyncio
import shlex
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..runtime.host import Host
    from ..runtime.request import Request

LOOK_S = 0.2
WORDS = {"y": "yes", "n": "no"}


class Prompts:
    """Asks one question at a time, of the runs that a host drives."""

    def __init__(self, host: Host, actor: str) -> None:
        self._host = host
        self._actor = actor
        self._asked: tuple[str, Request] | None = None
        self._put_off: dict[str, None] = {}
        self._sent: list[int] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to ask."""
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._typed)
        self._task = asyncio.create_task(self._ask())

    def close(self) -> None:
        """Ask no more."""
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        if self._task is not None:
            self._task.cancel()

    def _acknowledge(self) -> bool:
        """Acknowledge the first run in which that is still to be done."""
        for run, live in self._host.runs.items():
            control = live.view.state.control
            if control.told and not control.acknowledged:
                self._send(run, {"verb": "ack"})
                return True
        return False

    def _send(self, run: str, payload: dict[str, Any]) -> None:
        letter = {**payload, "by": self._actor, "via": "terminal"}
        self._sent.append(self._host.journal.put(run, letter, self._host.clock.wall_ms()))

    async def _ask(self) -> None:
        while True:
            self._read_verdicts()
            found = self._open()
            if self._asked is not None and not any(
                run == self._asked[0]
                and request.id == self._asked[1].id
                and request.digest == self._asked[1].digest
                for run, request in found
            ):
                self._asked = None
            if self._asked is None:
                fresh = [each for each in found if _name(each) not in self._put_off]
                if fresh:
                    self._asked = fresh[0]
                    self._show(*fresh[0], len(fresh) - 1)
            await asyncio.sleep(LOOK_S)

    def _open(self) -> list[tuple[str, Request]]:
        from ..runtime.desk import requests

        return [
            (run, request)
            for run, live in self._host.runs.items()
            for request in requests(live.view, live.carriers)
            if request.waits
        ]

    def _show(self, run: str, request: Request, more: int) -> None:
        for line in request.detail:
            click.echo(f"    {line}")
        others = f"  [{more} more]" if more else ""
        asked = ", ".join(request.to)
        question = click.style(f"? {request.question}", bold=True)
        click.echo(f"{question}  ({run}; asks {asked}){others}")
        click.echo(f"  {request.answer}; an empty line puts it off, ack acknowledges")

    def _typed(self) -> None:
        line = sys.stdin.readline()
        if not line:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            return
        text = line.strip()
        if text == "ack" and self._acknowledge():
            return
        if self._asked is None:
            return
        run, request = self._asked
        if not text:
            self._put_off[_name(self._asked)] = None
            self._asked = None
            return
        payload = letter_of(request, text)
        if payload is None:
            click.echo(f"  {request.answer}")
            return
        self._send(run, payload)
        self._asked = None
        self._put_off[_name((run, request))] = None

    def _read_verdicts(self) -> None:
        for number in list(self._sent):
            letter = self._host.journal.letter(number)
            if letter is None or not letter.verdict:
                continue
            self._sent.remove(number)
            if letter.verdict == "refused":
                click.echo(f"  refused: {letter.reason}", err=True)
                self._put_off.clear()


def letter_of(request: Request, text: str) -> dict[str, Any] | None:
    """The letter that a typed line makes; None where it answers nothing."""
    if request.form == "vote":
        word = {"y": "approve", "yes": "approve", "n": "reject", "no": "reject"}.get(
            text.lower(), text.lower()
        )
        if word not in ("approve", "reject"):
            return None
        return {"verb": word, "action": request.subject, "digest": request.digest}
    payload: dict[str, Any] = {"verb": "answer", "request": request.id}
    if request.form != "fields":
        return {**payload, "answer": WORDS.get(text.lower(), text)}
    try:
        parts = shlex.split(text)
    except ValueError:
        return None
    pairs = [part.partition("=") for part in parts]
    if not all(equals for _, equals, _ in pairs):
        return None
    return {**payload, "fields": {name: value for name, _, value in pairs}}


def _name(asked: tuple[str, Request]) -> str:
    run, request = asked
    return f"{run} {request.id} {request.digest}"
