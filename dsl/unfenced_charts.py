"""Mermaid charts in no plain fence: ``:::mermaid``, ``<div class="mermaid">``, in a quotation.

Owns where such a chart starts and ends. It becomes a fence of the language ``mermaid``, whose text
keeps every character's place: an entity (``--&gt;``) is its character and blanks, and the marks of
a quotation are blanks. A container that is never closed is none.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from .patterns import lazy
from .source import SourceFile, Span
from .syntax import Fence

_OPEN = lazy(
    r"^[ \t]*(?P<colons>:{3,})[ \t]*\{?\.?mermaid\b[^\n]*\n"
    r"|<(?P<tag>div|pre)\b[^<>]*\bclass\s{0,2}=\s{0,2}[\"']?(?:[\w-]+\s)*mermaid(?![\w-])[^<>]*>"
    r"|^[ \t]*(?:>[ \t]?)+(?P<mark>`{3,}|~{3,})[ \t]*mermaid\b[^\n]*\n"
    r"|\{\{(?P<bracket>[<%])[ \t]*mermaid\b[^{}\n]*[>%]\}\}",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = lazy(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_ENTITY = lazy(r"&(?:[a-z]{2,8}|#\d{1,5});", re.IGNORECASE)
_LONGEST = 200_000
"""Characters of a chart; a longer one is not looked for."""
_CLOSING = 1000
"""Characters of the longest line that closes one."""


def find_charts(source: SourceFile, hidden: list[Span]) -> Iterator[Fence]:
    """The charts outside the ``hidden`` spans (fences, comments), in the order of the text."""
    at = 0
    skipped = iter(sorted(hidden))
    skip = next(skipped, None)
    looked: dict[str, int] = {}
    while opened := _OPEN.search(source.text, at):
        while skip is not None and skip.end <= opened.start():
            skip = next(skipped, None)
        if skip is not None and skip.start <= opened.start():
            at = skip.end
            continue
        at = opened.end()
        end = _end(opened)
        closed = end.search(source.text, max(at, looked.get(end.pattern, 0)), at + _LONGEST)
        if closed is None:
            looked[end.pattern] = at + _LONGEST - _CLOSING
            continue
        body = source.span(at, closed.start())
        text = source.text[at : closed.start()]
        if opened["tag"]:
            text = _ENTITY.sub(_character, text)
        elif opened["mark"]:
            text = _QUOTED.sub(lambda marks: " " * len(marks[0]), text)
        at = closed.end()
        yield Fence("mermaid", text, body, source.span(opened.start(), at))


def _end(opened: re.Match[str]) -> re.Pattern[str]:
    if opened["colons"]:
        return re.compile(r"^[ \t]*:{3,}[ \t]*$", re.MULTILINE)
    if opened["mark"]:
        return re.compile(rf"^[ \t]*(?:>[ \t]?)+{opened['mark']}[ \t]*$", re.MULTILINE)
    if opened["tag"]:
        return re.compile(rf"</{opened['tag']}\s{{0,9}}>", re.IGNORECASE)
    return re.compile(r"\{\{[<%][ \t]*/[ \t]*mermaid[ \t]*[>%]\}\}", re.IGNORECASE)


def _character(entity: re.Match[str]) -> str:
    """The character of an entity, and blanks in the place of the rest."""
    said = html.unescape(entity[0])
    return said.ljust(len(entity[0])) if len(said) == 1 else entity[0]
