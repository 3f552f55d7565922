"""Passes and signed links: one acknowledges one run for one target, once, for a limited time.

A pass says what it is for and proves nothing; a button hands it back through somebody who signs. A
link is its own proof: a pass, and an HMAC over it with a key that lies beside the journal and that
nobody but its owner may read. That one was used is kept in the journal file.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
import secrets
import stat
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, cast

VALID_MS = 12 * 3_600_000
LONGEST = 2_000
MOST_MS = 2**53


class LinkTrouble(Exception):
    """The key cannot be used; the sentence says why."""


class Pass(NamedTuple):
    """What a link or a button is for. ``page`` tells two pages of one run and target apart;
    ``person`` is whose it is, empty: anybody's who proves to be somebody.
    """

    run: str
    target: str
    person: str
    page: str
    until_ms: int

    @property
    def id(self) -> str:
        """What is remembered once it was used."""
        return sha256(json.dumps(self).encode()).hexdigest()

    @property
    def text(self) -> str:
        """It in one line, which ``pass_of`` reads again; nothing of it is secret."""
        return json.dumps(self, separators=(",", ":"))


class Links:
    """Makes links below ``base``, a public address, and reads them again."""

    def __init__(self, base: str, key: bytes) -> None:
        self._base = base.rstrip("/")
        self._key = key

    def made(self, given: Pass) -> str:
        """The address; the same each time for the same pass."""
        data = given.text.encode()
        return f"{self._base}/v1/ack/{_text(data)}.{_text(self._signed(data))}"

    def read(self, token: str) -> Pass | None:
        """What a link is for; None where it was not made with this key."""
        body, dot, proof = token.partition(".")
        data, stated = _bytes(body), _bytes(proof)
        if len(token) > LONGEST or not dot or data is None or stated is None:
            return None
        if not hmac.compare_digest(self._signed(data), stated):
            return None
        return pass_of(data)

    def _signed(self, data: bytes) -> bytes:
        return hmac.new(self._key, b"ack\0" + data, sha256).digest()


def key_of(path: Path) -> bytes:
    """The key of a file, made where there is none; raises ``LinkTrouble``."""
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _known(path)
        with os.fdopen(handle, "wb") as file:
            key = secrets.token_bytes(32)
            file.write(key)
        return key
    except OSError as error:
        raise LinkTrouble(f"{path} cannot be used: {error.strerror}") from None


def _known(path: Path) -> bytes:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise LinkTrouble(f"{path} may be read by others; chmod 600 it")
    key = path.read_bytes()
    if len(key) != 32:
        raise LinkTrouble(f"{path} holds no key; remove it, and links that were sent are void")
    return key


def pass_of(data: bytes | str) -> Pass | None:
    """The pass that was written so; None where it is none."""
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError):
        return None
    types = (str, str, str, str, int)
    if not isinstance(found, list) or len(cast(list[Any], found)) != len(types):
        return None
    parts = cast(list[Any], found)
    if not all(type(part) is kind for part, kind in zip(parts, types, strict=True)):
        return None
    made = Pass(*parts)
    return made if abs(made.until_ms) <= MOST_MS and _is_whole(made) else None


def _is_whole(made: Pass) -> bool:
    """Whether all of it can be written down: JSON may spell half a character."""
    try:
        "".join(made[:4]).encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _text(data) == text else None
