"""The webhook adapter: messages as plain JSON to an address of one's own, signed.

The body is ``{"format": 1, "kind", "key", "thread", "to", "subject", "body", "level",
"incident"}``, as in ``contract.Message``. The key is also in ``Idempotency-Key``: a receiver that
has seen it answers 2xx and does nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from pydantic import Field

from .arguments import Duration, Given
from .contract import Description, Message, Result, Surroundings
from .messaging import Messenger
from .permissions import told
from .web import Call, host

FORMAT = 1


class Settings(Given):
    """Where messages go."""

    url: str = Field(min_length=1, description="The address; may be `env:NAME` or `file:PATH`.")
    headers: dict[str, str] = Field(
        default_factory=dict, description="Headers of every message; `env:` and `file:` allowed."
    )
    secret: str = Field("", description="`env:` or `file:` of the secret that signs messages.")
    timeout: Duration = Field("10s", description="How long sending may take, retries included.")


POST = told("POST to the address, and the shared secret where one is set")
DESCRIPTION = Description(
    "webhook", "Messages as signed JSON.", Settings, messages=True, needs=lambda _settings: POST
)


class Webhook(Messenger):
    """Posts messages."""

    NAME = "webhook"

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        super().__init__(surroundings, settings.timeout)
        self._settings = settings

    @classmethod
    def describe(cls) -> Description:
        """Its settings."""
        return DESCRIPTION

    def _references(self) -> tuple[str, ...]:
        settings = self._settings
        return (settings.url, settings.secret, *settings.headers.values())

    async def send(self, message: Message) -> Result:
        """Post the message."""
        secret = self._surroundings.secret
        told = {name: value for name, value in asdict(message).items() if name != "press"}
        body = json.dumps({"format": FORMAT, **told}).encode()
        try:
            headers = {name: secret(value) for name, value in self._settings.headers.items()}
            headers |= {"Content-Type": "application/json", "Idempotency-Key": message.key}
            url, signed = secret(self._settings.url), secret(self._settings.secret)
        except LookupError as error:
            return Result("permanent", str(error.args[0]))
        reply = await self._deliver(Call("POST", url, headers, body, signed))
        return self._refused(reply) or Result("ok", f"Taken by {host(url)}")
