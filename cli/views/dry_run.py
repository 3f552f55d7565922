"""What the servers say to a dry run, as data and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...runtime.dry_run import Tried
from ..exits import Exit
from .tables import Table

WORDS = {"ok": "would do it", "permanent": "REFUSES", "failed": "not reached"}


def table(tried: Sequence[Tried]) -> Table:
    """One row a change."""
    rows = tuple(
        (
            each.action,
            each.item,
            WORDS.get(each.answer, "cannot be asked"),
            " ".join(each.text.split()),
        )
        for each in tried
    )
    header = ("action", "step", "the server", "in its words")
    return Table("Tried out", header, rows, "no change whose server could be asked")


def data(tried: Sequence[Tried]) -> list[dict[str, Any]]:
    """The same as plain data."""
    return [each._asdict() for each in tried]


def status(tried: Sequence[Tried]) -> Exit:
    """Findings where something would be refused; waiting where somebody could not be asked."""
    answers = {each.answer for each in tried}
    if "permanent" in answers:
        return Exit.FINDINGS
    return Exit.WAITING if answers - {"ok"} else Exit.DONE
