"""The console adapter: messages on the terminal that the host runs in. Always there.

What a message holds is shown as text: control characters, with which it could move the cursor or
hide what was printed before, are replaced.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from .arguments import Given
from .contract import Check, Description, Message, Order, Result, Surroundings
from .permissions import told


class Settings(Given):
    """Nothing can be set."""


NOTHING = told("nothing")
DESCRIPTION = Description(
    "console",
    "Messages on the host's terminal.",
    Settings,
    messages=True,
    needs=lambda _settings: NOTHING,
)

_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), "�")
_SHOWN = {**_CONTROLS, 9: "\t", 10: "\n"}
_BIDI = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\N{REPLACEMENT CHARACTER}")


class Console:
    """Prints messages to standard error."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._redact = surroundings.redact

    @classmethod
    def describe(cls) -> Description:
        """It has no operations."""
        return DESCRIPTION

    async def check(self) -> tuple[Check, ...]:
        """Standard error is open."""
        there = sys.stderr is not None and not sys.stderr.closed
        return (Check(there, "standard error", "start Armada with its standard error open"),)

    async def prepare(self, order: Order) -> Mapping[str, Any]:
        """The arguments as they are."""
        return dict(order.arguments)

    async def dispatch(self, order: Order) -> Result:
        """It has no operations."""
        return Result("permanent", f"console has no operation {order.operation!r}")

    async def observe(self, order: Order) -> bool | None:
        """It has no operations, so nothing of them has happened."""
        return False

    async def cancel(self, key: str) -> None:
        """What is printed is printed."""

    async def send(self, message: Message) -> Result:
        """Print the message."""
        text = rendered(message, self._redact)
        try:
            encoding = sys.stderr.encoding or "utf-8"
            sys.stderr.write(text.encode(encoding, "replace").decode(encoding))
            sys.stderr.flush()
        except (OSError, ValueError, AttributeError):
            return Result("failed", "Standard error cannot be written to")
        return Result("ok", "Shown on the terminal")

    async def close(self) -> None:
        """There is nothing to let go of."""


def rendered(message: Message, redact: Any) -> str:
    """The message as lines: a headline, then its body, indented."""
    number = message.incident.get("incident_id", "")
    head = " ".join(part for part in (f"[{message.kind}]", number, f"to {message.to}:") if part)
    head = f"{head} {message.subject}".translate(_CONTROLS)
    body = [f"    {line}" for line in message.body.translate(_SHOWN).split("\n") if line.strip()]
    return redact("\n".join([head, *body]).translate(_BIDI)) + "\n"
