"""One line of an escalation path: when it is due, who is told, and on what condition.

The time may stand before the target (``15 min: team lead``), in parentheses behind it (``team lead
(15 min)``) or in a clause (``page the manager if no response in 30 minutes``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from .codes import report
from .diagnostics import Diagnostic
from .levels import find_level, find_levels
from .patterns import lazy
from .syntax import RungEntry, Text, Window
from .timing import read_moment, read_response, read_window
from .words import bare, clip, split

_MARKER = lazy(r"(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_TIER = lazy(
    r"(?:\*\*|__)?(?:(?:level|tier|line|step|stufe|niveau|nivel|nível|livello|уровень|l)\s?\d{1,2}"
    r"|第?[一二三四五1-5](?:级|級|次)(?:响应|響應)?|レベル\s?\d|\d단계)(?:\*\*|__)?[ \t]*"
    r"(?:[:\uff1a\u2013\u2014.-]|\()(?:\*\*|__)?[ \t]*",
    re.IGNORECASE,
)
_BOLD = lazy(r"(\*\*|__|\*|_|`)(?P<inner>[^*_`]{1,200})\1[ \t]*[:\u2013\u2014-]?[ \t]*")
_BREAKS = (
    re.compile(r":(?:[ \t]+|\Z)"),
    re.compile(r"[ \t]+(?:[-=]*>|[\u2192\u21d2\u2013\u2014-])[ \t]+"),
    re.compile(r",[ \t]*"),
    re.compile(r"[ \t]+\|[ \t]+"),
    re.compile(r"[ \t]{2,}"),
)
_TARGETS = lazy(r"[,;+&]|<br\s{0,3}/?>|\s(?:and|plus|then)\s", re.IGNORECASE)
_NOTICE = frozenset(
    "notified notification notifications notify notifies informed inform informs fyi".split()  # noqa: SIM905
)
_CALLS = frozenset(
    "paged page pages engaged engage engages engagement alerted alert alerts called call calls "  # noqa: SIM905
    "contacted contact escalate escalated escalates escalation escalating involve involved include "
    "ping wake assign auto auto-page add adds responds respond involvement joins join acknowledges "
    "receives auto-paged phone reach loop bring escalar notificar avisar llamar contactar informar "
    "notifier appeler prévenir informieren benachrichtigen anrufen acionar".split()
)
_FILLERS = frozenset(
    "the a an is are be gets get to also via of immediately automatic automatically then has have "  # noqa: SIM905
    "immediate in out directly".split()
)
_DROPPED = _NOTICE | _CALLS | _FILLERS
_ARTICLES = frozenset(("a", "an", "is"))
"""Short words that are names when they stand alone."""
_GUARD = lazy(
    r"[\[(]?\s{0,3}\b(?:only\s)?(?:for|at|on|if|in|when)?\s{0,3}"
    r"(?<![A-Za-z0-9])(?:severity|sev|priority|p|s)[\s_-]{0,2}\d{1,2}(?!\w)"
    r"(?:\s{0,3}(?:[/&,]|and|or)\s{0,3}(?:severity|sev|priority|p|s)?[\s_-]{0,2}\d{1,2}(?!\w))?"
    r"(?:\s{1,3}(?:only|incidents?))*\s{0,3}[\])]?",
    re.IGNORECASE,
)
_ASIDE = lazy(r"\s?[(\[]([^()\[\]]{0,200})[)\]]")
_CLAUSE = lazy(
    r"(?:\s[\u2013\u2014-])?\s(?:(?:contact|escalate|page|notify|call)\s)?"
    r"\b(?:(?:if|when|unless|once|after|within|for)\s|(?:has|have|gets)\s(?=\d))[^.;]{1,160}",
    re.IGNORECASE,
)
GIVEN = lazy(
    r"\W{0,3}\d[\d\s.\u2013-]{0,12}[^\W\d_]{1,8}\.?"
    r" to (?:acknowledge|ack|respond|answer|reply)\W*\Z",
    re.IGNORECASE,
)
"""A time that somebody has to answer in."""
_GIVES = lazy(
    r"\s{0,3}[:\u2013\u2014-]\s{1,3}"
    r"(\d[^:,;]{1,24}\sto (?:acknowledge|ack|respond|answer|reply))\W*\Z",
    re.IGNORECASE,
)
_CALLED = lazy(r"[-\u2013\u2014 ]*(?:(?:contact|escalate|page|notify|call)\s)?", re.IGNORECASE)
_CONDITION = lazy(r"(?:if|when|unless|once|for|only)\b|.{0,60}\bonly\Z", re.IGNORECASE)
_IF = lazy(r"[*_]{0,3}(?:if|unless|when)\b", re.IGNORECASE)
_WHEN = lazy(r"\W{0,4}(?:if|after|when|once|no|unless)\b", re.IGNORECASE)
_AT_ONCE = lazy(r"\bimmediate(?:ly)?\b|\bat once\b|\bright away\b", re.IGNORECASE)
_WORD = lazy(r"[^\s]+")
_EDGE = ".,:;!()[]"
_PEOPLE = lazy(
    r"\b(?:on[ -]?call|primary|secondary|engineers?|leads?|leaders?|managers?|directors?|heads?|vp"
    r"|c[tieo]o|ciso|officers?|teams?|owners?|admins?|administrators?|support|responders?"
    r"|commanders?|executives?|sre|dba|devops|developers?|architects?|sponsor|committee|backup"
    r"|management|president|founders?|supervisors?|coordinators?|legal|analysts?|desk|cso|cfo|cpo"
    r"|security(?!\s(?:incident|breach|issue|vulnerab|event|alert|patch|problem|concern|audit|fix))"
    r"|secondary|tertiary|stakeholders?|experts?|smes?|noc|soc|l[1-4]|board|squad|staff|lawyers?"
    r"|techniker\w*|teamleit\w*|leit(?:er|ung)|bereitschaft\w*|geschäftsf\w*|abteilungs\w*"
    r"|ingenie\w*|responsables?|gerent\w*|directeur|direct(?:or|ora|rice)|jef[ea]|chef\w*|équipe"
    r"|equip[eo]s?|astreinte|guardia|plantão|líder\w*|engenheir\w*|дежурн\w*|инженер\w*"
    r"|руководител\w*|директор\w*|менеджер\w*|команд\w*"
    r"|specialists?|incident-\w+)\b"
    r"|值班|负责人|主管|经理|总监|工程师|团队|運用|担当|責任者|部長|課長|マネージャ|エンジニア|当番|담당|팀장|당직|엔지니어",
    re.IGNORECASE,
)
_STEPS = lazy(
    r"\W{0,4}(?:check|verify|test|review|create|run|restart|enumerate|set|open|document|diagnose"
    r"|consult|post|update|restore|identify|file|monitor|record|log|follow|collect|start|confirm"
    r"|acknowledge|declare|queue|publish|schedule|prepare|assess|investigate|begin|continue|send"
    r"|classify|gather|analyze|analyse|apply|roll|rollback|hourly|daily|exec brief|track)(?![\w-])",
    re.IGNORECASE,
)
_OFFICE = lazy(
    r"\W{0,4}(?:test|review|monitor|queue|schedule|document|record)\s"
    r"(?:leads?|managers?|teams?|owners?|engineers?|coordinators?|directors?|desk|board|squad)\W*\Z",
    re.IGNORECASE,
)
"""Somebody whose name opens like a step: ``Test lead``, ``Review board``."""


_HANDED = lazy(
    r"\b(?:fires?|goes|escalat\w+|sent|routed|handed|assigned|forwarded|rolls|passes|moves|reach)"
    r"\s+(?:(?:over|out|automatically)\s+)?to\s+|\bescal\w+\s(?:al?|ao?|à|aux?|an)\s+",
    re.IGNORECASE,
)
"""What stands before the target of a handover."""
_CHANNEL = lazy(
    r"\s(?:via|by|through|using|on)\s(?:the\s)?(?:phone|slack|e-?mail|sms|pager\w*|teams|text|chat)\b.*",
    re.IGNORECASE,
)
"""How somebody is reached."""
_ACTS = lazy(
    rf"(?P<who>.{{0,60}}?(?:{_PEOPLE.pattern})(?:\s[\w-]+)?)[*_]{{0,3}}\s+(?:starts|joins|receives|takes|begins"
    r"|will|must|should|has|have|acknowledges|investigates|responds|owns|handles|checks)\s",
    re.IGNORECASE,
)
"""A person and what that person does."""


def states_step(text: str) -> bool:
    """Whether the words open as a step to take, whoever takes it."""
    return _STEPS.match(text) is not None and _OFFICE.match(text) is None


def unmarked(text: Text) -> Text:
    """A line without its list markers."""
    while marker := _MARKER.match(text.value):
        text = clip(text, marker.end(), len(text.value))
    return text


def names_somebody(text: str) -> bool:
    """Whether the words name a person, a role or a team, rather than a step to take."""
    return _PEOPLE.search(text) is not None and not states_step(text)


def read_line(line: Text) -> RungEntry:
    """The rung a line states, with or without a time."""
    window, rest = divide(line)
    entry = rung_entry(window, rest, line)
    return placed(entry, rest) if window is None else _asked(entry, rest)


def _asked(entry: RungEntry, rest: Text) -> RungEntry:
    """The rung without the condition that opens its words: ``15 min: if no answer, the lead``."""
    front = _front(rest.value)
    if front is None or not _IF.match(rest.value):
        return entry
    condition = bare(clip(rest, 0, front.start()))
    told = tuple(_names(rest, [(0, front.end()), *(g.span() for g in _GUARD.finditer(rest.value))]))
    if not told:
        return entry
    return replace(entry, targets=told, condition=entry.condition or condition)


def divide(line: Text) -> tuple[Window | None, Text]:
    """The window a line opens with, after any list marker, and the rest of its text."""
    text = unmarked(line)
    tier = _TIER.match(text.value)
    if tier and not tier[0].endswith("("):
        text = clip(text, tier.end(), len(text.value))
    for start, end, after in _fronts(text):
        front = clip(text, start, end)
        trimmed = clip(front, 0, len(front.value.rstrip(":").rstrip()))
        window = read_window(trimmed)
        if window is None and after < len(text.value) and _is_when(trimmed.value):
            window = read_moment(trimmed)
        if window is not None:
            return window, clip(text, after, len(text.value))
    return None, text


def _is_when(words: str) -> bool:
    """Whether words before a target say when, and do not name a target of their own."""
    if _PEOPLE.search(words) is None:
        return True
    asked = words.split(", ", 1)
    return _WHEN.match(words) is not None and not (len(asked) > 1 and names_somebody(asked[1]))


def _fronts(text: Text) -> Iterator[tuple[int, int, int]]:
    """Candidate windows: where one starts, where it ends, where the rest starts."""
    bold = _BOLD.match(text.value)
    if bold:
        yield *bold.span("inner"), bold.end()
    for mark in _BREAKS:
        found = mark.search(text.value, 0, 200)
        if found:
            yield 0, found.start(), found.end()
    yield 0, len(text.value), len(text.value)


def placed(entry: RungEntry, rest: Text) -> RungEntry:
    """The rung with the time, and the condition, that stand among or behind its targets."""
    window: Window | None = None
    condition = entry.condition
    gaps: list[tuple[int, int]] = []
    front = _front(rest.value)
    if front and _CONDITION.match(rest.value.lstrip("*_ ")):
        condition = bare(clip(rest, 0, front.start()))
        gaps.append((0, front.end()))
    first = gaps[0][1] if gaps else 0
    places = (_GIVES, _ASIDE, _CLAUSE)
    for found in (found for mark in places for found in mark.finditer(rest.value, first)):
        if any(start <= found.start() < end for start, end in gaps):
            continue
        words = clip(rest, *found.span(found.lastindex or 0))
        lead = _CALLED.match(words.value)
        words = clip(words, lead.end() if lead else 0, 1 << 20)
        moment = read_window(words) or read_moment(words) or _given(words)
        if moment is not None and window is None:
            window = moment
            gaps.append(found.span())
        elif _CONDITION.match(words.value):
            condition = condition or words
            gaps.append(found.span())
    if window is None and (now := _AT_ONCE.search(rest.value)):
        window = Window(0, None, clip(rest, *now.span()))
        gaps.append(now.span())
    if not gaps and not any(_STEPS.match(name.value) for name in entry.targets[:1]):
        return entry
    guards = [guard.span() for guard in _GUARD.finditer(rest.value)]
    names = tuple(_names(rest, sorted((*gaps, *guards))))
    people = tuple(name for name in names if not _STEPS.match(name.value))
    names = people or names
    return replace(entry, window=window, targets=names, condition=condition)


def _given(words: Text) -> Window | None:
    """The time somebody has to answer in; ``delays`` makes it a time to be told."""
    time = read_response(words) if GIVEN.match(words.value) else None
    return Window(time.deadline_ms, None, words) if time and time.deadline_ms else None


def _front(text: str) -> re.Match[str] | None:
    """Where the words that open a line end: its first colon or comma outside brackets."""
    found = [found for mark in (_BREAKS[0], _BREAKS[2]) if (found := mark.search(text, 0, 160))]
    outside = [f for f in found if text.count("(", 0, f.start()) == text.count(")", 0, f.start())]
    return min(outside, key=lambda match: match.start(), default=None)


# --- targets ---


def rung_entry(
    window: Window | None, targets: Text, whole: Text, *, notice: bool = False
) -> RungEntry:
    """A rung from its window and the words that name its targets."""
    only_at = None
    guards = list(_GUARD.finditer(targets.value))
    for guard in guards:
        placed = Text(guard[0], targets.span.sub(guard.start(), guard.end()))
        only_at = only_at or find_level(placed)
    several = [guard for guard in guards if len(find_levels(guard[0])) > 1]
    condition = _stated(targets, several[0].span()) if several else None
    if window is not None and only_at is None:
        only_at = find_level(window.text)
    words = {word.strip(_EDGE).lower() for word in targets.value.split()}
    mode: Literal["page", "notify"] = "notify" if notice or words & _NOTICE else "page"
    names = tuple(_names(targets, [guard.span() for guard in guards]))
    return RungEntry(window, names, only_at, mode, whole, whole.span, condition)


def _stated(text: Text, place: tuple[int, int]) -> Text:
    """A guard's words without the brackets around them."""
    words = clip(text, *place)
    inner = words.value.strip("()[] ")
    start = words.value.find(inner)
    return clip(words, start, start + len(inner))


