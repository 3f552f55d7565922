"""By which name a shared policy is asked for: the path it is called by, seen from who names it.

Pure: nothing is looked up, and a folder that is a link is taken for its name. The name keeps the
spelling of the one that it is derived from, so that ``./a.md`` extends ``./policy.md`` and
``docs/a.md`` ``docs/policy.md``: one file has one name in one run.
"""

from __future__ import annotations

from ..dsl.patterns import lazy

_SCHEME = lazy(r"[A-Za-z][A-Za-z0-9+.-]*:")
_CONTROLS = lazy(r"[\x00-\x1f\x7f]")


def refused(path: str) -> str | None:
    """Why a path cannot name a shared policy, in the words that follow ``it``; None: it can."""
    if _SCHEME.match(path):
        return "is an address or names a drive"
    if path.startswith(("/", "~")):
        return "is not relative"
    if "\\" in path:
        return "parts its folders by backslashes"
    if _CONTROLS.search(path) or len(path) > 1000:
        return "is no name of a file"
    return "names a folder" if path.endswith(("/", "/.", "/..")) or path in (".", "..") else None


def named_from(name: str, path: str) -> str:
    """The name of the file that ``path`` means in the file called ``name``."""
    folders = name.replace("\\", "/").split("/")[:-1]
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == ".." and folders and folders[-1] not in ("..", "."):
            if folders != [""]:  # above the root is the root
                folders.pop()
        elif part == ".." and folders == ["."]:
            folders = [".."]
        else:
            folders.append(part)
    return "/".join(folders)
