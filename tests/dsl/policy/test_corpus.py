"""Severities and escalation in the shapes that teams write them, each with what it means.

Times are in minutes, ``later`` is a level on no clock, None a time that is not stated. A rung is
its start, its end, whom it tells and its condition.
"""

from __future__ import annotations

from typing import Any

import pytest

from armada.dsl.read import read
from armada.dsl.source import SourceFile

Level = tuple[str, float | str | None]
Rung = tuple[float | None, float | None, list[str], str | None]


def answer(text: str) -> dict[str, Any]:
    return read(SourceFile("notes.md", text))[0]


def levels(text: str) -> list[list[Level]]:
    return [
        [(level["name"], _time(level)) for level in table["levels"]]
        for table in answer(text)["severities"]
    ]


def _time(level: dict[str, Any]) -> float | str | None:
    due = level["response_ms"]
    return "later" if level["deferred"] else None if due is None else due / 60_000


def rungs(text: str) -> list[list[Rung]]:
    return [
        [
            (_minutes(r["from_ms"]), _minutes(r["to_ms"]), r["targets"], r["condition"])
            for r in ladder["rungs"]
        ]
        for ladder in answer(text)["ladders"]
    ]


def _minutes(time_ms: int | None) -> float | None:
    return None if time_ms is None else time_ms / 60_000


HTML = """
## Severities

<table>
  <thead><tr><th>Level</th><th colspan="2">Meaning</th><th>Response time</th></tr></thead>
  <tbody>
    <tr><td><b>P1</b></td><td>Shop &amp; till down</td><td>all</td><td>10 min</td></tr>
    <tr><td>P2</td><td colspan="2">Slow</td><td rowspan="2">4 hours</td></tr>
    <tr><td>P3</td><td colspan="2">Ugly</td></tr>
  </tbody>
</table>
"""

