"""``armada schema``: the JSON Schema of workflows written as YAML, for editors."""

from __future__ import annotations

import click

from .exits import Exit

EXAMPLES = """\b
Examples:
  armada schema > armada.schema.json

\b
The first line of a workflow then tells the editor:
  # yaml-language-server: $schema=armada.schema.json
"""


@click.command(epilog=EXAMPLES)
def command() -> int:
    """Print the JSON Schema of a workflow written as YAML.

    Its file is called `*.armada.yaml`. Editors complete and check by it as one types; what a
    document means is `armada lint`'s.
    """
    import json

    from ..compiler.document_schema import document_schema

    click.echo(json.dumps(document_schema(), indent=2, ensure_ascii=False))
    return Exit.DONE
