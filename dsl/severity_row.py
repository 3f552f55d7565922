"""One level of a severity matrix: what its parts are called, and the row they make.

Owns the words by which a column or a label is known, for tables and for blocks of text alike.
"""

from __future__ import annotations

import re

from .codes import report
from .columns import Meanings
from .diagnostics import Diagnostic
from .levels import read_level
from .syntax import ResponseTime, SeverityRow, Text
from .timing import read_response
from .words import split

_AGENTS = re.compile(r"[,;+&]|<br\s{0,3}/?>|\s(?:and|und)\s", re.IGNORECASE)
_EVERYONE = re.compile(
    r"(?:all|everyone|everybody|any|\*)(?:\s(?:agents?|hands|teams?|of them))?(?:\son\sdeck)?", re.I
)
_NOBODY = re.compile(r"(?:none|nobody|no one|n/a|[-\u2013\u2014]+|)", re.IGNORECASE)

_PROMISES = re.compile(
    r"\b(?:time|sla|ack\w*|mtta|tta|within|deadline|target|hours?|minutes?|mins?)\b|zeit|temps|délai"
    r"|tiempo|tempo|время|时间|時間|시간",
    re.IGNORECASE,
)
"""Headers of a column that holds times and nothing else."""
_UNIT = re.compile(
    r"(?:[(\[,/]|\bin\b)\s{0,3}(?:in\s{1,3})?([a-z]{1,8})\.?\s{0,3}[)\]]?\Z", re.IGNORECASE
)
_BARE = re.compile(r"[<\u2264~]?\s{0,3}\d{1,6}(?:\.\d{1,3})?(?:\s{0,3}[-\u2013]\s{0,3}\d{1,6})?")

LATER = (
    *("resolution", "resolve", "resolved", "resolves", "fix", "ttr", "mttr", "repair", "update"),
    *("updates", "frequency", "cadence", "disclosure", "remediation", "workaround", "restore"),
    *("behebungsziel", "lösungszeit", "behebungszeit", "résolution", "resolución", "resolução"),
    *("risoluzione", "resolucao", "uptime", "解决时间", "修复时间", "解決時間"),
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
        *("response sla", "ack sla", "sla response", "sla resposta", "initial response"),
        *("first response", "time to respond", "time to acknowledge", "time to first response"),
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
        *("respuesta", "resposta", "réponse", "risposta", "reaktion", "reacción", "reação"),
        *(
            "acknowledgement",
            "acknowledgment",
            "reaction time",
            "reaction",
            "reaktionszeit",
            "antwortzeit",
        ),
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
        *("criterio", "criterios", "critério", "critérios", "critères", "kriterien", "descricao"),
        *("trigger", "triggers", "scope", "symptoms", "typical use"),
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


def severity_row(
    name: Text,
    criteria: Text | None,
    response: Text | None,
    agents: Text | None,
    found: list[Diagnostic],
    *,
    missing: Text | None = None,
    header: str = "response time",
) -> SeverityRow:
    """A row from its parts; ``missing`` stands for an agents cell that the row leaves out.

    ``header`` is what stands above or before the response.
    """
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
        read_deadline(response, found, header),
        None if agents is None else () if everyone else split_agents(agents),
        everyone,
        span,
    )


def split_agents(text: Text) -> tuple[Text, ...]:
    """The names in an agents cell; ``None`` and dashes name nobody."""
    if _NOBODY.fullmatch(text.value):
        return ()
    return tuple(split(text, _AGENTS))


def read_deadline(
    text: Text | None, found: list[Diagnostic], header: str = "response time"
) -> ResponseTime | None:
    """The response time in a cell, in the header's unit where it is a bare number.

    One that cannot be read is reported: as an error where the header promises a time, else by a
    note, since a ``Response`` may say what is done instead of when.
    """
    if text is None or not text.value or _NOBODY.fullmatch(text.value):
        return None
    time = read_response(text) or _in_unit(text, header)
    if time is None and _PROMISES.search(header):
        found.append(
            report(
                "ARM013",
                text.span,
                f"the response time {text.value!r} cannot be read",
                help="write a time such as `< 30 min`, `Immediate` or `Next sprint`",
            )
        )
    elif time is None:
        found.append(unclear(text))
    return time


def unclear(text: Text) -> Diagnostic:
    """The note that no clock starts here, because no single time is stated."""
    return report(
        "ARM021",
        text.span,
        "no first response time is read here, so no clock runs at this level",
        help="state one time, such as `respond within 15 min`",
    )


def _in_unit(text: Text, header: str) -> ResponseTime | None:
    unit = _UNIT.search(header)
    if unit is None or not _BARE.fullmatch(text.value):
        return None
    time = read_response(Text(f"{text.value} {unit[1]}", text.span))
    return None if time is None else ResponseTime(time.deadline_ms, time.deferred, text)
