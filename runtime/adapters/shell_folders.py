"""The shell adapter's folders: one for every key, with the claim and the result of its one run.

Names are digests of keys, so that no key is ever a path. A result's texts are let go a week after
the run; that it ran, and its exit codes, are kept longer than any run should be open, since
forgetting a key would let it run again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any

from .contract import Check
from .shell_supervisor import CLAIM, RESULT, boot_id, read_json, write_json

ASKED = "asked"
CLAIM_WITHIN_S = 5.0
"""A supervisor that has not claimed its folder by then never will."""

DAY_S = 86_400
TEXTS_KEPT_S, KEYS_KEPT_S = 7 * DAY_S, 400 * DAY_S


_pruned: set[str] = set()
"""The folders that this process has looked through; once is enough, and runs share them."""


class Folders:
    """What is known of each key, on disk; nothing is remembered here."""

    def __init__(self, root: Path) -> None:
        self._root = root
        if str(root) not in _pruned:
            _pruned.add(str(root))
            with suppress(OSError):
                self.prune(time.time())

    def enter(self, key: str) -> dict[str, Any]:
        """Make the key's folder, and say in it until when a supervisor may claim it."""
        path = self._path(key)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        until_s = time.monotonic() + CLAIM_WITHIN_S
        write_json(str(path / ASKED), {"boot": boot_id(), "until_s": until_s})
        return {"folder": str(path), "until_s": until_s}

    def claim(self, key: str) -> dict[str, Any] | None:
        """Who claimed the key; None where nobody did."""
        return read_json(str(self._path(key) / CLAIM))

    def result(self, key: str) -> dict[str, Any] | None:
        """How the key's one run ended; None where it has not, or cannot be known."""
        return read_json(str(self._path(key) / RESULT))

    def may_still_be_claimed_s(self, key: str) -> float:
        """For how long a supervisor that was started may yet claim an unclaimed key."""
        if self.claim(key):
            return 0.0
        asked: Mapping[str, Any] = read_json(str(self._path(key) / ASKED)) or {}
        if asked.get("boot") != boot_id():
            return 0.0
        return float(asked.get("until_s") or 0.0) - time.monotonic()

    def check(self) -> Check:
        """Whether results can be kept."""
        what = f"folder {self._root}"
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            return Check(False, what, f"make it writable: {error.strerror}")
        return Check(os.access(self._root, os.W_OK | os.X_OK), what, "make it writable")

    def _path(self, key: str) -> Path:
        return self._root / sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

    def prune(self, now_s: float) -> None:
        """Let go of what is old; raises OSError where the folder cannot be read."""
        for path in self._root.iterdir():
            result = path / RESULT
            with suppress(OSError):
                age_s = now_s - result.stat().st_mtime
                if age_s > KEYS_KEPT_S:
                    rmtree(path)
                elif age_s > TEXTS_KEPT_S:
                    _let_texts_go(result)


def _let_texts_go(result: Path) -> None:
    outcome = read_json(str(result))
    if outcome and (outcome["stdout"] or outcome["stderr"]):
        kept_since_s = result.stat().st_mtime
        write_json(str(result), {**outcome, "stdout": "", "stderr": ""})
        os.utime(result, (kept_since_s, kept_since_s))
