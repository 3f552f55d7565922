"""Severity matrices without a table: levels as headings, bold lines or list items.

A level opens a block of text, which runs to the next level beside it. In the block a label gives
the first response (``Response time: 15 min``), else a clause that speaks of one (``respond in
15 min``). At least two levels make a matrix, and only where a heading announces one or the blocks
state response times: findings and features are filed under ``P0`` and ``P1`` too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Literal

from .columns import find_columns, says_any
from .diagnostics import Diagnostic
from .levels import (
    about_levels,
    are_log_levels,
    identity,
    is_tier,
    ranks_work,
    read_level,
    read_urgency,
    unclear_order,
)
from .patterns import lazy
from .severity_row import FIXES, LATER, MEANINGS, severity_row
from .source import Span
from .syntax import Section, SeverityRow, SeverityTable, Text
from .timing import read_response
from .words import bare, clip, split

_MARKER = lazy(r"(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_LEAD = lazy(r"(?:\d{1,2}(?:\.\d{1,2}){0,3}[.)]?[ \t]+)?[^\w*`\[(]{0,12}")
_BOLD = lazy(r"(\*\*|__|`)(?P<inner>[^*`]{1,200})\1")
_BREAK = lazy(r"[ \t]*:(?:[ \t]+|\Z)|[ \t]+(?:[-=]*>|[-=\u2192\u21d2\u2013\u2014])[ \t]+|\uff1a")
_ASIDE = lazy(r"[(\[][^)\]]{0,120}[)\]]")
_WORD = lazy(r"[^\W_]+")
_OPENS = lazy(r"\W{0,4}(?:(?:severity|sev|priority|prio|level|tier|p|s|l)[\s_-]{0,2})\d", re.I)
_OPENING = lazy(
    r"\*\*|__|(?:severity|sev|priority|p|s)[\s_-]{0,2}\d(?:\s{0,2}\([^()]{0,40}\))?\s{0,2}[:\u2013\u2014]\s",
    re.IGNORECASE,
)
"""How a line of prose begins that is about a level."""
_PADDING = frozenset(
    "incident incidents issue issues priority severity level levels alert alerts sev p prioridad "  # noqa: SIM905
    "prioridade priorité priorität severidad severidade sévérité gravité niveau nivel nível stufe "
    "incidente incidentes vorfall vorfälle impact".split()
)
_NAMED_BY = frozenset(
    "prioridad prioridade priorité priorität severidad severidade sévérité gravité niveau nivel "  # noqa: SIM905
    "nível stufe incidente".split()
)
"""Words that languages put before the urgency of a level."""
RESPONDS = lazy(
    r"\b(?:respon[ds]\w*|ack\w*|react\w*|pages?|paged|paging|triaged?|answer\w*|reply)\b|响应|響應|対応|応答",
    re.IGNORECASE,
)
_NOT_FIRST = lazy(r"[>%$]|\b(?:if|no|not|without|still|un\w{4,}|every)\b", re.IGNORECASE)
"""A clause with a threshold, or about what follows when nobody responded."""
_CLAUSE = lazy(r"[.;,|/]\s|[()\u2014\u2013\u2192\u3002\uff0c]|\s-\s|<br\s{0,3}/?>")
_TIMED = lazy(
    r"\d|immediat|instant|once|asap|away|sofort|inmed|imediat|立即|即時|next|best|day|sprint|queue"
    r"|backlog|weekly|monthly|hours|plan|schedul|defer|no |when|now|none|n/a|eventually|as time",
    re.IGNORECASE,
)
"""What a clause with a time, or with words that mean no clock, cannot do without."""
_SENTENCE = 200
_NAME = 60
_FEW = 4
"""Words of a clause that is little more than a time."""
_LONGEST = 80
"""Lines of a block that are read; a level is described in fewer."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a section; ``depth`` is a heading's depth or an item's indent."""

    kind: Literal["heading", "item", "prose"]
    text: Text
    depth: int


@dataclass(frozen=True, slots=True)
class _Opener:
    """A line that names a level; ``plain`` where it says nothing else before its text."""

    at: int
    name: Text
    rest: Text
    plain: bool


@dataclass(frozen=True, slots=True)
class _Block:
    """What a level's lines say of it."""

    opener: _Opener
    criteria: Text | None
    response: Text | None
    agents: Text | None
    end: Text


