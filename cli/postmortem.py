"""``armada postmortem``: the document's own template filled from the journal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from .exits import Exit
from .inputs import Unreadable
from .journals import journal_option, open_journal
from .options import output_format
from .runs import RUN, chosen, view_of

if TYPE_CHECKING:
    from ..runtime.view import RunView

EXAMPLES = """\b
Examples:
  armada postmortem                              of the only run, to the screen
  armada postmortem INC-20261124-0231 -o pm.md   into a file
  armada postmortem -o postmortem.html --format html
"""


@click.command(epilog=EXAMPLES)
@RUN
@journal_option
@click.option("-o", "--output", metavar="FILE", help="Write it to FILE.")
@output_format("md", "html", "json")
def command(run: str | None, journal: str | None, output: str | None, form: str) -> int:
    """Fill the postmortem of a run from its journal.

    What nobody supplied stays visibly blank.
    """
    opened = open_journal(journal)
    try:
        view = view_of(opened, chosen(opened.runs(), run, "postmortem").run)
    finally:
        opened.close()
    text = _made(view, form)
    if output is None or output == "-":
        click.echo(text, nl=False)
        return Exit.DONE
    try:
        with open(output, "w", encoding="utf-8", newline="", errors="backslashreplace") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unreadable(f"cannot write {output}: {reason}") from None
    click.echo(f"wrote {os.path.relpath(output)}")
    return Exit.DONE


def _made(view: RunView, form: str) -> str:
    from ..runtime.postmortem import postmortem, postmortem_html
    from ..runtime.rendering import CannotRender

    try:
        markdown = postmortem(view)
    except CannotRender as error:
        raise Unreadable(
            f"the closing document of {view.run} cannot be filled in: {error}"
        ) from None
    if form == "md":
        return markdown
    if form == "html":
        return postmortem_html(markdown)
    return _data(view, markdown)


def _data(view: RunView, markdown: str) -> str:
    import json

    from ..runtime.live_timeline import timeline
    from ..runtime.postmortem_facts import facts

    lines = [
        {**line._asdict(), "text": line.text.strip(), "time": view.wall(line.at_ms).isoformat()}
        for line in timeline(view)
    ]
    data = {
        "run": view.run,
        "workflow": view.plan.name,
        "title": view.title,
        "status": view.status,
        "names": view.names(),
        "timeline": lines,
        "facts": facts(view),
        "markdown": markdown,
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
