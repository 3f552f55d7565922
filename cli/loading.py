"""The files that documents extend, from the file system.

Owns what is read by such a name: a regular file of a bounded size that is UTF-8. Whatever is wrong
is said in words, since to the compiler a file that cannot be read is a finding.
"""

from __future__ import annotations

import os
import stat

from ..dsl.source import SourceFile, decode

LARGEST = 1_000_000
"""In bytes; a device or a log that somebody names by mistake is not read."""


def load_file(name: str) -> SourceFile | str:
    """The file of this name, seen from the working directory; else in a few words why not."""
    try:
        found = os.stat(name)
        if not stat.S_ISREG(found.st_mode):
            return "it is no file" if not stat.S_ISDIR(found.st_mode) else "it is a folder"
        if found.st_size > LARGEST:
            return f"it is larger than {LARGEST:,} bytes"
        with open(name, "rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    source, wrong = decode(name, data)
    return source if wrong is None else f"it is not UTF-8 (byte {wrong})"
