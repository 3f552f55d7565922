"""``armada status``: where a run stands, on one screen.

It answers, so its exit status is 0, whatever it has to say.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from .exits import Exit
from .journals import journal_option, open_journal
from .options import output_format
from .runs import RUN, chosen, view_of
from .terminal import screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..runtime.binding import Carrier
    from ..runtime.journal import Journal, RunRow
    from ..runtime.journal_alerts import Proposal
    from ..runtime.status import Driver
    from ..runtime.view import RunView

EXAMPLES = """\b
Examples:
  armada status                        the only open run, or a table of the open ones
  armada status INC-20261124-0231      that one, open or finished
  armada status --watch                again whenever something happens
  armada status --all                  every run of the journal
"""
LOOK_S = 0.25
REDRAW_S = 5.0
CLEAR = "\x1b[H\x1b[2J"


@click.command(epilog=EXAMPLES)
@RUN
@journal_option
@click.option("--watch", is_flag=True, help="Show it again whenever something happens.")
@click.option("--all", "everything", is_flag=True, help="A table of all runs, finished ones too.")
@output_format("text", "json")
def command(run: str | None, journal: str | None, watch: bool, everything: bool, form: str) -> int:
    """Show where a run stands, on one screen.

    What it waits for, who is asked and what to type next, who is told when. Without RUN it shows
    the only open run; where several are open, a table of them; and what alerts propose.
    """
    opened = open_journal(journal)
    try:
        if watch:
            _watch(opened, run, form)
        else:
            click.echo(_shown(opened, run, everything, form), color=screen().color)
    finally:
        opened.close()
    return Exit.DONE


def _watch(journal: Journal, run: str | None, form: str) -> None:
    """Until the run is finished or somebody interrupts."""
    rows = journal.runs()
    row = chosen(rows, run, "status")
    while True:
        text = _shown(journal, run, False, form, row.run)
        interactive = screen().interactive and form == "text"
        click.echo((CLEAR if interactive else "") + text, color=screen().color)
        if next(each for each in journal.runs() if each.run == row.run).finished:
            return
        until = time.monotonic() + REDRAW_S
        while time.monotonic() < until and not journal.changed():
            time.sleep(LOOK_S)


def _shown(
    journal: Journal, run: str | None, everything: bool, form: str, watched: str = ""
) -> str:
    """A run or a table; with what alerts propose, unless one run was asked for."""
    rows = journal.runs()
    open_ = [row for row in rows if not row.finished]
    table = everything or (run is None and not watched and len(open_) != 1)
    if form == "json":
        data = (
            {"runs": [row._asdict() for row in (rows if everything else open_)]}
            if table
            else _data(journal, chosen(rows, watched or run, "status"))
        )
        if run is None:
            data["proposals"] = [each._asdict() for each in _proposals(journal)]
        return json.dumps(data, indent=2, ensure_ascii=False)
    if table:
        text = _table(rows if everything else open_, rows)
    else:
        text = _screen(journal, chosen(rows, watched or run, "status"), len(open_) > 1)
    return "\n".join((text, *(_proposed(journal) if run is None else ())))


def _proposals(journal: Journal) -> tuple[Proposal, ...]:
    """What alerts propose and nobody has settled."""
    from ..runtime.journal_alerts import Alerts

    return Alerts(journal).proposals(time.time_ns() // 1_000_000)


def _proposed(journal: Journal) -> list[str]:
    from .proposals import line_of

    return [f"proposed: {line_of(each)}" for each in _proposals(journal)]


def _table(shown: Sequence[RunRow], rows: Sequence[RunRow]) -> str:
    from .views.status import runs_text

    if shown:
        return runs_text(shown, screen())
    finished = f"; finished: {', '.join(row.run for row in rows[-5:])}" if rows else ""
    return f"no run is open{finished}\n  armada run SPEC declares one"


def _data(journal: Journal, row: RunRow) -> dict[str, Any]:
    from ..runtime.status import status_data

    view, carriers, now_ms, driver = _looked_at(journal, row)
    return status_data(view, carriers, now_ms, driver)


def _screen(journal: Journal, row: RunRow, several: bool) -> str:
    from ..runtime.status import status
    from .views.status import screen_text

    view, carriers, now_ms, driver = _looked_at(journal, row)
    return screen_text(status(view, carriers, now_ms, driver), view, screen(), several)


def _looked_at(
    journal: Journal, row: RunRow
) -> tuple[RunView, dict[tuple[str, str], Carrier], int, Driver]:
    """A run, by what it is carried out, the time to tell it at, and who drives it."""
    from ..runtime.carriers import carriers_of
    from ..runtime.status import Driver, now_of

    view = view_of(journal, row.run)
    now_ms = view.at_ms if row.finished else now_of(view, time.time_ns() // 1_000_000)
    return view, carriers_of(view.header), now_ms, Driver(row.holder, row.alive)
