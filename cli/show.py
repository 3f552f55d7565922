"""``armada show``: what a document means, for a person who has to trust it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..compiler.plan import Plan
from .documents import plan_or_exit
from .exits import Exit
from .inputs import spec_or_configured
from .options import SPEC, STDIN_FILENAME, output_format
from .terminal import screen

if TYPE_CHECKING:
    from .views.tables import Table

EXAMPLES = """\b
Examples:
  armada show incident.md
  armada show incident.md --automation production.yaml
  armada show incident.md --format json | jq '.severities[] | select(.level == 2)'
"""


@click.command(epilog=EXAMPLES)
@SPEC
@click.option(
    "--automation",
    "--bindings",
    "bindings",
    metavar="FILE",
    help="Show what these bindings automate, what people do, and what is missing.",
)
@STDIN_FILENAME
@output_format("text", "json")
def command(spec: str | None, bindings: str | None, stdin_filename: str, form: str) -> int:
    """Show what a document means: stages, severities, escalation.

    Who does what in which order and with what effect, what every severity level leaves out, which
    names agents owe, and who is told when.
    """
    from .views import outline

    plan = plan_or_exit(spec_or_configured(spec), stdin_filename)
    if bindings is not None:
        return _automation(plan, bindings, form)
    if form == "json":
        return _json(outline.data(plan))
    return _text(outline.heading(plan), outline.tables(plan))


def _automation(plan: Plan, path: str, form: str) -> int:
    from ..runtime.automation import automation
    from .bindings import bound_or_exit
    from .views import automation as view

    bound = bound_or_exit(path, plan)
    found = automation(bound)
    if form == "json":
        return _json(view.data(bound, found))
    return _text(view.heading(bound, found), view.tables(bound, found))


def _json(data: dict[str, Any]) -> int:
    import json

    click.echo(json.dumps(data, indent=2, ensure_ascii=False))
    return Exit.DONE


def _text(heading: str, sections: tuple[Table, ...]) -> int:
    from .views import tables

    looks = screen()
    click.echo(heading + "\n")
    shown = [tables.rich(t, looks) if looks.interactive else tables.plain(t) for t in sections]
    click.echo("\n\n".join(shown))
    return Exit.DONE
