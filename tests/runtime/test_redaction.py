"""What is hidden before it is written, and what never is."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armada.runtime.redaction import HIDDEN, Redactor

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
RANDOM = "q7Zp2Lx9Vb4Nc8Md1Ks6Jf3Hg5Tr0WyEuIoAaSsDdFfGg"
JWT = ".".join(
    base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    for part in ({"alg": "HS256"}, {"sub": "1234567890"}, "signature")
)
KEYS = {
    "aws": "AKIA" + "Q7ZP2LX9VB4NC8MD",
    "github": "ghp_" + RANDOM[:36],
    "gitlab": "glpat-" + RANDOM[:20],
    "slack": "xoxb-" + "123456789012-123456789012-abcdefghijkl",
    "stripe": "sk_live_" + RANDOM[:24],
    "sendgrid": f"SG.{RANDOM[:22]}.{RANDOM[:43]}",
    "twilio": "SK" + "0a1b2c3d" * 4,
    "telegram": "123456789:" + RANDOM[:35],
    "pypi": "pypi-AgEIcHlwaS5vcmc" + RANDOM * 2,
    "jwt": JWT,
}
NAMED = (
    ("password=correct-horse", "correct-horse"),
    ("token: battery9staple", "battery9staple"),
    ('{"api_key": "battery9staple"}', "battery9staple"),
    ("Authorization: Bearer abcdef.ghijkl-mnop", "abcdef.ghijkl-mnop"),
    ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
    ("https://ada:hunter2@db.example/x", "hunter2"),
)
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc+/=\n-----END RSA PRIVATE KEY-----"
PLAIN = (
    sha256(b"plan").hexdigest(),
    "INC-20261124-0231-2",
    "mitigate.rollback:1:0:0",
    "2026-11-24T02:31:00.123Z",
    "On-call engineer#12",
    "helm rollback golden-armada 7 --namespace agents --wait --timeout 5m0s",
    "https://grafana.example/d/abc123?from=now-1h&to=now",
    "pods agents-7d9f8b6c5-x2x9z 2/2 Running 0 4d13h 10.244.1.17",
    "env:PAGER_TOKEN and file:/etc/armada/token",
)


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("form", ["{}", "found {} in the log", '{{"a": "{}"}}', "a\n{}\nb"])
def test_what_looks_like_a_key_is_hidden(kind: str, form: str) -> None:
    """Whatever stands around it."""
    found = Redactor().redact(form.format(KEYS[kind]))
    assert KEYS[kind] not in found
    assert HIDDEN in found


@pytest.mark.parametrize(("text", "secret"), NAMED)
def test_what_is_called_a_secret_is_hidden(text: str, secret: str) -> None:
    """And what calls it so stays, so that the line can be read."""
    found = Redactor().redact(text)
    assert secret not in found
    assert text.split(secret)[0] in found


@pytest.mark.parametrize("text", [PEM, f"key:\n{PEM}\nend", PEM[:50]])
def test_a_private_key_is_hidden_over_its_lines(text: str) -> None:
    """One whose end was cut off, too."""
    found = Redactor().redact(text)
    assert "MIIEow" not in found
    assert HIDDEN in found


@pytest.mark.parametrize("text", PLAIN)
def test_what_a_run_is_made_of_is_never_touched(text: str) -> None:
    """Digests, names of runs and of commands, times, references to secrets, common output."""
    assert Redactor().redact(text) == text


def test_names_of_fields_stay() -> None:
    """Only values are secret; one whose field says so is hidden whole."""
    data = {"password": "hunter2", "token": "env:TOKEN", KEYS["aws"]: ["x", 1, None, True, 0.5]}
    assert Redactor().redact_data(data) == {**data, "password": HIDDEN}


SECRETS = st.text(st.sampled_from(LETTERS + " /+&\"\\'\n%é"), min_size=8, max_size=40).filter(
    lambda text: len(text.strip()) >= 8
)


@given(SECRETS, st.text(max_size=20), st.text(max_size=20))
def test_a_remembered_value_is_hidden_in_every_form(secret: str, before: str, after: str) -> None:
    """As it is, in an address, in JSON, in Base64."""
    redactor = Redactor()
    redactor.remember(secret)
    forms = (
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode().rstrip("="),
    )
    for form in forms:
        assert form not in redactor.redact(f"{before} {form} {after}")


def test_of_two_values_the_longer_goes_first() -> None:
    """A value that is the beginning of another leaves nothing of it over."""
    redactor = Redactor()
    redactor.remember("abcdefgh")
    redactor.remember("abcdefgh-ijkl")
    assert redactor.redact("x abcdefgh-ijkl y") == f"x {HIDDEN} y"


PARTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from([*KEYS.values(), *(text for text, _ in NAMED), PEM, *PLAIN, HIDDEN]),
    st.sampled_from(["=", ":", "@", "://", "password", "Bearer ", "token=", '"', "\n", " "]),
)


@given(st.lists(PARTS, max_size=6).map("".join))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    """So that whoever redacts need not know whether somebody has."""
    redactor = Redactor()
    redactor.remember("redacted")
    redactor.remember("hunter2-and-more")
    once = redactor.redact(text)
    assert redactor.redact(once) == once
