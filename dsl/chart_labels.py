"""The labels of a Mermaid chart: what a reader of the drawn chart sees, line by line.

Quotes, Markdown strings, entities, ``<br/>``, a literal ``\\n`` and inline HTML are resolved. A
line whose characters differ from the file is placed at the whole of what was written for it.
"""

from __future__ import annotations

import html
import re

from .patterns import lazy
from .source import SourceFile
from .syntax import Text
from .words import clip, slice_of

_BREAK = lazy(r"</?(?:br|hr|p|div|li)\b[^<>]{0,200}>|&lt;br\s{0,2}/?&gt;|\\n|\n", re.IGNORECASE)
_TAG = lazy(
    r"</?(?:b|i|u|s|em|strong|small|big|sub|sup|span|font|code|pre|kbd|center|img|a|ul|ol|h[1-6])"
    r"(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE,
)
_ENTITY = lazy(r"#(\d{1,7}|\w{2,31});")
_ICON = lazy(r"\bfa[bklrsd]?:fa-[\w-]+\s*")
_EMPHASIS = lazy(r"(\*{1,3}|_{2})(?=\S)([^*_]+?)(?<=\S)\1")


def lines_of(source: SourceFile, start: int, end: int) -> tuple[Text, ...]:
    """The lines of a label that stands at these offsets, empty ones left out."""
    text = slice_of(source, start, end)
    value = text.value
    markdown = False
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        text = clip(text, 1, len(value) - 1)
        markdown = len(text.value) > 1 and text.value[0] == text.value[-1] == "`"
        text = clip(text, 1, len(text.value) - 1) if markdown else text
    found: list[Text] = []
    at = 0
    for mark in (*_BREAK.finditer(text.value), None):
        line = clip(text, at, mark.start() if mark else len(text.value))
        seen = _seen(line.value, markdown)
        if seen:
            found.append(Text(seen, line.span))
        at = mark.end() if mark else at
    return tuple(found)


def _seen(raw: str, markdown: bool) -> str:
    value = _ICON.sub("", _TAG.sub("", raw)).replace('\\"', '"')
    if markdown:
        value = _EMPHASIS.sub(r"\2", value)
    value = html.unescape(_ENTITY.sub(_html_entity, value))
    return " ".join(value.split())


def _html_entity(match: re.Match[str]) -> str:
    """``#quot;`` and ``#35;`` are Mermaid's way to write the entities of HTML."""
    name = match[1]
    entity = f"&#{name};" if name.isdecimal() else f"&{name};"
    return entity if html.unescape(entity) != entity else match[0]
