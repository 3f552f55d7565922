"""Times as people write them: durations, response times and windows of an escalation path.

All times are integer milliseconds. What cannot be read gives None; nothing is guessed.
"""

from __future__ import annotations

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from .grammar import parse_tree
from .patterns import lazy
from .syntax import ResponseTime, Text, Window
from .time_words import plain

UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
"""A unit's length by its first letter; ``ms`` and ``milliseconds`` are the one exception."""

_MAX = 200

_AMOUNT = lazy(
    r"(?<![\w.,/])(?:\d{1,6}\s{0,2}[-\u2013\u2014]\s{0,2})?(?P<number>\d{1,6}(?:\.\d{1,2})?)\s{0,2}"
    r"(?:(?:(?:business|working)\s)?(?P<part>h(?:(?:ou)?rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)"
    r"|(?:calendar\s)?(?P<whole>d(?:ays?)?|w(?:(?:ee)?ks?)?))(?![^\W\d_])",
)
"""One time; days and weeks of work are no time that a clock can count."""
_RANGE = lazy(r"\s{0,2}(?:-|\u2013|\u2014|to)\s{0,2}\Z")
_CLAUSE = lazy(r"[,;()/|\u3001\u2192]|\s(?:and|but|then)\s|\s-+\s")
_AT_ONCE = lazy(
    r"\b(?:immediately|instantly|at once|right away|asap|instant|immediate(?=\s*(?:\Z|[^a-z\s]"
    r"|respon|page|paging|attention|action|ack|escalat|notif|triage|call|investig|all\b|alert"
    r"|intervention|handling|incident|on\b|by\b|to\b|and\b|with\b|manage|team|phone)))"
)
"""Words that mean at once; an ``immediate threat`` says nothing of a response."""
_LATER = lazy(
    r"\b(?:every|each|fix\w*|resol\w*|restor\w*|repair\w*|updates?|mttr|ttr|patch\w*|mitigat\w*"
    r"|workaround|contain\w*|remediat\w*|post-?mortem|rca|recover\w*|eta|status|close[ds]?|clos\w+)\b"
)
"""A clause about what follows the first response."""
_AWAY = lazy(
    r"\b(?:off[- ]?(?:hours|peak)|(?:after|out of)[- ]hours|outside|nights?|weekends?|otherwise)\b"
)
"""A clause about the first response at another hour: the later of the two times is the bound."""
_DEFERRED = lazy(
    r"\b(?:best[ -]effort|next[ -](?:available|sprint|business|working|work|release|iteration|cycle"
    r"|week|day|month|quarter|planning|maintenance|scheduled|patch|version|deploy\w*"
    r"|retro\w*|stand-?up|meeting|review|triage)"
    r"|(?:business|working|work|same|following)[ -]days?|end of (?:the )?(?:business )?(?:day|week)"
    r"|eod|sprint|backlog|(?:normal|standard|regular) (?:queue|priority|process)|weekly|monthly"
    r"|quarterly|when (?:possible|time|convenient|able|capacity)|as (?:time|capacity|resources)"
    r"|no sla|no deadline|no commitment|no guarantee|no response time|scheduled|planned|deferred"
    r"|eventually|time permitting|roadmap)\b"
)
"""Words that mean no clock runs."""
_HOURS = lazy(
    r"(?:(?:respon|handle|review|ack|triage|address)\w* )?"
    r"(?:within |during |in |only )?(?:the )?(?:next )?(?:normal |regular |standard |local )?"
    r"(?:business|working|office|work) hours(?: only)?\.?|n/a|none"
)
"""The same, where nothing else is said."""

_OFFICE = lazy(
    r"\b(?:in|during|within|only) (?:normal |regular |standard |local )?"
    r"(?:business|working|office|work) hours\b"
)
"""The hours in which something is done: a clause that says no other time, nor ``immediately``."""

_Tree = Tree[Token]


def read_duration(text: str) -> int | None:
    """``5m``, ``1h30m``, ``30 min`` or ``4 hours`` in milliseconds; None for anything else."""
    tree = _tree("duration", text)
    return None if tree is None else _duration(tree)


def read_response(text: Text) -> ResponseTime | None:
    """A response time: a deadline, or one of the words that mean no clock runs.

    Of a range (``15-30 min``) the later end is the deadline.
    """
    tree = _parse("response", text.value)
    if tree is None:
        return _among_words(text)
    if tree.data == "immediate":
        bound = _among_words(text)
        return bound if bound and bound.deadline_ms else ResponseTime(0, False, text)
    last = _trees(tree)[-1]
    deadline = _duration(last) if last.data == "duration" else _between(last)[1]
    return ResponseTime(deadline, False, text)


