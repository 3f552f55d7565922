"""The first response in a cell or under a label: which of its times it is, and in which unit.

A header may promise several times (``Response / Resolution``) or the unit of bare numbers (``SLA
(hours)``). What cannot be read is reported, never guessed.
"""

from __future__ import annotations

import re

from .codes import report
from .diagnostics import Diagnostic
from .patterns import lazy
from .syntax import ResponseTime, Text
from .time_words import plain
from .timing import read_response
from .words import BREAK, clip

NOBODY = lazy(r"(?:none|nobody|no one|n/a|tbd|tba|\?|[-\u2013\u2014]+|)", re.IGNORECASE)
"""What a cell holds that says nothing."""
_PROMISES = lazy(
    r"\b(?:time|sla|ack\w*|mtta|tta|within|deadline|target|hours?|minutes?|mins?)\b|zeit|temps|délai"
    r"|tiempo|tempo|время|时间|時間|시간",
    re.IGNORECASE,
)
"""Headers of a column that holds times and nothing else."""
_UNIT = lazy(
    r"(?:[(\[,/\uff08]|\bin\b)\s{0,3}(?:in\s{1,3})?([^\W\d_]{1,9})\.?\s{0,3}[)\]\uff09]?\Z",
    re.IGNORECASE,
)
_BARE = lazy(r"[<\u2264~]?=?\s{0,3}\d{1,6}(?:\.\d{1,3})?(?:\s{0,3}[-\u2013]\s{0,3}\d{1,6})?")
_JOINTS = lazy(r"[/&,|;\u2192+()]|\b(?:and|und|y|et|e)\b|\s-+>?\s", re.IGNORECASE)
_FIRST = lazy(
    r"\b(?:respon\w*|ack\w*|tta|mtta|react\w*|triage\w*|reaktion\w*|antwort\w*|réponse|réaction"
    r"|respuesta|resposta|risposta|reacción)\b|响应|響應|応答|対応|初動|응답|реакци|ответ",
    re.IGNORECASE,
)
_AFTER = lazy(
    r"\b(?:resol\w*|fix\w*|ttr|mttr|update\w*|restor\w*|repair\w*|mitigat\w*|recover\w*|workaround"
    r"|behebung\w*|lösung\w*|résolution|resolución|resolução|solución|solução|risoluzione|patch\w*"
    r"|remediat\w*|communicat\w*|close|closure)\b|解决|修复|恢复|解決|復旧|해결|решени|устранени",
    re.IGNORECASE,
)
_CUTS = (
    re.compile(r"\s{0,3}[/|;\u2192]\s{0,3}"),
    re.compile(r",\s{1,3}"),
    re.compile(r"\s{1,3}[-\u2013\u2014]+>?\s{1,3}"),
)


def read_deadline(
    text: Text | None, found: list[Diagnostic], header: str = "response time"
) -> ResponseTime | None:
    """The response time in a cell, in the header's unit where it is a bare number.

    One that cannot be read is reported: as an error where the header promises a time, else by a
    note, since a ``Response`` may say what is done instead of when.
    """
    if text is None or not text.value or NOBODY.fullmatch(text.value):
        return None
    time = _promised(text, header) or read_response(text) or _in_unit(text, header)
    if time is None and (time := _first_of_two(text)):
        found.append(_two_times(text))
    elif time is None and _PROMISES.search(header):
        found.append(
            report(
                "ARM013",
                text.span,
                f"the response time {text.value!r} cannot be read",
                help="write a time such as `< 30 min`, `Immediate` or `Next sprint`",
            )
        )
    elif time is None:
        found.append(unclear(text))
    return time


def unclear(text: Text) -> Diagnostic:
    """The note that no clock starts here, because no single time is stated."""
    return report(
        "ARM021",
        text.span,
        "no first response time is read here, so no clock runs at this level",
        help="state one time, such as `respond within 15 min`",
    )


def promises_first(header: str) -> bool:
    """Whether a header promises a first response before or beside later times."""
    return _place(header) is not None


def _place(header: str) -> tuple[int, int] | None:
    """Of a header with several kinds of times: which is the first response, and how many."""
    parts = [part for part in _JOINTS.split(header) if _FIRST.search(part) or _AFTER.search(part)]
    if len(parts) < 2:
        return None
    firsts = [at for at, part in enumerate(parts) if not _AFTER.search(part)]
    return (firsts[0], len(parts)) if firsts else None


def _promised(text: Text, header: str) -> ResponseTime | None:
    """The time of the part of the cell that the header calls the first response."""
    place = _place(header)
    if place is None:
        return None
    for parts in _cut(text):
        if len(parts) == place[1]:
            part = parts[place[0]]
            later = read_response(parts[-1])
            time = read_response(part) or _in_unit(part, header)
            return time or (later and _unit_of(part, parts[-1]))
    return None


def _unit_of(part: Text, other: Text) -> ResponseTime | None:
    """A bare number in the unit of the time behind it: ``15/60 min``."""
    unit = re.search(r"[a-z]+\Z", plain(other.value))
    if unit is None or not _BARE.fullmatch(part.value):
        return None
    return read_response(Text(f"{part.value} {unit[0]}", part.span))


def _cut(text: Text) -> list[list[Text]]:
    """The cell in two or more parts, by each kind of separator that stands in it."""
    text = Text(BREAK.sub(" / ", text.value), text.span)
    found: list[list[Text]] = []
    for mark in _CUTS:
        parts: list[Text] = []
        at = 0
        for match in mark.finditer(text.value):
            parts.append(clip(text, at, match.start()))
            at = match.end()
        parts.append(clip(text, at, len(text.value)))
        if len(parts) > 1:
            found.append(parts)
    return found


def _first_of_two(text: Text) -> ResponseTime | None:
    """The first of two times where it is the shorter, as in ``15 min / 4 h``."""
    for parts in _cut(text):
        times = [read_response(part) for part in parts]
        known = [time.deadline_ms for time in times if time and time.deadline_ms is not None]
        if len(parts) == len(known) == 2 and known[0] < known[1]:
            return times[0]
    return None


def _two_times(text: Text) -> Diagnostic:
    return report(
        "ARM021",
        text.span,
        "two times stand here, and the first is read as the first response",
        help="say which is which, such as `15 min response, 4 h fix`",
    )


def _in_unit(text: Text, header: str) -> ResponseTime | None:
    unit = _UNIT.search(header)
    if unit is None or not _BARE.fullmatch(text.value):
        return None
    time = read_response(Text(f"{text.value} {unit[1]}", text.span))
    return None if time is None else ResponseTime(time.deadline_ms, time.deferred, text)
