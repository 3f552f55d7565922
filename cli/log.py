"""``armada log``: what happened in a run, line by line, as it happens if asked."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from .exits import Exit
from .journals import journal_option, open_journal
from .options import output_format
from .runs import RUN, chosen, view_of
from .terminal import screen

if TYPE_CHECKING:
    from ..runtime.journal import Journal
    from ..runtime.live_timeline import LiveTeller
    from ..runtime.timeline import Line
    from ..runtime.view import RunView

EXAMPLES = """\b
Examples:
  armada log                       the only open run, from its beginning
  armada log --follow              and on, until the run is finished
  armada log --since 10m           the last ten minutes
  armada log --since 40 --format json | jq .text
"""
LOOK_S = 0.2
REREAD_S = 2.0
"""How long the journal's word is taken that nothing has changed."""
_SINCE = re.compile(r"(\d{1,9})([smhd]?)")
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Since(click.ParamType):  # pyright: ignore[reportMissingTypeArgument]
    """A journal entry's number, or how long ago: ``40``, ``10m``."""

    name = "SEQ|10m"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, str]:
        found = _SINCE.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no entry and no time; write 40 or 10m", param, ctx)
        return int(found[1]), found[2]


@click.command(epilog=EXAMPLES)
@RUN
@journal_option
@click.option("-f", "--follow", is_flag=True, help="Go on as things happen.")
@click.option("--since", type=Since(), help="From this journal entry on, or so long ago.")
@output_format("text", "json")
def command(
    run: str | None,
    journal: str | None,
    follow: bool,
    since: tuple[int, str] | None,
    form: str,
) -> int:
    """Print what happened in a run, as it happens if asked.

    Events, people's words, pages, notes and commands run by hand.
    With --format json every line is one JSON object.
    """
    from ..runtime.live_timeline import LiveTeller

    opened = open_journal(journal)
    try:
        row = chosen(opened.runs(), run, "log")
        view = view_of(opened, row.run)
        teller = LiveTeller(view)
        _print(view, _history(view, teller, since, follow), form)
        if follow:
            _follow(opened, view, teller, form)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    finally:
        opened.close()
    return Exit.DONE


def _history(
    view: RunView, teller: LiveTeller, since: tuple[int, str] | None, follow: bool
) -> list[Line]:
    """What is there already; what repeats unchanged is told once, unless it is followed."""
    from ..runtime.status import now_of
    from ..runtime.timeline import joined

    told = list(teller.more())
    lines = [line for _, line in told] if follow else joined(told)
    if since is None:
        return lines
    number, unit = since
    if not unit:
        return [line for line in lines if line.seq >= number]
    from_ms = now_of(view, time.time_ns() // 1_000_000) - number * _UNITS[unit]
    return [line for line in lines if line.at_ms >= from_ms]


def _follow(journal: Journal, view: RunView, teller: LiveTeller, form: str) -> None:
    from ..runtime.journal_entries import BrokenJournal
    from ..runtime.kernel import finished
    from .inputs import Unreadable

    while not finished(view.state):
        until = time.monotonic() + REREAD_S
        while time.monotonic() < until and not journal.changed():
            time.sleep(LOOK_S)
        try:
            for entry in journal.entries(view.run, view.seq):
                view.take(entry)
        except BrokenJournal as broken:
            raise Unreadable(f"{view.run}: {broken}") from None
        _print(view, (line for _, line in teller.more()), form)


def _print(view: RunView, lines: Iterator[Line] | list[Line], form: str) -> None:
    looks = screen()
    for line in lines:
        click.echo(as_json(view, line) if form == "json" else as_text(view, line, looks.color))
        sys.stdout.flush()


def as_json(view: RunView, line: Line) -> str:
    """One line of a run as one JSON object."""
    data = {
        "seq": line.seq,
        "at_ms": line.at_ms,
        "time": view.wall(line.at_ms).isoformat(timespec="milliseconds"),
        "text": line.text.strip(),
        "tone": line.tone,
        "subject": line.subject,
        "more": line.more,
    }
    return json.dumps(data, ensure_ascii=False)


def as_text(view: RunView, line: Line, color: bool) -> str:
    """One line of a run for a reader."""
    from .views.drill import COLORS

    at = view.wall(line.at_ms).astimezone(view.zone).strftime("%Y-%m-%d %H:%M:%S")
    more = f"  [{line.more} more]" if line.more else ""
    styles = COLORS.get(line.tone) if color else None
    text = click.style(line.text, **styles) if styles else line.text
    return f"{at}  {line.seq:>5}  {text}{more}"
