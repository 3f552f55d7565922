"""What Slack sends when a button is pressed: its signature, its shape, and who it was."""

from __future__ import annotations

import json
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_side import SIGNING, interaction, sent, signed

from armada.runtime.inbound_alerts import Unreadable
from armada.runtime.people import People, Person
from armada.runtime.slack_presses import (
    WINDOW_S,
    is_plausible,
    is_signed,
    person_of,
    pressed,
)

AT_S = 1_531_420_618
PUBLISHED = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
    b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
"""The example of Slack's page about verifying requests, with its secret in ``SIGNING``."""


def test_the_published_example_is_signed() -> None:
    assert is_plausible(str(AT_S), SIGNATURE, AT_S)
    assert is_signed(str(AT_S), SIGNATURE, PUBLISHED, [SIGNING])
    assert is_signed(str(AT_S), SIGNATURE, PUBLISHED, ["the new one", SIGNING])


@pytest.mark.parametrize(
    ("timestamp", "signature", "body", "secrets"),
    [
        (str(AT_S), SIGNATURE, PUBLISHED + b"&", [SIGNING]),
        (str(AT_S + 1), SIGNATURE, PUBLISHED, [SIGNING]),
        (str(AT_S), SIGNATURE.replace("a2114d", "a2114e"), PUBLISHED, [SIGNING]),
        (str(AT_S), SIGNATURE, PUBLISHED, ["another"]),
        (str(AT_S), SIGNATURE, PUBLISHED, []),
    ],
)
def test_what_was_changed_anywhere_is_not(
    timestamp: str, signature: str, body: bytes, secrets: list[str]
) -> None:
    assert not is_signed(timestamp, signature, body, secrets)


@pytest.mark.parametrize(
    ("timestamp", "signature", "good"),
    [
        (str(AT_S - WINDOW_S), SIGNATURE, True),
        (str(AT_S + WINDOW_S), SIGNATURE, True),
        (str(AT_S - WINDOW_S - 1), SIGNATURE, False),
        (str(AT_S + WINDOW_S + 1), SIGNATURE, False),
        ("", SIGNATURE, False),
        ("-1", SIGNATURE, False),
        ("١٥", SIGNATURE, False),
        ("9" * 4_000, SIGNATURE, False),
        (str(AT_S), "", False),
        (str(AT_S), SIGNATURE.upper(), False),
        (str(AT_S), SIGNATURE.replace("v0", "v1"), False),
        (str(AT_S), SIGNATURE + "0", False),
    ],
)
def test_headers_of_another_time_or_form_are_refused_before_the_body_is_read(
    timestamp: str, signature: str, good: bool
) -> None:
    """Five minutes either way."""
    assert is_plausible(timestamp, signature, AT_S) is good


def test_a_press_is_read_from_the_form() -> None:
    url = "https://hooks.slack.com/actions/T1/2/3"
    found = pressed(sent(interaction("value", "U1", url), AT_S).body, "one")
    assert found is not None
    assert (found.user, found.value, found.answer_url) == ("U1", "value", url)
    assert [each["block_id"] for each in found.blocks] == ["h", "armada.acknowledge"]


def test_what_is_no_button_of_ours_is_nothing() -> None:
    """The buttons of other messages of the app, and its other interactions."""
    other = interaction("v", action="approve_request")
    modal = {"type": "view_submission", "user": {"id": "U1"}}
    without = {**interaction("v"), "actions": None}
    for payload in (other, modal, without):
        assert pressed(sent(payload, AT_S).body, "one") is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"payload=%FF",
        b"payload={",
        b"payload=[]",
        b"payload=" + b"[" * 100_000,
        b"payload={}&payload={}",
        b"&".join(b"a=1" for _ in range(1_000)),
        urlencode({"payload": json.dumps({**interaction("v"), "user": None})}).encode(),
    ],
)
def test_what_is_no_interaction_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        pressed(body, "one")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(["user", "actions", "message", "response_url"]), JSON),
    st.binary(max_size=80),
)
def test_no_body_raises_anything_else(changed: dict[str, object], data: bytes) -> None:
    for body in (data, sent({**interaction("v"), **changed}, AT_S).body):
        try:
            found = pressed(body, "one")
        except Unreadable:
            continue
        assert found is None or found.user


@given(st.binary(max_size=60), st.text(max_size=20))
def test_only_its_own_secret_makes_a_signature(body: bytes, secret: str) -> None:
    made = signed(body, AT_S, secret).headers["x-slack-signature"]
    assert is_signed(str(AT_S), made, body, [secret])
    assert is_signed(str(AT_S), made, body, [secret + "x"]) is False


def people() -> People:
    own = {"adapter": "slack", "token": "env:T", "channel": "U2"}
    utc = ZoneInfo("UTC")
    ada = Person("ada", "Ada", utc, channels=("#incidents",))
    grace = Person("grace", "Grace", utc, channels=("U3", {"adapter": "webhook"}, own))
    return People(utc, {"ada": ada, "grace": grace})


@pytest.mark.parametrize(
    ("user", "users", "known", "person"),
    [
        ("U1", {"U1": "ada"}, people(), "ada"),
        ("U1", {"U1": "Ada"}, people(), "ada"),
        ("U1", {"U1": "mallory"}, people(), ""),
        ("U1", {"U1": "mallory"}, None, "mallory"),
        ("U2", {}, people(), "grace"),
        ("U2", {"U2": "ada"}, people(), "ada"),
        ("U3", {}, people(), ""),
        ("ada", {}, people(), ""),
        ("U2", {}, None, ""),
    ],
)
def test_a_user_is_a_person_by_the_file_or_by_their_own_channel(
    user: str, users: dict[str, str], known: People | None, person: str
) -> None:
    """Never by a name, which everybody in Slack may change."""
    assert person_of(user, users, known) == person
