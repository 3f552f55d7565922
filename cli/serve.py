"""``armada serve``: drive every open run of a journal in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .journals import journal_option, open_journal
from .options import output_format

if TYPE_CHECKING:
    from ..runtime.host import Host
    from .watching import Watching

EXAMPLES = """\b
Examples:
  armada serve                         until Ctrl-C: open runs, and those declared later
  armada serve --until-done            until every open run is over
"""


@click.command(epilog=EXAMPLES)
@journal_option
@click.option("--until-done", is_flag=True, help="End when every open run is over.")
@output_format("text", "json")
def command(journal: str | None, until_done: bool, form: str) -> int:
    """Drive every open run of a journal in one process.

    Runs whose host has died are taken up as soon as that is known.
    """
    from ..runtime.redaction import Redactor
    from .driving import drive

    opened = open_journal(journal, create=True)

    async def begin(host: Host, watching: Watching) -> None:
        found = await host.adopt_all()
        runs = f"{len(found)} open runs" if len(found) != 1 else "1 open run"
        watching.trouble(f"driving {runs} of {opened.path}; Ctrl-C leaves them in the journal")

    try:
        return drive(
            opened,
            begin,
            redactor=Redactor(),
            form=form,
            forever=not until_done,
            everything=True,
        )
    finally:
        opened.close()
