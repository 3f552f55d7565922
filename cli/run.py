"""``armada run``: declare an incident and carry its plan out.

What the bindings bind is done by programs, everything else is asked of people. The run is written
to its journal before anything happens, so it outlives this process.
"""

from __future__ import annotations

import getpass
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .actors import AS, PEOPLE, actor_or_exit, people_or_exit
from .bindings import bound_or_exit
from .documents import plan_or_exit
from .exits import Exit
from .inputs import Unreadable, configured, spec_or_configured
from .journals import journal_option, open_journal
from .levels import LEVEL
from .options import output_format
from .terminal import screen

if TYPE_CHECKING:
    from ..compiler.plan import Plan
    from ..runtime.binding import Bound
    from ..runtime.dry_run import Tried
    from ..runtime.host import Declaration, Host
    from ..runtime.people import People
    from .watching import Watching

EXAMPLES = """\b
Examples:
  armada run incident.md --severity 1 --title "Agents down" --as ada
  armada run incident.md --bindings production.yaml --people people.yaml
  armada run incident.md --bindings production.yaml --dry-run
  armada status                        from a second terminal: what it waits for
  armada ack                           and what to type there

\b
Exit status: 0 resolved, 1 ended otherwise, 4 left waiting, 130 Ctrl-C. Of a dry run: 0 every
server would do it, 1 one refuses, 4 one cannot be asked.
"""


@click.command(epilog=EXAMPLES)
@click.argument("spec", required=False, metavar="[SPEC]")
@click.option("--severity", type=LEVEL, help="Declare this level: 1, SEV-1 or P1.")
@click.option("--title", default="", help="What has happened, in a few words.")
@click.option("--bindings", metavar="FILE", help="By what it is carried out.")
@PEOPLE
@AS
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A name for templates.")
@click.option("--auto", is_flag=True, help="Do not ask before unsafe commands.")
@click.option("--dry-run", is_flag=True, help="Show it, have the servers judge it; touch nothing.")
@journal_option
@output_format("text", "json")
def command(
    spec: str | None,
    severity: int | None,
    title: str,
    bindings: str | None,
    people: str | None,
    acting: str | None,
    given: tuple[str, ...],
    auto: bool,
    dry_run: bool,
    journal: str | None,
    form: str,
) -> int:
    """Declare an incident and carry its plan out.

    It asks before anything unsafe unless --auto is given. Questions appear here, and can be
    answered from any other terminal. Ctrl-C leaves the run in its journal.
    """
    path = spec_or_configured(spec)
    plan = plan_or_exit(path)
    refuse_secrets(path, plan)
    _check_level(plan, severity)
    bindings = bindings or configured("bindings")
    bound = bound_or_exit(bindings, plan)
    people_path = people or stated_people(bound, bindings) or configured("people")
    found = people_or_exit(people_path, plan) if people_path else None
    by = _declarer(acting, found)
    declaration = _declaration(path, severity, title, given, bindings, people_path, by, auto)
    bound = driven(bound, auto)
    if dry_run:
        return _show(bound, declaration, form)
    return _run(bound, declaration, journal, form)


def driven(bound: Bound, auto: bool) -> Bound:
    """The bound plan as it is carried out: in confirm mode with a gate before unsafe commands."""
    from ..runtime.modes import confirmed

    if auto:
        return bound
    return replace(bound, plan=confirmed(bound.plan, bound.carriers, bound.speed))


def refuse_secrets(path: str, plan: Plan) -> None:
    from ..compiler.plan import as_data
    from ..runtime.redaction import Redactor

    data = as_data(plan)
    if Redactor().redact_data(data) != data:
        click.echo(
            f"{path} holds what looks like a secret, and a run would write it down; "
            "state it in the bindings by reference, as env:NAME or file:PATH",
            err=True,
        )
        raise click.exceptions.Exit(Exit.REFUSED)


def _check_level(plan: Plan, severity: int | None) -> None:
    levels = [policy.level for policy in plan.severities]
    if severity is not None and severity not in levels:
        listed = ", ".join(str(level) for level in levels)
        raise click.UsageError(f"{plan.name} has no severity {severity}; there are: {listed}")


def stated_people(bound: Bound, bindings: str | None) -> str | None:
    """The people file that a bindings file names, relative to its folder."""
    if bound.people is None or bindings is None:
        return None
    return os.path.join(os.path.dirname(bindings), bound.people)


