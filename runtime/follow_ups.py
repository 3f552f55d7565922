"""What a postmortem leaves to be done, as data and as iCalendar (the extra ``calendar``).

Read from the finished document, under its headings for actions: rows of a table whose columns are
found by meaning, or items of a list; and what the journal knows to be open. A date that can be read
in two ways is none: it stays in the words. RFC 5545, section 3.6.2.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from .postmortem import document, templates
from .postmortem_facts import facts
from .rendering import BLANK
from .view import RunView

if TYPE_CHECKING:
    from markdown_it.token import Token

MISSING = "iCalendar needs more packages: pip install 'armada[calendar]'"
HEADING = re.compile(r"action items?|follow[- ]?ups?|next steps|to[- ]?dos?|remediation", re.I)
COLUMNS: Mapping[str, re.Pattern[str]] = {
    "owner": re.compile(r"owner|assignee|assigned|who|responsible|dri\b", re.I),
    "due": re.compile(r"due|deadline|by when|date|when|eta", re.I),
    "priority": re.compile(r"prio|severity|urgency", re.I),
    "what": re.compile(r"action|item|task|follow|what|description|to[- ]?do|step", re.I),
}
"""Which column is meant, the first that fits a header counts."""
PRIORITIES: Sequence[tuple[re.Pattern[str], int]] = (
    (re.compile(r"p0|p1|critical|urgent|high|blocker", re.I), 1),
    (re.compile(r"p2|medium|normal|major", re.I), 5),
    (re.compile(r"p[3-9]|low|minor|trivial", re.I), 9),
)
"""iCalendar's priorities: 1 to 4 are high, 5 is medium, 6 to 9 are low."""

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAMED = re.compile(
    r"(?:(?:mon|tues?|wednes|thurs?|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun"
    r"|\d{1,2}(?:st|nd|rd|th)?\s+[a-z]{3,9}\.?(?:,?\s+\d{4})?"
    r"|[a-z]{3,9}\.?\s+\d{1,2}(?:st|nd|rd|th)?(?:,?\s+\d{4})?)",
    re.I,
)
_IN = re.compile(r"(?:in|within)\s+(\d{1,3})\s+(day|week)s?", re.I)


class FollowUp(NamedTuple):
    """Something to be done. ``due`` None: no date was given, or none that is clear."""

    what: str
    owner: str = ""
    due: date | None = None
    due_text: str = ""
    priority: str = ""


def follow_ups(view: RunView) -> tuple[FollowUp, ...]:
    """All of them: those that people wrote, in the order of the text, then what is open."""
    ended = _ended(view)
    found = [
        each
        for template in templates(view.plan)
        for each in read_follow_ups(document(view, template), ended)
    ]
    for row in facts(view).get("Open", ()):
        found.append(FollowUp(f"{row['Kind']}: {row['What']}"))
    return tuple(dict.fromkeys(found))


def _ended(view: RunView) -> date:
    registers = view.state.registers
    at_ms = max(registers.resolved_ms, registers.closed_ms)
    return view.wall(at_ms if at_ms >= 0 else view.at_ms).astimezone(view.zone).date()


# --- reading --------------------------------------------------------------------------------------


def read_follow_ups(markdown: str, since: date) -> Iterator[FollowUp]:
    """The follow-ups in a document; dates without a year are the next ones from ``since`` on."""
    parser = import_module("markdown_it").MarkdownIt("commonmark").enable("table")
    tokens: list[Token] = parser.parse(markdown)
    inside, depth, header, row = False, 0, list[str](), list[str]()
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            level = int(token.tag[1:])
            if HEADING.search(tokens[at + 1].content):
                inside, depth = True, level
            elif level <= depth:
                inside = False
        elif not inside:
            continue
        elif token.type == "tr_open":
            row = []
        elif token.type == "inline" and tokens[at - 1].type == "th_open":
            header = [*(header if row else []), _plain(token)]
            row.append(header[-1])
        elif token.type == "inline" and tokens[at - 1].type == "td_open":
            row.append(_plain(token))
        elif token.type == "tr_close" and tokens[at - 1].type == "td_close":
            yield from _of_row(header, row, since)
        elif token.type == "inline" and tokens[at - 2].type == "list_item_open":
            yield from _of_item(_plain(token), since)


