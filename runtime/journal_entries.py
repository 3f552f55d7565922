"""The journal's entries: one format, live and in a drill.

Owns how an entry is written and read back and how entries are chained; not where they are stored.
An entry is one line of canonical JSON ``{at_ms, kind, payload, previous, seq}``; ``previous`` is
the SHA-256 of the line before it (zeros for the first), so no line can be changed, dropped or
moved unseen. The digest of a journal is the hash of its last line. Kinds:

* ``header``: what is run (plan and its digest, version; in a drill also scenario, seed, trial);
* ``event``: what happened, as the kernel accepts it; always written before it is stepped;
* ``command``: what the kernel answered; always written before it is carried out;
* ``reading``: what was measured around an effect; written before the event that reports it;
* ``verdict``: that the event before it was ignored or refused, and why;
* ``note``: what is no event: a person's note, a command run by hand, a message that was sent.

Invariant: a run is exactly what its ``event`` entries replay to; the others can be checked by it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, NamedTuple, cast

from ..compiler.plan import canonical

JOURNAL_FORMAT = 1
GENESIS = "0" * 64
EntryKind = Literal["header", "event", "command", "reading", "verdict", "note"]
KINDS: tuple[EntryKind, ...] = ("header", "event", "command", "reading", "verdict", "note")


class Entry(NamedTuple):
    """One line of a journal."""

    seq: int
    at_ms: int
    kind: EntryKind
    payload: dict[str, Any]
    previous: str


class BrokenJournal(ValueError):
    """The text is no journal, or was changed; ``seq`` is the first entry that is wrong."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"journal entry {seq}: {reason}")
        self.seq = seq
        self.reason = reason


def encode(entry: Entry) -> str:
    """The entry's line, without its line feed."""
    return canonical(entry._asdict())


def line_hash(line: str) -> str:
    """What the next entry carries as ``previous``."""
    return sha256(line.encode("utf-8", "surrogatepass")).hexdigest()


class JournalWriter:
    """Chains entries in memory; whoever stores them takes ``lines`` from where it left off."""

    __slots__ = ("digest", "lines")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.digest = GENESIS

    def append(self, at_ms: int, kind: EntryKind, payload: dict[str, Any]) -> None:
        """Write one entry."""
        line = encode(Entry(len(self.lines), at_ms, kind, payload, self.digest))
        self.lines.append(line)
        self.digest = line_hash(line)

    @property
    def text(self) -> str:
        """The whole journal, a line feed after every entry."""
        return "".join(f"{line}\n" for line in self.lines)


@dataclass(frozen=True, slots=True)
class Journal:
    """What a text holds. ``torn``: its last line was cut off in writing, and is left out."""

    entries: tuple[Entry, ...]
    digest: str
    torn: bool = False

    @property
    def header(self) -> dict[str, Any]:
        """The payload of the first entry."""
        return self.entries[0].payload


def read_journal(text: str) -> Journal:
    """The entries of a journal, every hash checked; raises ``BrokenJournal``.

    A last line without its line feed was torn by a crash: it is left out, for nothing that it
    tells was ever acted upon.
    """
    lines = text.split("\n")
    torn = bool(lines.pop())
    entries: list[Entry] = []
    digest = GENESIS
    for seq, line in enumerate(lines):
        entries.append(_read_entry(seq, line, digest))
        digest = line_hash(line)
    if not entries or entries[0].kind != "header":
        raise BrokenJournal(0, "a journal opens with a header")
    return Journal(tuple(entries), digest, torn)


def _read_entry(seq: int, line: str, previous: str) -> Entry:
    try:
        loaded: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise BrokenJournal(seq, "not JSON") from None
    if not isinstance(loaded, dict):
        raise BrokenJournal(seq, "not a JSON object")
    data = cast(dict[str, Any], loaded)
    if set(data) != set(Entry._fields) or not isinstance(data["payload"], dict):
        raise BrokenJournal(seq, f"expected the fields {', '.join(sorted(Entry._fields))}")
    entry = Entry(**data)
    if entry.kind not in KINDS or type(data["at_ms"]) is not int:
        raise BrokenJournal(seq, f"unknown kind {entry.kind!r}")
    if entry.seq != seq:
        raise BrokenJournal(seq, f"numbered {entry.seq}")
    if entry.previous != previous:
        raise BrokenJournal(seq, "does not follow the entry before it")
    return entry
