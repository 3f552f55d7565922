"""Which run of a journal a command means, and the view of it.

Owns the way out where there is none: a journal that is not there or is none, a run that nobody
knows, several that are open. Nothing is guessed where a guess could be wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import chain
from typing import TYPE_CHECKING

import click

from .inputs import Unreadable

if TYPE_CHECKING:
    from ..runtime.journal import Journal, RunRow
    from ..runtime.view import RunView

RUN = click.argument("run", required=False, metavar="[RUN]")


def chosen(rows: Sequence[RunRow], name: str | None, verb: str) -> RunRow:
    """The named run; unnamed the only open one, else the only one there is."""
    if name is not None:
        return named(rows, name)
    if not rows:
        raise Unreadable("the journal has no run; `armada run` declares one")
    open_ = [row for row in rows if not row.finished]
    found = open_ if open_ else list(rows)
    if len(found) == 1:
        return found[0]
    what = "several runs are open" if open_ else "no run is open, and several have finished"
    listed = "\n".join(f"  armada {verb} {row.run}    {row.title}" for row in found[-10:])
    raise Unreadable(f"{what}; name one:\n{listed}")


def named(rows: Sequence[RunRow], name: str) -> RunRow:
    """The run of this name, or the only one whose name ends in it."""
    found = [row for row in rows if row.run == name]
    found = found or [row for row in rows if row.run.endswith(f"-{name}")]
    if len(found) == 1:
        return found[0]
    known = [row.run for row in rows]
    close = get_close_matches(name, known, 1, 0.6)
    hint = (
        f"did you mean {close[0]}?" if close else f"there are: {', '.join(known[-10:]) or 'none'}"
    )
    raise Unreadable(f"the journal has no run {name!r}; {hint}")


def another_format(what: str, form: object) -> str:
    """Why a journal cannot be read by this version."""
    return f"{what} is of journal format {form}, which this version of Armada does not read"


def view_of(journal: Journal, run: str) -> RunView:
    """The view of a run; a journal that does not fit together ends the command."""
    from ..runtime.journal_entries import JOURNAL_FORMAT, BrokenJournal
    from ..runtime.view import RunView

    try:
        entries = journal.entries(run)
        header = next(entries)
        if header.payload["format"] != JOURNAL_FORMAT:
            raise Unreadable(another_format(run, header.payload["format"]))
        return RunView.of(chain((header,), entries))
    except BrokenJournal as broken:
        raise Unreadable(f"{run}: {broken}; `armada journal verify` says what is wrong") from None
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        raise Unreadable(f"{run} is not a run that this version can read: {error}") from None
