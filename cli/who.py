"""``armada who``: who works, who is told when, and who may approve, at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from ..compiler.plan import Plan
from .actors import PEOPLE, people_or_exit
from .documents import plan_or_exit
from .exits import Exit
from .inputs import configured, spec_or_configured
from .levels import LEVEL
from .options import SPEC, STDIN_FILENAME, output_format
from .terminal import screen

if TYPE_CHECKING:
    from ..runtime.people import People

EXAMPLES = """\b
Examples:
  armada who incident.md --people people.yaml --severity 1
  armada who incident.md --people people.yaml --at 2026-03-29T03:10
"""
HEADER = ("name", "what", "UTC", "told", "person", "local time", "channels", "why")


@click.command(epilog=EXAMPLES)
@SPEC
@PEOPLE
@click.option("--severity", type=LEVEL, default=1, show_default=True, help="The level.")
@click.option("--at", "stated", metavar="TIME", help="When it is declared; now if left out.")
@STDIN_FILENAME
@output_format("text", "json")
def command(
    spec: str | None,
    people: str | None,
    severity: int,
    stated: str | None,
    stdin_filename: str,
    form: str,
) -> int:
    """Say who works, who is told when, and who may approve.

    A TIME without an offset is in the document's time zone. The rungs count from it, and each
    names whoever is on call when it fires.
    """
    path = people or configured("people")
    if path is None:
        raise click.UsageError("name a people file with --people, or `people` in the configuration")
    plan = plan_or_exit(spec_or_configured(spec), stdin_filename)
    known = [policy.level for policy in plan.severities]
    if known and severity not in known:
        raise click.UsageError(f"the document has no level {severity}; it has: {known}")
    at = _time(stated, plan)
    rows = answers(plan, people_or_exit(path, plan), severity, at)
    if form == "json":
        import json

        click.echo(json.dumps({"at": at.isoformat(), "names": rows}, indent=2, ensure_ascii=False))
    else:
        click.echo(_text(rows, at))
    return Exit.DONE


def _time(stated: str | None, plan: Plan) -> datetime:
    if stated is None:
        return datetime.now(UTC).replace(microsecond=0)
    from ..runtime.rota import instant

    try:
        moment = datetime.fromisoformat(stated)
        zone = ZoneInfo(plan.timezone)
        if not 1970 <= moment.year <= 9000:
            raise ValueError(stated)
        at = moment.astimezone(UTC) if moment.tzinfo else instant(moment, zone)
        shown = at.astimezone(zone)
    except (ValueError, OverflowError, KeyError):
        raise click.UsageError(f"{stated!r} is no time; write 2026-03-29T02:10+01:00") from None
    if not moment.tzinfo and shown.replace(tzinfo=None, fold=0) != moment:
        click.echo(f"{stated} does not exist in {zone}; taken as {shown.isoformat()}", err=True)
    elif not moment.tzinfo and shown.replace(fold=1).utcoffset() != shown.utcoffset():
        click.echo(f"{stated} comes twice in {zone}; the first is taken", err=True)
    return at


def answers(plan: Plan, people: People, severity: int, at: datetime) -> list[dict[str, Any]]:
    """One row a name and moment of the plan, in the order of telling."""
    policy = plan.severity(severity)
    engaged = plan.agents if policy is None else policy.engaged
    asked = [(agent, "works", at) for agent in engaged]
    if plan.coordinator is not None:
        asked.append((plan.coordinator, "coordinates", at))
    for rung in plan.escalation.rungs:
        if not rung.only_at or severity in rung.only_at:
            due = at + timedelta(milliseconds=rung.from_ms)
            asked += [
                (target, f"{rung.mode} at {rung.from_ms // 60_000} min", due)
                for target in rung.targets
            ]
    for action in (action for stage in plan.stages for action in stage.actions):
        for approver in action.approval.approvers if action.approval is not None else ():
            asked.append((approver, f"approves {action.id}", at))
    return [_row(people, name, what, when) for name, what, when in asked]


def _row(people: People, name: str, what: str, at: datetime) -> dict[str, Any]:
    found, reach = people.on_call(name, at), people.reachable(name, at)
    persons = [
        {
            "id": person.id,
            "name": person.name,
            "local": at.astimezone(person.zone).isoformat(),
            "channels": [
                c if isinstance(c, str) else c.get("adapter", "") for c in person.channels
            ],
        }
        for person in found.persons
    ]
    why = "; ".join(part for part in (found.reason, reach.reason) if part)
    return {
        "name": name,
        "what": what,
        "at": at.isoformat(),
        "told": reach.how if persons else "nobody",
        "persons": persons,
        "reason": why,
    }


def _text(rows: list[dict[str, Any]], at: datetime) -> str:
    from .views.tables import Table, plain, rich

    cells: list[tuple[str, ...]] = []
    for row in rows:
        nobody: dict[str, Any] = {"name": "nobody", "local": "", "channels": []}
        persons: list[dict[str, Any]] = row["persons"] or [nobody]
        for person in persons:
            local = person["local"][:16].replace("T", " ")
            utc = row["at"][:16].replace("T", " ")
            head = (row["name"], row["what"], utc, row["told"], person["name"], local)
            cells.append((*head, ", ".join(person["channels"]), row["reason"]))
    table = Table(f"Who, from {at.isoformat()}", HEADER, tuple(cells))
    looks = screen()
    return rich(table, looks) if looks.interactive else plain(table)
