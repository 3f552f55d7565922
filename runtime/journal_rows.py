"""What is in a journal: runs, entries and letters, as rows and as values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from ..compiler.plan import canonical
from .journal_entries import KINDS, BrokenJournal, Entry, EntryKind
from .journal_lease import Holder, Now, Tenure


class Append(NamedTuple):
    """What a run has to write: entries, the answer to a letter, and whether it is over.

    ``finished``: None leaves it, empty opens it again, else how it ended. ``unlock`` are commands
    whose locks are given back.
    """

    run: str
    token: int
    entries: tuple[tuple[int, EntryKind, dict[str, Any]], ...]
    letter: int | None = None
    verdict: str = ""
    reason: str = ""
    finished: str | None = None
    unlock: tuple[str, ...] = ()


class RunRow(NamedTuple):
    """One run, as a list of runs shows it. ``created_ms``: Unix time; ``alive``: it is driven."""

    run: str
    workflow: str
    title: str
    created_ms: int
    entries: int
    head: str
    finished: str
    holder: str
    alive: bool


class Letter(NamedTuple):
    """What somebody asks of a run. ``verdict``: empty while it waits, ``taken`` or ``refused``."""

    id: int
    run: str
    payload: dict[str, Any]
    put_ms: int
    verdict: str
    reason: str


class Seen(NamedTuple):
    """When a run was last written: its own time, the wall's, and the machine's since its start."""

    at_ms: int
    wall_ms: int
    boot: str
    boot_ms: int


class RunExists(Exception):
    """A run of this name is in the journal already."""


class LeaseLost(Exception):
    """The run belongs to another host now."""

    def __init__(self, run: str, holder: str) -> None:
        super().__init__(f"{run} is driven by {holder or 'another host'} now")
        self.run = run
        self.holder = holder or "another host"


class BrokenRun(NamedTuple):
    """Where a run's chain breaks, and why."""

    run: str
    seq: int
    reason: str


def line_of(seq: int, at_ms: int, kind: str, payload: str, previous: str) -> str:
    """An entry's line, exactly as ``journal_entries.encode`` writes it, from its stored payload."""
    return (
        f'{{"at_ms":{at_ms},"kind":"{kind}","payload":{payload},'
        f'"previous":"{previous}","seq":{seq}}}'
    )


def entry_of(row: tuple[Any, ...], seq: int, previous: str | None) -> Entry:
    """The entry of a stored row, checked; raises ``BrokenJournal``."""
    number, at_ms, kind, payload, before = row
    if number != seq:
        raise BrokenJournal(seq, "missing")
    if previous is not None and before != previous:
        raise BrokenJournal(seq, "does not follow the entry before it, or that one was changed")
    if kind not in KINDS:
        raise BrokenJournal(seq, f"unknown kind {kind!r}")
    try:
        data: Any = json.loads(payload)
    except (ValueError, TypeError, RecursionError):
        raise BrokenJournal(seq, "not JSON") from None
    if not isinstance(data, dict):
        raise BrokenJournal(seq, "not a JSON object")
    return Entry(seq, at_ms, kind, cast(dict[str, Any], data), before)


def values_of(key: int, entry: Entry) -> tuple[Any, ...]:
    """What is stored of an entry."""
    payload = canonical(entry.payload)
    return (key, entry.seq, entry.at_ms, entry.kind, payload, entry.previous)


TYPES = (int, str, str, str, int, int, str, str, int, int, str, int, int, str, int, int)
"""Of the columns of ``runs``, in their order."""


def is_run(row: Sequence[Any]) -> bool:
    """Whether a whole row of ``runs`` holds what it must; the file itself does not check types."""
    return len(row) == len(TYPES) and all(type(v) is t for v, t in zip(row, TYPES, strict=True))


def row_of(row: tuple[Any, ...], now: Now) -> RunRow:
    """A run as a list of runs shows it."""
    run, workflow, title, created_ms, count, head, finished, held, until_ms, until_boot = row
    tenure = Tenure(Holder.read(held), until_ms, until_boot)
    alive = bool(held) and tenure.stands(now)
    words = tenure.holder.words() if held else ""
    return RunRow(run, workflow, title, created_ms, count, head, finished, words, alive)


def letter_of(row: tuple[Any, ...]) -> Letter:
    """A letter of a stored row."""
    number, run, payload, put_ms, verdict, reason = row
    try:
        data: Any = json.loads(payload)
    except (ValueError, TypeError, RecursionError):
        data = None  # it was changed in the file; without a verb it will be refused
    known = cast(dict[str, Any], data) if isinstance(data, dict) else {}
    return Letter(number, run, known, put_ms, verdict, reason)


def post(db: sqlite3.Connection, run: str, text: str, now_ms: int) -> int:
    """Leave a letter, as canonical JSON, for whoever drives the run; returns its number."""
    query = "INSERT INTO letters (run, payload, put_ms) VALUES (?, ?, ?)"
    return db.execute(query, (run, text, now_ms)).lastrowid or 0


INSERT = "INSERT INTO entries (run, seq, at_ms, kind, payload, previous) VALUES (?, ?, ?, ?, ?, ?)"
LETTER = "SELECT id, run, payload, put_ms, verdict, reason FROM letters"
REDACTED = frozenset({"reading", "note"})
"""Kinds that hold what people and programs said; the others are the kernel's and replayed."""
RUN_ROW = (
    "SELECT run, workflow, title, created_ms, entries, head, finished, holder, "
    "until_ms, until_boot_ms FROM runs"
)