SEVERITIES: dict[str, tuple[str, list[list[Level]]]] = {
    "a table in a quotation": (
        (
            "## Severity\n\n> From the handbook:\n>\n> | Level | Response time |\n> | --- | --- |\n"
            "> | P1 | 20 min |\n> | P2 | 3 hours |\n"
        ),
        [
            [
                (
                    "P1",
                    20,
                ),
                ("P2", 180),
            ]
        ],
    ),
    "targets under a heading about the response": (
        (
            "## First response time\n\n| Priority | Target |\n|---|---|\n| P1 | 10 minutes |\n"
            "| P2 | Next retro |\n\n## Resolution time\n\n| Priority | Target |\n|---|---|\n"
            "| P1 | 1 hour |\n| P2 | 3 days |\n"
        ),
        [[("P1", 10), ("P2", "later")]],
    ),
    "office hours": (
        (
            "## Severity\n\n| Level | Meaning | Response |\n|---|---|---|\n"
            "| P1 | shop down | Page immediately |\n| P2 | slow | Page in business hours |\n"
            "| P3 | ugly | Within 2 hours during office hours |\n| P4 | odd | Ticket |\n"
        ),
        [[("P1", 0), ("P2", "later"), ("P3", 120), ("P4", None)]],
    ),
    "the same day, and the next window": (
        (
            "## Severity\n\n| Level | Response time |\n|---|---|\n"
            "| P0 | 立即 |\n| P1 | 当天 |\n| P2 | 下一个维护窗口 |\n"
        ),
        [[("P0", 0), ("P1", "later"), ("P2", "later")]],
    ),
    "headings and bullets": (
        (
            "## Severity levels\n\n### P0 – Critical\n- Shop down\n"
            "- **Response time**: 15 minutes\n"
            "- **Fix**: 4 hours\n\n### P1 – High\n- Till slow\n- **Response time**: 2 h\n"
        ),
        [[("P0 – Critical", 15), ("P1 – High", 120)]],
    ),
    "headings with an icon, and lines of prose": (
        (
            "## Classes\n\n#### 🚨 Critical incidents (P1)\n"
            "**Response time**: Immediate (< 5 min)\n"
            "#### Minor incidents (P2)\n**Response time**: next business day\n"
        ),
        [[("Critical incidents (P1)", 5), ("Minor incidents (P2)", "later")]],
    ),
    "words as headings, least urgent first": (
        (
            "### Priorities\n\n#### Low\n**Response time:** 2 business days.\n#### High\n"
            "**Response time:** 1 hour.\n#### Urgent\n**Response time:** 20 minutes.\n"
        ),
        [[("Urgent", 20), ("High", 60), ("Low", "later")]],
    ),
    "bold lines over bullets": (
        (
            "### Levels\n\n**Severity 1** (all down):\n- Response: within 10 min\n\n"
            "**Severity 2** (some down):\n- Response: within 1 hour\n"
        ),
        [[("Severity 1", 10), ("Severity 2", 60)]],
    ),
    "one bullet a level": (
        (
            "## Severity\n\n- **SEV1**: complete outage, respond in 15 min\n"
            "- **SEV2**: part of it, respond in 2 h, fix in 1 day\n- **SEV3**: backlog\n"
        ),
        [[("SEV1", 15), ("SEV2", 120), ("SEV3", "later")]],
    ),
    "bullets without times, upside down": (
        "## Severity level\n\n- **SEV2** — one shop affected\n- **SEV1** — every shop affected\n",
        [[("SEV1", None), ("SEV2", None)]],
    ),
    "bullets below a line that announces them": (
        (
            "Steps\n\n1. **Choose a severity**:\n   - SEV1: money lost\n   - SEV2: time lost\n"
            "2. Tell people\n"
        ),
        [[("SEV1", None), ("SEV2", None)]],
    ),
    "words in a table without times": (
        (
            "## Incident severity\n\n| Severity | Definition |\n|---|---|\n| Low | ugly |\n"
            "| 🔴 **Critical** | down |\n"
        ),
        [[("Critical", None), ("Low", None)]],
    ),
    "marks and icons in a cell": (
        (
            "| Severity | Response time |\n|---|---|\n| 🔴 **P0** - Critical | **5 min** |\n"
            "| 🟡 **P1** - Major | ~1 h |\n"
        ),
        [[("P0 - Critical", 5), ("P1 - Major", 60)]],
    ),
    "a unit in the header": (
        "| Priority | Response (min) |\n|---|---|\n| P1 | 15 |\n| P2 | 90 |\n",
        [[("P1", 15), ("P2", 90)]],
    ),
    "a unit in the header, hours": (
        "| Priority | SLA (hours) |\n|---|---|\n| P1 | 1 |\n| P2 | 2-4 |\n",
        [[("P1", 60), ("P2", 240)]],
    ),
    "a column a level": (
        (
            "## Severity\n\n| | SEV1 | SEV2 |\n|---|---|---|\n| Definition | down | slow |\n"
            "| Response time | 10 min | 3 h |\n"
        ),
        [[("SEV1", 10), ("SEV2", 180)]],
    ),
    "numbers that rise with urgency, told by words": (
        (
            "| Level | Response time |\n|---|---|\n| Level 1 - Low | 4 h |\n"
            "| Level 2 - Critical | 5 min |\n"
        ),
        [[("Level 2 - Critical", 5), ("Level 1 - Low", 240)]],
    ),
    "numbers that rise with urgency, told by deadlines": (
        (
            "## Severity\n\n| Class | Response time |\n|---|---|\n| 1 | 1 day |\n| 2 | 2 h |\n"
            "| 3 | 5 min |\n"
        ),
        [[("3", 5), ("2", 120), ("1", 1440)]],
    ),
    "paging at once": (
        (
            "## Severity\n\n| Sev | Response |\n|---|---|\n| SEV1 | Immediate page; open a call |\n"
            "| SEV2 | 15 min ack |\n| SEV3 | Business hours |\n| SEV4 | Dashboard only |\n"
        ),
        [[("SEV1", 0), ("SEV2", 15), ("SEV3", "later"), ("SEV4", None)]],
    ),
    "an HTML table with spans": (HTML, [[("P1", 10), ("P2", 240), ("P3", 240)]]),
    "another language": (
        (
            "## Severidad\n\n| Nivel | Criterio | Respuesta |\n"
            "|---|---|---|\n| SEV1 | todo | 15 min |\n"
            "| SEV2 | algo | 2 horas |\n"
        ),
        [[("SEV1", 15), ("SEV2", 120)]],
    ),
    "a language without spaces": (
        "**优先级定义**:\n- **P0**: 全部不可用 → 2小时响应\n- **P1**: 部分不可用 → 3天响应\n",
        [[("P0", 120), ("P1", 4320)]],
    ),
    "levels described twice make one matrix": (
        (
            "## Severity\n\n| Level | Response time |\n"
            "|---|---|\n| SEV1 | 5 min |\n| SEV2 | 1 h |\n\n"
            "### Severity examples\n\n**SEV1:**\n- the till\n\n**SEV2:**\n- the lamp\n"
        ),
        [[("SEV1", 5), ("SEV2", 60)]],
    ),
    "a level column beside a column of words": (
        (
            "## Clasificación\n\n| Nivel | Severidad | Tiempo de respuesta |\n|---|---|---|\n"
            "| S1 | Crítica | < 1 hora |\n| S2 | Baja | 2 días hábiles |\n"
        ),
        [[("S1", 60), ("S2", "later")]],
    ),
    "a first response beside a later time in one cell": (
        (
            "## SLA\n\n| Priority | Response / Resolution |\n|---|---|\n| P1 | 15 min / 4 h |\n"
            "| P2 | 1 h / 1 day |\n| P3 | Next day / - |\n"
        ),
        [[("P1", 15), ("P2", 60), ("P3", "later")]],
    ),
    "the later time first in the header": (
        (
            "## SLA\n\n| Priority | Fix & response |\n|---|---|\n| P1 | 4 h / 15 min |\n"
            "| P2 | 1 day / 1 h |\n"
        ),
        [[("P1", 15), ("P2", 60)]],
    ),
    "an acknowledgement before a response": (
        (
            "## Severity\n\n| Sev | Response time | Ack |\n|---|---|---|\n| SEV1 | 1 h | 5 min |\n"
            "| SEV2 | 4 h | 30 min |\n"
        ),
        [[("SEV1", 5), ("SEV2", 30)]],
    ),
    "Chinese headers and times": (
        (
            "## 事故分级\n\n| 级别 | 说明 | 首次响应目标 |\n|---|---|---|\n"
            "| SEV1 | 全站 | 10 分钟内 |\n| SEV2 | 部分 | 半年 |\n"
        ),
        [[("SEV1", 10), ("SEV2", None)]],
    ),
    "Japanese headers and times": (
        "## 重要度\n\n| レベル | 初動 |\n|---|---|\n| P1 | 15分以内 |\n| P2 | 翌営業日 |\n",
        [[("P1", 15), ("P2", "later")]],
    ),
    "Russian headers and times": (
        (
            "## Приоритеты\n\n| Приоритет | Время реакции | Время решения |\n|---|---|---|\n"
            "| P1 | 15 минут | 2 часа |\n| P2 | 1 рабочий день | неделя |\n"
        ),
        [[("P1", 15), ("P2", "later")]],
    ),
    "numbers that rise with urgency, told by a column of words": (
        (
            "## Severity\n\n| Level | Name | Response time |\n|---|---|---|\n"
            "| 1 | Low | n/a |\n| 2 | High | 1 h |\n| 3 | Critical | 1 h |\n"
        ),
        [[("3", 60), ("2", 60), ("1", None)]],
    ),
    "severities of a monitoring system": (
        (
            "| Severity | Response time |\n|---|---|\n| `warning` | 4 hours |\n"
            "| `critical` | at once |\n| `info` | best effort |\n"
        ),
        [[("critical", 0), ("warning", 240), ("info", "later")]],
    ),
    "one line for all levels": (
        (
            "## SLAs\n\n- Sev1: response ≤1h (24×7), fix ≤8h; Sev2: response ≤4h, fix ≤2 days; "
            "Sev3: response ≤1 business day.\n"
        ),
        [[("Sev1", 60), ("Sev2", 240), ("Sev3", "later")]],
    ),
    "one sentence for all levels": (
        "We respond to P1 incidents within 15 minutes and to P2 incidents within two hours.\n",
        [[("P1 incidents", 15), ("P2 incidents", 120)]],
    ),
    "words in brackets": (
        "- SLA agreed (Critical = 2h response, High = 8h, Low = backlog)\n",
        [[("Critical", 120), ("High", 480), ("Low", "later")]],
    ),
    "a column a plan": (
        (
            "## Response time SLAs\n\n| Priority | Basic | Gold |\n|---|---|---|\n"
            "| Urgent | 1 h | 1 h |\n| Low | 5 days | 1 day |\n\n"
            "## Resolution time SLAs\n\n| Priority | Basic | Gold |\n|---|---|---|\n"
            "| Urgent | 1 day | 1 h |\n| Low | 5 days | 1 day |\n"
        ),
        [[("Urgent", 60), ("Low", None)]],
    ),
    "targets of a response beside targets of a fix": (
        (
            "## Gold\n\n- **Response targets**:\n  - SEV1: 1 hour\n  - SEV2: 4 hours\n"
            "- **Resolution targets**:\n  - SEV1: 1 day\n  - SEV2: 2 days\n"
        ),
        [[("SEV1", 60), ("SEV2", 240)]],
    ),
    "levels counted up from the least": (
        (
            "## Incident classification\n\n- **Level 1**: Low impact (a question)\n"
            "- **Level 2**: High impact (a part is down)\n- **Level 3**: Critical impact\n"
        ),
        [[("Level 3", None), ("Level 2", None), ("Level 1", None)]],
    ),
    "definitions, then times of some levels": (
        (
            "### Classification\n- **P1 (worst)**: down\n- **P2 (bad)**: slow\n- **P3**: ugly\n\n"
            "### P1 response\n**Response time**: 15 minutes\n\n"
            "### P2 response\n**Response time**: 1 hour\n"
        ),
        [[("P1 (worst)", 15), ("P2 (bad)", 60), ("P3", None)]],
    ),
    "times of a fix in another language": (
        (
            "### 우선순위\n\n#### P0\n**SLA**: 4시간 이내 해결\n- 전체 중단\n\n"
            "#### P1\n**SLA**: 1시간 이내 응답\n- 일부 중단\n"
        ),
        [[("P0", None), ("P1", 60)]],
    ),
    "an acknowledgement among several times below a label": (
        (
            "## Severity levels\n\n### SEV0\n\n**Definition:**\n- down\n\n**Response time:**\n"
            "- Detection: Immediate\n- Acknowledgment: < 5 minutes\n- Resolution: < 1 hour\n\n"
            "### SEV1\n\n**Definition:**\n- slow\n\n**Response time:**\n- Acknowledgment: 1 h\n"
        ),
        [[("SEV0", 5), ("SEV1", 60)]],
    ),
    "a word before the urgency": (
        (
            "## Incidencias\n\n### Prioridad Baja\n- Tiempo de respuesta: hasta 24 horas\n\n"
            "### Prioridad Alta\n- Tiempo de respuesta: hasta 4 horas\n"
        ),
        [[("Prioridad Alta", 240), ("Prioridad Baja", 1440)]],
    ),
    "an adjective is no response": (
        (
            "## Severity levels\n\n- **Critical**: Immediate threat to life.\n"
            "- **High**: Immediate response by all.\n- **Low**: odd\n"
        ),
        [[("Critical", None), ("High", 0), ("Low", None)]],
    ),
    "Thai times": (
        "## Severity\n\n| Level | Response time |\n|---|---|\n| P1 | 15 นาที |\n| P2 | 2 ชั่วโมง |\n",
        [[("P1", 15), ("P2", 120)]],
    ),
    "lines of prose": (
        (
            "## Severity\n\nSev 1: all down. Response within 15 minutes, 24x7.\n\n"
            "Sev 2 (slow): part down. Response within 4 business hours.\n"
        ),
        [[("Sev 1", 15), ("Sev 2 (slow)", 240)]],
    ),
    "a column for the night": (
        (
            "## Support\n\n| Priority | Response (business hours) | Response (off hours) |\n"
            "|---|---|---|\n| P1 | 15 min | 30 min |\n| P2 | 1 hour | next business day |\n"
        ),
        [[("P1", 30), ("P2", "later")]],
    ),
    # --- none of these is a severity matrix ---
    "impact by urgency": (
        (
            "## Severity classification\n\n| Impact/Urgency | High | Low |\n|---|---|---|\n"
            "| High | P0 | P1 |\n| Low | P2 | P3 |\n"
        ),
        [],
    ),
    "levels of a logger": (
        (
            "## Log levels\n\n- **Fatal**: stops\n- **Error**: wrong\n- **Warning**: odd\n\n"
            "## Severity levels\n\n| Severity | Description |\n|---|---|\n| Critical | gone |\n"
            "| Debug | for us |\n"
        ),
        [],
    ),
    "levels of an escalation policy": (
        (
            "## Policy\n\n| Level | Who | Timeout |\n|---|---|---|\n| 1 | On-call | 5 min |\n"
            "| 2 | Lead | 10 min |\n"
        ),
        [],
    ),
    "work and its length": ("Left: P0 (2 days), P1 (3 days) and P2 (1 week).\n", []),
    "paths a level": (
        "## Severity paths\n\n### P1\n\n```\n0 min page\n```\n\n### P2\n\n```\n1 h\n```\n",
        [],
    ),
    "a risk matrix": (
        (
            "## Risks\n\n| Risk | Severity | Likelihood |\n|---|---|---|\n| fire | High | Low |\n"
            "| flood | Low | High |\n"
        ),
        [],
    ),
    "findings by priority": (
        "## Findings\n\n### P0 - Critical\n- the lock\n\n### P1 - High\n- the door\n",
        [],
    ),
    "problems numbered P1, P2": (
        (
            "## Problems\n\n### P1 — the lamp is dark\n\nIt is.\n\n"
            "### P2 — the door sticks\n\nIt does.\n"
        ),
        [],
    ),
    "a backlog": ("## Backlog\n- **P0**: a\n- **P1**: b\n- **P1**: c\n", []),
    "priorities of requirements": (
        "## Requirement priorities\n\n- **P0**: must\n- **P1**: should\n",
        [],
    ),
    "alerts": (
        (
            "## Alerts\n\n| Alert | Severity | Response |\n|---|---|---|\n| cpu | High | look |\n"
            "| disk | Low | wait |\n"
        ),
        [],
    ),
    "log levels": (
        "## Levels\n\n| Level | When |\n|---|---|\n| DEBUG | always |\n| ERROR | rarely |\n",
        [],
    ),
    "codes": ("| Code | Meaning |\n|---|---|\n| 404 | gone |\n| 500 | broken |\n", []),
    "a matrix of duties": (
        "| Task | Lead | Team |\n|---|---|---|\n| P1 fix | A | R |\n| P2 fix | I | R |\n",
        [],
    ),
    "tiers of support": (
        (
            "## Support\n\n| Level | Contact | Response time |\n"
            "|---|---|---|\n| L1 | desk | 1 day |\n"
            "| L2 | ops | 4 h |\n"
        ),
        [],
    ),
    "times of one metric": (
        "| Metric | Target |\n|---|---|\n| Response time | 5 s |\n| Throughput | 10 |\n",
        [],
    ),
}

