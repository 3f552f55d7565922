"""Files that the command writes: whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile

from .inputs import Unreadable


def write(path: str, text: str) -> None:
    """Replace a file's text at once: whoever reads it sees the old text or the new one.

    A link stays a link, and the file keeps its permissions.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        return _write_through(path, text)
    path = os.path.realpath(path)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".armada-")
        with open(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(path):
            shutil.copymode(path, temporary)
        else:
            os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise Unreadable(f"cannot write {path}: {error.strerror}") from None


def _write_through(path: str, text: str) -> None:
    """Write to what is no file, such as a terminal or a pipe: it cannot be replaced."""
    try:
        with open(path, "wb") as stream:
            stream.write(text.encode("utf-8"))
    except OSError as error:
        raise Unreadable(f"cannot write {path}: {error.strerror}") from None
