"""Who acts at the command line: ``--as``, then ``ARMADA_ME``, then ``me`` of the configuration."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING

import click

from ..compiler.plan import Plan
from ..dsl.diagnostics import Level
from ..dsl.source import decode
from .documents import counted, print_findings
from .exits import Exit
from .inputs import configured, read_bytes

if TYPE_CHECKING:
    from ..runtime.identity import Actor
    from ..runtime.people import People

AS = click.option("--as", "acting", metavar="PERSON", help="Who you are; else ARMADA_ME.")
ROLE = click.option("--role", metavar="ROLE", help="In which role you act.")
PEOPLE = click.option("--people", metavar="FILE", help="The people file.")


def actor_or_exit(stated: str | None, people: People | None, at: datetime) -> Actor:
    """The person who acts; nobody, or somebody unknown, is a usage error."""
    from ..runtime.identity import IdentityTrouble, identify

    sources = (
        ("--as", stated),
        ("ARMADA_ME", os.environ.get("ARMADA_ME")),
        ("configuration", None if stated else configured("me")),
    )
    source, name = next(((s, n) for s, n in sources if n), ("", None))
    try:
        return identify(name, people, at, source=source)
    except IdentityTrouble as trouble:
        raise click.UsageError(f"{trouble.sentence}; {trouble.help}") from None


def people_or_exit(path: str, plan: Plan) -> People:
    """The people of a file, filling the coordinator of a plan; errors end the command."""
    from ..runtime.people_file import read_people

    source, wrong = decode(path, read_bytes(path))
    read = read_people(source)
    if wrong is not None or read.people is None:
        errors = [found for found in read.diagnostics if found.level is Level.ERROR]
        print_findings([source], errors)
        said = "is not UTF-8" if wrong is not None else f"names no people: {counted(errors)}"
        click.echo(f"{path} {said}", err=True)
        raise click.exceptions.Exit(Exit.FINDINGS)
    return read.people.for_coordinator(plan.coordinator)
