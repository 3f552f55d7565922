"""Inline ignores: an HTML comment in Markdown, a comment in YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .codes import report
from .diagnostics import Diagnostic
from .patterns import lazy
from .source import SourceFile, Span
from .syntax import Ignore, Text

_MARKDOWN = lazy(r"<!--[ \t]*armada:(?P<body>(?:(?!<!--)[^\n])*?)-->")
_YAML = lazy(r"(?:^|(?<=[ \t]))#[ \t]*armada:(?P<body>[^\n]*)", re.MULTILINE)
_BODY = lazy(r"[ \t]*ignore[ \t]*\[(?P<codes>[^\]]*)\][ \t]*(?P<reason>.*)", re.IGNORECASE)
_CODE = lazy(r"ARM\d{3}")
_MEANT = lazy(r"[ \t]*(?:ig+n|noqa|disable|sup+res|silence)|.*(?:\[|ARM\d)", re.IGNORECASE)
"""What a comment has that was to be an ignore; another comment may speak of Armada."""


def read_ignores(
    source: SourceFile, comments: Iterable[Text], blocks: Iterable[Span]
) -> tuple[tuple[Ignore, ...], tuple[Diagnostic, ...]]:
    """The ignores in these comments and in these blocks of YAML, in the order of the text."""
    matches = [
        match
        for form, spans in ((_MARKDOWN, [text.span for text in comments]), (_YAML, list(blocks)))
        for span in spans
        for match in form.finditer(source.text, span.start, span.end)
        if _MEANT.match(match["body"])
    ]
    ignores: list[Ignore] = []
    found: list[Diagnostic] = []
    for match in sorted(matches, key=lambda match: match.start()):
        ignore = _read(source, match)
        if isinstance(ignore, Ignore):
            ignores.append(ignore)
        else:
            found.append(ignore)
    return tuple(ignores), tuple(found)


def _read(source: SourceFile, match: re.Match[str]) -> Ignore | Diagnostic:
    start = match.start()
    span = source.span(start, start + len(match[0].rstrip()))
    body = _BODY.fullmatch(match["body"].strip())
    codes = [code.strip() for code in body["codes"].split(",")] if body else []
    reason = body["reason"].strip() if body else ""
    if codes and reason and all(_CODE.fullmatch(code) for code in codes):
        line = source.position(start).line
        return Ignore(tuple(codes), reason, line, span)
    return report(
        "ARM020",
        span,
        f"this ignore {_missing(codes)}",
        label="silences nothing",
        help="write `armada: ignore[ARM301] the reason`",
    )


def _missing(codes: list[str]) -> str:
    if not any(codes):
        return "names no code"
    wrong = next((code for code in codes if not _CODE.fullmatch(code)), None)
    return "gives no reason" if wrong is None else f"names '{wrong[:40]}', which is no code"
