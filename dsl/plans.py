"""Response times that differ by plan or customer: a column a plan, below a heading about responses.

The first response of a level is the time that every plan states alike. Where they differ, the cell
keeps all of them, so that no single time is read and a note says so.
"""

from __future__ import annotations

import re

from .columns import rows, says_any
from .levels import identity, read_level, read_urgency
from .patterns import lazy
from .severity_row import FIXES
from .syntax import Table, Text
from .timing import read_response
from .words import seen

_PROMISES = lazy(
    r"\b(?:response|respond|ack\w*|reaction|sla)\b|reaktion|réponse|respuesta|resposta|响应|応答|응답",
    re.IGNORECASE,
)
_EMPTY = lazy(r"\W*|none|n/a", re.IGNORECASE)


def promises_response(path: tuple[str, ...]) -> bool:
    """Whether the innermost heading speaks of first responses, and of nothing later."""
    title = path[-1] if path else ""
    return _PROMISES.search(title) is not None and not says_any(title, FIXES)


def by_plan(table: Table) -> Table | None:
    """The table as levels and their response, where it holds levels and, beside them, times."""
    kept = rows(table)
    if len(table.header) < 3 or len(kept) < 2 or not all(len(row) > 2 for row in kept):
        return None
    names = [seen(row[0].value) for row in kept]
    if len({identity(name) for name in names}) < len(names):
        return None
    if any(read_level(name) is None and read_urgency(name) is None for name in names):
        return None
    cells = [text for row in kept for text in row[1:] if not _EMPTY.fullmatch(text.value)]
    timed = [text for text in cells if read_response(text) is not None]
    if len(timed) * 4 < len(cells) * 3:
        return None
    head = Text("Response", table.header[1].span.cover(table.header[-1].span))
    return Table(
        (table.header[0], head), tuple((row[0], _joint(row[1:])) for row in kept), table.span
    )


def _joint(cells: tuple[Text, ...]) -> Text:
    """The one time of all plans, or all their cells."""
    read = [read_response(text) for text in cells]
    times = {(time.deadline_ms, time.deferred) for time in read if time is not None}
    if len(times) == 1 and None not in read:
        return cells[0]
    return Text(" or ".join(text.value for text in cells), cells[0].span.cover(cells[-1].span))
