"""``armada token``: tokens of the HTTP API, each bound to a person."""

from __future__ import annotations

import json

import click

from .exits import Exit
from .inputs import Unreadable
from .journals import journal_option, journal_path
from .options import output_format

EXAMPLES = """\b
Examples:
  armada token add ada         prints a token that speaks for ada, once
  armada token list
  armada token revoke ada
"""


@click.group(epilog=EXAMPLES)
def command() -> None:
    """Give and revoke tokens of the HTTP API."""


@command.command(epilog="\b\nExamples:\n  armada token add ada")
@click.argument("person")
@journal_option
def add(person: str, journal: str | None) -> int:
    """Print a new token that speaks for a person; it is shown once."""
    from ..runtime.tokens import Tokens, TokenTrouble

    if not person.strip() or not person.isprintable() or len(person) > 200:
        raise click.UsageError("the person is named by one line of plain text")
    try:
        click.echo(Tokens(journal_path(journal).parent / "tokens").add(person.strip()))
    except TokenTrouble as trouble:
        raise Unreadable(str(trouble)) from None
    return Exit.DONE


@command.command("list", epilog="\b\nExamples:\n  armada token list")
@journal_option
@output_format("text", "json")
def list_(journal: str | None, form: str) -> int:
    """List who has a token, and the first digits of its hash."""
    from ..runtime.tokens import Tokens, TokenTrouble

    try:
        lines = Tokens(journal_path(journal).parent / "tokens").lines()
    except TokenTrouble as trouble:
        raise Unreadable(str(trouble)) from None
    if form == "json":
        data = [{"person": person, "hash": digest[:12]} for person, digest in lines]
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return Exit.DONE
    for person, digest in lines:
        click.echo(f"{person}  {digest[:12]}")
    if not lines:
        click.echo("there are no tokens; armada token add PERSON makes one")
    return Exit.DONE


@command.command(epilog="\b\nExamples:\n  armada token revoke ada")
@click.argument("person")
@journal_option
def revoke(person: str, journal: str | None) -> int:
    """Take all tokens of a person away."""
    from ..runtime.tokens import Tokens, TokenTrouble

    try:
        gone = Tokens(journal_path(journal).parent / "tokens").revoke(person)
    except TokenTrouble as trouble:
        raise Unreadable(str(trouble)) from None
    if not gone:
        raise Unreadable(f"{person} has no token; `armada token list` says who has")
    click.echo(f"revoked: {gone}")
    return Exit.DONE
