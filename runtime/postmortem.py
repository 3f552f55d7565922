"""The postmortem: the document's own closing template filled from the journal, and an appendix.

Owns how a value stands in Markdown: in a table as a cell or as rows of its own, in a line without
line breaks, alone on a line as paragraphs; it never breaks the table or becomes HTML. A name that
nobody supplied stays visible as ``____ (name)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ..compiler.plan import Action, Kind, Plan
from .live_timeline import timeline
from .plain_text import block, cell, inline
from .postmortem_facts import appendix
from .postmortem_page import postmortem_html
from .rendering import BLANK, blanks
from .timeline import Line
from .view import RunView

__all__ = ["document", "names_for_document", "postmortem", "postmortem_html", "timeline_rows"]

DEFAULT_TEMPLATE = """\
# Incident Postmortem - {{incident_id}}

**Incident:** {{title}}
**Date:** {{date}}
**Duration:** {{duration}}
**Severity:** {{severity}}
**Responders:** {{responders}}

## Summary
{{summary}}

## Timeline
| Time | Event |
|------|-------|
{{timeline}}

## Root Cause
{{root_cause}}

## Resolution
{{resolution}}

## Action Items
{{action_items}}
"""
"""What is filled in where a plan has no closing document."""

_PLACE = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}")
_RULE = re.compile(r"\s*\|?(\s*:?-+:?\s*\|)+\s*(:?-+:?\s*)?")
_TOLD = re.compile(r"^ +\S+ starts$")
ROWS = ("timeline",)
"""The names whose values are rows of a table already."""


def postmortem(view: RunView) -> str:
    """The whole document as Markdown."""
    parts = [document(view, template).rstrip() for template in templates(view.plan)]
    return "\n\n".join((*parts, *appendix(view))) + "\n"


def templates(plan: Plan) -> tuple[str, ...]:
    """The documents of the closing stages; the default one where there are none."""
    found = [
        action.template
        for stage in plan.stages
        if stage.closing
        for action in stage.actions
        if _is_document(action) and action.template
    ]
    return tuple(found) or (DEFAULT_TEMPLATE,)


def _is_document(action: Action) -> bool:
    return action.kind is Kind.DOCUMENT


def names_for_document(view: RunView) -> dict[str, str]:
    """What a document may read: the run's names, and the timeline as rows of a table."""
    return {**view.names(), "timeline": timeline_rows(view)}


def document(view: RunView, template: str) -> str:
    """A template as Markdown, each value fit for the place where it stands."""
    names = names_for_document(view)
    safe = {name: text if name in ROWS else block(text) for name, text in names.items()}
    if "raw" in template:
        return blanks(template, safe)
    placed = _Placed(names)
    lines = template.split("\n")
    table = 0
    for at, line in enumerate(lines):
        table = _columns(lines, at, table)
        lines[at] = placed.line(line, table)
    return blanks("\n".join(lines), safe | placed.values)


def _columns(lines: list[str], at: int, before: int) -> int:
    """How many columns the table has that line ``at`` is in; 0: it is in none."""
    line = lines[at]
    if _RULE.fullmatch(line) and at and "|" in lines[at - 1]:
        return line.strip().strip("|").count("|") + 1
    inside = line.lstrip().startswith("|") or _PLACE.fullmatch(line.strip()) is not None
    return before if inside else 0


class _Placed:
    """Gives each place of a template a name of its own, with the value as it must stand there."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self.values: dict[str, str] = {}

    def line(self, line: str, columns: int) -> str:
        alone = _PLACE.fullmatch(line.strip())
        if alone is not None and columns:
            return self._put(rows(alone[1], self._names.get(alone[1]), columns))
        if alone is not None:
            text = self._names.get(alone[1])
            return self._put(f"{BLANK} ({alone[1]})" if text is None else block(text))
        escape = cell if columns or line.lstrip().startswith("|") else inline
        return _PLACE.sub(lambda found: self._put(self._text(found[1], escape)), line)

    def _text(self, name: str, escape: Callable[[str], str]) -> str:
        text = self._names.get(name)
        return f"{BLANK} ({name})" if text is None else escape(text)

    def _put(self, text: str) -> str:
        name = f"armada_place_{len(self.values)}"
        self.values[name] = text
        return "{{" + name + "}}"


def rows(name: str, text: str | None, columns: int) -> str:
    """A value as rows of a table: rows that it has stay rows, each other line is one."""
    if text is None:
        return _row((f"{BLANK} ({name})",), columns)
    if name in ROWS:
        return text
    found = [line.strip() for line in block(text).split("\n") if line.strip()]
    return "\n".join(_row(_cells(line, columns), columns) for line in found)


def _cells(line: str, columns: int) -> tuple[str, ...]:
    if line.startswith("|"):
        parts = tuple(part.strip() for part in re.split(r"(?<!\\)\|", line.strip("|")))
        if len(parts) == columns:
            return tuple(part.replace(r"\|", "|") for part in parts)
    return (line,)


def _row(cells: tuple[str, ...], columns: int) -> str:
    filled = (*(cell(each) for each in cells), *("",) * columns)[:columns]
    return "| " + " | ".join(filled) + " |"


def timeline_rows(view: RunView) -> str:
    """``| time | event |`` for everything that a reader of the postmortem wants to know."""
    first = view.wall(max(view.state.registers.declared_ms, 0)).astimezone(view.zone).date()
    shown: list[str] = []
    for line in _worth_telling(view):
        at = view.wall(line.at_ms).astimezone(view.zone)
        form = "%H:%M:%S" if at.date() == first else "%Y-%m-%d %H:%M:%S"
        more = f" [{line.more} more]" if line.more else ""
        shown.append(f"| {at.strftime(form)} | {cell(line.text.strip() + more)} |")
    return "\n".join(shown)


def _worth_telling(view: RunView) -> Iterator[Line]:
    return (line for line in timeline(view) if not _TOLD.match(line.text))
