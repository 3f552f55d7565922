"""Slack's side: what it sends when a button of a message is pressed, and how it signs that."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"


class Sent(NamedTuple):
    """One request of Slack's."""

    body: bytes
    headers: dict[str, str]


def interaction(
    value: str, user: str = "U012AB3CD", answer_url: str = "", action: str = "armada.acknowledge"
) -> dict[str, Any]:
    """A press of a button, as the reference of ``block_actions`` has it."""
    blocks = [
        {"type": "header", "block_id": "h", "text": {"type": "plain_text", "text": "Down"}},
        {"type": "actions", "block_id": "armada.acknowledge", "elements": []},
    ]
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "ada", "name": "ada", "team_id": "T1"},
        "api_app_id": "A1",
        "token": "verification",
        "container": {"type": "message", "message_ts": "1.2", "channel_id": "C1"},
        "trigger_id": "1.2.3",
        "team": {"id": "T1", "domain": "shop"},
        "channel": {"id": "C1", "name": "incidents"},
        "message": {"type": "message", "ts": "1.2", "text": "Down", "blocks": blocks},
        "response_url": answer_url,
        "actions": [
            {
                "type": "button",
                "action_id": action,
                "block_id": action,
                "value": value,
                "action_ts": "1.3",
            }
        ],
    }


def sent(payload: Any, at_s: int, secret: str = SIGNING) -> Sent:
    """The request that carries this payload, signed at this time."""
    return signed(urlencode({"payload": json.dumps(payload)}).encode(), at_s, secret)


def signed(body: bytes, at_s: int, secret: str = SIGNING) -> Sent:
    """A request with this body."""
    base = b"v0:%d:%s" % (at_s, body)
    made = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": str(at_s),
        "x-slack-signature": f"v0={made}",
    }
    return Sent(body, headers)
