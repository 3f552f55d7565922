"""What Alertmanager and PagerDuty send, read; and proofs of who sends it."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inbound_bodies import alert, group, incident

from armada.runtime.inbound_alerts import (
    Notification,
    Unreadable,
    alertmanager,
    is_basic,
    is_bearer,
    is_signed,
    pagerduty,
    read_json,
)


def test_a_group_of_alertmanager() -> None:
    """Its common labels are names, its key is the group's."""
    found = alertmanager(group(alert("a"), alert("b", status="resolved")))
    assert (found.key, found.status) == ("{}:{alertname=Down}", "firing")
    assert found.names["labels.severity"] == "critical"
    assert found.names["title"] == "the shop is down"
    assert found.summary == "Down: 1 firing, 1 resolved"
    assert found.tree["labels"]["severity"] == "critical"


def test_the_digest_changes_with_the_alerts_and_not_with_their_order() -> None:
    one = alertmanager(group(alert("a"), alert("b")))
    same = alertmanager(group(alert("b"), alert("a")))
    more = alertmanager(group(alert("a"), alert("b"), alert("c")))
    again = alertmanager(group(alert("a", starts="2026-11-25T00:00:00Z"), alert("b")))
    assert one.digest == same.digest
    assert len({one.digest, more.digest, again.digest}) == 3


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("triggered", "firing"),
        ("unacknowledged", "firing"),
        ("acknowledged", "acknowledged"),
        ("resolved", "resolved"),
        ("annotated", "other"),
    ],
)
def test_an_event_of_pagerduty(kind: str, status: str) -> None:
    found = pagerduty(incident(kind))
    assert (found.key, found.status, found.delivery) == ("PINC1", status, "event-1")
    assert found.names["labels.incident_key"] == "group-1"
    assert found.user == ("PUSER1", "Ada Lovelace")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"groupKey": "k", "status": "on", "alerts": []},
        {"groupKey": 1, "status": "firing", "alerts": []},
        {"groupKey": "k", "status": "firing", "alerts": {}},
    ],
)
def test_what_alertmanager_does_not_send_is_unreadable(data: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="version 4"):
        alertmanager(data)


def test_what_pagerduty_does_not_send_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="version 3"):
        pagerduty({"event": {"event_type": "incident.triggered"}})
    with pytest.raises(Unreadable, match="names no incident"):
        pagerduty({"event": {"event_type": "incident.triggered", "id": "1", "data": []}})


def test_long_and_odd_texts_are_cut_and_stay_writable() -> None:
    """A key of a megabyte, lone surrogates, a thousand labels."""
    data = group(alert("a"), key="k" * 1_000_000)
    data["commonLabels"] = {f"l{n}": "\ud800" * 5_000 for n in range(1_000)}
    found = alertmanager(data)
    assert len(found.key) <= 500 and len(found.names) < 300
    assert all(len(value) <= 2_000 for value in found.names.values())
    json.dumps(dict(found.names)).encode("utf-8")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["event", "id", "event_type", "data", "agent", "groupKey", "status", "alerts"]
                + ["commonLabels", "labels", "fingerprint", "service", "title", "startsAt"]
            ),
            below,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(JSON, st.binary(max_size=60))
def test_no_body_raises_anything_else(data: Any, junk: bytes) -> None:
    for body in (json.dumps(data).encode(), junk, b'{"status": "firing", ' + junk):
        for read in (alertmanager, pagerduty):
            try:
                assert isinstance(read(read_json(body)), Notification)
            except Unreadable:
                continue


def test_deep_json_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read_json(b"[" * 500_000)


@given(JSON, JSON)
def test_any_body_of_the_right_outline_is_read(label: Any, each: Any) -> None:
    """Senders add fields, and leave others out."""
    data = {"groupKey": "k", "status": "firing", "alerts": [each], "commonLabels": label}
    assert alertmanager(data).status == "firing"
    event = {"id": "1", "event_type": "incident.triggered", "data": {"id": "P", "service": each}}
    assert pagerduty({"event": {**event, "agent": label}}).key == "P"


# --- proofs ---------------------------------------------------------------------------------------


def sign(secret: str, body: bytes) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_a_bearer_token() -> None:
    assert is_bearer("Bearer s3cret", "s3cret") and is_bearer("bearer  s3cret ", "s3cret")
    for wrong in ("", "Bearer", "Bearer x", "Basic s3cret", "s3cret", "Bearer s3cret2"):
        assert not is_bearer(wrong, "s3cret")


def test_a_name_and_a_password() -> None:
    good = "Basic " + b64encode(b"am:p:w").decode()
    assert is_basic(good, "am", "p:w")
    for wrong in ("", "Basic", "Basic !!", "Basic " + b64encode(b"am:pw").decode(), "Bearer x"):
        assert not is_basic(wrong, "am", "p:w")


def test_a_signature_of_any_of_the_secrets() -> None:
    """While a secret is changed PagerDuty signs with both."""
    body = b'{"event": {}}'
    assert is_signed(sign("old", body), body, ["new", "old"])
    assert is_signed(f"v1=00, {sign('new', body)}", body, ["new"])
    assert not is_signed(sign("new", body), body + b" ", ["new"])
    assert not is_signed(sign("new", body).replace("v1", "v0"), body, ["new"])
    assert not is_signed("", body, ["new"]) and not is_signed(sign("", body), body, [])


@given(st.text(max_size=80), st.binary(max_size=40))
def test_no_header_raises(header: str, body: bytes) -> None:
    for proved in (is_bearer(header, "t"), is_basic(header, "a", "b"), is_signed(header, body, [])):
        assert proved in (True, False)