def _declarer(acting: str | None, people: People | None) -> str:
    """Who declares it: the named person; where no people file says who is one, the user."""
    if people is None and not acting and not os.environ.get("ARMADA_ME") and not configured("me"):
        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):
            raise click.UsageError("say who you are with --as") from None
    return actor_or_exit(acting, people, datetime.now(UTC)).id


def _declaration(
    path: str,
    severity: int | None,
    title: str,
    given: tuple[str, ...],
    bindings: str | None,
    people: str | None,
    by: str,
    auto: bool,
) -> Declaration:
    from ..runtime.host import Declaration

    values: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.isidentifier():
            raise click.UsageError(f"--set {each!r}: write NAME=VALUE")
        values[name] = value
    if len(title) > 500 or not title.isprintable():
        raise click.UsageError("--title: use one line of at most 500 characters")
    return Declaration(
        by=by,
        title=title,
        severity=severity,
        mode="auto" if auto else "confirm",
        values=values,
        spec=absolute(path),
        bindings=absolute(bindings),
        people=absolute(people),
    )


def absolute(path: str | None) -> str:
    return "" if path is None else path if path == "-" else str(Path(path).absolute())


def _run(bound: Bound, declaration: Declaration, journal: str | None, form: str) -> int:
    from ..runtime.journal_faults import JournalTrouble
    from ..runtime.redaction import Redactor
    from .driving import drive, switch

    switch()  # what the configuration says wrongly is said before anything is declared
    opened = open_journal(journal, create=True)
    redactor = Redactor()

    async def begin(host: Host, watching: Watching) -> None:
        del watching
        try:
            run = host.declare(bound, declaration)
        except JournalTrouble as trouble:
            raise Unreadable(f"{trouble.message}; {trouble.help}") from None
        for line in _opening(run, bound, declaration, form):
            click.echo(line, err=form == "json")
        await host.adopt(run)

    try:
        return drive(opened, begin, redactor=redactor, form=form, actor=declaration.by)
    finally:
        opened.close()


def _opening(run: str, bound: Bound, declaration: Declaration, form: str) -> list[str]:
    del form
    mode = "without asking" if declaration.mode == "auto" else "asking before anything unsafe"
    lines = [f"{run} · {declaration.title or bound.plan.name} · declared by {declaration.by}"]
    if bound.rehearsal:
        lines.append(f"REHEARSAL: its durations are divided by {bound.speed:g}")
    lines.append(f"{bound.plan.name} is carried out {mode}")
    lines.append(
        "The escalation is timed by this process: if it dies, nobody is told until "
        f"`armada resume {run}` goes on, with the overdue rungs first"
    )
    lines.extend(_missed())
    lines.append(f"from any other terminal: armada status {run}")
    return lines


def _missed() -> list[str]:
    """Who notices where this process dies, if anybody does."""
    from .driving import switch

    found = switch()
    if found is None:
        return []
    every = f"{found.every_ms / 1000:g} s"
    return [f"a dead-man switch is beaten every {every} while it is open: {_place(found.beat)}"]


def _place(address: str) -> str:
    """Of an address its host alone, since the rest may be a secret; a reference as it is."""
    from ..runtime.adapters.secrets import is_reference
    from ..runtime.adapters.web import host

    return address if is_reference(address) else host(address)


def _show(bound: Bound, declaration: Declaration, form: str) -> int:
    from ..runtime.automation import automation
    from .views import automation as view
    from .views import dry_run

    found = automation(bound)
    tried = _tried(bound, declaration)
    status = dry_run.status(tried)
    if form == "json":
        import json

        data = {"dry_run": True, "mode": declaration.mode, **view.data(bound, found)}
        data["tried"] = dry_run.data(tried)
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return status
    from .views.tables import plain, rich

    looks = screen()
    click.echo(view.heading(bound, found))
    for table in (*view.tables(bound, found), *([dry_run.table(tried)] if tried else [])):
        click.echo()
        click.echo(rich(table, looks) if looks.color else plain(table))
    click.echo("\nnothing was done and nothing was written")
    return status


def _tried(bound: Bound, declaration: Declaration) -> tuple[Tried, ...]:
    """What the servers say to each change."""
    import asyncio
    import time

    from ..runtime.dry_run import try_out
    from ..runtime.host import header_of
    from ..runtime.redaction import Redactor

    header = header_of(bound, declaration, declaration.title, time.time_ns() // 1_000_000)
    return asyncio.run(try_out(bound, header, Redactor()))
