"""One level of a severity matrix: what its parts are called, and the row they make.

Owns the words by which a column or a label is known, for tables and for blocks of text alike.
"""

from __future__ import annotations

import re

from .columns import Meanings
from .deadlines import NOBODY, read_deadline
from .diagnostics import Diagnostic
from .levels import read_level
from .patterns import lazy
from .syntax import SeverityRow, Text
from .words import split

_AGENTS = lazy(r"[,;+&]|<br\s{0,3}/?>|\s(?:and|und)\s", re.IGNORECASE)
_EVERYONE = lazy(
    r"(?:all|everyone|everybody|any|\*)(?:\s(?:agents?|hands|teams?|of them))?(?:\son\sdeck)?", re.I
)
FIXES = (
    *("resolution", "resolve", "resolved", "resolves", "fix", "ttr", "mttr", "repair", "update"),
    *("updates", "frequency", "cadence", "disclosure", "remediation", "workaround", "restore"),
    *("mitigation", "mitigate", "restoration", "closure", "behebungsziel", "lösungszeit"),
    *("behebungszeit", "behebung", "wiederherstellung", "entstörzeit", "häufigkeit"),
    *("résolution", "rétablissement", "résoudre", "correction", "fréquence", "mises à jour"),
    *("resolución", "restablecimiento", "solución", "solucion", "reparación", "corrección"),
    *("frecuencia", "resolução", "resolucao", "solução", "correção", "frequência"),
    *("risoluzione", "oplostijd", "решение", "решения", "устранение", "устранения"),
    *("восстановление", "восстановления", "解决", "修复", "恢复", "更新频率"),
    *("解決", "復旧", "修復", "更新頻度", "해결", "복구"),
)
"""Words of times that follow the first response."""
LATER = (
    *FIXES,
    *("recovery", "rto", "rpo", "mttd", "uptime", "availability", "postmortem"),
    *("escalation", "escalate", "latency"),
)
"""Columns with times that are no first response."""

MEANINGS: Meanings = {
    "level": (
        *("severity level", "level", "severity", "sev", "priority", "prio", "class", "tier"),
        *("urgency", "criticality", "severities", "priorities", "severidad nivel", "dringlichkeit"),
        *("schweregrad", "kategorie", "priorität", "stufe", "gravité", "sévérité", "priorité"),
        *("niveau", "severidad", "gravedad", "prioridad", "nivel", "severidade", "gravidade"),
        *("prioridade", "nível", "livello", "gravità", "priorità", "приоритет", "уровень"),
        *("ernst", "prioriteit", "criticidad", "criticidade", "criticité", "критичность"),
        *("серьезность", "серьёзность", "priorytet", "öncelik", "prioritas", "mức độ"),
        *("严重级别", "严重程度", "优先级", "级别", "等级", "重要度", "深刻度", "優先度", "등급"),
        *(
            "嚴重程度",
            "優先級",
            "級別",
            "重大度",
            "レベル",
            "緊急度",
            "심각도",
            "우선순위",
            "레벨",
            "단계",
        ),
    ),
    "response": (
        *("time to acknowledge", "acknowledge", "acknowledgement", "acknowledgment", "ack sla"),
        *("ack", "tta", "mtta", "time to first response", "first response", "initial response"),
        *("response sla", "sla response", "sla resposta", "time to respond", "response time"),
        *("sla", "response", "respond", "deadline", "responding", "time to triage", "triage time"),
        *("reaction time", "reaction", "pickup time", "page within"),
        *("reaktionszeit", "antwortzeit", "reaktion", "erstreaktion", "reaktionsfrist", "frist"),
        *(
            "délai de réponse",
            "temps de réponse",
            "réponse",
            "réaction",
            "prise en charge",
            "délai",
        ),
        *("tiempo de respuesta", "respuesta", "reacción", "atención", "plazo"),
        *("tempo de resposta", "resposta", "reação", "atendimento", "prazo"),
        *("tempo di risposta", "risposta", "reazione", "время реакции", "время ответа", "реакция"),
        *("реакции", "отклик", "срок", "время", "responstijd", "reactietijd", "czas reakcji"),
        *("yanıt süresi", "müdahale süresi", "waktu respons", "waktu respon", "phản hồi"),
        *("响应", "響應", "初動", "応答", "対応", "응답", "대응"),
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
        *("설명", "基準", "标准", "標準", "影响", "影響", "영향", "示例", "例", "场景", "критерии"),
        *("name", "label", "title", "summary", "bezeichnung", "nombre", "nome"),
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
    deadline = read_deadline(response, found, header)
    return SeverityRow(
        read_level(name.value),
        name,
        criteria,
        deadline,
        None if agents is None else () if everyone else split_agents(agents),
        everyone,
        span,
        unclear=deadline is None and not NOBODY.fullmatch(response.value if response else ""),
    )


def split_agents(text: Text) -> tuple[Text, ...]:
    """The names in an agents cell; ``None`` and dashes name nobody."""
    if NOBODY.fullmatch(text.value):
        return ()
    return tuple(split(text, _AGENTS))
