"""``armada fmt``: workflow documents in canonical form, meaning what they meant."""

from __future__ import annotations

import sys

import click

from ..dsl.source import SourceFile, decode
from .exits import Exit
from .files import listing
from .fixing import difference
from .inputs import Unreadable, read_bytes, spec_or_configured
from .loading import load_file
from .options import STDIN_FILENAME
from .writing import write

EXAMPLES = """\b
Examples:
  armada fmt runbooks/               every workflow below a directory, in place
  armada fmt --check runbooks/       say which would change; status 1 if any would
  armada fmt --diff incident.md      show what would change, and change nothing
  cat incident.md | armada fmt - --stdin-filename incident.md

\b
Exit status: 0 done, 1 with --check or --diff: something would change, 2 usage.
"""


@click.command(epilog=EXAMPLES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--check", is_flag=True, help="Change nothing; end with 1 if something would change.")
@click.option(
    "--skip-others", is_flag=True, help="Pass over even one named file that is no workflow."
)
@click.option("--diff", is_flag=True, help="Print the changes as a unified diff; change nothing.")
@STDIN_FILENAME
def command(
    paths: tuple[str, ...], check: bool, diff: bool, skip_others: bool, stdin_filename: str
) -> int:
    """Write workflow documents in canonical form.

    Front matter in one order, tables aligned, lists numbered, drawings redrawn so that every line
    meets its box. The plan's digest never changes, and formatting twice changes nothing.
    """
    files = listing(paths or (spec_or_configured(None),), skip_others=skip_others)
    if not files.paths and skip_others:
        return Exit.DONE
    if not files.paths:
        raise click.UsageError("no workflow document found")
    changed = [path for path in files.paths if _format(path, stdin_filename, check, diff)]
    if check or diff:
        if changed:
            click.echo(f"{_counted(len(changed))} would be reformatted", err=True)
        return Exit.FINDINGS if changed else Exit.DONE
    if changed and files.paths != ("-",):
        click.echo(f"reformatted {_counted(len(changed))}", err=True)
    return Exit.DONE


def _counted(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}"


def _format(path: str, stdin_filename: str, check: bool, diff: bool) -> bool:
    """Format one document; whether it changes."""
    from ..compiler.formatting import format_source

    name = stdin_filename if path == "-" else path
    source, wrong = decode(name, read_bytes(path))
    if wrong is not None:
        raise Unreadable(f"{name} is not UTF-8 (byte {wrong}), and is left alone")
    text = format_source(source, load_file).text
    changes = text != source.text
    if diff and changes:
        click.echo(difference(source, SourceFile(name, text)), nl=False)
    elif check and changes:
        click.echo(name)
    elif path == "-" and not check and not diff:
        sys.stdout.write(text)
    elif changes and not check and not diff:
        write(path, text)
    return changes
