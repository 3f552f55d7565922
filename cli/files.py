"""Which files a command line means: named ones, directories, patterns, ``-``.

Owns what is taken and what is passed over. A YAML document is known by its name, a workflow in
Markdown by its front matter: a README in the same folder is none. Whoever names one file means it;
if that is no workflow this is said, rather than a document found to be wrong in all respects.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from ..compiler.recognition import WHAT_MAKES_ONE, holds_something, is_workflow
from ..dsl.source import SourceFile, decode
from .inputs import Unreadable, read_bytes
from .settings import Settings, settings

YAML_ENDINGS = (".armada.yaml", ".armada.yml")
MARKDOWN_ENDINGS = (".md", ".markdown")


@dataclass(frozen=True, slots=True)
class Listing:
    """The files to read; ``passed_over`` counts what is no workflow or is excluded."""

    paths: tuple[str, ...]
    passed_over: int = 0


def listing(paths: tuple[str, ...], *, skip_others: bool = False) -> Listing:
    """The workflow documents meant by ``paths``.

    A directory stands for those below it, a pattern for those that match. Markdown that is no
    workflow is passed over there, and where several files are named; the one file that is named is
    an error unless ``skip_others``. The configuration may include and exclude files.
    """
    stated = settings()
    found: dict[str, None] = {}
    passed_over: dict[str, None] = {}
    for path in paths:
        several = several_meant(path)
        alone = len(paths) == 1 and several is None and not skip_others
        for candidate in (path,) if several is None else several:
            taken = _taken(candidate, stated, alone=alone)
            (found if taken else passed_over)[candidate] = None
    return Listing(tuple(found), len(passed_over))


def several_meant(path: str, *, anything: bool = False) -> list[str] | None:
    """The documents below a directory or matching a pattern; None for the name of one file.

    With ``anything`` a pattern means whatever it matches.
    """
    if os.path.isdir(path):
        return list(_walk(path))
    if path == "-" or os.path.exists(path):
        return None
    import glob

    if not glob.has_magic(path):
        return None
    matches = [each for each in sorted(glob.glob(path, recursive=True)) if os.path.isfile(each)]
    wanted = [each for each in matches if anything or _is_wanted(each, path)]
    if not wanted:
        raise Unreadable(f"no document matches {path}")
    return wanted


def _walk(directory: str) -> Iterator[str]:
    """The files below a directory that may be documents; hidden folders are left out."""
    for folder, folders, files in os.walk(directory):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != _VENDORED)
        for name in sorted(files):
            if _is_document(name):
                yield os.path.join(folder, name)


_VENDORED = "node_modules"


def _is_document(path: str) -> bool:
    return path.endswith((*YAML_ENDINGS, *MARKDOWN_ENDINGS))


def _is_wanted(path: str, pattern: str) -> bool:
    vendored = _VENDORED in path.split(os.sep) and _VENDORED not in pattern
    return _is_document(path) and not vendored


def _taken(path: str, stated: Settings, *, alone: bool) -> bool:
    if path == "-":
        return True
    if not alone and stated.excludes(path):
        return False
    if path.endswith((".yaml", ".yml")) or stated.includes(path):
        return True
    if not os.path.exists(path):
        return True  # whoever reads it says that it is not there
    source = _source(path)
    if is_workflow(source):
        return True
    if alone and not holds_something(source):
        raise Unreadable(f"{path} is no workflow: {WHAT_MAKES_ONE}")
    return alone


def _source(path: str) -> SourceFile:
    return decode(path, read_bytes(path))[0]
