"""Configuration blocks: the same model as YAML inside a Markdown document.

What a block states and the text does not is the document's, as if the text said it. What both
state is compared, and where they differ the text counts: people read it at 3 a.m.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..dsl.front import FRONT
from ..dsl.names import slug
from ..dsl.source import Span
from ..dsl.syntax import Document, RungEntry, SeverityRow, SeverityTable, Text, YamlMapping
from .agreement import Agreement
from .configured_stages import merged_stages
from .fields import Fields, words_of
from .policy import guarding_levels, read_ladder, read_rows, sorted_rungs
from .statements import Statement, stated, with_policy

_KEYS = tuple(
    key.name
    for key in FRONT
    if not key.policy and key.name != "stages"  # policy is compared by its sections
)
MOST_BLOCKS = 16
"""Each is compared with the whole document as the blocks before it leave it."""

_KNOWN = tuple(key.name for key in FRONT)


def configured(document: Document, fields: Fields) -> Document:
    """The document with what its blocks add; each difference is a finding of ``fields``."""
    agreement = Agreement(fields.findings)
    if len(document.configurations) > MOST_BLOCKS:
        _refuse(document.configurations[MOST_BLOCKS], fields)
    for block in document.configurations[:MOST_BLOCKS]:
        if block.front is not None:
            for key, _ in block.front:
                if key.raw not in _KNOWN:
                    fields.unknown_key(key, _KNOWN, "ARM102", "a configuration")
            document = _with_block(document, block, block.front, agreement)
    return document


def _refuse(block: Document, fields: Fields) -> None:
    fields.findings.add(
        "ARM332",
        f"more than {MOST_BLOCKS} configuration blocks: this and those behind it do not count",
        block.front.span if block.front is not None else block.span,
        help="state the configuration in one block",
    )


def _with_block(
    document: Document, block: Document, front: YamlMapping, agreement: Agreement
) -> Document:
    own = stated(document)
    for section, statement in stated(block).items():
        if section in own:
            _compare(section, statement, own[section], agreement)
    rows, block_rows = read_rows(document), read_rows(block)
    if rows and block_rows:
        document = _with_rows(document, rows, block_rows, agreement)
    _compare_ladders(document, block, agreement)
    document = with_policy(_with_keys(document, front, agreement), stated(block))
    return replace(document, stages=merged_stages(document, block, agreement))


def _with_keys(document: Document, front: YamlMapping, agreement: Agreement) -> Document:
    """The keys that are no policy, and a front matter for a document that has none."""
    own = document.front or YamlMapping((), front.span)
    entries = {key.raw: (key, value) for key, value in own}
    for key, value in front:
        if key.raw not in _KEYS:
            continue
        if key.raw not in entries:
            entries[key.raw] = (key, value)
            continue
        name, text = entries[key.raw]
        if key.raw == "inputs" and not isinstance(value, type(text)):
            agreement.names("`inputs`", value, text)
        else:
            entries[key.raw] = (name, agreement.merged(f"`{key.raw}`", value, text))
    return replace(document, front=replace(own, entries=tuple(entries.values())))


def _compare(section: str, block: Statement, text: Statement, agreement: Agreement) -> None:
    if block.entry is not None and text.entry is not None:
        compare = agreement.names if section == "`agents`" else agreement.merged
        compare(section, block.entry[1], text.entry[1])


# --- severities -----------------------------------------------------------------------------------


def _with_rows(
    document: Document,
    rows: Sequence[SeverityRow],
    block: Sequence[SeverityRow],
    agreement: Agreement,
) -> Document:
    """The tables with what the block adds: levels, and parts of levels."""
    known = {row.level: row for row in rows}
    configured = {row.level: row for row in block if row.level is not None}
    for level, row in configured.items():
        if level in known:
            _compare_rows(row, known[level], agreement)
        else:
            agreement.alone(row.name.value, row.name.span, rows[0].name.span, in_block=True)
    for row in rows:
        if row.level is not None and row.level not in configured:
            agreement.alone(row.name.value, row.name.span, block[0].name.span, in_block=False)
    more = tuple(row for level, row in configured.items() if level not in known)
    tables = [
        SeverityTable((*rows, *more), rows[0].span),
        SeverityTable(tuple(block), rows[0].span),
    ]
    return replace(document, severities=tuple(tables))


def _compare_rows(block: SeverityRow, text: SeverityRow, agreement: Agreement) -> None:
    of = f"of {text.name.value}"
    one, other = block.criteria, text.criteria
    if one and other and words_of(one.value) != words_of(other.value):
        agreement.differ(f"the criterion {of}", one, other)
    first, second = block.response, text.response
    if first and second and first.deadline_ms != second.deadline_ms:
        agreement.differ(f"the response time {of}", first.text, second.text)
    stated = block.agents is not None and text.agents is not None
    if stated and _engaged(block) != _engaged(text):
        agreement.differ(f"who works at {text.name.value}", _agents(block), _agents(text))


def _engaged(row: SeverityRow) -> tuple[bool, set[str]]:
    return row.everyone, {slug(agent.value) for agent in row.agents or ()}


def _agents(row: SeverityRow) -> Text:
    if not row.agents:
        return Text("all" if row.everyone else "nobody", row.name.span)
    names = ", ".join(agent.value for agent in row.agents)
    return Text(names, row.agents[0].span.cover(row.agents[-1].span))


# --- escalation -----------------------------------------------------------------------------------


def _compare_ladders(document: Document, block: Document, agreement: Agreement) -> None:
    """The rungs of both by the time at which they begin and the levels that they are for."""
    text, other = read_ladder(document), read_ladder(block)
    if text is None or other is None:
        return
    own = {_key(rung): rung for rung in sorted_rungs(text)}
    configured = {_key(rung): rung for rung in sorted_rungs(other)}
    for key, rung in configured.items():
        if key in own:
            _compare_rungs(rung, own[key], agreement)
        else:
            place = _place(rung)
            agreement.alone(_named(place), place.span, text.heading, in_block=True, counts=False)
    for key, rung in own.items():
        if key not in configured:
            place = _place(rung)
            agreement.alone(_named(place), place.span, other.heading, in_block=False)


def _named(rung: Text) -> str:
    return f"the rung '{rung.value}'"


def _key(rung: RungEntry) -> tuple[int, tuple[int, ...]]:
    return (rung.window.from_ms if rung.window else -1, guarding_levels(rung))


def _place(rung: RungEntry) -> Text:
    return rung.window.text if rung.window else rung.text


def _compare_rungs(block: RungEntry, text: RungEntry, agreement: Agreement) -> None:
    one, other = block.window, text.window
    ends = {window.to_ms for window in (one, other) if window is not None}
    if one and other and None not in ends and len(ends) > 1:
        agreement.differ("a rung's time", one.text, other.text)
    if {slug(each.value) for each in block.targets} != {slug(each.value) for each in text.targets}:
        agreement.differ(f"who is told at {_place(text).value}", _told(block), _told(text))
    elif block.mode != text.mode:
        told = f"how {_told(text).value} is told"
        words = [Text(rung.mode, _told(rung).span) for rung in (block, text)]
        agreement.differ(told, *words)


def _told(rung: RungEntry) -> Text:
    if not rung.targets:
        return Text("nobody", rung.span)
    names = ", ".join(target.value for target in rung.targets)
    return Text(names, _cover([target.span for target in rung.targets]))


def _cover(spans: Sequence[Span]) -> Span:
    whole = spans[0]
    for span in spans[1:]:
        whole = whole.cover(span)
    return whole
