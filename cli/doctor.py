"""``armada doctor``: whether a run would work here, before the night it has to."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .actors import PEOPLE, people_or_exit
from .bindings import bound_or_exit
from .documents import plan_or_exit
from .exits import Exit
from .inputs import configured, spec_or_configured
from .journals import journal_option, journal_path
from .options import output_format
from .run import stated_people

if TYPE_CHECKING:
    from ..runtime.binding import Bound
    from ..runtime.doctor import Finding
    from ..runtime.people import People

EXAMPLES = """\b
Examples:
  armada doctor incident.md --bindings production.yaml --people people.yaml
  armada doctor incident.md --bindings production.yaml --page "Team lead"
  armada doctor --page all --wait 120      every rung; each types: armada ack --page CODE

\b
Exit status: 0 all well, 1 something is not, 4 a page was not acknowledged.
"""
ROOM = 100 * 1024 * 1024


@click.command(epilog=EXAMPLES)
@click.argument("spec", required=False, metavar="[SPEC]")
@click.option("--bindings", metavar="FILE", help="By what it is carried out.")
@PEOPLE
@journal_option
@click.option("--page", "targets", multiple=True, metavar="TARGET|all", help="Really tell them.")
@click.option(
    "--wait",
    type=click.FloatRange(0, 3600),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for acknowledgements.",
)
@output_format("text", "json")
def command(
    spec: str | None,
    bindings: str | None,
    people: str | None,
    journal: str | None,
    targets: tuple[str, ...],
    wait: float,
    form: str,
) -> int:
    """Say whether a run would work here.

    It looks at the journal, the time zone, every adapter's credentials, and who would be told.
    With --page it tells them, and waits for a real acknowledgement.
    """
    import asyncio

    from ..runtime.doctor import adapters, page, proved

    plan = plan_or_exit(spec_or_configured(spec))
    bindings = bindings or configured("bindings")
    bound = bound_or_exit(bindings, plan)
    path = people or stated_people(bound, bindings) or configured("people")
    known = people_or_exit(path, plan) if path else None
    folder, root = journal_path(journal).parent, Path(bindings or ".").parent
    found = [*_journal(journal_path(journal)), *_identity()]
    found += asyncio.run(adapters(bound, folder, root))
    asked = _asked(bound, targets)
    found += _told(bound, known)
    silent = 0
    if asked:
        tests = asyncio.run(page(bound, known, asked, folder, root))
        for test in tests:
            click.echo(f"paged {test.target}; there: armada ack --page {test.code}", err=True)
        answered = proved(folder, tests, wait, lambda text: click.echo(text, err=True))
        silent = sum(not each.ok for each in answered)
        found += answered
    _print(found, form)
    if silent:
        return Exit.WAITING
    return Exit.DONE if all(each.ok for each in found) else Exit.FINDINGS


def _asked(bound: Bound, targets: tuple[str, ...]) -> tuple[str, ...]:
    known = [target for rung in bound.plan.escalation.rungs for target in rung.targets]
    if "all" in targets:
        return tuple(dict.fromkeys(known))
    for target in targets:
        if target not in known:
            listed = ", ".join(dict.fromkeys(known))
            raise click.UsageError(f"no rung tells {target!r}; there are: {listed}")
    return tuple(dict.fromkeys(targets))


def _journal(path: Path) -> list[Finding]:
    from ..runtime.doctor import Finding
    from ..runtime.journal import Journal
    from ..runtime.journal_faults import JournalTrouble

    found = [Finding(True, f"SQLite {sqlite3.sqlite_version}")]
    folder = next(each for each in (path.parent, *path.parent.parents) if each.exists())
    free = shutil.disk_usage(folder).free
    found.append(
        Finding(free > ROOM, f"{free // 1024**2} MiB are free at {folder}", "make room for it")
    )
    if not os.access(folder, os.W_OK):
        return [*found, Finding(False, f"{folder} cannot be written", "choose another --journal")]
    if not path.exists():
        return [*found, Finding(True, f"{path} is made by the first run")]
    try:
        journal = Journal.open(path)
    except JournalTrouble as trouble:
        return [*found, Finding(False, trouble.message, trouble.help)]
    try:
        rows, broken = journal.runs(), journal.verify()
        idle = [row.run for row in rows if not row.finished and not row.alive]
        found.append(Finding(not broken, f"{path}: {len(rows)} runs", "armada journal verify"))
        for run in idle:
            found.append(Finding(False, f"{run} is open and nobody drives it", "armada resume"))
    finally:
        journal.close()
    return found


def _identity() -> list[Finding]:
    from ..runtime.doctor import Finding

    me = os.environ.get("ARMADA_ME") or configured("me")
    text = f"you are {me}" if me else "nobody is named as you"
    return [Finding(bool(me), text, "set ARMADA_ME, or `me` in the configuration")]


def _told(bound: Bound, people: People | None) -> list[Finding]:
    """Who would be told now, rung by rung, and by what."""
    from ..runtime.doctor import Finding

    now = datetime.now(UTC)
    found: list[Finding] = []
    for number, rung in enumerate(bound.plan.escalation.rungs, 1):
        for target in rung.targets:
            by = ", ".join(bound.targets.get(target, ()))
            if not by and people is not None and people.defines(target):
                persons = people.on_call(target, now).persons
                by = ", ".join(person.name for person in persons)
            text = f"rung {number} tells {target}"
            help = "bind it under `targets`, or name it in the people file"
            ok = bool(by)
            found.append(Finding(ok, f"{text} by {by}" if ok else f"{text} only here", help))
    return found


def _print(found: list[Finding], form: str) -> None:
    if form == "json":
        click.echo(json.dumps([each._asdict() for each in found], indent=2, ensure_ascii=False))
        return
    for each in found:
        click.echo(f"{'ok ' if each.ok else 'NOT'}  {each.what}")
        if not each.ok and each.help:
            click.echo(f"     {each.help}")