def _plain(token: Token) -> str:
    """The words of an inline token, without marks."""
    parts = [
        each.content if each.type in ("text", "code_inline") else " "
        for each in token.children or ()
        if each.content or each.type in ("softbreak", "hardbreak")
    ]
    return " ".join("".join(parts).split())


def _of_row(header: list[str], row: list[str], since: date) -> Iterator[FollowUp]:
    columns: dict[str, str] = {}
    for title, text in zip(header, row, strict=False):
        name = next((n for n, words in COLUMNS.items() if words.search(title)), "")
        columns.setdefault(name, text)
    what = columns.get("what") or (row[0] if row else "")
    if not what or what.startswith(BLANK):
        return
    due = columns.get("due", "")
    yield FollowUp(
        what, columns.get("owner", ""), read_day(due, since), due, columns.get("priority", "")
    )


_DUE = re.compile(r"[(,;\s](?:due|by|until)[:\s]\s*([^,;)]+)", re.I)
_OWNER = re.compile(r"[(,;\s](?:owner|assignee)[:\s]\s*([^,;)]+)|(?<!\S)(@[\w.-]+)", re.I)


def _of_item(text: str, since: date) -> Iterator[FollowUp]:
    """An item of a list; one whose box is checked is done."""
    if re.match(r"\[[xX]\]\s", text):
        return
    what = re.sub(r"^\[ \]\s*", "", text)
    if not what or what.startswith(BLANK):
        return
    due, owner = _DUE.search(what), _OWNER.search(what)
    day = read_day(due[1].strip(), since) if due else None
    name = (owner[1] or owner[2]).strip() if owner else ""
    yield FollowUp(what, name, day, due[1].strip() if due and day else "")


def read_day(text: str, since: date) -> date | None:
    """The day that is meant, None where that is not clear (``03/04`` is March or April)."""
    text = text.strip()
    ahead = _IN.fullmatch(text)
    if ahead:
        return since + timedelta(days=int(ahead[1]) * (7 if ahead[2].lower() == "week" else 1))
    if text.lower() in ("today", "tomorrow"):
        return since + timedelta(days=text.lower() == "tomorrow")
    if not (_ISO.fullmatch(text) or _NAMED.fullmatch(text)):
        return None
    parse = import_module("dateutil.parser").parse
    try:
        found: date = parse(text, default=datetime.combine(since, datetime.min.time())).date()
    except (ValueError, OverflowError):
        return None
    if found < since and not re.search(r"\d{4}", text):
        try:
            return found.replace(year=found.year + 1)
        except ValueError:  # 29 February
            return None
    return found


# --- writing --------------------------------------------------------------------------------------


def as_calendar(view: RunView, *, events: bool = False) -> bytes:
    """The follow-ups as iCalendar: to-dos, or ``events`` on their days for what takes only those.

    The same run gives the same bytes, and each follow-up keeps its identity, so that a calendar
    that imports the file again changes what it has.
    """
    package = import_module("icalendar")
    calendar = package.Calendar()
    calendar.add("prodid", "-//Armada//follow-ups//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"{view.run}: {view.title}")
    for each in follow_ups(view):
        if events and each.due is None:
            continue
        calendar.add_component(_component(package, view, each, events))
    return bytes(calendar.to_ical())


def _component(package: Any, view: RunView, each: FollowUp, events: bool) -> Any:
    found = package.Event() if events else package.Todo()
    stamp = view.wall(max(view.state.registers.resolved_ms, view.state.registers.closed_ms, 0))
    identity = hashlib.sha256("\n".join((view.run, each.what)).encode()).hexdigest()[:32]
    found.add("uid", f"{identity}@armada")
    found.add("dtstamp", stamp.replace(microsecond=0))
    found.add("summary", each.what)
    found.add("description", "\n".join(_description(view, each)))
    found.add("categories", [view.run])
    level = next((n for words, n in PRIORITIES if words.search(each.priority)), 0)
    if level:
        found.add("priority", level)
    if events:
        found.add("dtstart", each.due)
        found.add("transp", "TRANSPARENT")
        return found
    found.add("status", "NEEDS-ACTION")
    if each.due is not None:
        found.add("due", each.due)
    return found


def _description(view: RunView, each: FollowUp) -> Iterator[str]:
    yield f"Of incident {view.run}: {view.title}"
    if each.owner:
        yield f"Owner: {each.owner}"
    if each.due_text:
        yield f"Due: {each.due_text}"
    if each.priority:
        yield f"Priority: {each.priority}"
