"""``armada replay``: a journal's events stepped again, by its own plan or by another.

Exit status: 0 where nothing comes out otherwise, 1 where something does.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .documents import plan_or_exit
from .exits import Exit
from .inputs import Unreadable, read_bytes
from .journals import journal_option, open_journal
from .options import output_format
from .runs import another_format, named

if TYPE_CHECKING:
    from ..compiler.plan import Plan
    from ..runtime.journal_entries import Entry
    from ..runtime.what_if import Checked, Difference

EXAMPLES = """\b
Examples:
  armada replay INC-20261124-0231                      is every decision the same?
  armada replay run.jsonl                              of an exported journal, or a drill's
  armada replay INC-20261124-0231 --plan incident.md   what if this had been the plan?
"""


@click.command(epilog=EXAMPLES)
@click.argument("what", metavar="JOURNAL|RUN")
@click.option("--plan", "spec", metavar="SPEC", help="Another workflow document to replay it by.")
@journal_option
@output_format("text", "json")
def command(what: str, spec: str | None, journal: str | None, form: str) -> int:
    """Step a journal again, by its own plan or by another.

    It says where the decisions differ. What is replayed: a run of a journal, a file that `armada
    journal export` or `armada sim --journal` wrote.
    """
    from ..runtime.journal_entries import BrokenJournal
    from ..runtime.what_if import check, compare
    from .views.replay import difference_lines

    entries = _entries(what, journal)
    recorded = _plan(what, entries)
    checked = check(recorded, entries[1:])
    if spec is None or not checked.same:
        return _tell_checked(what, checked, len(entries), form)
    other = _as_driven(entries[0], plan_or_exit(spec))
    try:
        found = compare(recorded, entries[1:], other)
    except BrokenJournal as broken:
        raise Unreadable(f"{what}: {broken}") from None
    if form == "json":
        _echo_json({"same": found.same, **_data(found)})
    else:
        for line in difference_lines(found, spec):
            click.echo(line)
    return Exit.DONE if found.same else Exit.FINDINGS


# --- reading --------------------------------------------------------------------------------------


def _entries(what: str, journal: str | None) -> Sequence[Entry]:
    """The entries of an exported journal where ``what`` is a file, else of a run."""
    from ..runtime.journal_entries import BrokenJournal, read_journal

    try:
        if what == "-" or os.path.isfile(what):
            return read_journal(read_bytes(what).decode("utf-8", "replace")).entries
        opened = open_journal(journal)
        try:
            return tuple(opened.entries(named(opened.runs(), what).run))
        finally:
            opened.close()
    except BrokenJournal as broken:
        raise Unreadable(f"{what} is no journal to replay: {broken}") from None


def _plan(what: str, entries: Sequence[Entry]) -> Plan:
    """The plan that the journal's header carries."""
    from ..compiler.plan import canonical, load_plan
    from ..runtime.journal_entries import JOURNAL_FORMAT

    if not entries:
        raise Unreadable(f"{what} is empty")
    header = entries[0].payload
    try:
        if header["format"] != JOURNAL_FORMAT:
            raise Unreadable(another_format(what, header["format"]))
        return load_plan(canonical(header["plan"]))
    except (KeyError, ValueError):
        raise Unreadable(f"{what} has no plan that this version can read") from None


def _as_driven(header: Entry, plan: Plan) -> Plan:
    """The other plan with the gates that the run's mode put before what a program does."""
    from ..runtime.carriers import carriers_of
    from ..runtime.modes import confirmed

    if header.payload.get("mode") != "confirm":
        return plan
    ids = {action.id for stage in plan.stages for action in stage.actions}
    carriers = {k: v for k, v in carriers_of(header.payload).items() if k[0] in ids}
    return confirmed(plan, carriers, float(header.payload.get("speed", 1.0)))


# --- telling --------------------------------------------------------------------------------------


def _tell_checked(what: str, checked: Checked, entries: int, form: str) -> int:
    if form == "json":
        from dataclasses import asdict

        _echo_json({"same": checked.same, **asdict(checked)})
    elif checked.same:
        click.echo(f"{what}: {checked.events} events in {entries} entries, every decision the same")
        if checked.missing:
            click.echo(f"  the last {checked.missing} commands were never written: a crash")
        click.echo(f"  outcome: {checked.outcome}")
    else:
        click.echo(f"{what}: entry {checked.entry} differs: {checked.reason}")
        click.echo(f"  {checked.events} events before it came out the same")
    return Exit.DONE if checked.same else Exit.FINDINGS


def _data(found: Difference) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(found)


def _echo_json(data: object) -> None:
    import json

    click.echo(json.dumps(data, indent=2, ensure_ascii=False))
