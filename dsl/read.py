"""What the readers understand of any document, workflow or not, as plain data.

Owns the shape of that data: flows, severity tables and escalation paths in document order, lines
counted from 1 and inclusive, None where nothing is known. It judges nothing: a document without
front matter is read like any other, and a drawing that gave no edges still appears, with a note
that says so.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Any

from .collector import collector_paused
from .diagnostics import Diagnostic
from .flows import read_every_flow
from .ladder import read_ladders
from .levels import by_urgency
from .outline import read_outline
from .parse import is_data, parse
from .severity import read_severities
from .source import SourceFile, Span
from .stages import read_stages
from .syntax import Flow, FlowNode, Ladder, RungEntry, SeverityRow, SeverityTable
from .words import seen

Data = dict[str, Any]
_CLOCKS = frozenset(("ARM013", "ARM019", "ARM021"))
"""Findings about the times, targets and order of a policy."""
_Understood = tuple[
    tuple[Flow, ...], tuple[SeverityTable, ...], tuple[Ladder, ...], Iterable[Diagnostic]
]


def read(*sources: SourceFile) -> list[Data]:
    """One entry a document: ``file``, ``flows``, ``severities`` and ``ladders``.

    Times are in milliseconds. Never raises, whatever the text. The name's ending says which form
    a document has: ``.yaml``, else Markdown.
    """
    with collector_paused():
        return [_read(source) for source in sources]


def _read(source: SourceFile) -> Data:
    flows, severities, ladders, found = _understood(source)
    findings = sorted((one for one in found if one.code in _CLOCKS), key=lambda one: one.order)
    return {
        "file": source.name,
        "flows": [_flow(source, flow) for flow in flows],
        "severities": [_severity(source, table) for table in severities],
        "ladders": [_ladder(source, ladder, findings) for ladder in ladders],
    }


def _understood(source: SourceFile) -> _Understood:
    if is_data(source):
        document, found = parse(source)
        return (), document.severities, document.ladders, found
    sections = read_outline(source).sections
    severities, of_severities = read_severities(sections)
    ladders, of_ladders = read_ladders(sections)
    stages, _ = read_stages(source, sections)
    flows = read_every_flow(source, sections, stages)
    return flows, severities, ladders, (*of_severities, *of_ladders)


# --- drawings -------------------------------------------------------------------------------------


def _flow(source: SourceFile, flow: Flow) -> Data:
    return {
        "form": flow.form,
        "lines": _lines(source, flow.span),
        "confidence": flow.confidence,
        "nodes": [_node(source, node) for node in flow.nodes],
        "edges": [
            {"from": edge.source, "to": edge.target, "label": edge.label or None}
            for edge in flow.edges
        ],
        "notes": [_note(source, finding) for finding in flow.notes],
    }


def _node(source: SourceFile, node: FlowNode) -> Data:
    span = node.title.span
    label = node.label or source.text[span.start : span.end].strip()
    return {"id": node.id, "label": label or None, "lines": _lines(source, node.span)}


def _note(source: SourceFile, finding: Diagnostic) -> Data:
    lines = _lines(source, finding.span)
    return {"code": finding.code, "message": finding.message, "lines": lines}


# --- policy ---------------------------------------------------------------------------------------


def _severity(source: SourceFile, table: SeverityTable) -> Data:
    """The levels, the most urgent first."""
    levels = [_level(row) for row in by_urgency(table)]
    notes = [_note(source, finding) for finding in table.notes]
    return {"lines": _lines(source, table.span), "levels": levels, "notes": notes}


def _level(row: SeverityRow) -> Data:
    response = row.response
    engaged = None if row.agents is None else [seen(agent.value) for agent in row.agents]
    return {
        "name": seen(row.name.value),
        "criteria": seen(row.criteria.value) if row.criteria else None,
        "response_ms": response.deadline_ms if response else None,
        "deferred": response.deferred if response else None,
        "engaged": ["all"] if row.everyone else engaged,
    }


def _ladder(source: SourceFile, ladder: Ladder, findings: list[Diagnostic]) -> Data:
    """A path with the findings inside it, of those in the order of the text."""
    first = bisect_left(findings, ladder.span.start, key=_start)
    last = bisect_right(findings, ladder.span.end, key=_start)
    notes = [_note(source, finding) for finding in findings[first:last]]
    rungs = [_rung(rung) for rung in ladder.rungs]
    return {"lines": _lines(source, ladder.span), "rungs": rungs, "notes": notes}


def _start(finding: Diagnostic) -> int:
    return finding.span.start


def _rung(rung: RungEntry) -> Data:
    return {
        "from_ms": rung.window.from_ms if rung.window else None,
        "to_ms": rung.window.to_ms if rung.window else None,
        "targets": [seen(target.value) for target in rung.targets],
        "condition": _condition(rung),
    }


def _condition(rung: RungEntry) -> str | None:
    if rung.condition is not None:
        return seen(rung.condition.value)
    return seen(rung.only_at[1].value) if rung.only_at else None


# --- lines ----------------------------------------------------------------------------------------


def _lines(source: SourceFile, span: Span) -> list[int]:
    """The first and the last line of a span; the line break that ends it is no further line."""
    last = max(span.start, span.end - 1)
    return [source.position(span.start).line, source.position(last).line]
