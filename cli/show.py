"""``armada show``: what a document means, for a person who has to trust it."""

from __future__ import annotations

import click

from .documents import plan_or_exit
from .exits import Exit
from .inputs import spec_or_configured
from .options import SPEC, STDIN_FILENAME, output_format
from .terminal import screen

EXAMPLES = """\b
Examples:
  armada show incident.md
  armada show incident.md --format json | jq '.severities[] | select(.level == 2)'
"""


@click.command(epilog=EXAMPLES)
@SPEC
@STDIN_FILENAME
@output_format("text", "json")
def command(spec: str | None, stdin_filename: str, form: str) -> int:
    """Show what a document means: stages, severities, escalation.

    Who does what in which order and with what effect, what every severity level leaves out, which
    names agents owe, and who is told when.
    """
    from .views import outline, tables

    plan = plan_or_exit(spec_or_configured(spec), stdin_filename)
    if form == "json":
        import json

        click.echo(json.dumps(outline.data(plan), indent=2, ensure_ascii=False))
        return Exit.DONE
    looks = screen()
    click.echo(outline.heading(plan) + "\n")
    shown = [
        tables.rich(t, looks) if looks.interactive else tables.plain(t)
        for t in outline.tables(plan)
    ]
    click.echo("\n\n".join(shown))
    return Exit.DONE
