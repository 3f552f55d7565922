"""What alerts have said, carried over from a damaged journal file into its new one.

A row that cannot be read, or is of other types than it was written with, is left out, and it is
said that something is missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .journal_alerts import Alerts

if TYPE_CHECKING:
    from .journal import Journal

TABLES: Mapping[str, Mapping[str, type]] = {
    "alert_groups": {"source": str, "key": str, "run": str, "seen": str, "fact": str},
    "deliveries": {"source": str, "id": str, "at_ms": int},
    "proposals": {
        "id": int,
        "source": str,
        "key": str,
        "title": str,
        "payload": str,
        "put_ms": int,
        "until_ms": int,
        "state": str,
        "by": str,
        "run": str,
        "told": int,
    },
    "used_links": {"id": str, "until_ms": int},
    "answers": {"source": str, "key": str, "run": str, "target": str, "who": str},
}
"""What is carried over when a damaged file is rebuilt; letters get new numbers there."""


class Salvage(NamedTuple):
    """Rows of these tables in a damaged file, and whether some of them cannot be read."""

    rows: Mapping[str, tuple[tuple[Any, ...], ...]]
    torn: bool


def salvaged(db: sqlite3.Connection) -> Salvage:
    """What can be read of these tables in a damaged file."""
    found: dict[str, tuple[tuple[Any, ...], ...]] = {}
    torn = False
    there = {str(row[0]) for row in db.execute("SELECT name FROM sqlite_schema")}
    for table in (each for each in TABLES if each in there):
        kept: list[tuple[Any, ...]] = []
        types = TABLES[table].values()
        try:
            for row in db.execute(f"SELECT {', '.join(TABLES[table])} FROM {table}"):
                whole = all(type(v) is t for v, t in zip(row, types, strict=True))
                torn |= not whole
                kept += [row] if whole else []
        except sqlite3.DatabaseError:
            torn = True
        found[table] = tuple(kept)
    return Salvage(found, torn)


def restore(journal: Journal, kept: Salvage) -> None:
    """Write what was salvaged into a new file."""
    if not kept.rows:
        return
    Alerts(journal).prepare()
    with journal.transaction() as db:
        for table, rows in kept.rows.items():
            names = TABLES[table]
            marks = ", ".join("?" for _ in names)
            query = f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})"
            db.executemany(query, rows)
