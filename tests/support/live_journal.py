"""A scripted run in a journal file, as a host would have left it."""

from __future__ import annotations

from pathlib import Path

from live_script import ZERO_MS, LiveScript

from armada.runtime.journal import Append, Journal, RunRow
from armada.runtime.journal_faults import JournalTrouble
from armada.runtime.journal_lease import Holder
from armada.runtime.kernel import finished, outcome_name


def record(path: Path, *scripts: LiveScript) -> Path:
    """Write the runs into the journal at ``path``; no host drives them."""
    journal = Journal.open(path, create=not path.exists())
    try:
        for script in scripts:
            _record(journal, script)
    finally:
        journal.close()
    return path


def only_row(path: Path) -> RunRow | None:
    """The first run of a journal; None where there is none, or no journal yet."""
    try:
        journal = Journal.open(path)
    except JournalTrouble:
        return None
    try:
        return next(iter(journal.runs()), None)
    finally:
        journal.close()


def _record(journal: Journal, script: LiveScript) -> None:
    run = script.view.run
    journal.create(
        run,
        workflow=script.view.plan.name,
        title=script.view.title,
        created_ms=ZERO_MS,
        header=script.header,
    )
    append(journal, script, 1)


def append(journal: Journal, script: LiveScript, since: int) -> int:
    """Write a script's entries from ``since`` on; returns how many there are."""
    run, entries = script.view.run, script.entries
    done = outcome_name(script.view.state) if finished(script.view.state) else None
    token = journal.lease(run, Holder.me(), ZERO_MS + script.at_ms)
    written = tuple((entry.at_ms, entry.kind, entry.payload) for entry in entries[since:])
    journal.commit([Append(run, token, written, finished=done)])
    journal.release(run, token)
    return len(entries)
