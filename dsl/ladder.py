"""The escalation path: who is told when, from a list or a table under a heading that says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from .codes import report
from .columns import Meanings, cell, find_columns, mentions, rows
from .diagnostics import Diagnostic
from .levels import find_level
from .source import Span
from .syntax import Ladder, ListItem, RungEntry, Section, Table, Text, Window
from .timing import read_window
from .words import bare, clip, split

_MARKER = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_BOLD = re.compile(r"(\*\*|__|\*|_|`)(?P<inner>[^*_`]{1,200})\1[ \t]*[:\u2013\u2014-]?[ \t]*")
_BREAKS = (
    re.compile(r":(?:[ \t]+|\Z)"),
    re.compile(r"[ \t]+(?:[-=]*>|[\u2192\u21d2\u2013\u2014-])[ \t]+"),
    re.compile(r",[ \t]*"),
    re.compile(r"[ \t]+\|[ \t]+"),
)
_TARGETS = re.compile(r"[,;+&]|<br\s{0,3}/?>|\s(?:and|plus|then)\s", re.IGNORECASE)
_TIMELIKE = re.compile(r"\d+\s{0,3}(?:m|h|s|d|min|hour|sec|day)", re.IGNORECASE)
_NOTICE = frozenset(
    "notified notification notifications notify notifies informed inform informs fyi".split()  # noqa: SIM905
)
_CALLS = frozenset(
    "paged page pages engaged engage engages engagement alerted alert alerts called call calls "  # noqa: SIM905
    "contacted contact escalate escalated escalates escalation".split()
)
_FILLERS = frozenset("the a an is are be gets get to also via of".split())  # noqa: SIM905
_DROPPED = _NOTICE | _CALLS | _FILLERS
_ARTICLES = frozenset(("a", "an", "is"))
"""Short words that are names when they stand alone."""
_GUARD = re.compile(
    r"[\[(]?\s{0,3}\b(?:only\s)?(?:for|at|on|if|in|when)?\s{0,3}"
    r"(?<![A-Za-z0-9])(?:severity|sev|priority|p|s)[\s_-]{0,2}\d{1,2}(?!\w)(?:\s{1,3}(?:only|incidents?))*\s{0,3}[\])]?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\s]+")
_EDGE = ".,:;!()[]"

MEANINGS: Meanings = {
    "window": ("time", "window", "after", "elapsed", "when", "delay", "timeframe", "minutes"),
    "targets": (
        "target",
        "targets",
        "who",
        "contact",
        "contacts",
        "escalate to",
        "notify",
        "page",
        "role",
        "roles",
        "responder",
        "responders",
        "action",
    ),
    "guard": ("severity", "level", "condition", "only at"),
}


def read_ladders(
    sections: tuple[Section, ...],
) -> tuple[tuple[Ladder, ...], tuple[Diagnostic, ...]]:
    """The escalation paths of a document, one for each section about escalation that has rungs."""
    found: list[Diagnostic] = []
    ladders: list[Ladder] = []
    inside: tuple[int, Span] | None = None
    for section in sections:
        if section.heading is None:
            continue
        if inside is not None and section.heading.depth <= inside[0]:
            inside = None
        if inside is None and mentions(section.path, "escalat"):
            inside = (section.heading.depth, section.heading.title.span)
        if inside is not None:
            rungs = _rungs(section, found)
            if rungs:
                span = section.heading.span.cover(rungs[-1].span)
                ladders.append(Ladder(tuple(rungs), inside[1], span))
    return tuple(ladders), tuple(found)


def _rungs(section: Section, found: list[Diagnostic]) -> list[RungEntry]:
    rungs = [rung for table in section.tables for rung in _from_table(table, found)]
    return rungs or _from_items(section.items, found)


# --- lists ---


def _from_items(items: tuple[ListItem, ...], found: list[Diagnostic]) -> list[RungEntry]:
    """The items as rungs. Items below one that gives only a time are its targets."""
    entries = [divide(item.text) for item in items]
    timed = any(window for window, _ in entries)
    rungs: list[RungEntry] = []
    opened = False
    for item, (window, rest) in zip(items, entries, strict=True):
        if window is None and not item.ordered and opened:
            rungs[-1] = _joined(rungs[-1], rung_entry(rungs[-1].window, rest, item.text))
        elif window is not None or timed or item.ordered:
            if window is None and (timed or _TIMELIKE.search(item.text.value)):
                found.append(unread_window(rest))
            rungs.append(rung_entry(window, rest, item.text))
            opened = window is not None and not rungs[-1].targets
    found.extend(empty_rung(rung) for rung in rungs if not rung.targets)
    return rungs


def _joined(rung: RungEntry, more: RungEntry) -> RungEntry:
    return RungEntry(
        rung.window,
        rung.targets + more.targets,
        rung.only_at or more.only_at,
        more.mode,
        rung.text,
        rung.span.cover(more.span),
    )


def divide(line: Text) -> tuple[Window | None, Text]:
    """The window a line opens with, after any list marker, and the rest of its text."""
    marker = _MARKER.match(line.value)
    text = clip(line, marker.end() if marker else 0, len(line.value))
    for start, end, after in _fronts(text):
        front = clip(text, start, end)
        trimmed = clip(front, 0, len(front.value.rstrip(":").rstrip()))
        window = read_window(trimmed)
        if window is not None:
            return window, clip(text, after, len(text.value))
    return None, text


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


# --- tables ---


def _from_table(table: Table, found: list[Diagnostic]) -> Iterator[RungEntry]:
    columns = find_columns(table.header, MEANINGS)
    if "targets" not in columns or "window" not in columns:
        return
    notice = "notif" in table.header[columns["targets"]].value.lower()
    for row in rows(table):
        when, who = cell(row, columns, "window"), cell(row, columns, "targets")
        if when is None or who is None:
            continue
        window = read_window(when)
        if window is None:
            found.append(unread_window(when))
        whole = Text("", when.span.cover(who.span))
        rung = rung_entry(window, who, Text(who.value, whole.span), notice=notice)
        guard = cell(row, columns, "guard")
        only_at = rung.only_at or (find_level(guard) if guard else None)
        if not rung.targets:
            found.append(empty_rung(rung))
        yield RungEntry(window, rung.targets, only_at, rung.mode, rung.text, whole.span)


# --- one rung ---


def rung_entry(
    window: Window | None, targets: Text, whole: Text, *, notice: bool = False
) -> RungEntry:
    """A rung from its window and the words that name its targets."""
    only_at = None
    guards = list(_GUARD.finditer(targets.value))
    for guard in guards:
        placed = Text(guard[0], targets.span.sub(guard.start(), guard.end()))
        only_at = only_at or find_level(placed)
    words = {word.strip(_EDGE).lower() for word in targets.value.split()}
    mode: Literal["page", "notify"] = "notify" if notice or words & _NOTICE else "page"
    names = tuple(_names(targets, [guard.span() for guard in guards]))
    return RungEntry(window, names, only_at, mode, whole, whole.span)


def _names(text: Text, guards: Iterable[tuple[int, int]]) -> Iterator[Text]:
    at = 0
    for start, end in [*guards, (len(text.value), len(text.value))]:
        for part in split(clip(text, at, start), _TARGETS):
            name = _name(part)
            if name.value:
                yield name
        at = end


def _name(text: Text) -> Text:
    """The words between those at either end that only say how the target is told."""
    words = [match.span() for match in _WORD.finditer(text.value)]
    if len(words) == 1 and text.value.lower() in _ARTICLES:
        return text
    while words and _says_how(text, words[0]):
        del words[0]
    while words and _says_how(text, words[-1]):
        del words[-1]
    if not words:
        return clip(text, 0, 0)
    part = clip(text, words[0][0], words[-1][1])
    trimmed = part.value.rstrip(".:;,")
    return bare(clip(part, 0, len(trimmed)))


def _says_how(text: Text, word: tuple[int, int]) -> bool:
    bare_word = text.value[slice(*word)].strip(_EDGE + "*_").lower()
    return not bare_word or bare_word in _DROPPED


def unread_window(text: Text) -> Diagnostic:
    """The finding that a rung states no time."""
    return report(
        "ARM013",
        text.span,
        "this line of the escalation path says no time that can be read",
        help="open it with a window such as `15-30 min:` or `60+ min:`",
    )


def empty_rung(rung: RungEntry) -> Diagnostic:
    """The finding that a rung names nobody."""
    help = "name who is told"
    return report("ARM019", rung.span, "this line of the escalation path names nobody", help=help)
