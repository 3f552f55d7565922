"""The names of levels: the number in them, the urgency of their words, and their order.

A level is the number in its name, as written: ``SEV-1``, ``S1``, ``P1`` and ``1`` are level 1, and
``P0`` is level 0, more urgent than 1. Names without a number (``Critical``) have no level here, but
their words say how urgent they are, and so in which direction numbers run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from .codes import report
from .diagnostics import Diagnostic
from .patterns import lazy
from .syntax import SeverityRow, SeverityTable, Text

_LEVEL = lazy(
    r"(?<![A-Za-z0-9])(?:(?:severity|sev|priority|prio|level|tier|p|s|l)[\s_-]{0,2})(\d{1,2})(?![\w.])",
    re.IGNORECASE,
)
_NUMBER = lazy(r"\d{1,2}")
_NAMED = lazy(
    r"[^\w]{0,6}(?:severity|sev|priority|prio|p|s)[\s_-]{0,2}\d{1,2}(?![\w.])", re.IGNORECASE
)
_TIER = lazy(r"\W{0,4}(?:l|level|tier|line)[\s_-]{0,2}\d(?!\w)", re.IGNORECASE)
_TITLES = (
    *("sever", "priorit", "incident level", "classif", "alert level", "klassif", "schwere"),
    *(
        "gravit",
        "gravid",
        "gravedad",
        "sévérit",
        "niveles de",
        "уровн",
        "приоритет",
        "等级",
        "等級",
    ),
    *(
        "级别",
        "級別",
        "严重",
        "嚴重",
        "深刻度",
        "重要度",
        "重大度",
        "優先度",
        "优先级",
        "심각",
        "등급",
    ),
)
"""Parts of headings that announce levels."""
_WORK = lazy(
    r"\b(?:features?|tests?|roadmap|backlog|risks?|tasks?|data|log(?:ging)?|requirements?"
    r"|improvements?|mapping|cves?|items?|todos?|asset|review)\b"
)
"""Words in a heading whose levels rank something else."""
_NEVER = 1 << 60

_URGENCY: tuple[tuple[str, ...], ...] = (
    (
        *("critical", "emergency", "blocker", "catastrophic", "fatal", "disaster", "kritisch"),
        *("kritische", "critique", "crítico", "crítica", "critico", "critica", "critici"),
        *("критический", "критическая", "критично", "严重", "紧急", "緊急", "긴급"),
        *("심각", "치명적", "クリティカル", "致命的"),
    ),
    (
        *("urgent", "high", "highest", "severe", "hoch", "hohe", "dringend", "élevé", "élevée"),
        *("haute", "alto", "alta", "высокий", "высокая", "高", "높음"),
    ),
    (
        *("major", "important", "serious", "significant", "error", "majeur", "majeure", "wichtig"),
        *("schwerwiegend", "важный", "重大"),
    ),
    (
        *("medium", "moderate", "normal", "standard", "warning", "warn", "mittel", "moyen"),
        *("moyenne", "medio", "media", "média", "médio", "средний", "средняя", "中", "중간"),
    ),
    ("minor", "mineur", "mineure", "gering", "geringe", "menor", "minore", "軽微"),
    (
        *(
            "low",
            "trivial",
            "cosmetic",
            "cosmétique",
            "cosmético",
            "kosmetisch",
            "niedrig",
            "niedrige",
            "faible",
            "basse",
            "bajo",
            "baja",
        ),
        *("baixo", "baixa", "basso", "bassa", "низкий", "низкая", "低", "낮음"),
    ),
    ("lowest", "informational", "information", "info", "planning", "notice", "debug", "trace"),
)
"""Words that name a level, most urgent first."""
_URGENCY_OF = {word: rank for rank, words in enumerate(_URGENCY) for word in words}
_WORDS = lazy(r"[^\W\d_]+")


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
    """The rows, most urgent first; in the order of the text where nothing says.

    Numbers count up from the most urgent, unless the words beside them say the reverse
    (``Level 5 - Critical``, ``Level 1 - Low``), or, without words, the deadlines do.
    """
    words = [_said_urgency(row) for row in table.rows]
    numbers = [row.level for row in table.rows]
    deadlines = [_deadline(row) for row in table.rows]
    if None not in numbers:
        known = [n or 0 for n in numbers]
        told = [w for w in words if w is not None]
        reverse = _falls(known, words if len(told) > 1 else deadlines)
        keys = [(-n if reverse else n, 0) for n in known]
    elif None not in words:
        keys = [
            (word or 0, _NEVER if due is None else due)
            for word, due in zip(words, deadlines, strict=True)
        ]
    else:
        return table.rows
    order = sorted(range(len(keys)), key=lambda at: keys[at])
    return tuple(table.rows[at] for at in order)


def _said_urgency(row: SeverityRow) -> int | None:
    """What the words of a level say, or the first that describes it (``1 | Low impact``)."""
    said = read_urgency(row.name.value)
    if said is None and row.criteria and (first := _WORDS.search(row.criteria.value)):
        return read_urgency(first[0])
    return said


def _deadline(row: SeverityRow) -> int | None:
    if row.response is None:
        return None
    return _NEVER if row.response.deferred else row.response.deadline_ms


def _falls(numbers: list[int], values: list[int | None]) -> bool:
    """Whether the values known get smaller, and never larger, as the numbers grow."""
    known = sorted((n, v) for n, v in zip(numbers, values, strict=True) if v is not None)
    steps = [after[1] - before[1] for before, after in pairwise(known)]
    return any(step < 0 for step in steps) and all(step <= 0 for step in steps)


def unclear_order(table: SeverityTable) -> Iterator[Diagnostic]:
    """The note that levels stand as they are written, because nothing says which is worse."""
    numbers = [row.level for row in table.rows]
    words = [_said_urgency(row) for row in table.rows]
    if None in numbers and None in words:
        unsaid = [word is None for word in words]
        neither = [no and number is None for no, number in zip(unsaid, numbers, strict=True)]
        name = table.rows[(neither if any(neither) else unsaid).index(True)].name
        yield report(
            "ARM021",
            name.span,
            f"how urgent {name.value!r} is beside the other levels is not said",
            help="number the levels, such as `SEV-1`; until then their order in the text counts",
        )


def is_level(name: str) -> bool:
    """Whether a text is a numbered level and little more (``SEV1``, ``P2 - High``)."""
    return _NAMED.match(name) is not None and len(name) <= 40


def identity(name: str) -> tuple[int, str]:
    """What tells a level from another: its number, else its words."""
    level = read_level(name)
    return (-1, name.strip().lower()) if level is None else (level, "")


def is_tier(name: str) -> bool:
    """Whether a name counts people up (``L2``, ``Level 2``, ``Tier 2``), not trouble."""
    return _TIER.match(name) is not None


def about_levels(title: str) -> bool:
    """Whether a heading speaks of severities or priorities of incidents."""
    lowered = title.lower()
    return any(stem in lowered for stem in _TITLES) and not _WORK.search(lowered)


def ranks_work(title: str) -> bool:
    """Whether a heading speaks of levels of something else: features, risks, logs."""
    return _WORK.search(title.lower()) is not None


def are_log_levels(names: Iterable[str]) -> bool:
    """Whether these are the levels of a logger, and not of trouble."""
    words = {word for name in names for word in _WORDS.findall(name.lower())}
    return bool(words & {"debug", "trace", "verbose"})


def find_levels(text: str) -> tuple[int, ...]:
    """All levels that a guard names: ``SEV-1 and SEV-2``, ``P0/P1``, ``SEV-1/2``."""
    found = _LEVEL.search(text)
    if found is None:
        return ()
    return tuple(dict.fromkeys(int(n) for n in _NUMBER.findall(text[found.start() :])))


def find_level(text: Text) -> tuple[int, Text] | None:
    """The first level named in a text, and where."""
    found = _LEVEL.search(text.value)
    if not found:
        return None
    name = Text(found[0], text.span.sub(found.start(), found.end()))
    return int(found[1]), name
