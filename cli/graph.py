"""``armada graph``: the stages of a document as a drawing."""

from __future__ import annotations

from importlib import import_module

import click

from .documents import plan_or_exit
from .exits import Exit
from .inputs import spec_or_configured
from .options import SPEC, STDIN_FILENAME, output_format

EXAMPLES = """\b
Examples:
  armada graph incident.md
  armada graph incident.md --format mermaid   to paste into Markdown
  armada graph incident.md --format dot | dot -Tsvg > incident.svg
"""


@click.command(epilog=EXAMPLES)
@SPEC
@STDIN_FILENAME
@output_format("terminal", "mermaid", "dot")
def command(spec: str | None, stdin_filename: str, form: str) -> int:
    """Draw the stages as text, Mermaid or DOT."""
    plan = plan_or_exit(spec_or_configured(spec), stdin_filename)
    draw = getattr(import_module(f"..compiler.emit.{form}", __package__), form)
    click.echo(draw(plan).rstrip("\n"))
    return Exit.DONE
