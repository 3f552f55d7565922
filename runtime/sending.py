"""Sending a letter: how anybody but the host speaks to a run.

A letter is heard on the sender's side first, so what would be refused never reaches the journal.
Then it is put in the inbox, where it is durable, and the host's verdict is waited for. Where no
host drives the run it stays there, and the next host takes it before anything else.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .carriers import carriers_of
from .hearing import Refusal, Setting
from .letters import hear
from .status import now_of
from .view import RunView

if TYPE_CHECKING:
    from .journal import Journal
    from .people import People

LOOK_S = 0.02
Outcome = Literal["taken", "refused", "kept"]


class Verdict(NamedTuple):
    """What became of a letter.

    ``status`` is the exit status: 0 taken, 2 said wrongly, 3 refused by the state, 4 kept for a
    host to come. ``letter`` is its number, 0 where it was never put.
    """

    outcome: Outcome
    status: int
    said: str
    help: str = ""
    letter: int = 0


def send(
    journal: Journal,
    view: RunView,
    payload: Mapping[str, Any],
    *,
    people: People | None,
    wall_ms: int,
    wait_s: float = 10.0,
) -> Verdict:
    """Have a run hear a letter; ``view`` is the run as its journal has it now."""
    setting = Setting(view, carriers_of(view.header), people)
    try:
        heard = hear(setting, payload, now_of(view, wall_ms))
    except Refusal as refusal:
        return Verdict("refused", refusal.status, refusal.message, refusal.help)
    number = journal.put(view.run, payload, wall_ms)
    if not _driven(journal, view.run):
        return _kept(view.run, heard.said, number, "no host drives it")
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        letter = journal.letter(number)
        if letter is not None and letter.verdict:
            taken = letter.verdict == "taken"
            return Verdict(
                "taken" if taken else "refused", 0 if taken else 3, letter.reason, "", number
            )
        time.sleep(LOOK_S)
    return _kept(view.run, heard.said, number, f"its host has not answered for {wait_s:.0f} s")


def _kept(run: str, said: str, number: int, why: str) -> Verdict:
    text = f"kept for {run}, not taken yet: {said} ({why})"
    return Verdict("kept", 4, text, f"armada resume {run}", number)


def _driven(journal: Journal, run: str) -> bool:
    return any(row.run == run and row.alive for row in journal.runs())
