"""Acknowledging by a pass that was given out with a page: by a signed link or by a button.

Owns when a pass counts and the words for one that does nothing any more. What it becomes is a
letter in a person's name, as if they had typed it; who that person is, the caller has to know.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from .journal_alerts import Alerts
from .journal_faults import JournalTrouble
from .sending import Verdict, send
from .view import RunView

if TYPE_CHECKING:
    from .journal import Journal
    from .links import Pass
    from .people import People, PeopleOf


class Void(Exception):
    """A pass that does nothing: the status over HTTP, and a sentence."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.said = said


class Passes:
    """What becomes of passes, over one journal; used from any thread."""

    def __init__(
        self, journal: Journal, people_of: PeopleOf, wall_ms: Callable[[], int], wait_s: float
    ) -> None:
        self._journal = journal
        self._people_of = people_of
        self._wall_ms = wall_ms
        self._wait_s = wait_s
        self._alerts = Alerts(journal)
        self._alerts.prepare()

    def run_of(self, found: Pass) -> tuple[RunView, People | None]:
        """The run that a pass is for, and its people; raises ``Void``."""
        try:
            view = RunView.of(self._journal.entries(found.run))
        except KeyError:
            raise Void(410, f"{found.run} is not in this journal.") from None
        return view, self._people_of(view.header)

    def still_counts(self, found: Pass) -> None:
        """It was neither used nor has it expired; raises ``Void``."""
        if found.until_ms <= self._wall_ms():
            raise Void(410, "It has expired. A later message has a newer one.")
        if self._alerts.is_used(found.id):
            raise Void(410, "It was used already.")

    def use(
        self, found: Pass, view: RunView, people: People | None, person: str, via: str
    ) -> Verdict:
        """Acknowledge in a person's name; a pass is used up unless that was refused."""
        letter = {"verb": "ack", "by": person, "role": found.target, "via": via}
        now_ms = self._wall_ms()
        verdict = send(
            self._journal, view, letter, people=people, wall_ms=now_ms, wait_s=self._wait_s
        )
        if verdict.outcome != "refused":
            with suppress(JournalTrouble):  # what was taken is not unsaid by a full disk
                self._alerts.use(found.id, found.until_ms, now_ms)
        return verdict