def read_blocks(
    sections: tuple[Section, ...], found: list[Diagnostic]
) -> list[tuple[SeverityTable, bool]]:
    """The matrices, each with whether it states any response time."""
    lines = list(_lines(sections))
    matrices: list[tuple[SeverityTable, bool]] = []
    groups = list(_groups(lines))
    opening = {opener.at for _, group in groups for opener in group}
    for parent, group in groups:
        blocks = [_block(lines, opener, opening) for opener in group]
        timed = [block for block in blocks if block.response is not None]
        named = any(word in parent.lower() for word in ("levels", "sla")) and not ranks_work(parent)
        logs = are_log_levels(opener.name.value for opener in group)
        announced = (about_levels(parent) or named) and not logs
        told = len(timed) > 1 and len(timed) * 2 >= len(blocks)
        if told:
            blocks = [block for block in blocks if block.opener.plain or block.response]
        elif not (announced and all(opener.plain for opener in group) and _describe(blocks)):
            continue
        matrices.append((_matrix(blocks, found), bool(timed)))
    return matrices


def _describe(blocks: list[_Block]) -> bool:
    """Whether the blocks say what their levels are, and not only what is done at them."""
    said = [block for block in blocks if block.criteria or block.agents or block.response]
    return len(said) * 2 > len(blocks)


def fold(
    tables: list[SeverityTable], blocks: list[tuple[SeverityTable, bool]]
) -> Iterator[SeverityTable]:
    """All matrices in the order of the text.

    Blocks without times that only describe the levels of another matrix fill its gaps instead;
    blocks that state times for some of the levels that others define belong to those.
    """
    untimed = [matrix for matrix, timed in blocks if not timed]
    answers = list(_left(untimed, [matrix for matrix, timed in blocks if timed]))
    kept = [*tables, *answers]
    known = _indexed(kept)
    for matrix in untimed:
        found = _described(kept, known, matrix)
        if found is None:
            _index(known, len(kept), matrix)
            kept.append(matrix)
        else:
            kept[found] = _filled(kept[found], matrix)
    yield from sorted(kept, key=lambda table: table.span.start)


def _left(untimed: list[SeverityTable], answers: list[SeverityTable]) -> Iterator[SeverityTable]:
    """The blocks with times, without those whose levels are some of what others define.

    Those are written into ``untimed``.
    """
    known = _indexed(untimed)
    for answer in answers:
        at = _described(untimed, known, answer)
        if at is None or len(_identities(answer)) == len(_identities(untimed[at])):
            yield answer
        else:
            untimed[at] = _answered(untimed[at], answer)


def _answered(table: SeverityTable, answer: SeverityTable) -> SeverityTable:
    """The levels with the responses that another block states for some of them."""
    said = {identity(row.name.value): row.response for row in answer.rows}
    rows = tuple(
        row if row.response else replace(row, response=said.get(identity(row.name.value)))
        for row in table.rows
    )
    return replace(table, rows=rows, notes=(*table.notes, *answer.notes))


def _indexed(tables: list[SeverityTable]) -> dict[tuple[int, str], list[int]]:
    known: dict[tuple[int, str], list[int]] = {}
    for at, table in enumerate(tables):
        _index(known, at, table)
    return known


def _index(known: dict[tuple[int, str], list[int]], at: int, table: SeverityTable) -> None:
    for level in _identities(table):
        known.setdefault(level, []).append(at)


def _described(
    kept: list[SeverityTable], known: dict[tuple[int, str], list[int]], matrix: SeverityTable
) -> int | None:
    """The first matrix that has all levels of another; looked for among those with its rarest."""
    levels = _identities(matrix)
    rarest = min((known.get(level, []) for level in sorted(levels)), key=len)
    return next((at for at in rarest if levels <= _identities(kept[at])), None)


def _identities(table: SeverityTable) -> set[tuple[int, str]]:
    return {identity(row.name.value) for row in table.rows}


def _filled(table: SeverityTable, more: SeverityTable) -> SeverityTable:
    said = {identity(row.name.value): row.criteria for row in more.rows}
    filled = (
        row if row.criteria else replace(row, criteria=said.get(identity(row.name.value)))
        for row in table.rows
    )
    return replace(table, rows=tuple(filled))


# --- lines and the levels they open ---------------------------------------------------------------


def _lines(sections: tuple[Section, ...]) -> Iterator[_Line]:
    for section in sections:
        if section.heading is not None:
            yield _Line("heading", section.heading.title, section.heading.depth)
        items = [_Line("item", item.text, item.indent) for item in section.items]
        prose = [_Line("prose", text, 0) for text in section.prose]
        yield from sorted((*items, *prose), key=lambda line: line.text.span.start)


