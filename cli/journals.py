"""The journal that a command works on: which file, and the way out where it cannot be opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .inputs import Unreadable, configured

if TYPE_CHECKING:
    from ..runtime.journal import Journal

journal_option = click.option(
    "--journal",
    metavar="FILE",
    envvar="ARMADA_JOURNAL",
    help="The journal file (also ARMADA_JOURNAL, or `journal` in the configuration).",
)


def journal_path(given: str | None) -> Path:
    """Where the journal is: named, configured, or the user's own."""
    named = given or configured("journal")
    if named:
        return Path(named).expanduser()
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "armada" / "journal.db"


def open_journal(given: str | None, create: bool = False, repair: bool = False) -> Journal:
    """Open the journal; where that cannot be done the command ends and nothing was made."""
    from ..runtime.journal import Journal
    from ..runtime.journal_faults import JournalTrouble
    from ..runtime.redaction import Redactor

    try:
        path, redact = journal_path(given), Redactor().redact_data
        only_read = path.is_file() and not os.access(path, os.W_OK)
        journal = Journal.open(
            path, create=create, read_only=only_read, repair=repair, redact=redact
        )
    except JournalTrouble as trouble:
        raise Unreadable(f"{trouble.message}; {trouble.help}") from None
    for sentence in journal.dropped:
        click.echo(f"armada: {sentence}", err=True)
    return journal
