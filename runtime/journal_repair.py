"""Opening a journal file that is not there yet, is another's, or was cut off."""

from __future__ import annotations

from pathlib import Path

from .journal_faults import Damaged, JournalTrouble


def before_opening(path: Path, create: bool) -> tuple[str, ...]:
    """Make a new file where one may be made; raises ``JournalTrouble`` where there is none."""
    if path.is_dir():
        raise JournalTrouble(f"{path} is a folder", "name a file with --journal")
    if not path.exists():
        if not create:
            raise JournalTrouble(
                f"there is no journal at {path}", "`armada run` makes one; --journal names another"
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
        except OSError as error:
            raise JournalTrouble(
                f"{path} cannot be made: {error.strerror}", "name another file with --journal"
            ) from None
    return ()


def salvaged(path: Path, damaged: Damaged) -> tuple[str, ...]:
    """Replace a damaged file by what is whole in it; returns what was lost, in sentences."""
    raise damaged
