"""Secrets by reference: ``env:NAME`` and ``file:PATH`` become their value where they are used.

Refuses to name a value in any error. Invariant: whoever is given a value was preceded by the
redactor, which remembers it, so it is taken out of everything that is written.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection
from pathlib import Path

LARGEST = 64 * 1024


class Secrets:
    """Resolves references; ``root`` is the folder of the bindings file, for relative paths.

    ``stated`` are the references that the bindings file itself states. Any other text is text,
    however it looks: an incident whose title is ``env:TOKEN`` must not be told the token.
    """

    def __init__(
        self,
        remember: Callable[[str], None],
        root: Path | None,
        stated: Collection[str] | None = None,
    ) -> None:
        self._remember = remember
        self._root = root
        self._stated = stated

    def resolve(self, text: str) -> str:
        """The value of a reference, any other text as it is.

        Raises LookupError with a sentence that names the reference where it leads nowhere.
        """
        if self._stated is not None and text not in self._stated:
            return text
        kind, _, name = text.partition(":")
        match kind:
            case "env":
                value = _environment(text, name)
            case "file":
                value = self._file(text, name)
            case _:
                return text
        if not value:
            raise LookupError(f"The secret {text} is empty")
        self._remember(value)
        return value

    def _file(self, reference: str, name: str) -> str:
        path = Path(name)
        if not name or "\0" in name:
            raise LookupError(f"The reference {reference!r} names no file")
        if not path.is_absolute():
            path = self._within_root(reference, path)
        try:
            data = _read(path)
        except OSError as error:
            raise LookupError(
                f"The secret {reference} cannot be read: {error.strerror or 'no such file'}"
            ) from None
        if len(data) > LARGEST:
            raise LookupError(f"The secret {reference} is larger than {LARGEST} bytes")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise LookupError(f"The secret {reference} is not UTF-8 text") from None
        return text.removesuffix("\n").removesuffix("\r")

    def _within_root(self, reference: str, path: Path) -> Path:
        if self._root is None:
            raise LookupError(
                f"The secret {reference} is relative, and there is no bindings file it could be"
                " relative to; write the whole path"
            )
        root = self._root.resolve()
        whole = (root / path).resolve()
        if not whole.is_relative_to(root):
            raise LookupError(f"The secret {reference} leads out of the bindings file's folder")
        return whole


def is_reference(text: str) -> bool:
    """Whether this text stands for a secret."""
    return text.startswith(("env:", "file:"))


def _environment(reference: str, name: str) -> str:
    value = os.environ.get(name) if name and "\0" not in name else None
    if value is None:
        raise LookupError(f"The environment variable of the secret {reference} is not set")
    return value


def _read(path: Path) -> bytes:
    # Not blocking, so that a pipe put there by mistake does not hold the host up.
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "it is no regular file")
        return file.read(LARGEST + 1)
