"""Answers that people give elsewhere: acknowledged or resolved where the alert reached them.

An acknowledgement is told to the run as that person's own. One that the run cannot take yet, as
nobody has been told, is kept and given again whenever the run has moved, until somebody has
acknowledged or the run is over; it is never dropped. A resolution is a fact and a note, never the
end of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .inbound_alerts import Notification
from .sending import Verdict, send
from .view import RunView

if TYPE_CHECKING:
    from .inbound_model import PagerDutyModel
    from .journal import Journal
    from .journal_alerts import Alerts, Answer
    from .journal_rows import RunRow
    from .people import People, PeopleOf

RESOLVED_ELSEWHERE = {"verb": "fact", "name": "pagerduty_resolved", "value": "true"}
WAIT_S = 2.0


class Taken(NamedTuple):
    """What was made of a notification: ``outcome`` in a word, and what it led to."""

    outcome: str
    run: str = ""
    proposal: int = 0
    said: str = ""


class Answers:
    """Carries answers to the runs of one journal; used from any thread."""

    def __init__(
        self,
        journal: Journal,
        alerts: Alerts,
        pagerduty: PagerDutyModel | None,
        wall_ms: Callable[[], int],
        people_of: PeopleOf,
        line: Callable[[str], str],
        say: Callable[[str], None],
    ) -> None:
        self._journal = journal
        self._alerts = alerts
        self._users = pagerduty.users if pagerduty is not None else {}
        self._wall_ms = wall_ms
        self._people_of = people_of
        self._line = line
        self._say = say
        self._tried: dict[int, int] = {}

    def own_page(self, said: Notification) -> tuple[str, str] | None:
        """The run and target that a PagerDuty incident is Armada's own page of."""
        run, slash, target = said.names.get("labels.incident_key", "").partition("/")
        if not slash or said.source != "pagerduty":
            return None
        known = any(row.run == run for row in self._journal.runs())
        return (run, target) if known else None

    def take(self, said: Notification, run: str, target: str) -> Taken:
        """Tell a run what was answered for a target; empty: for whichever is that person's."""
        if said.status == "firing":
            self._alerts.withdraw(said.source, said.key)
            return Taken("ignored", run, said="it is the run's own page")
        view = RunView.of(self._journal.entries(run))
        people = self._people_of(view.header)
        who = self._person(said, people)
        words = f"{said.status} in PagerDuty by {self._line(who or _user(said))}"
        if said.status == "resolved":
            ask = f"{words}; the run goes on until it is verified, or somebody types armada resolve"
            self._put(run, {"verb": "note", "text": ask}, said.source)
            self._put(run, RESOLVED_ELSEWHERE, said.source)
            return Taken("told", run, said=f"told to {run}: {words}")
        if not who:
            text = f"{words}, whom the people file does not have: the escalation goes on"
            self._put(run, {"verb": "note", "text": text}, said.source)
            return Taken("told", run, said=text)
        return self._acknowledged(said, view, people, who, target, words)

    def _acknowledged(
        self,
        said: Notification,
        view: RunView,
        people: People | None,
        who: str,
        target: str,
        words: str,
    ) -> Taken:
        run, by = view.run, view.state.control.acknowledged
        if by:
            return Taken("known", run, said=f"{run}: {by} has acknowledged it already")
        verdict = self._sent(view, people, who, target, said.source)
        if verdict.outcome == "taken":
            return Taken("acknowledged", run, said=f"{run}: {verdict.said}")
        letter = verdict.letter if verdict.outcome == "kept" else 0
        fresh = self._alerts.keep(said.source, said.key, run, target, who, letter)
        text = f"{words}; it counts as soon as the run can take it: {verdict.said}"
        if fresh:
            self._put(run, {"verb": "note", "text": text}, said.source)
        return Taken("kept", run, said=f"{run}: {text}")

    def _sent(
        self, view: RunView, people: People | None, who: str, target: str, source: str
    ) -> Verdict:
        role = {"role": target} if target else {}
        letter = {"verb": "ack", "by": who, "via": source, **role}
        now_ms = self._wall_ms()
        return send(self._journal, view, letter, people=people, wall_ms=now_ms, wait_s=WAIT_S)

    def _put(self, run: str, letter: Mapping[str, Any], by: str) -> None:
        self._journal.put(run, {**letter, "by": by, "via": by}, self._wall_ms())

    # --- those that wait ----------------------------------------------------------------------

    def again(self) -> None:
        """Give every acknowledgement that waits again, where its run has moved since."""
        waiting = self._alerts.kept()
        rows = {row.run: row for row in self._journal.runs()} if waiting else {}
        for each in waiting:
            if self._is_over(each, rows.get(each.run)):
                self._alerts.let_go(each.id)
                self._tried.pop(each.id, None)

    def _is_over(self, kept: Answer, row: RunRow | None) -> bool:
        """Whether an acknowledgement need not wait any more."""
        if row is None or row.finished:
            return True
        letter = self._journal.letter(kept.letter) if kept.letter else None
        if letter is not None and not letter.verdict:
            return False
        if letter is not None and letter.verdict == "taken":
            return True
        if self._tried.get(kept.id) == row.entries:
            return False
        self._tried[kept.id] = row.entries
        return self._given_again(kept)

    def _given_again(self, kept: Answer) -> bool:
        view = RunView.of(self._journal.entries(kept.run))
        if view.state.control.acknowledged:
            return True
        people = self._people_of(view.header)
        verdict = self._sent(view, people, kept.who, kept.target, kept.source)
        if verdict.outcome == "kept":
            self._alerts.put_again(kept.id, verdict.letter)
        if verdict.outcome == "taken":
            self._say(f"{kept.source}: {kept.run}: {verdict.said}")
        return verdict.outcome == "taken"

    def _person(self, said: Notification, people: People | None) -> str:
        """The person who acted, by the file's own list of users, else by name; empty: unknown."""
        for name in said.user:
            stated = self._users.get(name, name if people is not None else "")
            person = people.person(stated) if people is not None and stated else None
            if person is not None:
                return person.id
            if people is None and stated:
                return stated
        return self._line(said.user[-1]) if people is None and said.user else ""


def _user(said: Notification) -> str:
    return said.user[-1] if said.user else "somebody"
