"""Escalation paths as tables: a row a rung, a row a tier of support, or a row a severity.

Columns are found by meaning. Where a column says how long a tier lasts (``Escalate after``), the
rungs follow one another; where the columns count tiers (``Tier 1``, ``Second contact``), each row
is the path of its severity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from .columns import MAX_COLUMNS, Meanings, cell, find_columns, rows
from .deadlines import unclear
from .delays import counted, counts_on, in_turns
from .diagnostics import Diagnostic
from .ladder_lists import noted
from .levels import find_level, is_level, is_tier, read_level, read_urgency
from .patterns import lazy
from .rung import empty_rung, names_somebody, placed, rung_entry, states_step, unread_window
from .syntax import RungEntry, Table, Text, Window
from .timing import read_moment, read_response, read_window
from .words import bare, clip, seen, split

_ROLES = (
    "role",
    "roles",
    "rol",
    "rolle",
    "rôle",
    "papel",
    "роль",
    "角色",
    "役割",
    "역할",
    "position",
)
_UNFILLED = lazy(r"\W*|\W*[\[<{_(][^\]>}]*[\]>})_]?\W*|tbd|tba|n/a|@?xxx+", re.IGNORECASE)
"""A cell that is empty or a placeholder."""
_WORDY = lazy(r"\w")
_COMMA = lazy(r"[,;]\s")

MEANINGS: Meanings = {
    "window": (
        *("time elapsed", "elapsed", "time", "window", "after", "when", "delay", "timeframe"),
        *("minutes", "timeline", "if unresolved", "when to escalate", "escalation time", "timeout"),
        *("wait", "trigger", "duration", "zeit", "nach", "wann", "délai", "temps", "quand"),
        *("tiempo", "plazo", "cuándo", "tempo", "prazo", "quando", "время", "через", "когда"),
        *("时间", "時間", "超时", "时限", "시간"),
    ),
    "targets": (
        *("escalate to", "escalates to", "target", "targets", "who", "contact", "contacts"),
        *("notify", "notified", "page", "role", "roles", "responder", "responders", "team"),
        *("person", "an wen", "wer", "kontakt", "rolle", "ansprechpartner", "qui", "rôle", "quién"),
        *("contacto", "responsable", "rol", "quem", "contato", "responsável", "papel", "кто"),
        *("контакт", "ответственный", "роль", "联系人", "负责人", "通知对象", "升级对象", "担当"),
        *("連絡先", "담당자", "연락처", "action"),
    ),
    "guard": ("severity", "priority", "level", "only at", "tier"),
    "condition": ("condition", "scenario", "situation", "criteria", "case", "trigger"),
    "answer": ("response time", "response", "sla", "respond within"),
}
Columns = dict[str, int]

_LASTS = lazy(
    r"\bescalat\w*\s(?:after|time(?:out)?|delay|in)\b|\btime\s?-?out\b|\bwait\b"
    r"|\bmax(?:imum)? time\b|\btime (?:to|before) escalat\w*",
    re.IGNORECASE,
)
"""Headers of a column that says how long a tier lasts, and not when it starts."""
_TIERED = lazy(
    r"\b(?:tier|level|l|n)\s?\+?\s?\d|\b(?:first|second|third|1st|2nd|3rd|final|primary|secondary"
    r"|tertiary|then|next|executive|initial)\b",
    re.IGNORECASE,
)
_GRADES = lazy(r"sev|prio", re.IGNORECASE)
_TARGET = lazy(r"\bescalates? to\b", re.IGNORECASE)
_TOLD = lazy(
    r"\b(?:page|notify|call|alert|escalate|contact|inform|engage|add)\b|\u2192|->", re.IGNORECASE
)
_TIMED = lazy(r"(?P<name>.*?)\s{0,3}(?:[(\[](?P<aside>[^()\[\]]*)[)\]]|(?P<plus>\+\s?\d[\w ]*))\Z")
_PARTS = lazy(r",\s{1,3}(?=[^,]*(?:\+\s?\d|\(\s?\d))|<br\s{0,3}/?>|;\s{1,3}")


def read_table(table: Table, found: list[Diagnostic]) -> list[RungEntry]:
    """The rungs of a table, or none where it is no escalation path."""
    problems: list[Diagnostic] = []
    rungs = (
        list(_by_severity(table, problems)) or list(_by_column(table)) or _by_row(table, problems)
    )
    if rungs:
        found.extend(problems)
        found.extend(empty_rung(rung) for rung in rungs if not rung.targets)
        found.extend(noted(rungs))
    return rungs


# --- a row a rung ---------------------------------------------------------------------------------


def _by_row(table: Table, found: list[Diagnostic]) -> list[RungEntry]:
    columns = _filled(table, find_columns(table.header, MEANINGS))
    columns = _by_moment(table, _by_action(table, columns))
    answers = "answer" in columns and "window" not in columns
    if "targets" not in columns or not columns.keys() & {"window", "condition", "answer"}:
        return []
    kept = rows(table)
    if answers and not _counts_people(kept, columns):
        return []
    rises = not answers or _rises(kept, columns["answer"])
    notice = "notif" in table.header[columns["targets"]].value.lower()
    rungs = [
        rung
        for row in kept
        if (rung := _row(row, columns, found, table.header, notice=notice, rises=rises)) is not None
    ]
    if not rungs or not (any(rung.window for rung in rungs) or _mostly_people(rungs)):
        return []
    if _are_lasting(table, columns, rungs):
        found.append(counts_on(table.header[columns["window"]]))
        return in_turns(rungs)
    return counted(rungs, found)


def _filled(table: Table, columns: Columns) -> Columns:
    """The columns, with the roles as the targets where the contacts are still to be filled in."""
    at = columns.get("targets")
    roles = find_columns(table.header, {"role": _ROLES}).get("role")
    if at is None or roles is None or roles == at:
        return columns
    cells = [row[at].value for row in rows(table) if at < len(row)]
    empty = [text for text in cells if _UNFILLED.fullmatch(text)]
    return {**columns, "targets": roles} if len(empty) * 2 > len(cells) else columns


def _by_action(table: Table, columns: Columns) -> Columns:
    """The columns, with the action as the targets where it says who is told, not who tells."""
    actions = find_columns(table.header, {"action": ("action", "actions", "step", "what")})
    at = actions.get("action")
    if at is None or columns.get("targets") in (None, at):
        return columns
    if "escalate" in table.header[columns["targets"]].value.lower():
        return columns
    cells = [row[at].value for row in rows(table) if at < len(row)]
    telling = [text for text in cells if _TOLD.search(text) and names_somebody(text)]
    return {**columns, "targets": at} if len(telling) * 2 > len(cells) else columns


def _by_moment(table: Table, columns: Columns) -> Columns:
    """The columns, with the condition as the time where it states moments and nothing else does."""
    asked = columns.get("condition")
    if "window" in columns or asked is None:
        return columns
    cells = [row[asked] for row in rows(table) if asked < len(row)]
    if not any(read_moment(text) for text in cells):
        return columns
    rest = {kind: at for kind, at in columns.items() if kind != "condition"}
    return {**rest, "window": asked}


def _counts_people(kept: list[tuple[Text, ...]], columns: Columns) -> bool:
    """Whether the rows are tiers of support, not severities with their response times."""
    levels = [cell(row, columns, "guard") for row in kept]
    named = [level.value for level in levels if level is not None and level.value]
    return not named or is_tier(named[0])


def _mostly_people(rungs: list[RungEntry]) -> bool:
    people = [r for r in rungs if any(names_somebody(target.value) for target in r.targets)]
    return len(people) * 2 > len(rungs)


def _rises(kept: list[tuple[Text, ...]], at: int) -> bool:
    """Whether the times of a response column rise, so that they say when each is told.

    Times that fall are how fast each answers.
    """
    read = [read_response(row[at]) for row in kept if at < len(row)]
    times = [time.deadline_ms for time in read if time and time.deadline_ms]
    return times == sorted(times)


def _are_lasting(table: Table, columns: Columns, rungs: list[RungEntry]) -> bool:
    """Whether the times are how long each tier lasts before the next is told."""
    at = columns.get("window")
    if at is None or not _LASTS.search(table.header[at].value):
        return False
    if "escalate" in table.header[columns["targets"]].value.lower():
        return False
    first = rungs[0].window
    return first is not None and first.from_ms > 0 and all(r.only_at is None for r in rungs)


def _row(
    row: tuple[Text, ...],
    columns: Columns,
    found: list[Diagnostic],
    header: tuple[Text, ...],
    *,
    notice: bool,
    rises: bool,
) -> RungEntry | None:
    who = cell(row, columns, "targets")
    at = "window" if cell(row, columns, "window") else "answer"
    when = cell(row, columns, at)
    asked = cell(row, columns, "condition")
    if who is None or not (who.value or when):
        return None
    stands_in = (when is None or not when.value) and asked is not None
    if stands_in:
        when, asked = asked, None
    if when is None:
        return None
    window = _window(when, header[columns[at]].value if at in columns else "") if rises else None
    whole = Text("", when.span.cover(who.span))
    rung = rung_entry(window, who, Text(who.value, whole.span), notice=notice)
    guard = cell(row, columns, "guard")
    if guard is not None and guard.value.strip().isdigit():
        guard = guard if _GRADES.search(header[columns["guard"]].value) else None
    only_at = rung.only_at or _level(guard) or _level(when) or _level(asked)
    if window is None:
        rung = placed(rung, who)
    if rung.targets and all(states_step(name.value) for name in rung.targets):
        return None
    condition = rung.condition or asked
    vague = window.from_ms == 0 and _COMMA.search(when.value) if window else only_at is None
    if vague and "window" in columns:
        condition = condition or (when if _WORDY.search(when.value) else None)
    elif stands_in and window is None and only_at is None:
        condition = condition or when
    elif window is None and "answer" in columns:
        found.append(unclear(when))
    elif rung.window is None and condition is None:
        found.append(unread_window(when))
    return replace(rung, only_at=only_at, condition=condition or None, span=whole.span)


_UNIT = lazy(r"[(\[]\s{0,3}(?:in\s)?(min\w*|hours?|h|m|hrs?)\.?\s{0,3}[)\]]|\A(minutes)\Z", re.I)


def _window(text: Text, header: str) -> Window | None:
    window = read_window(text) or read_moment(text)
    unit = _UNIT.search(header.strip()) if window is None else None
    if unit is not None:
        window = read_window(Text(f"{text.value} {unit[1] or unit[2]}", text.span))
    if window is None and (time := read_response(text)) and time.deadline_ms is not None:
        window = Window(time.deadline_ms, None, text)
    return window


def _level(text: Text | None) -> tuple[int, Text] | None:
    """The severity a cell names; a tier of support (``L2``) is none."""
    if text is None or is_tier(text.value):
        return None
    level = read_level(text.value) if text.value.strip().isdigit() else None
    return (level, text) if level is not None else find_level(text)


# --- a row a severity -----------------------------------------------------------------------------


def _by_severity(table: Table, found: list[Diagnostic]) -> Iterator[RungEntry]:
    """The paths of a table with a row a severity and a column a tier."""
    kept = rows(table)
    tiers = [
        at
        for at, header in enumerate(table.header[:MAX_COLUMNS])
        if at > 0 and _TIERED.search(header.value) and not _LASTS.search(header.value)
    ]
    if len(tiers) < 2 or len(kept) < 2 or not _names_people(kept, tiers):
        return
    levels = [_severity(row[0]) for row in kept]
    if any(level is None for level in levels):
        return
    headers = table.header[:MAX_COLUMNS]
    lasting = [at for at, header in enumerate(headers) if _LASTS.search(header.value)]
    if len(lasting) == 1 and any(_TARGET.search(header.value) for header in headers):
        return
    if len(lasting) > 1:
        found.append(counts_on(table.header[lasting[0]]))
    for row, level in zip(kept, levels, strict=True):
        for rung in _tiers_of(row, tiers, lasting):
            yield replace(rung, only_at=rung.only_at or find_level(row[0]), condition=level)


def _by_column(table: Table) -> Iterator[RungEntry]:
    """The paths of a table with a column a severity, a row a person, and times where they meet."""
    kept = rows(table)
    levels = table.header[1:]
    people = [row for row in kept if row and names_somebody(row[0].value)]
    if len(levels) < 2 or not all(is_level(level.value) for level in levels):
        return
    if len(kept) < 2 or len(people) < len(kept):
        return
    for at, level in enumerate(levels, 1):
        for row in kept:
            window = _window(bare(row[at]), "") if at < len(row) else None
            if window is not None:
                yield replace(rung_entry(window, row[0], row[0]), only_at=find_level(level))


def _severity(text: Text) -> Text | None:
    """A cell that names a severity."""
    named = bare(text)
    word = seen(named.value)
    single = len(word.split()) < 3 and read_urgency(word) is not None
    return named if (is_level(word) and not is_tier(word)) or single else None


def _names_people(kept: list[tuple[Text, ...]], tiers: list[int]) -> bool:
    cells = [row[at].value for row in kept for at in tiers if at < len(row)]
    told = [text for text in cells if text.strip(" -\u2013\u2014")]
    people = [text for text in told if names_somebody(text)]
    return len(people) * 2 > len(told)


def _tiers_of(row: tuple[Text, ...], tiers: list[int], lasting: list[int]) -> Iterator[RungEntry]:
    due: Window | None = None
    for at, text in enumerate(row[:MAX_COLUMNS]):
        if at in lasting:
            window = read_window(bare(text))
            start = due.from_ms if due else 0
            due = Window(start + window.from_ms, None, text) if window else None
        elif at in tiers and text.value.strip(" -\u2013\u2014"):
            if lasting and due is None:
                due = Window(0, None, text) if at == tiers[0] else None
            yield from _cells(text, due if lasting else None)


def _cells(text: Text, due: Window | None) -> Iterator[RungEntry]:
    for part in split(text, _PARTS):
        entry = rung_entry(due, part, part)
        timed = _TIMED.match(part.value)
        if timed and due is None:
            group = "aside" if timed["aside"] is not None else "plus"
            said = clip(part, *timed.span(group))
            window = read_window(said) or read_moment(said)
            entry = rung_entry(window, clip(part, *timed.span("name")), part)
        if entry.targets:
            yield entry
