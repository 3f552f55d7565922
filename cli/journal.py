"""``armada journal``: the journal file itself, whole or not, and runs in and out of it."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from .exits import Exit
from .inputs import Unreadable, read_bytes
from .journals import journal_option, open_journal
from .options import output_format
from .runs import RUN, chosen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..runtime.journal_entries import Entry

EXAMPLES = """\b
Examples:
  armada journal verify                        every run of the journal, every hash
  armada journal show INC-20261124-0231
  armada journal show drill.jsonl --kind event what a drill wrote
  armada journal export INC-20261124-0231 -o run.jsonl
  armada journal import run.jsonl
  armada journal repair                        keep what is whole of a damaged file
"""


@click.group(epilog=EXAMPLES)
def command() -> None:
    """Check, show, export and import runs of a journal."""


@command.command(epilog="\b\nExamples:\n  armada journal verify\n  armada journal verify 0231")
@RUN
@journal_option
@output_format("text", "json")
def verify(run: str | None, journal: str | None, form: str) -> int:
    """Check every hash of a run, or of all.

    Ends with 0 where all is whole, else with 1 and the place where it is not.
    """
    opened = open_journal(journal)
    try:
        rows = opened.runs() if run is None else (chosen(opened.runs(), run, "journal verify"),)
        broken = [each for row in rows for each in opened.verify(row.run)]
    finally:
        opened.close()
    entries = sum(row.entries for row in rows)
    if form == "json":
        data = {
            "runs": [{"run": row.run, "entries": row.entries, "head": row.head} for row in rows],
            "broken": [each._asdict() for each in broken],
        }
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        for each in broken:
            click.echo(f"{each.run}: entry {each.seq}: {each.reason}")
        if not broken:
            click.echo(f"whole: {len(rows)} runs, {entries} entries")
    return Exit.FINDINGS if broken else Exit.DONE


@command.command(epilog="\b\nExamples:\n  armada journal show --kind event --since 40")
@click.argument("what", required=False, metavar="[RUN|FILE]")
@journal_option
@click.option("--since", type=click.IntRange(0), default=0, help="From this entry on.")
@click.option(
    "--kind", help="Only entries of this kind: header, event, command, reading, verdict or note."
)
@output_format("text", "json")
def show(what: str | None, journal: str | None, since: int, kind: str | None, form: str) -> int:
    """Show a journal's entries: a live run's, or those in a file that a drill wrote.

    With --format json the lines are the very lines that are hashed.
    """
    from ..runtime.journal_entries import KINDS, BrokenJournal

    if kind is not None and kind not in KINDS:
        raise click.UsageError(f"there is no kind {kind!r}; there are: {', '.join(KINDS)}")
    try:
        if what is not None and (os.path.exists(what) or what.endswith(".jsonl")):
            _print(_of_file(what), since, kind, form)
            return Exit.DONE
        opened = open_journal(journal)
        try:
            row = chosen(opened.runs(), what, "journal show")
            _print(opened.entries(row.run), since, kind, form)
        finally:
            opened.close()
    except BrokenJournal as broken:
        raise Unreadable(f"{what or 'the journal'}: {broken}") from None
    return Exit.DONE


@command.command(epilog="\b\nExamples:\n  armada journal export 0231 -o run.jsonl")
@RUN
@journal_option
@click.option("-o", "--output", metavar="FILE", help="Write it to FILE; else standard output.")
def export(run: str | None, journal: str | None, output: str | None) -> int:
    """Export a run as JSON Lines, an entry a line, every hash checked."""
    from ..runtime.journal_entries import BrokenJournal

    opened = open_journal(journal)
    try:
        row = chosen(opened.runs(), run, "journal export")
        text = opened.export(row.run)
    except BrokenJournal as broken:
        raise Unreadable(f"{broken}; nothing was exported") from None
    finally:
        opened.close()
    if output is None or output == "-":
        click.echo(text, nl=False)
        return Exit.DONE
    try:
        with open(output, "x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        click.echo(f"{output} exists already, and is left as it is", err=True)
        return Exit.REFUSED
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unreadable(f"cannot write {output}: {reason}") from None
    click.echo(f"wrote {row.run}, {row.entries} entries, head {row.head}")
    return Exit.DONE


@command.command("import", epilog="\b\nExamples:\n  armada journal import run.jsonl")
@click.argument("file")
@journal_option
def import_(file: str, journal: str | None) -> int:
    """Import an exported run, every hash checked; nothing of a broken one is taken."""
    from ..runtime.journal import RunExists
    from ..runtime.journal_entries import BrokenJournal, read_journal
    from ..runtime.journal_faults import JournalTrouble
    from ..runtime.kernel import finished, outcome_name
    from ..runtime.view import RunView

    text = _text(file)
    try:
        read = read_journal(text)
        if not isinstance(read.header.get("run"), str):
            raise BrokenJournal(0, "this is a drill's journal, not that of a live run")
        state = RunView.of(read.entries).state
    except BrokenJournal as broken:
        raise Unreadable(f"{file}: {broken}; nothing was imported") from None
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"{file} is no run that this version can read: {error}") from None
    whole = text[: text.rindex("\n") + 1]
    opened = open_journal(journal, create=True)
    try:
        name = opened.import_(whole, outcome_name(state) if finished(state) else "")
    except RunExists as exists:
        click.echo(f"the journal has {exists} already; nothing was imported", err=True)
        return Exit.REFUSED
    except JournalTrouble as trouble:
        raise Unreadable(f"{trouble.message}; {trouble.help}") from None
    finally:
        opened.close()
    if read.torn:
        click.echo(f"armada: the last line of {file} was cut off and is left out", err=True)
    click.echo(f"imported {name}, {len(read.entries)} entries")
    return Exit.DONE


@command.command(epilog="\b\nExamples:\n  armada journal repair --journal armada.db")
@journal_option
def repair(journal: str | None) -> int:
    """Keep what is whole of a file that was changed, each run up to the first broken entry.

    A file that lost its end is mended whenever it is opened. One that was changed before its end is
    refused instead, for entries after that place are lost by this; the file as it was is kept.
    """
    opened = open_journal(journal, repair=True)  # says what was lost
    try:
        rows = opened.runs()
    finally:
        opened.close()
    if not opened.dropped:
        click.echo(f"whole: {len(rows)} runs; there was nothing to repair")
        return Exit.DONE
    click.echo(f"kept: {len(rows)} runs, {sum(row.entries for row in rows)} entries")
    return Exit.DONE


def _text(path: str) -> str:
    data = sys.stdin.buffer.read() if path == "-" else read_bytes(path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is not UTF-8 at byte {error.start}") from None


def _of_file(path: str) -> Iterable[Entry]:
    from ..runtime.journal_entries import read_journal

    read = read_journal(_text(path))
    if read.torn:
        click.echo(f"armada: the last line of {path} was cut off and is left out", err=True)
    return read.entries


def _print(entries: Iterable[Entry], since: int, kind: str | None, form: str) -> None:
    from ..compiler.plan import canonical
    from ..runtime.journal_entries import encode

    for entry in entries:
        if entry.seq < since or kind not in (None, entry.kind):
            continue
        if form == "json":
            click.echo(encode(entry))
            continue
        payload: dict[str, Any] = entry.payload
        if entry.kind == "header":
            payload = {name: value for name, value in payload.items() if name != "plan"}
        at = f"{entry.at_ms / 1000:.3f}s"
        click.echo(f"{entry.seq:5}  {at:>11}  {entry.kind:8} {canonical(payload)}")
