"""The PagerDuty adapter: Events API v2, and what speaks it.

Owns the event's shape and limits. All messages of one thread are one alert: the thread is its
``dedup_key``, so a message that is sent twice is one alert still, and ``resolved`` ends it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import Field

from ...compiler.plan import Effect
from .arguments import Duration, Given, validated
from .contract import Description, Message, Operation, Order, Result, Surroundings
from .messaging import Messenger, sendable, shortened
from .permissions import told
from .web import Call

SUMMARY_MOST, DEDUP_MOST, SOURCE_MOST, DETAILS_MOST = 1_024, 255, 255, 100_000
SEVERITIES = ("critical", "error", "warning", "info")
Severity = Literal["critical", "error", "warning", "info"]


class Settings(Given):
    """Which service is alerted."""

    routing_key: str = Field(
        min_length=1, description="The integration key; `env:NAME` or `file:PATH`."
    )
    url: str = Field("https://events.pagerduty.com", description="The base address.")
    source: str = Field("armada", description="What the alert says it is about.")
    timeout: Duration = Field("10s", description="How long sending may take, retries included.")


DedupKey = Annotated[str, Field(min_length=1, max_length=DEDUP_MOST)]


class Trigger(Given):
    """An alert of one's own."""

    dedup_key: DedupKey = Field(description="What joins events into one alert.")
    summary: str = Field(min_length=1, description="What is the matter.")
    severity: Severity = Field("critical", description="critical, error, warning or info.")
    source: str | None = Field(None, description="What it is about; else the setting.")
    links: list[str] = Field(default_factory=list, description="Addresses shown with it.")


class Named(Given):
    """An alert that there is."""

    dedup_key: DedupKey = Field(description="The alert's.")


KEY = told("an Events API v2 integration key of the service; no API token")


def _sends(name: str, summary: str, model: type[Given]) -> Operation:
    return Operation(name, summary, Effect.IDEMPOTENT, model, needs=lambda _ask: KEY)


DESCRIPTION = Description(
    "pagerduty",
    "Alerts by the PagerDuty Events API v2.",
    Settings,
    (
        _sends("trigger", "Raise an alert, or add to one.", Trigger),
        _sends("acknowledge", "Acknowledge an alert.", Named),
        _sends("resolve", "Resolve an alert.", Named),
    ),
    messages=True,
    needs=lambda _settings: KEY,
)


class PagerDuty(Messenger):
    """Sends events."""

    NAME = "pagerduty"

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        super().__init__(surroundings, settings.timeout)
        self._settings = settings

    @classmethod
    def describe(cls) -> Description:
        """Its operations and settings."""
        return DESCRIPTION

    def _references(self) -> tuple[str, ...]:
        return (self._settings.routing_key, self._settings.url)

    async def dispatch(self, order: Order) -> Result:
        """Send an event of one's own."""
        operation = DESCRIPTION.operation(order.operation)
        if operation is None:
            return await super().dispatch(order)
        try:
            what = f"Arguments of pagerduty.{order.operation}"
            given = validated(operation.arguments, order.arguments, what)
        except ValueError as error:
            return Result("permanent", str(error))
        event: dict[str, Any] = {"event_action": order.operation}
        if isinstance(given, Trigger):
            source = given.source or self._settings.source
            event |= {"dedup_key": dedup_key(given.dedup_key)}
            event["payload"] = _payload(given.summary, source, given.severity, {})
            event |= links(given.links)
        elif isinstance(given, Named):
            event |= {"dedup_key": dedup_key(given.dedup_key)}
        return await self._event(event)

    async def send(self, message: Message) -> Result:
        """Trigger the thread's alert; a message of kind ``resolved`` resolves it."""
        event: dict[str, Any] = {"dedup_key": dedup_key(message.thread)}
        if message.kind == "resolved":
            return await self._event(event | {"event_action": "resolve"})
        severity = SEVERITIES[max(1, min(message.level, len(SEVERITIES))) - 1]
        body = shortened(sendable(message.body), DETAILS_MOST)
        details: dict[str, str] = {
            **{k: shortened(sendable(v), SUMMARY_MOST) for k, v in message.incident.items()},
            "message": body,
            "to": sendable(message.to),
        }
        payload = _payload(message.subject, self._settings.source, severity, details)
        addresses = [v for v in message.incident.values() if v.startswith(("http://", "https://"))]
        event |= {"event_action": "trigger", "payload": payload, "client": "armada"}
        return await self._event(event | links(addresses))

    async def _event(self, event: Mapping[str, Any]) -> Result:
        secret = self._surroundings.secret
        try:
            body = {"routing_key": secret(self._settings.routing_key), **event}
            url = secret(self._settings.url).rstrip("/") + "/v2/enqueue"
        except LookupError as error:
            return Result("permanent", str(error.args[0]))
        headers = {"Content-Type": "application/json"}
        reply = await self._deliver(Call("POST", url, headers, json.dumps(body).encode()))
        key = str(event["dedup_key"])
        return self._refused(reply) or Result("ok", "Taken by PagerDuty", detail={"dedup_key": key})


def dedup_key(thread: str) -> str:
    """The thread, or its digest where it is too long for a ``dedup_key``."""
    text = sendable(thread) or "armada"
    return text if len(text) <= DEDUP_MOST else sha256(text.encode()).hexdigest()


def links(addresses: list[str]) -> dict[str, Any]:
    """The event's part that shows addresses; nothing where there are none."""
    shown = [{"href": sendable(each), "text": sendable(each)} for each in addresses]
    return {"links": shown} if shown else {}


def _payload(
    summary: str, source: str, severity: str, details: Mapping[str, str]
) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "summary": shortened(sendable(summary), SUMMARY_MOST) or "Armada",
        "source": shortened(sendable(source), SOURCE_MOST) or "armada",
        "severity": severity,
    }
    return payload | ({"custom_details": dict(details)} if details else {})
