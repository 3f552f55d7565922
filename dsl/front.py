"""The keys at the head of a document: which there are, and a quick look at them.

Owns the one table of the keys, in the order in which they are written, and a look at front matter
that may be broken, without reading the rest of a document: what opens it and where it ends is as in
``document.lark``, and a test compares the two. Its values and what is wrong with it are read in
``outline`` and ``yaml_nodes``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .patterns import lazy
from .source import SourceFile
from .syntax import YamlMapping
from .yaml_nodes import read_yaml


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the front matter or, under ``data``, of the YAML form alone.

    ``common`` are keys that other kinds of documents have at their heads, too; ``policy`` are
    those that a document may take from another.
    """

    name: str
    data: bool = False
    common: bool = False
    policy: bool = False


FRONT: tuple[Key, ...] = (
    Key("name", common=True),
    Key("description", common=True),
    Key("version", common=True),
    Key("extends"),
    Key("pattern"),
    Key("coordinator", policy=True),
    Key("agents", policy=True),
    Key("priority", common=True),
    Key("inputs"),
    Key("timezone", common=True, policy=True),
    Key("unstaffed", policy=True),
    Key("immediate", policy=True),
    Key("patience", policy=True),
    Key("severities", data=True, policy=True),
    Key("stages", data=True),
    Key("escalation", policy=True),
    Key("escalation.while", policy=True),
    Key("notifications", data=True, policy=True),
    Key("expectations"),
)
"""Every key there is, in the order in which people look for them."""

_OPENED = lazy(r"\ufeff?\s*---[ \t]*\r?(?:\n|\Z)")
_CLOSED = lazy(r"^(?:---|\.\.\.)[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
_LEFT_OPEN = lazy(r"(?:(?![ \t]*\r?(?:\n|\Z)|#)[^\n]+(?:\n|\Z))*")
_KEY = lazy(r"""^(["']?)([A-Za-z_][\w.-]*)\1[ \t]*:(?=\s|\Z)""", re.MULTILINE)


def front_place(text: str) -> tuple[int, int] | None:
    """Where the inside of the front matter begins and ends; None where a text opens without."""
    opened = _OPENED.match(text)
    if opened is None:
        return None
    closed = _CLOSED.search(text, opened.end())
    if closed is not None:
        return opened.end(), closed.start()
    left_open = _LEFT_OPEN.match(text, opened.end())
    return opened.end(), left_open.end() if left_open is not None else opened.end()


def front_keys(source: SourceFile) -> frozenset[str]:
    """The top-level keys of the front matter, read line by line so that broken YAML has some."""
    place = front_place(source.text)
    if place is None:
        return frozenset()
    inside = source.text[slice(*place)]
    if not inside.lstrip().startswith("{"):
        return frozenset(key[2] for key in _KEY.finditer(inside))
    node = read_yaml(source, *place).node
    return frozenset(key.raw for key, _ in node) if isinstance(node, YamlMapping) else frozenset()
