"""``armada status``: where a run stands, on one screen.

It answers, so its exit status is 0, whatever it has to say.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from .exits import Exit
from .journals import journal_option, open_journal
from .options import output_format
from .runs import RUN, chosen, view_of
from .terminal import screen

if TYPE_CHECKING:
    from ..runtime.journal import Journal, RunRow

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
    the only open run; where several are open, a table of them.
    """
    opened = open_journal(journal)
    try:
        if watch:
            _watch(opened, run, form)
        else:
            click.echo(_shown(opened, run, everything, form), color=screen().color)
            if form == "text" and run is None:
                _proposals(opened)
    finally:
        opened.close()
    return Exit.DONE


def _proposals(journal: Journal) -> None:
    """What alerts propose and nobody has settled, a line each."""
    from ..runtime.journal_alerts import Alerts
    from .proposals import line_of

    for each in Alerts(journal).proposals(time.time_ns() // 1_000_000):
        click.echo(f"proposed: {line_of(each)}")


def _watch(journal: Journal, run: str | None, form: str) -> None:
    """Until the run is finished or somebody interrupts."""
    rows = journal.runs()
    row = chosen(rows, run, "status")
    while True:
        text = _shown(journal, row.run, False, form)
        interactive = screen().interactive and form == "text"
        click.echo((CLEAR if interactive else "") + text, color=screen().color)
        if next(each for each in journal.runs() if each.run == row.run).finished:
            return
        until = time.monotonic() + REDRAW_S
        while time.monotonic() < until and not journal.changed():
            time.sleep(LOOK_S)


def _shown(journal: Journal, run: str | None, everything: bool, form: str) -> str:
    rows = journal.runs()
    open_ = [row for row in rows if not row.finished]
    if everything or (run is None and len(open_) != 1):
        return _table(rows if everything else open_, rows, form)
    row = chosen(rows, run, "status")
    return _one(journal, row, len(open_) > 1, form)


def _table(shown: list[RunRow] | tuple[RunRow, ...], rows: tuple[RunRow, ...], form: str) -> str:
    from .views.status import runs_text

    if form == "json":
        import json

        return json.dumps([row._asdict() for row in shown], indent=2, ensure_ascii=False)
    if shown:
        return runs_text(shown, screen())
    finished = f"; finished: {', '.join(row.run for row in rows[-5:])}" if rows else ""
    return f"no run is open{finished}\n  armada run SPEC declares one"


def _one(journal: Journal, row: RunRow, several: bool, form: str) -> str:
    from ..runtime.carriers import carriers_of
    from ..runtime.status import Driver, now_of, status, status_data

    view = view_of(journal, row.run)
    carriers = carriers_of(view.header)
    now_ms = view.at_ms if row.finished else now_of(view, time.time_ns() // 1_000_000)
    driver = Driver(row.holder, row.alive)
    if form == "json":
        import json

        data = status_data(view, carriers, now_ms, driver)
        return json.dumps(data, indent=2, ensure_ascii=False)
    from .views.status import screen_text

    return screen_text(status(view, carriers, now_ms, driver), view, screen(), several)
