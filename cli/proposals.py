"""``armada proposals``: incidents that alerts propose, for a person to declare or dismiss."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from .actors import AS, actor_or_exit, people_or_exit
from .exits import Exit
from .inputs import Unreadable
from .journals import journal_option, open_journal
from .options import output_format

if TYPE_CHECKING:
    from ..runtime.intake import Ready
    from ..runtime.journal import Journal
    from ..runtime.journal_alerts import Proposal

EXAMPLES = """\b
Examples:
  armada proposals list                 what alerts propose, and until when
  armada proposals declare 3 --as ada   it is an incident: ada declares it
  armada proposals dismiss 3 --as ada   it is none
"""
NUMBER = click.argument("number", type=click.IntRange(1, 2**62), metavar="NUMBER")


@click.group(epilog=EXAMPLES)
def command() -> None:
    """Show, declare and dismiss the incidents that alerts propose."""


@command.command("list", epilog="\b\nExamples:\n  armada proposals list --all")
@click.option("--all", "everything", is_flag=True, help="Those that were settled, too.")
@journal_option
@output_format("text", "json")
def list_(everything: bool, journal: str | None, form: str) -> int:
    """List what is proposed."""
    from ..runtime.journal_alerts import Alerts

    opened = open_journal(journal)
    try:
        found = Alerts(opened).proposals(_now_ms(), everything=everything)
    finally:
        opened.close()
    if form == "json":
        click.echo(json.dumps([each._asdict() for each in found], indent=2, ensure_ascii=False))
        return Exit.DONE
    for each in found:
        click.echo(line_of(each))
    if not found:
        click.echo("nothing is proposed")
    return Exit.DONE


def line_of(found: Proposal) -> str:
    """A proposal in a line."""
    until = datetime.fromtimestamp(found.until_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    level = found.payload.get("severity")
    severity = f"severity {level}" if level is not None else "severity not set"
    state = {
        "open": f"until {until}; armada proposals declare {found.id}",
        "declared": f"declared by {found.by}: {found.run}",
        "dismissed": f"dismissed by {found.by}",
    }.get(found.state, found.state)
    return f"{found.id}  {found.title}  ({found.source}, {severity})  {state}"


@command.command(epilog="\b\nExamples:\n  armada proposals declare 3 --as ada")
@NUMBER
@AS
@journal_option
def declare(number: int, acting: str | None, journal: str | None) -> int:
    """Declare the incident that is proposed; a host that serves the journal drives it."""
    from ..runtime.inbound_runs import settle
    from ..runtime.journal_alerts import Claimed, Settled
    from ..runtime.redaction import Redactor

    opened = open_journal(journal)
    try:
        found = _proposal(opened, number)
        ready, by = _settling(found, acting)
        try:
            run = settle(opened, found, ready.bound, by, Redactor(), _now_ms())
        except (Claimed, Settled) as refused:
            click.echo(f"armada: {refused}", err=True)
            return Exit.REFUSED
    finally:
        opened.close()
    click.echo(f"{run} · {found.title} · declared by {by}")
    click.echo(f"a host that serves this journal drives it; else: armada resume {run}")
    return Exit.DONE


@command.command(epilog="\b\nExamples:\n  armada proposals dismiss 3 --as ada")
@NUMBER
@AS
@journal_option
def dismiss(number: int, acting: str | None, journal: str | None) -> int:
    """Say that what is proposed is no incident."""
    from ..runtime.journal_alerts import Alerts, Settled

    opened = open_journal(journal)
    try:
        found = _proposal(opened, number)
        _, by = _settling(found, acting)
        try:
            Alerts(opened).dismiss(found.id, by, _now_ms())
        except Settled as settled:
            click.echo(f"armada: {settled}", err=True)
            return Exit.REFUSED
    finally:
        opened.close()
    click.echo(f"{found.id} is dismissed by {by}")
    return Exit.DONE


def _settling(found: Proposal, acting: str | None) -> tuple[Ready, str]:
    """What a proposal would be carried out by, and who settles it: a person of its people file."""
    from .inbound import made_ready

    spec, bindings, people = (
        str(found.payload.get(key, "")) for key in ("spec", "bindings", "people")
    )
    ready = made_ready(spec, bindings or None, people or None)
    known = people_or_exit(people, ready.bound.plan) if people else None
    return ready, actor_or_exit(acting, known, datetime.now(UTC)).id


def _proposal(journal: Journal, number: int) -> Proposal:
    from ..runtime.journal_alerts import Alerts

    found = Alerts(journal).proposal(number)
    if found is None:
        raise Unreadable(f"there is no proposal {number}; `armada proposals list` shows them")
    return found


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
