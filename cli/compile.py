"""``armada compile``: the plan of a document, its digest, or the schema of all plans."""

from __future__ import annotations

import click

from .documents import plan_or_exit
from .exits import Exit
from .inputs import Unreadable, spec_or_configured
from .options import SPEC, STDIN_FILENAME

EXAMPLES = """\b
Examples:
  armada compile incident.md > plan.json
  armada compile incident.md --digest     equal digests, equal meaning
  armada compile --schema > plan.schema.json
"""


@click.command(epilog=EXAMPLES)
@SPEC
@click.option("-o", "--output", metavar="FILE", help="Write to FILE instead of standard output.")
@click.option("--digest", is_flag=True, help="Print the SHA-256 of the plan alone.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a plan file.")
@STDIN_FILENAME
def command(
    spec: str | None, output: str | None, digest: bool, schema: bool, stdin_filename: str
) -> int:
    """Print the plan of a document as canonical JSON.

    The plan holds everything the document means, resolved. Equal meaning gives equal bytes. A
    document with errors has no plan: they go to standard error, and the status is 1.
    """
    if digest and schema:
        raise click.UsageError("--digest and --schema exclude each other")
    if schema:
        text = _schema()
    else:
        plan = plan_or_exit(spec_or_configured(spec), stdin_filename)
        text = plan.digest if digest else plan.json
    _write(output, text + "\n")
    return Exit.DONE


def _schema() -> str:
    import json

    from ..compiler.plan import plan_schema

    return json.dumps(plan_schema(), indent=2, sort_keys=True)


def _write(path: str | None, text: str) -> None:
    if path is None or path == "-":
        click.echo(text, nl=False)
        return
    try:
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise Unreadable(f"cannot write {path}: {error.strerror}") from None