def _groups(lines: list[_Line]) -> Iterator[tuple[str, list[_Opener]]]:
    """Levels that stand beside each other, two or more, and the words that announce them.

    Levels that are announced as times of a fix or an update are left out. The words are the
    heading above and, for items, the line before them that ends in a colon.
    """
    above: list[tuple[int, int]] = []
    label = -1
    groups: dict[tuple[int, int, str, int, bool, int], list[_Opener]] = {}
    seen: Counter[tuple[object, ...]] = Counter()
    for at, line in enumerate(lines):
        if line.kind == "heading":
            label = -1
            while above and above[-1][0] >= line.depth:
                above.pop()
        parent = above[-1][1] if above else -1
        opener = _opener(at, line)
        if opener is not None:
            said = label if line.kind == "item" else -1
            numbered = read_level(opener.name.value) is not None
            beside = (parent, said, line.kind, line.depth, numbered)
            named = (beside, identity(opener.name.value))
            groups.setdefault((*beside, seen[named]), []).append(opener)
            seen[named] += 1
        elif line.text.value.rstrip("*_ ").endswith((":", "\uff1a")):
            label = at
        if line.kind == "heading":
            above.append((line.depth, at))
    for (parent, said, *_), group in groups.items():
        title = " ".join(lines[at].text.value for at in (parent, said) if at >= 0)
        tiers = all(is_tier(opener.name.value) for opener in group)
        if any(_announces_later(lines[at].text.value) for at in (parent, said) if at >= 0):
            continue
        if len(group) > 1 and not (tiers and not about_levels(title)):
            yield title, group


def _announces_later(title: str) -> bool:
    return says_any(title, FIXES) and RESPONDS.search(title) is None


def _opener(at: int, line: _Line) -> _Opener | None:
    text = line.text
    marker = _MARKER.match(text.value) if line.kind == "item" else None
    lead = _LEAD.match(text.value, marker.end() if marker else 0)
    text = clip(text, lead.end() if lead else 0, len(text.value))
    if line.kind == "prose" and not _OPENING.match(text.value):
        return None
    name, rest = _named(text, whole=line.kind == "heading")
    if not name.value or len(name.value) > _NAME:
        return None
    plain = _plain(name.value)
    if plain is None or (line.kind != "heading" and not plain):
        return None
    return _Opener(at, name, rest, plain)


def _named(text: Text, *, whole: bool) -> tuple[Text, Text]:
    """The name a line opens with, and the rest of the line."""
    empty = clip(text, len(text.value), len(text.value))
    if whole:
        return clip(text, 0, len(text.value.rstrip(": "))), empty
    bold = _BOLD.match(text.value)
    broken = _BREAK.search(text.value, 0, _NAME + 4)
    if bold is None:
        if broken is None:
            return (text, empty) if len(text.value) <= _NAME else (empty, text)
        return clip(text, 0, broken.start()), clip(text, broken.end(), len(text.value))
    inner = clip(text, *bold.span("inner"))
    if len(inner.value) > 30 and broken is not None and broken.end() < bold.end():
        return clip(text, len(bold[1]), broken.start()), clip(text, broken.end(), len(text.value))
    name = clip(inner, 0, len(inner.value.rstrip(": ")))
    return name, clip(text, bold.end(), len(text.value))


def _plain(name: str) -> bool | None:
    """Whether a name is a level and nothing more; None where it is no level."""
    stem = _ASIDE.sub(" ", name)
    broken = _BREAK.search(stem)
    front = stem[: broken.start()] if broken else stem
    words = [word.lower() for word in _WORD.findall(front)]
    other = [word for word in words if word not in _PADDING and read_urgency(word) is None]
    if _OPENS.match(name) and read_level(name) is not None:
        return not [word for word in other if not re.fullmatch(r"[a-z]{0,3}\d{1,2}", word)]
    urgent = [word for word in words if read_urgency(word) is not None]
    lead = next((word for word in words if word not in _NAMED_BY), None)
    if not other and len(urgent) == 1 and lead == urgent[0]:
        return True
    return None


# --- what a block says ----------------------------------------------------------------------------


def _block(lines: list[_Line], opener: _Opener, opening: set[int]) -> _Block:
    inside = list(islice(_inside(lines, opener, opening), _LONGEST))
    said: dict[str, Text] = {}
    loose: list[Text] = []
    for line in inside:
        kind, value = _labelled(line.text)
        if kind in ("criteria", "response", "agents"):
            said.setdefault(kind, value)
        elif kind is None and value.value:
            loose.append(value)
    rest = _trimmed(opener.rest)
    response = said.get("response") or _spoken([rest, *loose]) or _aside(opener.name)
    criteria = rest if _WORD.search(rest.value) else said.get("criteria")
    if criteria is None or (response is not None and criteria.span == response.span):
        criteria = said.get("criteria") or next(iter(loose), None)
    last = inside[-1].text if inside else lines[opener.at].text
    return _Block(opener, criteria, response, said.get("agents"), last)


