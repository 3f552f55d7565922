"""The Slack adapter: messages to an incoming webhook, or by ``chat.postMessage`` with a token.

Owns the message's shape: blocks within Slack's limits, and the fallback text that notifications
show. Text of ours never becomes markup: ``&``, ``<`` and ``>`` are escaped, as Slack asks. With a
token, the first message of a thread begins one and the others join it; which message that was is
kept on disk. A message that was taken is not sent again under its key.
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
from .messaging import Messenger, sendable, shortened
from .permissions import Needs, told
from .shell_supervisor import read_json, write_json
from .web import Call

HEADER_MOST, SECTION_MOST, TEXT_MOST, SECTIONS_MOST = 150, 3_000, 4_000, 40
ICONS: Mapping[str, str] = {
    "page": ":rotating_light:",
    "question": ":question:",
    "approval": ":ballot_box_with_check:",
    "task": ":memo:",
    "document": ":page_facing_up:",
    "resolved": ":white_check_mark:",
}
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
    timeout: Duration = Field("10s", description="How long sending may take, retries included.")

    @model_validator(mode="after")
    def _one_way(self) -> Settings:
        if bool(self.url) == bool(self.token):
            raise ValueError("give exactly one of url and token")
        if bool(self.token) != bool(self.channel):
            raise ValueError("give token and channel together")
        return self


def _needs(settings: Any) -> Needs:
    if settings.token:
        return told(
            f"a bot token with the scope chat:write, its bot a member of {settings.channel}"
        )
    return told("the address of an incoming webhook of the channel; no token")


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
        said = _answer(getattr(reply, "text", "")) if self._settings.token else {"ok": True}
        if said.get("ok") is not True:
            error = str(said.get("error") or "no answer that can be read")[:200]
            word = "failed" if error in PASSING else "permanent"
            return Result(word, self._surroundings.redact(f"Slack refused it: {error}"))
        self._keep(message, said)
        return Result("ok", "Taken by Slack", detail=_place(said))

    def _call(self, message: Message) -> Call:
        secret = self._surroundings.secret
        body: dict[str, Any] = {"text": fallback(message), "blocks": blocks(message)}
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


def escaped(text: str) -> str:
    """The text with the three characters escaped that are markup to Slack."""
    return sendable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fallback(message: Message) -> str:
    """What a notification shows: everything, on plain lines."""
    return _within(f"{message.subject}\n{message.body}", TEXT_MOST)


def blocks(message: Message) -> list[dict[str, Any]]:
    """Header, body and the incident's names, each within Slack's limits."""
    icon = ICONS.get(message.kind, "")
    title = shortened(sendable(f"{icon} {message.subject}".strip()), HEADER_MOST)
    header = {"type": "plain_text", "text": title or "Armada", "emoji": True}
    found: list[dict[str, Any]] = [{"type": "header", "text": header}]
    found += [
        {"type": "section", "text": {"type": "mrkdwn", "text": part}}
        for part in _parts(escaped(message.body), SECTION_MOST)[:SECTIONS_MOST]
    ]
    names = [message.incident.get("incident_id", ""), f"severity {message.level}", message.to]
    line = _within(" · ".join(name for name in names if name), SECTION_MOST)
    return [*found, {"type": "context", "elements": [{"type": "mrkdwn", "text": line}]}]


def _within(text: str, most: int) -> str:
    """Escaped and short enough, no escape cut in two."""
    whole = escaped(text)
    while len(whole) > most:
        text = shortened(text, max(1, len(text) - (len(whole) - most) - 1))
        whole = escaped(text)
    return whole


def _parts(text: str, most: int) -> list[str]:
    """The text in pieces, cut at line ends where there are any and never inside an escape."""
    parts: list[str] = []
    while text.strip():
        if len(text) <= most:
            return [*parts, text]
        cut = text.rfind("\n", 1, most)
        if cut < 1:
            cut = most
            start = text.rfind("&", cut - 5, cut)
            if start > 0 and ";" not in text[start:cut]:
                cut = start
        parts.append(text[:cut])
        text = text[cut:].removeprefix("\n")
    return [part for part in parts if part.strip()]


def _answer(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}


def _place(said: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(said[name]) for name in ("ts", "channel") if said.get(name)}
