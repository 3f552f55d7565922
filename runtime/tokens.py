"""Tokens of the HTTP API: each speaks for one person, and only its hash is kept.

The file has a line ``PERSON<TAB>SHA-256`` for each token, and nobody but its owner may read it.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from hashlib import sha256
from pathlib import Path


class TokenTrouble(Exception):
    """The file of tokens cannot be used; the sentence says why."""


class Tokens:
    """The tokens of a file; read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def person(self, token: str) -> str | None:
        """Who a token speaks for; every line is compared, in the same time each."""
        digest = _digest(token)
        found: str | None = None
        for person, known in self.lines():
            if hmac.compare_digest(known.encode(), digest.encode()):
                found = person
        return found

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Persons and hashes; raises ``TokenTrouble``."""
        try:
            mode = self.path.stat().st_mode
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise TokenTrouble(f"{self.path} cannot be read: {error}") from None
        if stat.S_IMODE(mode) & 0o077:
            raise TokenTrouble(f"{self.path} may be read by others; chmod 600 it")
        pairs = (line.partition("\t") for line in text.splitlines() if line.strip())
        return tuple((person, digest) for person, tab, digest in pairs if tab)

    def add(self, person: str) -> str:
        """A new token for a person; it is shown once and kept nowhere."""
        token = secrets.token_urlsafe(32)
        self._write((*self.lines(), (person, _digest(token))))
        return token

    def revoke(self, person: str) -> int:
        """Take all tokens of a person away; returns how many there were."""
        kept = tuple(each for each in self.lines() if each[0] != person)
        gone = len(self.lines()) - len(kept)
        if gone:
            self._write(kept)
        return gone

    def _write(self, lines: tuple[tuple[str, str], ...]) -> None:
        begun = self.path.with_suffix(".part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(f"{person}\t{digest}\n" for person, digest in lines)
            os.replace(begun, self.path)
        except OSError as error:
            raise TokenTrouble(f"{self.path} cannot be written: {error.strerror}") from None


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
