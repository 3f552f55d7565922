"""The severity table: levels, criteria, response times and who is engaged.

A level is the number in its name, as written: ``SEV-1``, ``S1``, ``P1`` and ``1`` are level 1, and
``P0`` is level 0, more urgent than 1. Names without a number (``Critical``) have no level here, but
their words say how urgent they are, and so in which direction numbers run.
"""

from __future__ import annotations

import re

from .codes import report
from .columns import Meanings, cell, find_columns, mentions, rows
from .diagnostics import Diagnostic
from .syntax import ResponseTime, Section, SeverityRow, SeverityTable, Table, Text
from .timing import read_response
from .words import split

_LEVEL = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:severity|sev|priority|prio|level|tier|p|s|l)[\s_-]{0,2})(\d{1,2})(?![\w.])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{1,2}")
_AGENTS = re.compile(r"[,;+&]|<br\s{0,3}/?>|\s(?:and|und)\s", re.IGNORECASE)
_EVERYONE = re.compile(
    r"(?:all|everyone|everybody|any|\*)(?:\s(?:agents?|hands|teams?|of them))?(?:\son\sdeck)?", re.I
)
_NOBODY = re.compile(r"(?:none|nobody|no one|n/a|[-\u2013\u2014]+|)", re.IGNORECASE)

_URGENCY: tuple[tuple[str, ...], ...] = (
    (
        *("critical", "emergency", "blocker", "catastrophic", "kritisch", "critique", "crítico"),
        *(
            "crítica",
            "critico",
            "critica",
            "critici",
            "критический",
            "严重",
            "紧急",
            "致命的",
            "긴급",
        ),
    ),
    ("urgent", "high", "severe", "hoch", "élevé", "élevée", "haute", "alto", "alta", "高", "높음"),
    (
        *("major", "important", "serious", "majeur", "majeure", "wichtig"),
        *("schwerwiegend", "важный", "重大"),
    ),
    (
        *("medium", "moderate", "normal", "mittel", "moyen", "moyenne", "medio", "media", "média"),
        *("médio", "средний", "中", "중간"),
    ),
    ("minor", "mineur", "mineure", "gering", "menor", "minore", "軽微"),
    (
        *("low", "trivial", "cosmetic", "niedrig", "faible", "basse", "bajo", "baja", "baixo"),
        *("baixa", "basso", "bassa", "низкий", "低", "낮음"),
    ),
    ("lowest", "informational", "info", "planning"),
)
"""Words that name a level, most urgent first."""
_URGENCY_OF = {word: rank for rank, words in enumerate(_URGENCY) for word in words}
_WORDS = re.compile(r"[^\W\d_]+")

_LATER = (
    *("resolution", "resolve", "resolved", "resolves", "fix", "ttr", "mttr", "repair", "update"),
    *("updates", "frequency", "cadence", "disclosure", "remediation", "workaround", "restore"),
    *("behebungsziel", "lösungszeit", "behebungszeit", "résolution", "resolución", "resolução"),
    *("risoluzione", "uptime", "解决时间", "修复时间", "解決時間"),
)
"""Columns with times that are no first response."""

MEANINGS: Meanings = {
    "level": (
        *("severity level", "level", "severity", "sev", "priority", "class", "tier"),
        *("schweregrad", "kategorie", "priorität", "stufe", "gravité", "sévérité", "priorité"),
        *("niveau", "severidad", "gravedad", "prioridad", "nivel", "severidade", "gravidade"),
        *("prioridade", "nível", "livello", "gravità", "priorità", "приоритет", "уровень"),
        *("严重级别", "严重程度", "优先级", "级别", "等级", "重要度", "深刻度", "優先度", "등급"),
    ),
    "response": (
        *("initial response", "first response", "time to respond", "time to acknowledge"),
        "response time",
        "time to acknowledge",
        "acknowledge",
        "ack",
        "tta",
        "mtta",
        "sla",
        "response",
        "respond",
        "deadline",
        *("acknowledgement", "acknowledgment", "reaction time", "reaktionszeit", "antwortzeit"),
        *("délai de réponse", "temps de réponse", "tiempo de respuesta", "tempo de resposta"),
        *("tempo di risposta", "время реакции", "время ответа", "响应时间", "初動", "対応時間"),
        *("応答時間", "응답 시간"),
    ),
    "agents": (
        "agents",
        "agent",
        "responders",
        "responder",
        "engaged",
        "engages",
        "engage",
        "who",
        "team",
        "teams",
        "roles",
        "participants",
    ),
    "criteria": (
        "criteria",
        "criterion",
        "definition",
        "description",
        "impact",
        "meaning",
        "condition",
        "when",
        "examples",
        "example",
        *("beschreibung", "auswirkung", "définition", "definición", "descripción", "descrição"),
        *(
            "definição",
            "descrizione",
            "definisi",
            "описание",
            "定义",
            "描述",
            "说明",
            "定義",
            "정의",
        ),
    ),
}