LADDERS: dict[str, tuple[str, list[list[Rung]]]] = {
    "the target before the time": (
        (
            "## Escalation\n\n1. On-call engineer (immediately)\n2. Team lead (15 min)\n"
            "3. Page the manager after 30 minutes\n"
        ),
        [
            [
                (0, None, ["On-call engineer"], None),
                (15, None, ["Team lead"], None),
                (30, None, ["manager"], None),
            ]
        ],
    ),
    "no answer as the time": (
        (
            "## Escalation\n\n1. Page primary on-call immediately\n"
            "2. If no response in 10 min → page the team lead\n"
            "3. After 20 minutes without ack, page the manager\n"
        ),
        [
            [
                (0, None, ["primary on-call"], None),
                (10, None, ["team lead"], None),
                (20, None, ["manager"], None),
            ]
        ],
    ),
    "several ways of one time": (
        (
            "## Escalation\n\n- T+0: on-call\n- T+15m: lead\n"
            "- After 30 min: manager\n- 1h+: director\n"
            "- > 90 minutes: CTO\n"
        ),
        [
            [
                (0, None, ["on-call"], None),
                (15, None, ["lead"], None),
                (30, None, ["manager"], None),
                (60, None, ["director"], None),
                (90, None, ["CTO"], None),
            ]
        ],
    ),
    "tiers with their times": (
        (
            "### Escalation matrix\n\n1. **Level 1**: On-call engineer (15 min response)\n"
            "2. **Level 2**: Ops lead (1 hour response)\n"
        ),
        [[(15, None, ["On-call engineer"], None), (60, None, ["Ops lead"], None)]],
    ),
    "a table of tiers": (
        (
            "## Escalation\n\n| Level | Contact | When |\n"
            "|---|---|---|\n| L1 | On-call | First response |\n"
            "| L2 | Lead | 15 min without resolution |\n| L3 | CTO | after 1 h |\n"
        ),
        [
            [
                (0, None, ["On-call"], None),
                (15, None, ["Lead"], None),
                (60, None, ["CTO"], None),
            ]
        ],
    ),
    "response times that rise are when each is told": (
        (
            "## Escalation\n\n| Level | Contact | Response time |\n"
            "|---|---|---|\n| L1 | On-call | 5 min |\n"
            "| L2 | Lead | 15 min |\n"
        ),
        [[(5, None, ["On-call"], None), (15, None, ["Lead"], None)]],
    ),
    "response times that fall are how fast each answers": (
        (
            "## Escalation\n\n| Level | Contact | Response time |\n"
            "|---|---|---|\n| L1 | Desk team | 2 h |\n"
            "| L2 | Lead | 30 min |\n"
        ),
        [[(None, None, ["Desk team"], None), (None, None, ["Lead"], None)]],
    ),
    "one path a level": (
        "## Escalation\n\n### SEV-1\n- 0 min: on-call\n- 10 min: lead\n\n### SEV-2\n- 1 h: lead\n",
        [
            [(0, None, ["on-call"], "SEV-1"), (10, None, ["lead"], "SEV-1")],
            [(60, None, ["lead"], "SEV-2")],
        ],
    ),
    "conditions": (
        (
            "## Escalation\n\n- 15 min: lead\n- 30 min: CTO (SEV-1 and SEV-2 only)\n"
            "- If data loss: notify security\n"
        ),
        [
            [
                (15, None, ["lead"], None),
                (30, None, ["CTO"], "SEV-1 and SEV-2 only"),
                (None, None, ["security"], "If data loss"),
            ]
        ],
    ),
    "a condition a row": (
        (
            "## Escalation\n\n| Condition | Action |\n|---|---|\n"
            "| SEV1 open for 30 minutes | Escalate to manager |\n"
            "| Data loss | Immediately escalate to CTO |\n"
        ),
        [[(30, None, ["manager"], "SEV1"), (0, None, ["CTO"], "Data loss")]],
    ),
    "windows in a table": (
        (
            "### Escalation chain\n\n| Time | Escalate to |\n|---|---|\n| 0-15 min | On-call |\n"
            "| 15+ min (SEV1) | Director |\n"
        ),
        [[(0, 15, ["On-call"], None), (15, None, ["Director"], "SEV1")]],
    ),
    "under a label": (
        (
            "## Alerts\n\n**Escalation path**:\n\n1. Team lead (if not resolved in 15 minutes)\n"
            "2. On-call manager (if customers are affected)\n\n**Metrics**:\n\n- lamp\n"
        ),
        [
            [
                (15, None, ["Team lead"], None),
                (None, None, ["On-call manager"], "if customers are affected"),
            ]
        ],
    ),
    "people without times": (
        "### Escalation path\n1. System administrator\n2. IT manager\n",
        [[(None, None, ["System administrator"], None), (None, None, ["IT manager"], None)]],
    ),
    "delays that count from the line before": (
        (
            "## Escalation\n\n- 0 min: on-call engineer\n- After another 10 min: team lead\n"
            "- 20 minutes later: director\n"
        ),
        [
            [
                (0, None, ["on-call engineer"], None),
                (10, None, ["team lead"], None),
                (30, None, ["director"], None),
            ]
        ],
    ),
    "the same wait for each": (
        (
            "## Escalation\n\n1. Page the on-call engineer at once\n"
            "2. If no answer within fifteen minutes, page the lead\n"
            "3. If no answer within 15 minutes, page the manager\n"
        ),
        [
            [
                (0, None, ["on-call engineer"], None),
                (15, None, ["lead"], None),
                (30, None, ["manager"], None),
            ]
        ],
    ),
    "how long each has": (
        "## Escalation\n\n1. Primary on-call (10 min)\n2. Secondary (10 min)\n3. Team lead\n",
        [
            [
                (0, 10, ["Primary on-call"], None),
                (10, 20, ["Secondary"], None),
                (20, None, ["Team lead"], None),
            ]
        ],
    ),
    "sentences that wait": (
        (
            "## Escalation\n\nCall the on-call engineer immediately. Wait 10 minutes, then page "
            "the lead. After another half an hour, call the director.\n"
        ),
        [
            [
                (0, None, ["on-call engineer"], None),
                (10, None, ["lead"], None),
                (40, None, ["director"], None),
            ]
        ],
    ),
    "steps among the rungs": (
        (
            "## Escalation\n\n1. The alarm opens a ticket\n2. Page L1 immediately\n"
            "3. Escalate to L2 if unresolved in 20 minutes\n4. Record each step\n"
        ),
        [[(0, None, ["L1"], None), (20, None, ["L2"], None)]],
    ),
    "a level above its bullets": (
        (
            "## Escalation\n\n- **P1 (worst)**: day and night\n  - T+0: page the duty engineer\n"
            "  - T+15m: escalate to the lead\n- **P2**\n  - T+1h: lead\n"
        ),
        [
            [
                (0, None, ["duty engineer"], "P1"),
                (15, None, ["lead"], "P1"),
                (60, None, ["lead"], "P2"),
            ]
        ],
    ),
    "a table below a heading that names a level": (
        (
            "## Escalation\n\n### SEV1\n\n| Time | Role |\n|---|---|\n| Immediate | On-call |\n"
            "| 20 min | Manager |\n"
        ),
        [[(0, None, ["On-call"], "SEV1"), (20, None, ["Manager"], "SEV1")]],
    ),
    "who acts beside who is told": (
        (
            "## Escalation\n\n| Time | Action | Who |\n|---|---|---|\n"
            "| 0 min | Page the on-call | Monitor |\n"
            "| 10 min | No ack → page the lead | Monitor |\n"
            "| 15 min | Post an update | On-call |\n"
        ),
        [[(0, None, ["on-call"], None), (10, None, ["lead"], None)]],
    ),
    "how long a tier lasts": (
        (
            "## Escalation\n\n| Tier | Contact | Escalate after |\n|---|---|---|\n"
            "| L1 | On-call | 15 min |\n| L2 | Lead | 30 min |\n| L3 | CTO | - |\n"
        ),
        [
            [
                (0, 15, ["On-call"], None),
                (15, 45, ["Lead"], None),
                (45, None, ["CTO"], None),
            ]
        ],
    ),
    "a column a tier": (
        (
            "## Escalation\n\n| Severity | First responder | Tier 2 | Executive |\n"
            "|---|---|---|---|\n"
            "| SEV1 | On-call (immediate) | Lead (10 min) | CTO (1 h) |\n"
            "| SEV2 | On-call (30 min) | Lead (2 h) | - |\n"
        ),
        [
            [
                (0, None, ["On-call"], "SEV1"),
                (10, None, ["Lead"], "SEV1"),
                (60, None, ["CTO"], "SEV1"),
                (30, None, ["On-call"], "SEV2"),
                (120, None, ["Lead"], "SEV2"),
            ]
        ],
    ),
    "tiers as headings": (
        (
            "## Escalation levels\n\n### Level 1: On-call engineer\n- **Role**: first\n\n"
            "### Level 2: Team lead\n- **When**: unanswered for 20 minutes\n\n"
            "### Level 3: Director\n- **Role**: last\n"
        ),
        [
            [
                (0, None, ["On-call engineer"], None),
                (20, None, ["Team lead"], None),
                (None, None, ["Director"], None),
            ]
        ],
    ),
    "a plain block": (
        "## Escalation\n\n```\n0-15 min   On-call engineer\n15-30 min: Team lead\n```\n",
        [[(0, 15, ["On-call engineer"], None), (15, 30, ["Team lead"], None)]],
    ),
    "another language": (
        (
            "## Eskalation\n\n- Sofort: Bereitschaft\n- Nach 15 Minuten: Teamleiter\n"
            "- Nach einer Stunde: Geschäftsführung\n"
        ),
        [
            [
                (0, None, ["Bereitschaft"], None),
                (15, None, ["Teamleiter"], None),
                (60, None, ["Geschäftsführung"], None),
            ]
        ],
    ),
    "what people do at their time": (
        (
            "## Escalation\n\n1. **On-call engineer** starts the call (T+0)\n"
            "2. **Team lead** joins it after 15 min\n"
        ),
        [[(0, None, ["On-call engineer"], None), (15, None, ["Team lead"], None)]],
    ),
    "Chinese tiers": (
        "## 升级策略\n1. **一级**: 值班工程师\n2. **二级**: 技术负责人\n",
        [[(None, None, ["值班工程师"], None), (None, None, ["技术负责人"], None)]],
    ),
    "a chain of arrows": (
        "## Escalation\n\n- Analyst → SOC lead → Security officer\n",
        [
            [
                (None, None, ["Analyst"], None),
                (None, None, ["SOC lead"], None),
                (None, None, ["Security officer"], None),
            ]
        ],
    ),
    "sentences that ask": (
        (
            "## Escalation\n\nIf you cannot make progress within 20 minutes, page the secondary. "
            "If the secondary does not respond within ten minutes, page the manager.\n"
        ),
        [[(20, None, ["secondary"], None), (30, None, ["manager"], None)]],
    ),
    "numbered tiers with a timeout": (
        (
            "## Escalation policy\n\n| Level | Who | Timeout |\n|---|---|---|\n"
            "| 1 | On-call | 5 min |\n| 2 | Lead | 10 min |\n| 3 | CTO | - |\n"
        ),
        [[(0, 5, ["On-call"], None), (5, 15, ["Lead"], None), (15, None, ["CTO"], None)]],
    ),
    "a column a severity": (
        (
            "## Escalation\n\n| | P1 | P2 |\n|---|---|---|\n| Team lead | 15 min | 1 h |\n"
            "| Manager | 30 min | - |\n"
        ),
        [
            [
                (15, None, ["Team lead"], "P1"),
                (30, None, ["Manager"], "P1"),
                (60, None, ["Team lead"], "P2"),
            ]
        ],
    ),
    "tiers that say whom to tell below": (
        (
            "## Escalation\n\n### Level 1: Automatic\n1. Page the on-call engineer\n\n"
            "### Level 2: Management\n**Trigger**: unresolved for 15 minutes\n1. Notify the lead\n"
        ),
        [[(0, None, ["on-call engineer"], None), (15, None, ["Management"], None)]],
    ),
    "tiers that say when to go on": (
        (
            "## Escalation\n\n1. **Level 1 - Operations team**\n   - First look\n"
            "   - Escalate after 30 minutes if unresolved\n\n2. **Level 2 - Senior team**\n"
            "   - Escalate after 1 hour if unresolved\n\n3. **Level 3 - Management**\n"
        ),
        [
            [
                (0, None, ["Operations team"], None),
                (30, None, ["Senior team"], None),
                (60, None, ["Management"], None),
            ]
        ],
    ),
    "a list that nothing announces": (
        (
            "## Emergencies\n\nAt night:\n\n1. Call the on-call engineer directly\n"
            "2. If no response in 15 minutes, call the secondary: [number]\n"
            "3. If no response in 30 minutes, call the manager by phone\n4. Write it down\n\n"
            "Intruders:\n\n1. Call the security team\n2. Keep all logs\n"
        ),
        [
            [
                (None, None, ["on-call engineer"], None),
                (15, None, ["secondary"], None),
                (30, None, ["manager"], None),
            ]
        ],
    ),
    "situations and what to do": (
        (
            "## When to escalate\n\n| Situation | Action |\n|---|---|\n"
            "| Data loss | Escalate to the security team |\n| SEV1 | Page on-call immediately |\n"
            "| Often | Create a ticket |\n"
        ),
        [
            [
                (None, None, ["security team"], "Data loss"),
                (0, None, ["on-call"], "SEV1"),
            ]
        ],
    ),
    "contacts to be filled in": (
        (
            "## Escalamiento\n\n| Tiempo | Contacto | Rol |\n|---|---|---|\n"
            "| 0-15m | [Nombre] | Analista |\n| >15m | [Nombre] | Director |\n"
        ),
        [[(0, 15, ["Analista"], None), (15, None, ["Director"], None)]],
    ),
    "one that is not told": (
        "## Escalation\n\n- P1: page the primary immediately\n- P2: no page, no notification\n",
        [[(0, None, ["primary"], "P1")]],
    ),
    # --- none of these is an escalation path ---
    "graded levels": (
        (
            "## Escalation\n\n### Level 1: Low severity\n- Notify the analyst team\n\n"
            "### Level 2: High severity\n- Fix it\n"
        ),
        [],
    ),
    "arrows with times that grow": (
        (
            "## Escalation\n\n```\nTier 1: Shift operator on-call\n"
            "    \u2193 (10 min without an answer)\n"
            "Tier 2: Network lead\n    \u2193 (25 min, not solved)\nTier 3: Director\n```\n"
        ),
        [
            [
                (0, None, ["Shift operator on-call"], None),
                (10, None, ["Network lead"], None),
                (25, None, ["Director"], None),
            ]
        ],
    ),
    "arrows with waits": (
        (
            "## Escalation\n\n```\nDuty engineer -> 20 min no response ->\n"
            "Shop manager -> 20 min ->\nCTO\n```\n"
        ),
        [
            [
                (0, None, ["Duty engineer"], None),
                (20, None, ["Shop manager"], None),
                (40, None, ["CTO"], None),
            ]
        ],
    ),
    "columns of a plain block": (
        (
            "## Escalation\n\n```\n0 min    Duty engineer   pager\n20 min   Shop manager    phone\n"
            "45 min   Director        phone\n```\n"
        ),
        [
            [
                (0, None, ["Duty engineer"], None),
                (20, None, ["Shop manager"], None),
                (45, None, ["Director"], None),
            ]
        ],
    ),
    "arrows between systems": (
        "## Escalation\n\n```\nWARNING -> 5 min -> chat\nCRITICAL -> pager -> restart\n```\n",
        [],
    ),
    "tiers in lines, the last without an end": (
        "## Escalation\n\n**Level 1:** Duty engineer (0-20 min)\n**Level 2:** Director (20+ min)\n",
        [[(0, 20, ["Duty engineer"], None), (20, None, ["Director"], None)]],
    ),
    "lines that only wait": (
        (
            "## Escalation\n\n1. Page the duty engineer.\n2. Wait 20 minutes. If unanswered:\n"
            "3. Page the network lead.\n4. Wait 10 minutes.\n5. Page the director.\n"
        ),
        [
            [
                (0, None, ["duty engineer"], None),
                (20, None, ["network lead"], None),
                (30, None, ["director"], None),
            ]
        ],
    ),
    "how long each has to answer": (
        (
            "## Escalation\n\n- Shift operator on-call: 5 minutes to acknowledge\n"
            "- Network lead: 10 minutes to acknowledge\n- Director: 20 minutes to respond\n"
        ),
        [
            [
                (0, 5, ["Shift operator on-call"], None),
                (5, 15, ["Network lead"], None),
                (15, 35, ["Director"], None),
            ]
        ],
    ),
    "how long only the first has to answer": (
        (
            "## Escalation\n\n1. Duty engineer (5 minutes to acknowledge)\n2. Network lead\n"
            "3. Director: after 40 minutes\n"
        ),
        [
            [
                (0, 5, ["Duty engineer"], None),
                (None, None, ["Network lead"], None),
                (40, None, ["Director"], None),
            ]
        ],
    ),
    "a condition behind the time": (
        (
            "## Escalation\n\n- **0-20 min:** Duty engineer\n"
            "- **20-40 min:** If nobody answers, page the network lead\n"
        ),
        [
            [
                (0, 20, ["Duty engineer"], None),
                (20, 40, ["network lead"], "If nobody answers"),
            ]
        ],
    ),
    "a grid of words": (
        "## Escalation\n\n```\n0-15 min    On-call     -\n15-30 min   Lead     On-call\n```\n",
        [],
    ),
    "severities below it": (
        (
            "## Escalation\n\n### Severity levels\n\n**P0**\n- Shop down\n- Escalate at once\n\n"
            "**P1**\n- Shop slow\n- Escalate to the team within 30 minutes\n"
        ),
        [],
    ),
    "levels of trouble": (
        "### Escalation\n1. **Level 1**: small errors\n2. **Level 2**: security incidents\n",
        [],
    ),
    "steps with times": (
        "## Escalation\n\n1. Roll back\n2. Write a post-mortem within 24 hours\n",
        [],
    ),
    "steps": ("### Escalation path\n1. Check the logs\n2. Restart the service\n", []),
    "rights": ("## Privilege escalation\n\n1. Wait 5 minutes\n2. Own the root team\n", []),
    "a table about something else": (
        ("## Effort\n\n| Complexity | Time | Escalate to |\n|---|---|---|\n| low | 1 h | lead |\n"),
        [],
    ),
}