def _inside(lines: list[_Line], opener: _Opener, opening: set[int]) -> Iterator[_Line]:
    first = lines[opener.at]
    for at in range(opener.at + 1, len(lines)):
        line = lines[at]
        if at in opening and line.kind == first.kind and line.depth <= first.depth:
            return
        if line.kind == "heading" and (first.kind != "heading" or line.depth <= first.depth):
            return
        ended = line.kind == "item" and line.depth <= first.depth
        if first.kind == "item" and (ended or line.text.value.startswith("**")):
            return
        yield line


@lru_cache(1 << 14)
def _labelled(text: Text) -> tuple[str | None, Text]:
    """What a line says by its label (``other`` for an unknown label), and its value."""
    marker = _MARKER.match(text.value)
    line = clip(text, marker.end() if marker else 0, len(text.value))
    bold = _BOLD.match(line.value)
    if bold:
        label, value = clip(line, *bold.span("inner")), clip(line, bold.end(), len(line.value))
        inner = _BREAK.search(label.value)
        if inner and inner.end() < len(label.value):
            label, value = clip(label, 0, inner.start()), clip(label, inner.end(), 1 << 20)
    else:
        broken = _BREAK.search(line.value, 0, 50)
        if broken is None:
            return None, line
        label, value = clip(line, 0, broken.start()), clip(line, broken.end(), len(line.value))
    label = clip(label, 0, len(label.value.rstrip(": ")))
    kinds = _kinds(label.value.lower()) if len(label.value) < _NAME else frozenset[str]()
    value = bare(_trimmed(value))
    if not value.value:
        return "other", value
    kind = next((kind for kind in ("response", "criteria", "agents") if kind in kinds), None)
    return (kind, value) if kind else ("other" if bold or kinds else None, line)


@lru_cache(1024)
def _kinds(label: str) -> frozenset[str]:
    """What a label may announce; one with a number is a sentence of its own."""
    if any(char.isdigit() for char in label):
        return frozenset()
    return frozenset(find_columns((Text(label, Span("", 0, len(label))),), MEANINGS, LATER))


def _trimmed(text: Text) -> Text:
    start = len(text.value) - len(text.value.lstrip(" :\u2013\u2014-\u2192=>*"))
    return clip(text, start, len(text.value))


def _spoken(texts: Iterable[Text]) -> Text | None:
    """The first clause that says when somebody responds, or is nothing but a time."""
    return next((clause for text in texts if (clause := spoken_in(text))), None)


@lru_cache(1 << 14)
def spoken_in(text: Text) -> Text | None:
    """The clause of a text that says when somebody responds, or is nothing but a time."""
    if len(text.value) > 5 * _SENTENCE or not _TIMED.search(text.value):
        return None
    short = len(_WORD.findall(text.value)) <= _FEW
    for clause in (*((text,) if short else ()), *split(text, _CLAUSE)):
        if len(clause.value) > _SENTENCE:
            continue
        time = read_response(clause)
        told = RESPONDS.search(clause.value) or len(_WORD.findall(clause.value)) <= _FEW
        if time and told and not _NOT_FIRST.search(clause.value):
            return clause
    return None


def _aside(name: Text) -> Text | None:
    """A response in the parentheses of a name: ``P1 - High (respond within 1 hour)``."""
    for found in _ASIDE.finditer(name.value):
        inner = clip(name, found.start() + 1, found.end() - 1)
        if read_response(inner):
            return inner
    return None


def _matrix(blocks: list[_Block], found: list[Diagnostic]) -> SeverityTable:
    rows: list[SeverityRow] = []
    problems: list[Diagnostic] = []
    for block in blocks:
        name = block.opener.name
        header = "response"
        rows.append(
            severity_row(
                name, block.criteria, block.response, block.agents, problems, header=header
            )
        )
    span = rows[0].span
    for row, block in zip(rows, blocks, strict=True):
        span = span.cover(row.span).cover(block.end.span)
    found.extend(problems)
    matrix = SeverityTable(tuple(rows), span)
    return replace(matrix, notes=(*problems, *unclear_order(matrix)))
