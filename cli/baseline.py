"""A baseline: findings that were there when a team began, so that only new ones are shown.

A finding is known by its file, code, message and the words of its line, never by the line's number,
so that a finding moves with its line. As many are silenced as were written. Errors are in no
baseline: a document with an error has no plan, as with inline ignores.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from ..dsl.diagnostics import Diagnostic, Level
from ..dsl.source import SourceFile
from .inputs import Unreadable, read_bytes
from .writing import write

FORMAT = 1
Known = Counter[tuple[str, str, str]]
"""How often a finding was there: by file, code and fingerprint."""


def split(
    path: str, files: Mapping[str, SourceFile], found: Sequence[Diagnostic]
) -> tuple[list[Diagnostic], Known]:
    """The findings that the baseline at ``path`` lacks, and what it has that was not found."""
    left = _read(path)
    fresh: list[Diagnostic] = []
    for one in found:
        key = _key(path, files, one)
        if one.level is not Level.ERROR and left[key] > 0:
            left[key] -= 1
        else:
            fresh.append(one)
    return fresh, +left


def stale(
    path: str, gone: Known, files: Mapping[str, SourceFile], keep: Callable[[str], bool]
) -> int:
    """How many of ``gone`` belong to these files and to codes that were looked for."""
    names = {_name(path, name) for name in files}
    return sum(n for (file, code, _), n in gone.items() if file in names and keep(code))


def save(path: str, files: Mapping[str, SourceFile], found: Sequence[Diagnostic]) -> int:
    """Write the baseline anew from these findings; returns how many it holds."""
    known = Known(_key(path, files, one) for one in found if one.level is not Level.ERROR)
    rows = [
        {"file": file, "code": code, "fingerprint": mark, "count": count}
        for (file, code, mark), count in sorted(known.items())
    ]
    write(path, json.dumps({"format": FORMAT, "findings": rows}, indent=1) + "\n")
    return known.total()


def fingerprint(files: Mapping[str, SourceFile], found: Diagnostic) -> str:
    """What a finding is known by within its file and code: its message and its line's words."""
    source = files[found.span.file]
    line = source.line_text(source.position(min(found.span.start, len(source.text))).line)
    words = "\0".join((found.message, " ".join(line.split())))
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _key(path: str, files: Mapping[str, SourceFile], found: Diagnostic) -> tuple[str, str, str]:
    return _name(path, found.span.file), found.code, fingerprint(files, found)


def _name(path: str, file: str) -> str:
    """The file as seen from the baseline's folder, so that the working directory does not count."""
    return os.path.relpath(file, os.path.dirname(os.path.abspath(path))).replace(os.sep, "/")


def _read(path: str) -> Known:
    try:
        data: Any = json.loads(read_bytes(path))
        if data["format"] != FORMAT:
            raise ValueError(f"its format is {data['format']!r}, not {FORMAT}")
        rows = cast(list[dict[str, Any]], data["findings"])
        known = Known()
        for row in rows:
            known[str(row["file"]), str(row["code"]), str(row["fingerprint"])] += int(row["count"])
        return known
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"{path} is no baseline of armada lint: {error}") from None
