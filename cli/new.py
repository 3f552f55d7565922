"""``armada new``: a small workflow document that lints clean and can be drilled at once."""

from __future__ import annotations

import os
import re

import click

from .exits import Exit
from .inputs import Unreadable, package_path

EXAMPLES = """\b
Examples:
  armada new checkout-outage
  armada lint checkout-outage.md && armada sim checkout-outage.md --scenario outage
"""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Refused(click.ClickException):
    """What was asked for is understood and not permitted."""

    exit_code = Exit.REFUSED


@click.command(epilog=EXAMPLES)
@click.argument("name")
@click.option("-o", "--output", metavar="FILE", help="Where to write; NAME.md if left out.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(name: str, output: str | None, force: bool) -> int:
    """Write a small workflow document to start from.

    NAME is the workflow's name: small letters, digits and hyphens. A file that exists is left as
    it is and the status is 3. `-o -` writes to standard output.
    """
    slug = name.removesuffix(".md")
    if not _SLUG.fullmatch(slug):
        raise click.UsageError(
            f"{name!r} is no name for a workflow; use small letters, digits and single hyphens"
        )
    text = document(slug)
    path = output or f"{slug}.md"
    if path == "-":
        click.echo(text, nl=False)
        return Exit.DONE
    _write(path, text, force)
    click.echo(f"wrote {path}\nnext: armada sim {path} --scenario outage", err=True)
    return Exit.DONE


def document(name: str) -> str:
    """The text of the new document."""
    with open(package_path("cli/new.md"), encoding="utf-8") as file:
        template = file.read()
    title = name.replace("-", " ").capitalize()
    return template.replace("workflow-name", name).replace("Workflow title", title)


def _write(path: str, text: str, force: bool) -> None:
    try:
        with open(path, "w" if force else "x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise Refused(f"{path} exists; --force replaces it") from None
    except OSError as error:
        folder = os.path.dirname(path) or "."
        raise Unreadable(f"cannot write {path} in {folder}: {error.strerror}") from None
