"""``armada export``: a run for other programs, OpenTelemetry and calendars."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from .exits import Exit
from .inputs import Unreadable
from .journals import journal_option, open_journal
from .options import output_format
from .runs import RUN, chosen, view_of

if TYPE_CHECKING:
    from ..runtime.view import RunView

EXAMPLES = """\b
Examples:
  armada export -o follow-ups.ics                   what the postmortem leaves to be done
  armada export --events -o follow-ups.ics          as all-day events, for calendars without to-dos
  armada export INC-20261124-0231 --format otlp     traces and metrics, as OTLP in JSON
  armada export --format otlp --endpoint http://127.0.0.1:4318    to a collector

\b
Exit status: 0 written or sent, 1 the collector did not take it, 2 usage.
"""


@click.command(epilog=EXAMPLES)
@RUN
@journal_option
@click.option("-o", "--output", metavar="FILE", help="Write it to FILE.")
@click.option("--events", is_flag=True, help="Follow-ups with a day as events, not as to-dos.")
@click.option("--endpoint", metavar="URL", help="Send OTLP to this collector over HTTP.")
@output_format("ics", "otlp")
def command(
    run: str | None,
    journal: str | None,
    output: str | None,
    events: bool,
    endpoint: str | None,
    form: str,
) -> int:
    """Give a run to OpenTelemetry, or its follow-ups to a calendar.

    The follow-ups of its postmortem as iCalendar, or the run as OpenTelemetry traces and metrics.
    A run that is exported twice is one trace, and each follow-up keeps its identity.
    """
    if form == "ics" and endpoint:
        raise click.UsageError("--endpoint goes with --format otlp")
    if form == "otlp" and events:
        raise click.UsageError("--events goes with --format ics")
    if endpoint and output:
        raise click.UsageError("give one of --endpoint and --output")
    opened = open_journal(journal)
    try:
        view = view_of(opened, chosen(opened.runs(), run, "export").run)
    finally:
        opened.close()
    if endpoint:
        return _send(view, endpoint)
    data = _calendar(view, events) if form == "ics" else _otlp(view)
    return _write(data, output)


def _calendar(view: RunView, events: bool) -> bytes:
    from ..runtime.follow_ups import MISSING, as_calendar

    try:
        return as_calendar(view, events=events)
    except ModuleNotFoundError:
        raise click.UsageError(MISSING) from None


def _otlp(view: RunView) -> bytes:
    import json

    from ..runtime.telemetry import MISSING, as_otlp

    try:
        return (json.dumps(as_otlp(view), indent=2, ensure_ascii=False) + "\n").encode()
    except ModuleNotFoundError:
        raise click.UsageError(MISSING) from None


def _send(view: RunView, endpoint: str) -> int:
    from ..runtime.telemetry import MISSING, CannotSend, send

    if not endpoint.startswith(("http://", "https://")):
        raise click.UsageError("--endpoint is an address like http://127.0.0.1:4318")
    try:
        send(view, endpoint)
    except ModuleNotFoundError:
        raise click.UsageError(MISSING) from None
    except CannotSend as error:
        click.echo(f"{endpoint} did not take {view.run}: {error}", err=True)
        return Exit.FINDINGS
    click.echo(f"sent {view.run} to {endpoint}", err=True)
    return Exit.DONE


def _write(data: bytes, output: str | None) -> int:
    if output is None or output == "-":
        sys.stdout.buffer.write(data)
        return Exit.DONE
    try:
        with open(output, "wb") as file:
            file.write(data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unreadable(f"cannot write {output}: {reason}") from None
    click.echo(f"wrote {os.path.relpath(output)}")
    return Exit.DONE
