"""The sections of policy that a document states, and a document with those of others.

A section is what counts as a whole: the severity table, the escalation path, each way in which the
path is climbed, and each key of the front matter that is policy. Owns what the sections are; where
those of others come from is ``extending``'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..dsl.front import FRONT
from ..dsl.source import Span
from ..dsl.syntax import Document, Ladder, SeverityTable, Text, YamlMapping, YamlNode, YamlScalar
from .policy import read_ladder, read_rows

Entry = tuple[YamlScalar, YamlNode]

OPTIONS: tuple[str, ...] = ("while", "repeat", "repage", "ack_expires")
"""How a ladder is climbed: keys of ``escalation``."""

_TABLE, _PATH = "the severity table", "the escalation path"
_STRUCTURED = ("severities", "escalation", "escalation.while")
_KEYS = tuple(key.name for key in FRONT if key.policy and key.name not in _STRUCTURED)


@dataclass(frozen=True, slots=True)
class Statement:
    """One section as one document states it: an entry of its front matter, tables or ladders."""

    section: str
    span: Span
    entry: Entry | None = None
    tables: tuple[SeverityTable, ...] = ()
    ladders: tuple[Ladder, ...] = ()


Statements = Mapping[str, Statement]


def stated(document: Document) -> dict[str, Statement]:
    """The sections that a document states itself, by what messages call them."""
    return {statement.section: statement for statement in _stated(document)}


def _stated(document: Document) -> Iterator[Statement]:
    front = document.front
    for name in _KEYS:
        if front is not None and (entry := _entry(front, name)) is not None:
            yield _of_entry(f"`{name}`", entry)
    if rows := read_rows(document):
        yield Statement(_TABLE, rows[0].name.span, tables=document.severities)
    ladder = read_ladder(document)
    if ladder is not None:
        yield Statement(_PATH, ladder.heading, ladders=document.ladders)
    for name in OPTIONS:
        if (entry := _option(front, ladder, name)) is not None:
            yield _of_entry(f"`escalation.{name}`", entry)


def _of_entry(section: str, entry: Entry) -> Statement:
    return Statement(section, entry[0].span.cover(entry[1].span), entry)


def _option(front: YamlMapping | None, ladder: Ladder | None, name: str) -> Entry | None:
    """A way of climbing: in the front matter, its clock also in a line under the heading."""
    given = front.get("escalation") if front is not None else None
    if isinstance(given, YamlMapping) and (found := _entry(given, name)) is not None:
        return found
    if name != "while":
        return None
    flat = _entry(front, "escalation.while") if front is not None else None
    if flat is not None:
        return replace(flat[0], raw=name), flat[1]
    clock = ladder.clock if ladder is not None else None
    return None if clock is None else (_scalar(name, clock), _scalar(clock.value, clock))


def _entry(mapping: YamlMapping, name: str) -> Entry | None:
    key, value = mapping.key(name), mapping.get(name)
    return None if key is None or value is None else (key, value)


def _scalar(words: str, place: Text) -> YamlScalar:
    return YamlScalar(words, words, place.span)


def with_policy(document: Document, inherited: Statements) -> Document:
    """The document with the sections that it does not state itself."""
    own = stated(document)
    taken = [statement for section, statement in inherited.items() if section not in own]
    tables = sum((statement.tables for statement in taken), ())
    ladders = sum((statement.ladders for statement in taken), ())
    return replace(
        document,
        front=_with_entries(document.front, [each for each in taken if each.entry is not None]),
        severities=tables or document.severities,
        ladders=ladders or document.ladders,
    )


def _with_entries(front: YamlMapping | None, taken: list[Statement]) -> YamlMapping | None:
    if front is None or not taken:
        return front
    entries, options = list(front.entries), list[Entry]()
    for statement in taken:
        if statement.entry is not None:
            optional = statement.entry[0].raw in OPTIONS
            (options if optional else entries).append(statement.entry)
    if options:
        entries = _with_options(entries, options)
    return replace(front, entries=tuple(entries))


def _with_options(entries: list[Entry], options: list[Entry]) -> list[Entry]:
    """The entries with these keys below ``escalation``, whose rungs were read already."""
    span = options[0][0].span
    for at, (name, value) in enumerate(entries):
        if name.raw == "escalation":
            own = value.entries if isinstance(value, YamlMapping) else ()
            return [
                *entries[:at],
                (name, YamlMapping((*own, *options), value.span)),
                *entries[at + 1 :],
            ]
    key = YamlScalar("escalation", "escalation", span)
    return [*entries, (key, YamlMapping(tuple(options), span))]