def _names(text: Text, gaps: Iterable[tuple[int, int]]) -> Iterator[Text]:
    """The names outside the gaps; words in brackets are no names, and split none."""
    asides = [found.span() for found in _ASIDE.finditer(text.value)]
    at = 0
    for start, end in [*sorted((*gaps, *asides)), (len(text.value), len(text.value))]:
        if start >= at:
            for part in split(clip(text, at, start), _TARGETS):
                name = _name(part)
                if name.value:
                    yield name
        at = max(at, end)


def _name(text: Text) -> Text:
    """The words between those at either end that only say how the target is told."""
    channel = _CHANNEL.search(text.value)
    text = clip(text, 0, channel.start()) if channel else text
    words = [match.span() for match in _WORD.finditer(text.value)]
    if len(words) == 1 and text.value.lower() in _ARTICLES:
        return text
    acts = _ACTS.match(text.value)
    if acts:
        marks = len(text.value) - len(text.value.lstrip("*_"))
        text = clip(text, marks, acts.end("who"))
        words = [match.span() for match in _WORD.finditer(text.value)]
    handed = _HANDED.search(text.value)
    if handed and clip(text, handed.end(), 1 << 20).value:
        return _name(clip(text, handed.end(), 1 << 20))
    arrow = max((text.value.rfind(mark) for mark in ("\u2192", "->", "=>")), default=-1)
    if arrow >= 0 and clip(text, arrow + 2, 1 << 20).value:
        return _name(clip(text, arrow + 1 + (text.value[arrow] != "\u2192"), 1 << 20))
    while words and _says_how(text, words[0]):
        del words[0]
    while words and _says_how(text, words[-1]):
        del words[-1]
    if not words:
        return clip(text, 0, 0)
    part = clip(text, words[0][0], words[-1][1])
    trimmed = part.value.rstrip(".:;, \u2013\u2014-")
    named = bare(clip(part, 0, len(trimmed)))
    if named.value.count("**") == 1:
        marks = len(named.value) - len(named.value.lstrip("*"))
        named = clip(named, marks, len(named.value.rstrip("*")))
    return named


