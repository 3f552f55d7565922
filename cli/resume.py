"""``armada resume``: go on with a run whose host is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .exits import Exit
from .inputs import Unreadable
from .journals import journal_option, open_journal
from .options import output_format
from .runs import RUN, chosen, view_of

if TYPE_CHECKING:
    from ..runtime.host import Host
    from .watching import Watching

EXAMPLES = """\b
Examples:
  armada resume                        the only open run
  armada resume INC-20261124-0231
  armada serve                         every open run, in one process
"""


@click.command(epilog=EXAMPLES)
@RUN
@journal_option
@click.option("--as", "acting", metavar="PERSON", help="Who answers questions here.")
@output_format("text", "json")
def command(run: str | None, journal: str | None, acting: str | None, form: str) -> int:
    """Go on with a run whose host is gone.

    What was under way is found out first, overdue rungs are told at once, and nothing that was
    answered is asked again.
    """
    from ..runtime.redaction import Redactor
    from .driving import drive

    opened = open_journal(journal)
    try:
        row = chosen(opened.runs(), run, "resume")
        if row.finished and not opened.pending((row.run,)):
            click.echo(f"{row.run} is over: {row.finished}; `armada reopen` opens it again")
            return Exit.DONE
        view = view_of(opened, row.run)
        by = acting or str(view.header.get("declared", {}).get("by", ""))

        async def begin(host: Host, watching: Watching) -> None:
            del watching
            await adopt(host, row.run)

        return drive(opened, begin, redactor=Redactor(), form=form, actor=by)
    finally:
        opened.close()


async def adopt(host: Host, run: str) -> None:
    """Take a run up; one that another host drives, or that is broken, ends the command."""
    from ..runtime.journal_entries import BrokenJournal
    from ..runtime.journal_faults import JournalTrouble
    from ..runtime.journal_lease import Leased

    try:
        await host.adopt(run)
    except Leased as leased:
        click.echo(
            f"{run} is driven by {leased.by}; `armada status {run}` shows it, and the verbs "
            "work from here",
            err=True,
        )
        raise click.exceptions.Exit(Exit.REFUSED) from None
    except BrokenJournal as broken:
        raise Unreadable(f"{run}: {broken}; `armada journal verify` says more") from None
    except JournalTrouble as trouble:
        raise Unreadable(f"{trouble.message}; {trouble.help}") from None
