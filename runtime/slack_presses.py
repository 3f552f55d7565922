"""What Slack sends when a button is pressed, and how it proves that it did.

Owns the shape of an interaction (a form with one field ``payload``, JSON, of type
``block_actions``) and Slack's request signature: HMAC-SHA256, under the app's signing secret, over
``v0:TIMESTAMP:BODY``. A body that is none of Slack's raises ``Unreadable``; a signature that is
more than five minutes old, or as far ahead, is none.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs

from .adapters.slack_blocks import ACKNOWLEDGE, BLOCKS_MOST, VALUE_MOST
from .inbound_alerts import Unreadable, read_json

if TYPE_CHECKING:
    from .people import People

WINDOW_S = 300
MOST_FIELDS, MOST_ACTIONS, LONGEST = 20, 25, 2_000
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Press:
    """A press of a button of ours: who, on which, and where an answer may be given.

    ``delivery`` names this one request; ``value`` is what the button holds, as anybody may have
    written it; ``blocks`` are those of the message that the button is in.
    """

    delivery: str
    user: str
    name: str
    value: str
    answer_url: str
    blocks: tuple[Mapping[str, Any], ...]


def is_plausible(timestamp: str, signature: str, now_s: float) -> bool:
    """Whether a request with these headers can be Slack's at all, and is of these minutes."""
    stated = int(timestamp) if re.fullmatch("[0-9]{1,12}", timestamp) else -WINDOW_S
    return abs(now_s - stated) <= WINDOW_S and _SIGNATURE.fullmatch(signature) is not None


def is_signed(timestamp: str, signature: str, body: bytes, secrets: Sequence[str]) -> bool:
    """Whether the signature was made with one of the secrets; compared in constant time."""
    base, good = b"v0:" + timestamp.encode() + b":" + body, False
    for secret in secrets:
        made = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
        good |= hmac.compare_digest(made.encode(), signature.encode())
    return good


def pressed(body: bytes, delivery: str) -> Press | None:
    """What was pressed; None where it is no button of ours. Raises ``Unreadable``."""
    payload = read_json(_payload(body))
    user, kind = _object(payload.get("user")), payload.get("type")
    if not isinstance(kind, str):
        raise Unreadable("this is no interaction of Slack")
    if kind != "block_actions":
        return None
    value = _value(payload.get("actions"))
    if value is None:
        return None
    if not _text(user.get("id")):
        raise Unreadable("the interaction names no user")
    name = _text(user.get("username")) or _text(user.get("name"))
    blocks = _listed(_object(payload.get("message")).get("blocks"), BLOCKS_MOST)
    url = _text(payload.get("response_url"))
    return Press(delivery, _text(user.get("id")), name, value, url, tuple(map(_object, blocks)))


def person_of(user: str, users: Mapping[str, str], people: People | None) -> str:
    """Who a user of Slack is: as the inbound file says, else whose own channel the user is.

    Empty where nobody is. Slack's names are never looked at: whoever has one may change it.
    """
    if user in users:
        known = people.person(users[user]) if people is not None else None
        return known.id if known is not None else "" if people is not None else users[user]
    own = {"adapter": "slack", "channel": user}
    for person in people.persons.values() if people is not None else ():
        for channel in person.channels:
            if not isinstance(channel, str) and own.items() <= channel.items():
                return person.id
    return ""


def _payload(body: bytes) -> bytes:
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise Unreadable("the body is no form") from None
    found = fields.get("payload", [])
    if len(found) != 1:
        raise Unreadable("the form has no single field named payload")
    return found[0].encode("utf-8")


def _value(actions: Any) -> str | None:
    for each in _listed(actions, MOST_ACTIONS):
        action = _object(each)
        value = action.get("value")
        if action.get("action_id") == ACKNOWLEDGE and isinstance(value, str):
            return value[: VALUE_MOST + 1]
    return None


def _text(value: Any) -> str:
    whole = value if isinstance(value, str) and len(value) <= LONGEST else ""
    return whole.encode("utf-8", "replace").decode("utf-8")


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _listed(value: Any, most: int) -> list[Any]:
    return cast(list[Any], value)[:most] if isinstance(value, list) else []