def _says_how(text: Text, word: tuple[int, int]) -> bool:
    bare_word = text.value[slice(*word)].strip(_EDGE + "*_\u2013\u2014-").lower()
    return not bare_word or bare_word in _DROPPED


# --- findings ---


def unread_window(text: Text) -> Diagnostic:
    """The finding that a rung states no time."""
    return report(
        "ARM013",
        text.span,
        "this line of the escalation path says no time that can be read",
        help="open it with a window such as `15-30 min:` or `60+ min:`",
    )


def step_rung(rung: RungEntry) -> Diagnostic:
    """The finding that a line with a time says what to do, and is left out."""
    message = "this line says what is to be done and not who is told, so it is no rung"
    return report("ARM019", rung.span, message, help="name who is told")


def empty_rung(rung: RungEntry) -> Diagnostic:
    """The finding that a rung names nobody."""
    help = "name who is told"
    return report("ARM019", rung.span, "this line of the escalation path names nobody", help=help)


def unchecked(condition: Text) -> Diagnostic:
    """The note that a condition is for people: no clock can check it."""
    return report(
        "ARM021",
        condition.span,
        f"no clock can check {condition.value!r}, so this line counts whether it holds or not",
        help="guard the line by a severity, such as `for SEV-1`, or leave the condition to people",
    )
