"""Timers: named by what they are for, so that setting one twice moves it.

``CLASSES`` is the order in which timers that are due at one instant are handled, and the reason a
timer exists at all.
"""

from __future__ import annotations

from typing import NamedTuple


class Timer(NamedTuple):
    """A timer's identity: one of ``CLASSES`` and what it is about."""

    kind: str
    subject: str = ""


CLASSES: dict[str, str] = {
    "timeout": "an attempt, or all polling of a verification, has taken too long",
    "retry": "the wait before the next attempt is over",
    "poll": "a check that did not hold is read again",
    "watch": "a canary or a monitor has held for its time",
    "stage": "a stage has taken longer than its timeout",
    "fact": "a fact no longer holds",
    "expiry": "an approval was not given in time",
    "acknowledgement": "an acknowledgement has expired",
    "response": "the level's response deadline",
    "rung": "a rung of the ladder is due",
    "repage": "an unanswered page is sent again",
    "loop": "a repeating ladder starts again",
    "patience": "a request to a person has waited long enough for others to hear of it",
    "idle": "nothing is left to do and nobody has said what comes next",
}
RANK: dict[str, int] = {kind: rank for rank, kind in enumerate(CLASSES)}
