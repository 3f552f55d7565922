"""Times as people write them: durations, response times and windows of an escalation path.

All times are integer milliseconds. What cannot be read gives None; nothing is guessed.
"""

from __future__ import annotations

import re

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from .grammar import parse_tree
from .syntax import ResponseTime, Text, Window

UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
"""A unit's length by its first letter; ``ms`` and ``milliseconds`` are the one exception."""

_MAX = 200

_UNIT_WORDS = {
    "s": "s sec secs second seconds sekunde sekunden seconde secondes segundos 秒 초",
    "m": "m min mins minute minutes minuten minuto minutos minuti minut menit мин 分 分钟 分鐘 분",
    "h": "h hr hrs hour hours std stunde stunden heure heures hora horas ora ore jam час часа часов"
    " 小时 小時 時間 시간",
    "d": "d day days tag tage tagen jour jours día días dia dias giorno giorni hari день дня дней"
    " 天 日 일",
    "w": "w wk week weeks woche wochen semaine semaines semana semanas settimana settimane 周 週間",
}
_UNITS = {word: unit for unit, words in _UNIT_WORDS.items() for word in words.split()}
_AMOUNT = re.compile(
    r"(?<![\w.,/])(?:\d{1,6}\s{0,2}[-\u2013\u2014]\s{0,2})?(?P<number>\d{1,6}(?:[.,]\d{1,2})?)"
    r"\s{0,2}(?:(?:business|working|calendar)\s)?(?P<unit>"
    + "|".join(sorted(_UNITS, key=len, reverse=True))
    + r")(?![^\W\d_\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af])",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;()/|\u3001\uff0c\u2192]|<br\s{0,3}/?>")
_AT_ONCE = re.compile(
    r"\b(?:immediate(?:ly)?|instant(?:ly)?|at once|right away|asap|sofort|immédiat\w*|inmediat\w*"
    r"|imediat\w*|immediat[oa]|немедленно)\b|立即|立刻|即時|즉시"
)
_MARKUP = re.compile(r"[*`]+")
_LATER = re.compile(
    r"\b(?:every|each|fix|resol\w*|restor\w*|repair\w*|updates?|mttr|ttr|patch\w*|alle|cada)\b"
)

_Tree = Tree[Token]


def read_duration(text: str) -> int | None:
    """``5m``, ``1h30m``, ``30 min`` or ``4 hours`` in milliseconds; None for anything else."""
    tree = _parse("duration", text)
    return None if tree is None else _duration(tree)


def read_response(text: Text) -> ResponseTime | None:
    """A response time: a deadline, or one of the words that mean no clock runs.

    Of a range (``15-30 min``) the later end is the deadline.
    """
    tree = _parse("response", text.value)
    if tree is None:
        return _among_words(text)
    if tree.data == "immediate" and (bound := _among_words(text)) and bound.deadline_ms:
        return bound
    if tree.data == "deferred":
        return ResponseTime(None, True, text)
    if tree.data == "immediate":
        return ResponseTime(0, False, text)
    last = _trees(tree)[-1]
    deadline = _duration(last) if last.data == "duration" else _between(last)[1]
    return ResponseTime(deadline, False, text)


def _among_words(text: Text) -> ResponseTime | None:
    """The one time among other words: ``15 minutes, 24/7``, ``5 min ack / 1 h fix``.

    Of several clauses those about later moments (a fix, an update) do not count. Two first times
    that differ are unclear, and give None.
    """
    if len(text.value) > _MAX:
        return None
    found: set[int] = set()
    at_once = False
    for clause in _CLAUSE.split(_MARKUP.sub(" ", text.value.lower())):
        if _LATER.search(clause):
            continue
        times = [(match["number"], match["unit"]) for match in _AMOUNT.finditer(clause)]
        if len(times) == 1:
            number, unit = times[0]
            found.add(_scale(number.replace(",", "."), UNIT_MS[_UNITS[unit]]))
        elif times:
            return None
        at_once = at_once or _AT_ONCE.search(clause) is not None
    if not found and at_once:
        return ResponseTime(0, False, text)
    return ResponseTime(found.pop(), False, text) if len(found) == 1 else None