def _among_words(text: Text) -> ResponseTime | None:
    """The one time among other words: ``15 minutes, 24/7``, ``5 min ack / 1 h fix``.

    Of several clauses those about later moments (a fix, an update) do not count. Two first times
    that differ are unclear, and give None.
    """
    if not text.value or len(text.value) > _MAX:
        return None
    said = plain(text.value)
    if _HOURS.fullmatch(said):
        return ResponseTime(None, True, text)
    times: list[int] = []
    deferred, at_once, away = False, False, False
    for clause in _CLAUSE.split(said):
        if _LATER.search(clause):
            continue
        found = _times_in(clause)
        if len(found) > 1:
            return None
        now = _AT_ONCE.search(clause) is not None
        office = not now and _OFFICE.search(clause) is not None
        if not found and not times and (office or _DEFERRED.search(clause)):
            deferred = True
        at_once = at_once or now
        away = away or _AWAY.search(clause) is not None
        times += found
    if deferred:
        return ResponseTime(None, True, text)
    if not times:
        return ResponseTime(0, False, text) if at_once else None
    if len(set(times)) > 1 and not away:
        return None
    return ResponseTime(max(times), False, text)


def _times_in(clause: str) -> list[int]:
    """The times of a clause; of a range its later end."""
    found: list[int] = []
    end = 0
    for match in _AMOUNT.finditer(clause):
        joined = found and _RANGE.match(clause[end : match.start()])
        time_ms = _scale(match["number"], UNIT_MS[(match["part"] or match["whole"])[0]])
        found = [*found[:-1], time_ms] if joined else [*found, time_ms]
        end = match.end()
    return found


def read_window(text: Text) -> Window | None:
    """When a rung is due: ``0-15 min``, ``60+ min``, ``After 30 min``, ``T+15m``, ``< 15 min``."""
    tree = _parse("window", text.value)
    if tree is None:
        return None
    if tree.data == "now":
        return Window(0, None, text)
    relative = _RELATIVE.search(plain(text.value)) is not None
    if tree.data == "after_number":
        number, unit = [token for token in _tokens(tree) if token.type in ("NUMBER", "UNIT")]
        return Window(_amount(number, unit), None, text, relative)
    first = _trees(tree)[0]
    if first.data in ("range", "bare_range", "minute_range"):
        return Window(*_between(first), text)
    if tree.data == "first":
        return Window(0, _duration(first), text)
    return Window(_point(first), None, text, relative)


_TRIGGER = lazy(
    r"\b(?:if|after|when|no|not|without|unack\w*|unres\w*|unans\w*|since|for|more than|first|within"
    r"|response|elapsed|down|still|later|wait\w*|sem|sin|sans|past|beyond|exceeds?|over|passes|has|have|gets)\b|[>+]"
)
_FIRST = lazy(r"\b(?:first|within|has|have|gets)\b")
_NO_ANSWER = lazy(
    r"\b(?:no|not|without|un\w{4,}|fail\w*|isn't|hasn't|doesn't|can't|cannot|if|when)\b"
)
"""Words that make ``within 15 min`` a delay: what did not happen within it."""
_START = lazy(
    r"\W{0,3}(?:initial\b|first (?:responder|contact|line|alert|response)|alert (?:fires|triggered)"
    r"|incident (?:start|declared|detected)|on (?:alert|detection|declaration))"
)
_RELATIVE = lazy(r"\b(?:another|further|additional|more(?! than)|later|then wait|wait)\b")


def read_moment(text: Text) -> Window | None:
    """When a rung is due by a clause: ``if no response in 15 min``, ``15 min without resolution``.

    Only where the clause holds one time and a word that makes it a delay, or names the start.
    """
    if not text.value or len(text.value) > _MAX:
        return None
    said = plain(text.value)
    times = list(_AMOUNT.finditer(said))
    if not times:
        return Window(0, None, text) if _START.match(said) else None
    if len(times) > 1 or not _TRIGGER.search(said):
        return None
    due = _times_in(said)[0]
    before = said[: times[0].start()]
    if _FIRST.search(before) and not _NO_ANSWER.search(before):
        return Window(0, due, text)
    return Window(due, None, text, _RELATIVE.search(said) is not None)


def _parse(start: str, text: str) -> _Tree | None:
    """The tree of times in any words and language."""
    return _tree(start, plain(text)) if text and len(text) <= _MAX else None


def _tree(start: str, text: str) -> _Tree | None:
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
