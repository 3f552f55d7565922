"""The intake: what becomes of a notification from outside.

Owns the way from a notification to a run, a proposal, or letters into the run that is open for its
group. It concludes nothing: a resolved alert is a fact, and what is said elsewhere is said to the
run by letters, as anybody says it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .inbound_alerts import Notification
from .inbound_answers import Answers, Taken
from .inbound_runs import begin
from .journal_alerts import KEPT_MS, Alerts, Claim, Claimed, Group, Proposal
from .kernel.guards import evaluate
from .plain_text import one_line
from .rendering import CannotRender, nested

if TYPE_CHECKING:
    from .binding import Bound
    from .inbound_file import Inbound
    from .inbound_model import RuleModel
    from .journal import Journal
    from .people import PeopleOf
    from .redaction import Redactor

LONGEST_TITLE = 300
QUIET = frozenset({"repeated", "known", "ignored"})
"""Outcomes that nobody needs to hear of."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A rule's document, bound, and the files as the run's header names them."""

    bound: Bound
    spec: str
    bindings: str = ""
    people: str = ""


class Busy(Exception):
    """The same delivery is being handled right now; its sender has to send it again."""


class Intake:
    """Takes notifications for one journal; used from any thread."""

    def __init__(
        self,
        journal: Journal,
        inbound: Inbound,
        ready: tuple[Ready, ...],
        redactor: Redactor,
        wall_ms: Callable[[], int],
        people_of: PeopleOf,
        say: Callable[[str], None],
    ) -> None:
        self.inbound = inbound
        self.alerts = Alerts(journal)
        self._journal = journal
        self._ready = ready
        self._redactor = redactor
        self._wall_ms = wall_ms
        self._say = say
        self._lock = threading.Lock()
        self._under_way: set[tuple[str, str]] = set()
        self.counts: dict[str, int] = {}
        self.alerts.prepare()
        pagerduty = inbound.model.pagerduty
        self.answers = Answers(journal, self.alerts, pagerduty, wall_ms, people_of, self.line, say)

    def take(self, said: Notification) -> Taken:
        """Carry a notification to where it belongs, and count it; raises ``Busy``."""
        now_ms = self._wall_ms()
        with self._alone(said):
            if said.delivery and self._is_known(said, now_ms):
                found = Taken("repeated", said="it was taken before")
            else:
                found = self._taken(said, now_ms)
                if said.delivery:  # only now: what fails on the way must be taken when sent again
                    self.alerts.remember(said.source, said.delivery, now_ms)
        self.count(found.outcome)
        if found.outcome not in QUIET:
            self._say(f"{said.source}: {self.line(said.summary)}: {found.said}")
        return found

    @contextmanager
    def _alone(self, said: Notification) -> Generator[None]:
        """One delivery is handled once at a time."""
        name = (said.source, said.delivery)
        with self._lock:
            if said.delivery and name in self._under_way:
                raise Busy
            self._under_way.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._under_way.discard(name)

    def count(self, outcome: str) -> None:
        """One more that ended so."""
        with self._lock:
            self.counts[outcome] = self.counts.get(outcome, 0) + 1

    def _is_known(self, said: Notification, now_ms: int) -> bool:
        """Whether it was handled before, or is so old that this cannot be known any more."""
        if _age_ms(said.occurred, now_ms) > KEPT_MS:
            return True
        return self.alerts.knows(said.source, said.delivery)

    def _taken(self, said: Notification, now_ms: int) -> Taken:
        if said.status == "other":
            return Taken("ignored", said="nothing that a run needs to know")
        own = self.answers.own_page(said)
        if own is not None:
            return self.answers.take(said, *own)
        group = self.alerts.group(said.source, said.key)
        if group is not None:
            return self._told(said, group, now_ms)
        if said.status != "firing":
            self.alerts.tell(said.source, said.key, said.digest, "", (), now_ms)
            return Taken("ignored", said="no run is open for it")
        at = self._rule(said)
        if at is None:
            return Taken("unmatched", said="no rule matches it")
        before = "" if said.delivery else self.alerts.settled(said.source, said.key, said.digest)
        if before == "dismissed":
            return Taken("known", said="it was dismissed as it stands")
        if self.inbound.model.rules[at].auto_declare and before != "over":
            return self._declared(said, at, now_ms)
        return self._proposed(said, at, now_ms)

    def line(self, text: str) -> str:
        """What came from outside, as it may be shown: no secrets, one line, not too long."""
        return one_line(self._redactor.redact(text), LONGEST_TITLE)

    # --- rules --------------------------------------------------------------------------------

    def _rule(self, said: Notification) -> int | None:
        """The first rule that is true of it; what is unknown is not true."""
        for at, guard in enumerate(self.inbound.guards):
            if evaluate(guard, said.names, 0) is True:
                return at
        return None

    def _title(self, rule: RuleModel, said: Notification) -> str:
        text = said.names.get("title") or said.summary
        if rule.title is not None:
            try:
                text = nested(rule.title, said.tree)
            except CannotRender as error:
                self._say(f"a rule's title cannot be filled in: {error}")
        return self.line(text) or "alert"

    def payload(self, rule: RuleModel, ready: Ready, said: Notification) -> dict[str, Any]:
        """All that a declaration needs later, as it is kept with a proposal."""
        facts = {name: _fact_text(value) for name, value in rule.facts.items()}
        found = {
            "spec": ready.spec,
            "bindings": ready.bindings,
            "people": ready.people,
            "severity": severity_of(rule, said),
            "facts": facts,
            "summary": said.summary,
            "url": said.names.get("url", ""),
            "resolved_fact": rule.resolved_fact,
            "seen": said.digest,
        }
        return dict(self._journal.redacted(found))

    # --- beginning ----------------------------------------------------------------------------

    def _declared(self, said: Notification, at: int, now_ms: int) -> Taken:
        rule, ready = self.inbound.model.rules[at], self._ready[at]
        payload, title = self.payload(rule, ready, said), self._title(rule, said)
        claim = Claim(said.source, said.key, by=said.source)
        try:
            run = begin(
                self._journal,
                ready.bound,
                payload,
                title,
                claim,
                by=said.source,
                person=False,
                redactor=self._redactor,
                wall_ms=now_ms,
            )
        except Claimed as claimed:
            return self._told(said, Group(claimed.run, rule.resolved_fact), now_ms)
        return Taken("declared", run, said=f"{run} is declared")

    def _proposed(self, said: Notification, at: int, now_ms: int) -> Taken:
        rule, ready = self.inbound.model.rules[at], self._ready[at]
        made = self.alerts.propose(
            said.source,
            said.key,
            self._title(rule, said),
            self.payload(rule, ready, said),
            now_ms,
            self.inbound.expires_ms,
        )
        if made is None:
            return Taken("known", said="a proposal is open for it")
        words = f"proposed; armada proposals declare {made.id}"
        return Taken("proposed", proposal=made.id, said=words)

    def bound_for(self, proposal: Proposal) -> Bound | None:
        """What a proposal would be carried out by; None where no rule is for it any more."""
        wanted = tuple(str(proposal.payload.get(k, "")) for k in ("spec", "bindings", "people"))
        for ready in self._ready:
            if (ready.spec, ready.bindings, ready.people) == wanted:
                return ready.bound
        return None

    # --- going on -----------------------------------------------------------------------------

    def _told(self, said: Notification, group: Group, now_ms: int) -> Taken:
        """Tell an open run how its alerts stand now; what it knows already is not told again."""
        run, source = group.run, said.source
        if said.status == "acknowledged":
            return self.answers.take(said, run, "")
        if said.status == "firing":
            self.alerts.withdraw(source, said.key)
        value = "true" if said.status == "resolved" else "false"
        stamp = {"by": source, "via": source}
        letters = (
            {"verb": "note", "text": f"{source}: {self.line(said.summary)}", **stamp},
            {"verb": "fact", "name": group.fact, "value": value, **stamp},
        )
        if not self.alerts.tell(source, said.key, said.digest, run, letters, now_ms):
            return Taken("known", run, said=f"{run} knows it")
        return Taken("told", run, said=f"told to {run}")


def severity_of(rule: RuleModel, said: Notification) -> int | None:
    """The level that a rule gives an alert; None leaves it to the run."""
    stated = rule.severity
    if stated is None or isinstance(stated, int):
        return stated
    return stated.levels.get(said.names.get(stated.by, ""), stated.otherwise)


def _fact_text(value: bool | int | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _age_ms(occurred: str, now_ms: int) -> float:
    """How long ago it happened; a time that cannot be read is now."""
    try:
        at = datetime.fromisoformat(occurred)
    except ValueError:
        return 0.0
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return now_ms - at.timestamp() * 1000