def read_window(text: Text) -> Window | None:
    """When a rung is due: ``0-15 min``, ``60+ min``, ``After 30 min``, ``T+15m``, ``< 15 min``."""
    tree = _parse("window", text.value)
    if tree is None:
        return None
    if tree.data == "now":
        return Window(0, None, text)
    if tree.data == "after_number":
        number, unit = [token for token in _tokens(tree) if token.type in ("NUMBER", "UNIT")]
        return Window(_amount(number, unit), None, text)
    first = _trees(tree)[0]
    if first.data in ("range", "bare_range", "minute_range"):
        return Window(*_between(first), text)
    if tree.data == "first":
        return Window(0, _duration(first), text)
    return Window(_point(first), None, text)


_TRIGGER = re.compile(
    r"\b(?:if|after|when|no|not|without|unack\w*|unres\w*|unans\w*|since|for|more than|first|within"
    r"|response|elapsed|down|still|nach|sem|sin|sans)\b|[>+]",
    re.IGNORECASE,
)
_FIRST = re.compile(r"\b(?:first|within)\b", re.IGNORECASE)
_START = re.compile(
    r"\W{0,3}(?:initial\b|first (?:responder|contact|line|alert|response)|alert (?:fires|triggered)"
    r"|incident (?:start|declared|detected)|on (?:alert|detection|declaration))",
    re.IGNORECASE,
)


def read_moment(text: Text) -> Window | None:
    """When a rung is due by a clause: ``if no response in 15 min``, ``15 min without resolution``.

    Only where the clause holds one time and a word that makes it a delay, or names the start.
    """
    if not text.value or len(text.value) > _MAX:
        return None
    times = list(_AMOUNT.finditer(_MARKUP.sub(" ", text.value.lower())))
    if not times:
        return Window(0, None, text) if _START.match(text.value) else None
    if len(times) > 1 or not _TRIGGER.search(text.value):
        return None
    number, unit = times[0]["number"], times[0]["unit"]
    due = _scale(number.replace(",", "."), UNIT_MS[_UNITS[unit]])
    return (
        Window(0, due, text)
        if _FIRST.search(text.value[: times[0].start()])
        else Window(due, None, text)
    )


def _parse(start: str, text: str) -> _Tree | None:
    if not text or len(text) > _MAX:
        return None
    try:
        return parse_tree("timing", text, start)
    except UnexpectedInput:
        return None


def _trees(tree: _Tree) -> list[_Tree]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _tokens(tree: _Tree) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]


def _duration(tree: _Tree) -> int:
    return sum(_amount(*_tokens(amount)) for amount in _trees(tree))


def _point(tree: _Tree) -> int:
    """The moment of a ``T+15m``; without a unit (``T+15``) it is in minutes."""
    if tree.data == "duration":
        return _duration(tree)
    inner = _trees(tree)
    if inner:
        return _point(inner[0])
    return _scale(_tokens(tree)[-1], UNIT_MS["m"])


def _between(tree: _Tree) -> tuple[int, int]:
    """Both ends of a range; the first takes the second's unit where it has none of its own."""
    ends = _trees(tree)
    if tree.data == "range":
        return _duration(ends[0]), _duration(ends[1])
    if tree.data == "minute_range":
        first, last = [token for token in _tokens(tree) if token.type == "NUMBER"]
        return _scale(first, UNIT_MS["m"]), _scale(last, UNIT_MS["m"])
    number = next(token for token in _tokens(tree) if token.type == "NUMBER")
    unit = _tokens(_trees(ends[0])[0])[1]
    return _amount(number, unit), _duration(ends[0])


def _amount(number: Token, unit: Token) -> int:
    name = unit.lower()
    return _scale(number, UNIT_MS["ms" if name.startswith(("ms", "mil")) else name[0]])


def _scale(number: str, unit_ms: int) -> int:
    whole, _, part = number.partition(".")
    return int(whole) * unit_ms + (int(part) * unit_ms // 10 ** len(part) if part else 0)
