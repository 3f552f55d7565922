"""The Slack adapter: messages to an incoming webhook, or by ``chat.postMessage`` with a token.

With a token, the first message of a thread begins one and the others join it; which message that
was is kept on disk. A message that was taken is not sent again under its key. What a message looks
like is known to slack_blocks.py; who answers its button to slack_api.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from pydantic import Field, model_validator

from .arguments import Duration, Given
from .contract import Description, Message, Result, Surroundings
from .messaging import Messenger
from .permissions import Needs, told
from .shell_supervisor import read_json, write_json
from .slack_blocks import blocks, fallback
from .web import Call, Reply, Trouble

PASSING = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "request_timeout"}
)
"""Errors of the API that pass; any other is for a person to mend."""


class Settings(Given):
    """Where messages go: the address of an incoming webhook, or a token and a channel."""

    url: str = Field("", description="The incoming webhook; `env:NAME` or `file:PATH`.")
    token: str = Field("", description="A bot token with chat:write; `env:NAME` or `file:PATH`.")
    channel: str = Field("", description="The channel's name or id, with a token.")
    api: str = Field("https://slack.com/api", description="The API's base address, with a token.")
    interactive: bool = Field(
        False, description="Pages have a button, whose press `armada serve --inbound` is sent."
    )
    timeout: Duration = Field("10s", description="How long sending may take, retries included.")

    @model_validator(mode="after")
    def _one_way(self) -> Settings:
        if bool(self.url) == bool(self.token):
            raise ValueError("give exactly one of url and token")
        if bool(self.token) != bool(self.channel):
            raise ValueError("give token and channel together")
        return self


def _needs(settings: Any) -> Needs:
    needed = (
        f"a bot token with the scope chat:write, its bot a member of {settings.channel}"
        if settings.token
        else "the address of an incoming webhook of the channel; no token"
    )
    buttons = "; interactivity of the app, its request URL leading to /v1/inbound/slack"
    return told(needed + (buttons if settings.interactive else ""))


DESCRIPTION = Description(
    "slack",
    "Messages to Slack and what speaks like it.",
    Settings,
    messages=True,
    needs=_needs,
)


class Slack(Messenger):
    """Posts messages to a channel."""

    NAME = "slack"

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        super().__init__(surroundings, settings.timeout)
        self._settings = settings
        self._folder = surroundings.folder

    @classmethod
    def describe(cls) -> Description:
        """Its settings."""
        return DESCRIPTION

    def _references(self) -> tuple[str, ...]:
        return (self._settings.url, self._settings.token)

    async def send(self, message: Message) -> Result:
        """Post the message, in its thread where there is one."""
        if read_json(str(self._kept("sent", message.key))):
            return Result("ok", "It was taken before")
        try:
            call = self._call(message)
        except LookupError as error:
            return Result("permanent", str(error.args[0]))
        reply = await self._deliver(call)
        refused = self._refused(reply)
        if refused is not None:
            return refused
        said = _answer(reply) if self._settings.token else {"ok": True}
        if said.get("ok") is not True:
            error = str(said.get("error") or "no answer that can be read")[:200]
            word = "failed" if error in PASSING else "permanent"
            return Result(word, self._surroundings.redact(f"Slack refused it: {error}"))
        self._keep(message, said)
        return Result("ok", "Taken by Slack", detail=_place(said))

    def _call(self, message: Message) -> Call:
        secret = self._surroundings.secret
        shown = blocks(message, interactive=self._settings.interactive)
        body: dict[str, Any] = {"text": fallback(message), "blocks": shown}
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if not self._settings.token:
            return Call("POST", secret(self._settings.url), headers, json.dumps(body).encode())
        headers["Authorization"] = f"Bearer {secret(self._settings.token)}"
        body |= {"channel": self._settings.channel, "unfurl_links": False}
        thread = read_json(str(self._kept("threads", message.thread)))
        if thread and thread.get("ts"):
            body |= {"thread_ts": thread["ts"], "reply_broadcast": message.kind == "page"}
        url = self._settings.api.rstrip("/") + "/chat.postMessage"
        return Call("POST", url, headers, json.dumps(body).encode())

    def _keep(self, message: Message, said: Mapping[str, Any]) -> None:
        """Remember that it was sent; a full disk costs a second message, not this one."""
        try:
            thread, sent = self._kept("threads", message.thread), self._kept("sent", message.key)
            for path in (thread, sent):
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if said.get("ts"):
                write_json(str(thread), _place(said), exclusive=True)
            write_json(str(sent), {"sent": True})
        except OSError:
            return

    def _kept(self, kind: str, key: str) -> Path:
        return self._folder / kind / sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _answer(reply: Reply | Trouble) -> dict[str, Any]:
    said = reply.data if isinstance(reply, Reply) else None
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}


def _place(said: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(said[name]) for name in ("ts", "channel") if said.get(name)}
