"""The severity tables of a document, and which tables with levels are none.

A matrix has one row a level. A table of findings, tests or features has levels too, but says them
again and again, or beside efforts and owners; a table of support tiers (L1, L2) is an escalation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from .columns import cell, find_columns, mentions, rows
from .deadlines import promises_first
from .diagnostics import Diagnostic
from .level_blocks import fold, read_blocks
from .level_lines import read_lines
from .levels import (
    about_levels,
    are_log_levels,
    identity,
    is_level,
    is_tier,
    read_level,
    read_urgency,
    unclear_order,
)
from .patterns import lazy
from .plans import by_plan, promises_response
from .severity_row import LATER, MEANINGS, severity_row
from .syntax import ResponseTime, Section, SeverityRow, SeverityTable, Table, Text
from .timing import read_response

_ELSEWHERE = lazy(
    r"\b(?:likelihood|probability|effort|estimate|status|eta|sprint|story points|features?|tasks?"
    r"|tests?|test cases?|files?|lines?|count|owner|cvss|cwe|bug|ticket|points?|weight|score)\b",
    re.IGNORECASE,
)
"""Headers beside which levels rank work, findings or risks, where no response time is stated."""
_SUPPORT = ("escalat", "support", "contact", "on-call", "oncall")
_PEOPLE = frozenset("contact contacts who name role person escalate when trigger".split())  # noqa: SIM905
_OFF_HOURS = lazy(
    r"\b(?:off|after|outside|non)\b.{0,12}hours|\bnights?\b|\bweekends?\b", re.IGNORECASE
)
_WHO = _PEOPLE - {"name", "when", "trigger"}
_TARGETS = lazy(
    r"\W*(?:targets?|goals?|objectives?|limits?|commitments?|time)(?:\s(?:time|in)\b)?\W*"
    r"(?:\(?(?:minutes?|mins?|hours?|hrs?)\)?)?\W*",
    re.IGNORECASE,
)
"""Headers of times that only the heading above the table tells apart."""
_GRADES = lazy(r"sev|prio|urgen|critical|class", re.IGNORECASE)
_WORD = lazy(r"[^\W\d_]+")

Columns = dict[str, int]


def read_severities(
    sections: tuple[Section, ...],
) -> tuple[tuple[SeverityTable, ...], tuple[Diagnostic, ...]]:
    """The severity matrices of a document: tables, headings, lists, in the order of the text.

    Where a heading speaks of severities, only tables under such headings count; elsewhere a table
    must state a response time or agents beside its levels.
    """
    found: list[Diagnostic] = []
    tables = [_read(table, columns, found) for table, columns in _tables(sections)]
    blocks = read_blocks(sections, found)
    matrices = list(fold(tables, blocks))
    matrices.extend(_unsaid(matrices, sections))
    return tuple(sorted(matrices, key=lambda matrix: matrix.span.start)), tuple(found)


def _unsaid(
    matrices: list[SeverityTable], sections: tuple[Section, ...]
) -> Iterator[SeverityTable]:
    """What single lines say of levels that no matrix gives a time."""
    timed = {
        identity(row.name.value)
        for matrix in matrices
        for row in matrix.rows
        if row.response is not None
    }
    for line in read_lines(sections):
        if not timed & {identity(row.name.value) for row in line.rows}:
            yield line


def _tables(sections: tuple[Section, ...]) -> list[tuple[Table, Columns]]:
    named: list[tuple[Table, Columns]] = []
    others: list[tuple[Table, Columns]] = []
    for section in sections:
        titled = bool(section.path) and about_levels(section.path[-1])
        tiers = mentions(section.path, *_SUPPORT)
        for written in section.tables:
            table = _upright(written)
            promised = promises_response(section.path)
            columns = _columns(table, titled=titled, tiers=tiers, promised=promised)
            if promised and "response" not in columns and (plans := by_plan(table)):
                named.append((plans, {"level": 0, "response": 1}))
            elif titled and len(columns) > 1:
                named.append((table, columns))
            elif "response" in columns or "agents" in columns:
                others.append((table, columns))
    return named or others


def _columns(table: Table, *, titled: bool, tiers: bool, promised: bool) -> Columns:
    """The columns, or nothing where the table is not about levels."""
    columns = _with_first_response(table, _with_levels(table))
    if promised and "response" not in columns:
        columns = _with_targets(table, columns)
    if "level" not in columns:
        return {}
    cells = [cell(row, columns, "level") for row in rows(table)]
    names = [name.value for name in cells if name is not None and name.value]
    timed = "response" in columns or "agents" in columns
    if not _is_matrix(names, titled=titled and timed) or _ranks_work(table, columns):
        return {}
    if any(read_level(name) is not None for name in names):
        tiered = tiers or _names_people(table)
        graded = _GRADES.search(table.header[columns["level"]].value) is not None
        ranked = not graded and _names_people(table, _WHO)
        counts = all(is_tier(name) or (name.isdigit() and ranked) for name in names[:2])
        return {} if tiered and counts else columns
    return columns if _told_by_words(table, columns, names, titled=titled) else {}


def _told_by_words(table: Table, columns: Columns, names: list[str], *, titled: bool) -> bool:
    """Whether names without numbers are levels: by their words, or by times under a heading."""
    known = all(read_urgency(name) is not None for name in names)
    if len(names) < 2 or len(set(names)) < len(names):
        return False
    if "response" not in columns:
        if are_log_levels(names):
            return False
        return known and titled and columns["level"] == 0 and "criteria" in columns
    timed = _has_times(table, columns)
    return timed and titled if not known else timed or columns["level"] == 0


def _with_levels(table: Table) -> Columns:
    """The columns by their headers; the level is the one whose cells are numbered levels.

    A table may have both ``Level`` (``S1``) and ``Severity`` (``High``), or no word at all above
    its levels.
    """
    columns = find_columns(table.header, MEANINGS, LATER)
    kept = rows(table)
    numbered = [
        at
        for at in range(len(table.header))
        if len(kept) > 1 and all(at < len(row) and is_level(row[at].value) for row in kept)
    ]
    if len(numbered) > 1:
        return {kind: at for kind, at in columns.items() if kind != "level"}
    if not numbered or columns.get("level") in numbered:
        return columns
    if "level" not in columns and "response" not in columns:
        return columns
    rest = {kind: at for kind, at in columns.items() if at != numbered[0]}
    return {**rest, "level": numbered[0]}


def _with_first_response(table: Table, columns: Columns) -> Columns:
    """The columns, with one that holds a first response beside later times."""
    if "response" in columns:
        return columns
    shared = (at for at, text in enumerate(table.header) if promises_first(text.value))
    at = next((at for at in shared if at not in columns.values()), None)
    return columns if at is None else {**columns, "response": at}


def _with_targets(table: Table, columns: Columns) -> Columns:
    """The columns, with the targets as the response, which the heading above them speaks of."""
    at = next((at for at, text in enumerate(table.header) if _TARGETS.fullmatch(text.value)), None)
    if at is None or at in columns.values():
        return columns
    targets = {**columns, "response": at}
    return targets if _has_times(table, targets) else columns


def _has_times(table: Table, columns: Columns) -> bool:
    cells = (cell(row, columns, "response") for row in rows(table))
    return any(text is not None and read_response(text) is not None for text in cells)


def _is_matrix(names: list[str], *, titled: bool) -> bool:
    """Whether each level has a row of its own; under a fitting heading a second is a mistake."""
    return titled or len({identity(name) for name in names}) == len(names)


def _ranks_work(table: Table, columns: Columns) -> bool:
    if "response" in columns or "agents" in columns:
        return False
    return any(_ELSEWHERE.search(header.value) for header in table.header)


def _names_people(table: Table, known: frozenset[str] = _PEOPLE) -> bool:
    words = {word for text in table.header for word in _WORD.findall(text.value.lower())}
    return bool(words & known)


def _upright(table: Table) -> Table:
    """The table with a row a level, where it has a column a level and a label a row."""
    levels = table.header[1:]
    if len(levels) < 2 or any(read_level(level.value) is None for level in levels):
        return table
    kept = [row for row in rows(table) if row]
    labels = tuple(row[0] for row in kept)
    if "response" not in find_columns(labels, MEANINGS, LATER):
        return table
    corner = Text("Level", table.header[0].span)
    empty = Text("", table.header[0].span)
    turned = tuple(
        (level, *(row[at] if at < len(row) else empty for row in kept))
        for at, level in enumerate(levels, 1)
    )
    return Table((corner, *labels), turned, table.span)


# --- rows -----------------------------------------------------------------------------------------


def _read(table: Table, columns: Columns, found: list[Diagnostic]) -> SeverityTable:
    problems: list[Diagnostic] = []
    at = columns.get("response")
    header = "" if at is None else table.header[at].value
    read = [_row(row, columns, header, problems) for row in rows(table)]
    bound = [
        _bound(row, written) for row, written in zip(read, _at_other_hours(table, at), strict=True)
    ]
    matrix = SeverityTable(tuple(row for row in bound if row is not None), table.span)
    problems.extend(unclear_order(matrix))
    if any(row.level is not None for row in matrix.rows):
        found.extend(problems)
    return replace(matrix, notes=tuple(problems))


def _at_other_hours(table: Table, at: int | None) -> list[ResponseTime | None]:
    """For each row its response outside working hours, where a second column states it."""
    other = [
        column
        for column, text in enumerate(table.header)
        if at is not None
        and column != at
        and _OFF_HOURS.search(text.value)
        and "response" in find_columns((text,), MEANINGS, LATER)
    ]
    if not other:
        return [None for _ in rows(table)]
    return [read_response(row[other[0]]) if other[0] < len(row) else None for row in rows(table)]


def _bound(row: SeverityRow | None, other: ResponseTime | None) -> SeverityRow | None:
    """The row with the later of its two responses, whatever the hour."""
    first = row.response if row is not None else None
    if row is None or first is None or other is None or first.deferred:
        return row
    later = other.deferred or (other.deadline_ms or 0) > (first.deadline_ms or 0)
    return replace(row, response=other) if later else row


def _row(
    row: tuple[Text, ...], columns: Columns, header: str, found: list[Diagnostic]
) -> SeverityRow | None:
    name = cell(row, columns, "level")
    if name is None or not name.value:
        return None
    return severity_row(
        name,
        cell(row, columns, "criteria"),
        cell(row, columns, "response"),
        cell(row, columns, "agents") if "agents" in columns else None,
        found,
        missing=Text("", row[-1].span) if "agents" in columns else None,
        header=header,
    )
