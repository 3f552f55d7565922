"""``armada graph``: the stages of a document as a drawing."""

from __future__ import annotations

import click

from ..compiler.emit import dot, mermaid, terminal
from .documents import plan_or_exit
from .exits import Exit
from .inputs import spec_or_configured
from .options import SPEC, STDIN_FILENAME, output_format
from .terminal import screen

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
    draw = {"mermaid": mermaid, "dot": dot}.get(form)
    text = draw(plan) if draw else terminal(plan, screen().width)
    click.echo(text.rstrip("\n"))
    return Exit.DONE
