"""Links within a document, and whether there is a heading where they lead.

Sites make anchors of headings in different ways, so only letters and digits are compared, and what
an HTML attribute names is an anchor, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .codes import report
from .diagnostics import Diagnostic
from .patterns import lazy
from .scan import within
from .source import SourceFile
from .syntax import Section

_LINK = lazy(r"(?<!!)\[[^\[\]\n]{1,300}\]\(#(?P<anchor>[^()\s]{1,300})\)")
_NAMED = lazy(r"""\b(?:id|name)\s?=\s?["']?([\w.:-]{1,200})|\{#([\w.:-]{1,200})""", re.I)
_TITLE = lazy(r"^[ \t>*+-]{0,12}#{1,6}[ \t]+([^\n]{1,300})|<h\d[^>\n]{0,200}>([^<\n]{1,300})", re.M)
"""Headings, in quotations and lists and as HTML, too."""
_ALWAYS = ("top", "")
_CODE = lazy(r"`[^`\n]*`")
_SIGNS = lazy(r"[\W_]+")
_MOST = 100
"""Among how many headings, and for how many links, the nearest is looked for."""
_SPACES = lazy(r"\s")
_DROPPED = lazy(r"[^\w\s-]")


def dead_links(source: SourceFile, sections: Iterable[Section]) -> Iterator[Diagnostic]:
    """ARM024: a link leads to a heading that the document does not have."""
    sections = tuple(sections)
    if "](#" not in source.text:
        return
    from difflib import get_close_matches
    from urllib.parse import unquote

    titles = [part.heading.title.value for part in sections if part.heading is not None]
    anchors = [_SPACES.sub("-", _DROPPED.sub("", title.lower())) for title in titles]
    named = (*_NAMED.findall(source.text), *_TITLE.findall(source.text))
    known = {_plain(anchor) for anchor in (*_ALWAYS, *anchors)}
    known |= {_plain(one or other) for one, other in named}
    found = 0
    for match in _links(source, sections):
        anchor = unquote(match["anchor"])
        if _plain(anchor) in known or _plain(re.sub(r"-\d+$", "", anchor)) in known:
            continue
        found += 1
        close = get_close_matches(anchor.lower(), anchors[:_MOST], 1, 0.6) if found < _MOST else []
        yield report(
            "ARM024",
            source.span(*match.span("anchor")),
            f"no heading gives the anchor '{anchor}'",
            label="leads nowhere",
            help=f"did you mean '#{close[0]}'?" if close else "link to a heading of this document",
        )


def _plain(anchor: str) -> str:
    return _SIGNS.sub("", anchor.casefold())


def _links(source: SourceFile, sections: Iterable[Section]) -> Iterator[re.Match[str]]:
    """The links outside fences and code."""
    fences = sorted(fence.span for part in sections for fence in part.fences)
    code = [source.span(*match.span()) for match in _CODE.finditer(source.text)]
    for match in _LINK.finditer(source.text):
        if not within(fences, match.start()) and not within(code, match.start()):
            yield match