def read_level(text: str) -> int | None:
    """The level that a name states (``SEV-1``, ``P0 incident``, or a bare number), or None."""
    found = _LEVEL.search(text)
    if found:
        return int(found[1])
    return int(text) if _NUMBER.fullmatch(text.strip()) else None


def read_urgency(name: str) -> int | None:
    """How urgent the words of a name are (``Critical`` 0, ``High`` 1 …), or None."""
    found = [_URGENCY_OF[word] for word in _WORDS.findall(name.lower()) if word in _URGENCY_OF]
    return found[0] if found else None


def by_urgency(table: SeverityTable) -> tuple[SeverityRow, ...]:
    """The rows, most urgent first; in the order of the text where the names do not say.

    Numbers count up from the most urgent, unless the words beside them say the reverse
    (``Level 5 - Critical``, ``Level 1 - Low``).
    """
    words = [read_urgency(row.name.value) for row in table.rows]
    numbers = [row.level for row in table.rows]
    if None not in numbers:
        both = sorted((n, w) for n, w in zip(numbers, words, strict=True) if w is not None)
        reverse = len(both) > 1 and both[0][1] > both[-1][1]
        keys = [-(n or 0) if reverse else n or 0 for n in numbers]
    elif None not in words:
        keys = [word or 0 for word in words]
    else:
        return table.rows
    order = sorted(range(len(keys)), key=lambda at: keys[at])
    return tuple(table.rows[at] for at in order)


def find_level(text: Text) -> tuple[int, Text] | None:
    """The first level named in a text, and where."""
    found = _LEVEL.search(text.value)
    if not found:
        return None
    name = Text(found[0], text.span.sub(found.start(), found.end()))
    return int(found[1]), name


def read_severities(
    sections: tuple[Section, ...],
) -> tuple[tuple[SeverityTable, ...], tuple[Diagnostic, ...]]:
    """The severity tables of a document.

    Where a heading speaks of severities, only tables under such headings count; elsewhere a table
    must state a response time or agents beside its levels.
    """
    named: list[tuple[Table, dict[str, int]]] = []
    others: list[tuple[Table, dict[str, int]]] = []
    for section in sections:
        titled = mentions(section.path, "sever", "priorit", "incident level", "classif")
        for table in section.tables:
            columns = _columns(table)
            if titled and len(columns) > 1:
                named.append((table, columns))
            elif "response" in columns or "agents" in columns:
                others.append((table, columns))
    found: list[Diagnostic] = []
    tables = tuple(_read(table, columns, found) for table, columns in named or others)
    return tables, tuple(found)


def _columns(table: Table) -> dict[str, int]:
    """The columns, or nothing where the table is not about levels."""
    columns = find_columns(table.header, MEANINGS, _LATER)
    if "level" not in columns:
        return {}
    cells = [cell(row, columns, "level") for row in rows(table)]
    names = [name.value for name in cells if name is not None and name.value]
    if any(read_level(name) is not None for name in names):
        return columns
    words = [read_urgency(name) for name in names]
    told = len(words) > 1 and None not in words and len(set(words)) == len(words)
    return columns if told and "response" in columns else {}


def _read(table: Table, columns: dict[str, int], found: list[Diagnostic]) -> SeverityTable:
    problems: list[Diagnostic] = []
    read = [_row(row, columns, problems) for row in rows(table)]
    if any(row is not None and row.level is not None for row in read):
        found.extend(problems)
    return SeverityTable(tuple(row for row in read if row is not None), table.span)


def _row(
    row: tuple[Text, ...], columns: dict[str, int], found: list[Diagnostic]
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
    )


def severity_row(
    name: Text,
    criteria: Text | None,
    response: Text | None,
    agents: Text | None,
    found: list[Diagnostic],
    *,
    missing: Text | None = None,
) -> SeverityRow:
    """A row from its parts; ``missing`` stands for an agents cell that the row leaves out."""
    agents = agents or missing
    everyone = agents is not None and _EVERYONE.fullmatch(agents.value) is not None
    parts = [part for part in (name, criteria, response, agents) if part is not None]
    span = name.span
    for part in parts:
        span = span.cover(part.span)
    return SeverityRow(
        read_level(name.value),
        name,
        criteria,
        read_deadline(response, found),
        None if agents is None else () if everyone else split_agents(agents),
        everyone,
        span,
    )


def split_agents(text: Text) -> tuple[Text, ...]:
    """The names in an agents cell; ``None`` and dashes name nobody."""
    if _NOBODY.fullmatch(text.value):
        return ()
    return tuple(split(text, _AGENTS))


def read_deadline(text: Text | None, found: list[Diagnostic]) -> ResponseTime | None:
    """The response time in a cell; one that cannot be read is reported."""
    if text is None or not text.value:
        return None
    time = read_response(text)
    if time is None:
        found.append(
            report(
                "ARM013",
                text.span,
                f"the response time {text.value!r} cannot be read",
                help="write a time such as `< 30 min`, `Immediate` or `Next sprint`",
            )
        )
    return time
