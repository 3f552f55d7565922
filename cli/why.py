"""``armada why``: what a run waits for, on whom, and what would end the wait."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from .exits import Exit
from .inputs import Unreadable
from .journals import journal_option, open_journal
from .options import output_format
from .runs import chosen, view_of

if TYPE_CHECKING:
    from ..runtime.view import RunView
    from ..runtime.waiting import Wait

EXAMPLES = """\b
Examples:
  armada why                     everything that the only open run waits for
  armada why deploy              what stage deploy waits for, and what that waits for
  armada why mitigate.rollback   the same of an action's stage
"""


@click.command(epilog=EXAMPLES)
@click.argument("name", required=False, metavar="[STAGE|ACTION]")
@click.option("--run", "run", metavar="RUN", help="Which run; the only open one if left out.")
@journal_option
@output_format("text", "json")
def command(name: str | None, run: str | None, journal: str | None, form: str) -> int:
    """Say what a run waits for, on whom, until when.

    With the name of a stage or an action: the whole chain, down to a person or a program.
    """
    from ..runtime.carriers import carriers_of
    from ..runtime.status import now_of
    from ..runtime.waiting import UnknownName, chain, settled_words, waits

    opened = open_journal(journal)
    try:
        view = view_of(opened, chosen(opened.runs(), run, "why --run").run)
    finally:
        opened.close()
    carriers = carriers_of(view.header)
    try:
        found = chain(view, carriers, name) if name else waits(view, carriers)
        settled = settled_words(view, name) if name and not found else ""
    except UnknownName as unknown:
        raise Unreadable(str(unknown.args[0])) from None
    if form == "json":
        import json

        click.echo(json.dumps([wait._asdict() for wait in found], indent=2, ensure_ascii=False))
        return Exit.DONE
    now_ms = now_of(view, time.time_ns() // 1_000_000)
    for line in _lines(view, found, now_ms):
        click.echo(line)
    if not found:
        click.echo(settled or f"{view.run} waits for nothing: {view.status}")
    return Exit.DONE


def _lines(view: RunView, found: tuple[Wait, ...], now_ms: int) -> list[str]:
    titles = {stage.id: stage.title for stage in view.plan.stages}
    lines: list[str] = []
    last = None
    for wait in found:
        if wait.stage != last:
            lines.append(f"{titles.get(wait.stage, 'The incident')} ({wait.status}) waits for")
            last = wait.stage
        lines.append(f"  {_words(view, wait, now_ms)}")
        if wait.line:
            lines.append(f"    {wait.line}")
    return lines


def _words(view: RunView, wait: Wait, now_ms: int) -> str:
    from ..runtime.view import in_words

    on = f", of {', '.join(wait.on)}" if wait.on else ""
    since = f", for {in_words(now_ms - wait.since_ms)}" if wait.since_ms is not None else ""
    until = ""
    if wait.until_ms is not None:
        at = view.wall(wait.until_ms).astimezone(view.zone)
        until = f", until {at:%H:%M:%S}"
    return f"{wait.what}{on}{since}{until}"