@pytest.mark.parametrize("name", SEVERITIES)
def test_severities(name: str) -> None:
    text, expected = SEVERITIES[name]
    assert levels(text) == expected


def test_what_is_read_is_words_without_marks() -> None:
    text = (
        "## Severity\n\n| Level | Criteria | Response time | Agents |\n|---|---|---|---|\n"
        "| :fire: **SEV-1** | [shop](x.md) `down`<br>wholly | 5 min | _lead_, **ops** |\n"
        "| SEV-2 | ~~old~~ &amp; slow | 1 h | ops |\n"
    )
    first, second = answer(text)["severities"][0]["levels"]
    assert (first["name"], first["criteria"]) == ("SEV-1", "shop down wholly")
    assert first["engaged"] == ["lead", "ops"]
    assert second["criteria"] == "old & slow"


@pytest.mark.parametrize(
    ("rows", "messages"),
    [
        (
            "| red | 5 min |\n| blue | 1 h |\n",
            ["how urgent 'red' is beside the other levels is not said"],
        ),
        (
            "| SEV1 | 5 min / 1 h |\n| SEV2 | as fast as we can |\n",
            [
                "two times stand here, and the first is read as the first response",
                "the response time 'as fast as we can' cannot be read",
            ],
        ),
        ("| SEV1 | 5 min |\n| SEV2 | 1 h |\n", []),
    ],
)
def test_what_is_unclear_of_a_matrix_is_noted(rows: str, messages: list[str]) -> None:
    head = "## Severity\n\n| Severity | Response time |\n|---|---|\n"
    (table,) = answer(head + rows)["severities"]
    assert [note["message"] for note in table["notes"]] == messages


@pytest.mark.parametrize("name", LADDERS)
def test_ladders(name: str) -> None:
    text, expected = LADDERS[name]
    assert rungs(text) == expected
