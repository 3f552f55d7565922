"""What Alertmanager and PagerDuty say, as one kind of notification; and how they prove it.

Owns the shapes of their bodies (Alertmanager webhook version 4, PagerDuty webhooks v3) and what of
them counts. Text that is too long is cut; a body that is none of theirs raises ``Unreadable``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

MOST_ALERTS, MOST_LABELS, LONGEST = 1_000, 200, 2_000
Status = Literal["firing", "acknowledged", "resolved", "other"]


class Unreadable(ValueError):
    """A body that is not what its sender sends."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One group of alerts as it stands now.

    ``key`` is the same for all notifications of one group; ``delivery`` names this one where its
    sender gives it a name; ``digest`` changes with what is worth telling. ``user`` acted, by the
    names that the sender has for them.
    """

    source: Literal["alertmanager", "pagerduty"]
    key: str
    status: Status
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    summary: str = ""
    digest: str = ""
    delivery: str = ""
    occurred: str = ""
    user: tuple[str, ...] = ()

    @property
    def tree(self) -> dict[str, Any]:
        """The names for a template: ``labels`` and ``annotations`` are mappings."""
        found: dict[str, Any] = {"labels": {}, "annotations": {}}
        for name, value in self.names.items():
            head, dot, rest = name.partition(".")
            if dot:
                found[head][rest] = value
            else:
                found[name] = value
        return found


def read_json(body: bytes) -> dict[str, Any]:
    """A JSON object; raises ``Unreadable``."""
    try:
        found: Any = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("the body is not a JSON object")
    return cast(dict[str, Any], found)


def alertmanager(data: Mapping[str, Any]) -> Notification:
    """A notification of Alertmanager; raises ``Unreadable``."""
    key, status, alerts = _text(data.get("groupKey")), data.get("status"), data.get("alerts")
    if not key or status not in ("firing", "resolved") or not isinstance(alerts, list):
        raise Unreadable("this is no Alertmanager webhook of version 4")
    listed = [_object(each) for each in cast(list[Any], alerts)[:MOST_ALERTS]]
    names = {
        "source": "alertmanager",
        "status": str(status),
        "receiver": _text(data.get("receiver")),
        "url": _text(data.get("externalURL")),
        **_prefixed("labels", data.get("commonLabels")),
        **_prefixed("annotations", data.get("commonAnnotations")),
    }
    label = names.get("labels.alertname") or "alert"
    names["title"] = names.get("annotations.summary") or label
    states = sorted(
        (_identity(each), _text(each.get("startsAt")), _text(each.get("status"))) for each in listed
    )
    firing = sum(state == "firing" for *_, state in states)
    summary = f"{label}: {firing} firing, {len(states) - firing} resolved"
    digest = _digest([str(status), states])
    return Notification("alertmanager", _short(key), status, names, summary, digest)


def _identity(alert: Mapping[str, Any]) -> str:
    stated = _text(alert.get("fingerprint"))
    return stated or _digest(sorted(_prefixed("labels", alert.get("labels")).items()))


PAGERDUTY: Mapping[str, Status] = {
    "incident.triggered": "firing",
    "incident.reopened": "firing",
    "incident.unacknowledged": "firing",
    "incident.acknowledged": "acknowledged",
    "incident.resolved": "resolved",
}


def pagerduty(data: Mapping[str, Any]) -> Notification:
    """An event of PagerDuty; raises ``Unreadable``. ``key`` is the incident's id."""
    event = _object(data.get("event"))
    kind, delivery = _text(event.get("event_type")), _text(event.get("id"))
    if not kind or not delivery:
        raise Unreadable("this is no PagerDuty webhook of version 3")
    incident, agent = _object(event.get("data")), _object(event.get("agent"))
    key = _text(incident.get("id"))
    status = PAGERDUTY.get(kind, "other")
    if status != "other" and not key:
        raise Unreadable("the event names no incident")
    service, priority = _object(incident.get("service")), _object(incident.get("priority"))
    names = {
        "source": "pagerduty",
        "status": "firing" if status == "acknowledged" else status,
        "title": _text(incident.get("title")),
        "service": _text(service.get("summary")),
        "urgency": _text(incident.get("urgency")),
        "url": _text(incident.get("html_url")),
        "labels.priority": _text(priority.get("summary")),
        "labels.incident_key": _text(incident.get("incident_key")),
    }
    names = {name: value for name, value in names.items() if value}
    user = tuple(v for v in (_text(agent.get(k)) for k in ("id", "email", "summary")) if v)
    summary = f"{names.get('title', key)}: {kind.rpartition('.')[2]}"
    occurred = _text(event.get("occurred_at"))
    key, digest = _short(key), _digest([status])
    return Notification(
        "pagerduty", key, status, names, summary, digest, _short(delivery), occurred, user
    )


# --- proofs ---------------------------------------------------------------------------------------


def is_bearer(header: str, token: str) -> bool:
    """Whether an ``Authorization`` header carries the token; compared in constant time."""
    scheme, _, given = header.partition(" ")
    return scheme.lower() == "bearer" and _same(given.strip(), token)


def is_basic(header: str, username: str, password: str) -> bool:
    """Whether an ``Authorization`` header carries the name and the password."""
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        stated = base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(stated, f"{username}:{password}".encode())


def is_signed(header: str, body: bytes, secrets: Sequence[str]) -> bool:
    """Whether one of the ``v1`` signatures was made with one of the secrets."""
    parts = (part.strip().partition("=") for part in header.split(",")[:20])
    given = [value for name, _, value in parts if name == "v1"]
    good = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        for each in given:
            good |= _same(each, expected)
    return good


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode("utf-8", "replace"), right.encode("utf-8", "replace"))


# --- parts ----------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    """A text, without what cannot be written down, cut where it is too long."""
    if not isinstance(value, str):
        return ""
    return value[:LONGEST].encode("utf-8", "replace").decode("utf-8")


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _prefixed(prefix: str, value: Any) -> dict[str, str]:
    pairs = list(_object(value).items())[:MOST_LABELS]
    return {f"{prefix}.{_text(name)}": _text(text) for name, text in pairs if _text(name)}


def _short(key: str) -> str:
    return key if len(key) <= 500 else hashlib.sha256(key.encode()).hexdigest()


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data).encode()).hexdigest()
