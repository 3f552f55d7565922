"""Cutting placed text: every part of a ``Text`` keeps its exact place.

Holds wherever a ``Text`` is a slice of the file (table cells, list items, headings, box lines), so
that a part's value is again the characters under its span. A part of a text that was written in
other characters (entities of a chart's label) is placed at the whole of it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache

from .patterns import lazy
from .source import SourceFile
from .syntax import Text

_EMPHASIS = lazy(r"(\*{1,3}|_{1,3}|`{1,2}|~~)(?=\S)")
BREAK = lazy(r"<br\s{0,3}/?>", re.IGNORECASE)
_TAG = lazy(
    r"<!--.{0,500}?-->|</?(?:b|i|u|s|em|strong|small|big|sub|sup|span|font|code|pre|kbd|center|img|a|p"
    r"|div|ul|ol|li|br|hr|mark|del|ins|nobr|wbr|details|summary)(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE,
)
_LINK = lazy(r"!?\[([^\[\]]{0,300})\](?:\([^()]{0,500}\)|\[[^\[\]]{0,100}\])")
_MARKED = lazy(
    r"(?P<m>\*{1,3}|~~|`{1,2})(?=\S)(?P<a>[^\n]{1,500}?)(?<=\S)(?P=m)"
    r"|(?<!\w)(?P<u>_{1,3})(?=\S)(?P<b>[^\n]{1,500}?)(?<=\S)(?P=u)(?!\w)"
)
_ESCAPED = lazy(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
_PICTURE = lazy(
    "[\u200d\u20e3\u23e9-\u23ff\u25a0-\u25b1\u25cb-\u25ff\u2600-\u27bf\u2b05-\u2bff\ufe0e\ufe0f"
    "\U0001f000-\U0001faff\U000e0020-\U000e007f]+"
    r"|(?<![\w:]):[a-z][a-z0-9_+-]{1,40}:(?![\w:])"
)


def slice_of(source: SourceFile, start: int, end: int) -> Text:
    """The characters from ``start`` to ``end`` of the file, trimmed."""
    return clip(Text(source.text[start:end], source.span(start, end)), 0, end - start)


def clip(text: Text, start: int, end: int) -> Text:
    """The part ``text.value[start:end]``, trimmed."""
    part = text.value[start:end]
    left = start + len(part) - len(part.lstrip())
    right = max(left, start + len(part.rstrip()))
    exact = text.span.end - text.span.start == len(text.value)
    return Text(text.value[left:right], text.span.sub(left, right) if exact else text.span)


def bare(text: Text) -> Text:
    """The text without the emphasis or code marks that enclose the whole of it."""
    while mark := _EMPHASIS.match(text.value):
        width = len(mark[1])
        if len(text.value) <= 2 * width or not text.value.endswith(mark[1]):
            break
        text = clip(text, width, len(text.value) - width)
    return text


def split(text: Text, separator: re.Pattern[str]) -> Iterator[Text]:
    """The parts between separators, trimmed, their marks taken off, empty ones left out."""
    at = 0
    for match in separator.finditer(text.value):
        yield from _kept(text, at, match.start())
        at = match.end()
    yield from _kept(text, at, len(text.value))


def _kept(text: Text, start: int, end: int) -> Iterator[Text]:
    part = bare(clip(text, start, end))
    if part.value:
        yield part


@lru_cache(1 << 13)
def seen(value: str) -> str:
    """What a reader of the page sees: no marks, tags, addresses of links or pictures.

    Where nothing but pictures is there, they stay.
    """
    said = _LINK.sub(r"\1", _TAG.sub(" ", value))
    for _ in range(3):
        said, marks = _MARKED.subn(_inner, said)
        if not marks:
            break
    said = html.unescape(_ESCAPED.sub(r"\1", said))
    worded = _PICTURE.sub(" ", said)
    return " ".join((worded if worded.strip() else said).split())


def _inner(match: re.Match[str]) -> str:
    return match["a"] or match["b"]


ANSWER = lazy(
    r"\b(?:yes|no|y|n|pass(?:ed)?|fail(?:s|ed|ure)?|success|ok|error|true|false|if|approved?"
    r"|rejected"
    r"|oui|non|sí|si|não|ja|nein|да|нет|evet|hayır)\b|[是否通过有无]|はい|いいえ|예|아니|✓|✗|✅|❌",
    re.IGNORECASE,
)
"""Words on a line that say when it is taken."""


def is_answer(words: str) -> bool:
    """Whether words are a bare answer (``yes``, ``[no]``): they say when an arrow is taken."""
    answer = ANSWER.search(words)
    return answer is not None and answer.group() == words.strip("[]():. ")
