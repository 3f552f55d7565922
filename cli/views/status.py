"""A run's status as one screen: what is wrong first, then what to do, then what comes next.

Owns marks, colours and the wording of times; local time with how long ago it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from ...runtime.plain_text import one_line
from ...runtime.status import Deadline, StageStatus, Status, Told
from ...runtime.timeline import Line
from ...runtime.view import RunView
from ...runtime.waiting import Wait
from ..terminal import Screen
from .drill import COLORS

if TYPE_CHECKING:
    from ...runtime.journal import RunRow
    from ...runtime.request import Request

MARKS: dict[str, tuple[str, str]] = {
    "pending": ("·", ""),
    "asking": ("?", "people"),
    "running": ("▶", "milestone"),
    "blocked": ("!", "bad"),
    "done": ("✓", "good"),
    "omitted": ("–", ""),
    "skipped": ("–", ""),
    "failed": ("✗", "bad"),
    "aborted": ("✗", "bad"),
}
SHOWN = 7
"""How many requests are shown in full; the rest is counted."""
DETAILS = 6
"""How many lines of a request's detail are shown."""


class Looks(NamedTuple):
    """How the screen is drawn."""

    view: RunView
    color: bool
    width: int
    suffix: str = ""

    def styled(self, text: str, tone: str) -> str:
        """The text in its tone's colour, where there is colour."""
        return click.style(text, **COLORS[tone]) if self.color and tone in COLORS else text

    def clock(self, at_ms: int) -> str:
        """Local time of day, with the date on another day than the declaration's."""
        at = self.view.wall(at_ms).astimezone(self.view.zone)
        same = at.date() == self.view.wall(0).astimezone(self.view.zone).date()
        return at.strftime("%H:%M" if same else "%Y-%m-%d %H:%M")

    def fold(self, text: str, indent: str) -> str:
        """The text within the width, later lines indented."""
        import textwrap

        lines = textwrap.wrap(
            text,
            max(self.width, 40),
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        return "\n".join(lines) or indent.rstrip()


def screen_text(found: Status, view: RunView, looks: Screen, several: bool = False) -> str:
    """The whole screen; ``several``: other runs are open, so lines to type name this one."""
    suffix = f" --run {found.run}" if several else ""
    drawn = Looks(view, looks.color, min(looks.width, 100), suffix)
    parts = [
        list(_alarms(found, drawn)),
        list(_head(found, drawn)),
        ["Stages", *_stages(found, drawn)],
        list(_requests(found, drawn)),
        list(_next(found, drawn)),
        ["Last", *(_last(line, drawn) for line in found.last)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


# --- the top --------------------------------------------------------------------------------------


def _alarms(found: Status, looks: Looks) -> Iterator[str]:
    if not found.finished and not found.driver.alive:
        text = "NO HOST IS DRIVING THIS RUN: no timer fires, nobody is paged. To go on:"
        yield looks.styled(text, "bad")
        yield f"  armada resume {found.run}"
    if found.rehearsal:
        speed = f" at {found.speed:g} times the speed" if found.speed != 1 else ""
        yield looks.styled(f"REHEARSAL{speed}: durations are shortened by its bindings", "bad")
    if found.deadline.state == "broken":
        yield looks.styled(_deadline(found.deadline, found, looks), "bad")


def _head(found: Status, looks: Looks) -> Iterator[str]:
    yield looks.styled(f"{found.run}  {one_line(found.title)}", "milestone")
    who = (
        f" by {found.confirmed_by}" if found.standing == "confirmed" and found.confirmed_by else ""
    )
    since = f"since {_ago(found.since_ms, found, looks)}"
    state = f"{'FINISHED: ' if found.finished else ''}{found.status}"
    yield looks.fold(f"{found.severity} ({found.standing}{who}), {state} {since}", "")
    if found.acknowledged_for:
        role = found.acknowledged_for
        person = found.acknowledged_by
        whom = f"{person} for {role}" if person and person != role else role
        at = _ago(found.acknowledged_ms or 0, found, looks)
        yield looks.fold(f"acknowledged by {whom} at {at}", "")
    elif not found.finished:
        yield looks.styled(f"NOT ACKNOWLEDGED: armada ack{looks.suffix}", "bad")
    commander = found.commander or "nobody"
    driver = f", driven by {found.driver.holder}" if found.driver.alive else ""
    yield looks.fold(f"commander {commander}, mode {found.mode or 'none'}{driver}", "")
    if found.finished:
        yield f"its postmortem: armada postmortem {found.run}"


def roughly(ms: int) -> str:
    """A span as a tired reader wants it: ``40 s``, ``12 min``, ``1 h 5 min``, ``2 d 3 h``."""
    seconds = max(0, ms) // 1000
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    if hours >= 24:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _ago(at_ms: int, found: Status, looks: Looks) -> str:
    return f"{looks.clock(at_ms)} ({roughly(found.now_ms - at_ms)} ago)"


def _until(at_ms: int, found: Status, looks: Looks) -> str:
    left_ms = at_ms - found.now_ms
    if left_ms < 0:
        return f"{looks.clock(at_ms)} (overdue by {roughly(-left_ms)})"
    return f"{looks.clock(at_ms)} (in {roughly(left_ms)})"


# --- stages ---------------------------------------------------------------------------------------


def _stages(found: Status, looks: Looks) -> Iterator[str]:
    width = max((len(stage.title) for stage in found.stages), default=0)
    for stage in found.stages:
        mark, tone = MARKS[stage.status]
        title = looks.styled(f"{mark} {one_line(stage.title):<{width}}", tone)
        words = _stage_words(stage, found, looks)
        body = looks.fold(words, " " * (width + 6)).lstrip()
        yield f"  {title}  {body}"


def _stage_words(stage: StageStatus, found: Status, looks: Looks) -> str:
    since = ""
    if stage.since_ms is not None and stage.status != "pending":
        since = f" {looks.clock(stage.since_ms)}"
        if stage.status in ("running", "blocked"):
            since = f" for {roughly(found.now_ms - stage.since_ms)}"
    reason = f" ({one_line(stage.reason)})" if stage.reason else ""
    waits = grouped(stage.waits)
    after = f": waits for {waits}" if waits else ""
    return f"{stage.status}{since}{reason}{after}"


def grouped(waits: Sequence[Wait]) -> str:
    """Waits in one line; several answers of the same people are counted."""
    answers: dict[tuple[str, ...], int] = {}
    words: list[str] = []
    for wait in waits:
        if wait.line:
            answers[wait.on] = answers.get(wait.on, 0) + 1
    for on, count in answers.items():
        what = "an answer" if count == 1 else f"{count} answers"
        words.append(f"{what} of {', '.join(on)}")
    words += [_on(wait) for wait in waits if not wait.line]
    return "; ".join(words)


def _on(wait: Wait) -> str:
    return f"{wait.what} by {', '.join(wait.on)}" if wait.on else wait.what


# --- what is asked --------------------------------------------------------------------------------


def _requests(found: Status, looks: Looks) -> Iterator[str]:
    if not found.requests:
        if not found.finished:
            yield "Nobody is asked anything."
        return
    yield "Asked of people"
    for request in found.requests[:SHOWN]:
        yield from _request(request, found, looks)
    left = len(found.requests) - SHOWN
    if left > 0:
        yield f"  … and {left} more: armada why{' ' + found.run if looks.suffix else ''}"


def _request(request: Request, found: Status, looks: Looks) -> Iterator[str]:
    since = roughly(found.now_ms - request.since_ms)
    until = f", until {_until(request.until_ms, found, looks)}" if request.until_ms else ""
    optional = "" if request.waits else ", only if need be"
    who = ", ".join(request.to)
    words = f"{one_line(request.question)} ({who}, for {since}{until}{optional})"
    yield looks.fold(words, "  ")
    if request.form in ("choose", "level"):
        for option in request.options:
            yield looks.fold(f"{option.id}: {one_line(option.words)}", "      ")
    elif request.form in ("choice", "vote"):
        for line in request.detail[:DETAILS]:
            yield looks.fold(one_line(line), "      ")
        if request.form == "choice":
            yield looks.fold("answers: " + ", ".join(o.id for o in request.options), "      ")
    bound = request.form == "vote"  # its line names the run already
    yield looks.styled(f"    {request.line}{'' if bound else looks.suffix}", "people")


# --- what comes next ------------------------------------------------------------------------------


def _next(found: Status, looks: Looks) -> Iterator[str]:
    if found.status != "open":
        return
    yield "Told next"
    for told in found.next_told[:3]:
        yield looks.fold(_told(told, found, looks), "  ")
    if not found.next_told:
        yield f"  nobody further{_LADDER.get(found.ladder, '')}"
    if found.deadline.state == "running":
        yield looks.fold(_deadline(found.deadline, found, looks), "  ")


_LADDER = {
    "suspended": ": this level promises no time",
    "acknowledged": " while the acknowledgement holds",
    "exhausted": ": EVERYBODY HAS BEEN TOLD AND NOBODY ANSWERS",
}


def _told(told: Told, found: Status, looks: Looks) -> str:
    verb = "paged" if told.mode == "page" else "notified"
    again = " again" if told.again else ""
    who = ", ".join(told.targets)
    return f"{who} {verb}{again} at {_until(told.at_ms, found, looks)}, rung {told.rung + 1}"


def _deadline(deadline: Deadline, found: Status, looks: Looks) -> str:
    at_ms = deadline.at_ms or 0
    if deadline.state == "broken":
        return f"RESPONSE DEADLINE BROKEN at {_ago(at_ms, found, looks)}"
    return f"to be acknowledged until {_until(at_ms, found, looks)}"


def _last(line: Line, looks: Looks) -> str:
    at = looks.view.wall(line.at_ms).astimezone(looks.view.zone).strftime("%H:%M:%S")
    text = one_line(line.text, max(looks.width - 12, 30))
    return f"  {at}  {looks.styled(text, line.tone)}"


# --- several runs ---------------------------------------------------------------------------------


def runs_text(rows: Sequence[RunRow], looks: Screen) -> str:
    """A table of runs."""
    from .tables import Table, plain, rich

    body = tuple(
        (
            row.run,
            one_line(row.title, 48),
            row.finished or "open",
            row.holder if row.alive else ("" if row.finished else "NO HOST: armada resume"),
        )
        for row in rows
    )
    table = Table("Runs", ("run", "title", "state", "driven by"), body)
    return rich(table, looks) if looks.interactive else plain(table)
