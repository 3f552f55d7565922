"""The intake: what becomes of a notification from outside.

Owns the way from a notification to a run, a proposal, or letters into the run that is open for its
group. It concludes nothing: a resolved alert is a fact, and what is said elsewhere is said to the
run by letters, as anybody says it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from .host import Declaration, declare_run
from .inbound_alerts import Notification
from .journal_alerts import KEPT_MS, Alerts, Claim, Claimed, Proposal, Settled
from .kernel.guards import evaluate
from .plain_text import one_line
from .rendering import CannotRender, nested
from .sending import send
from .view import RunView

if TYPE_CHECKING:
    from .binding import Bound
    from .inbound_file import Inbound
    from .inbound_model import RuleModel
    from .journal import Journal
    from .people import People
    from .redaction import Redactor

LONGEST_TITLE = 300
PeopleOf = Callable[[Mapping[str, Any]], "People | None"]


@dataclass(frozen=True, slots=True)
class Ready:
    """A rule's document, bound, and the files as the run's header names them."""

    bound: Bound
    spec: str
    bindings: str = ""
    people: str = ""


class Taken(NamedTuple):
    """What was made of a notification: ``outcome`` in a word, and what it led to."""

    outcome: str
    run: str = ""
    proposal: int = 0
    said: str = ""


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
        propose: Callable[[Proposal], None] = lambda _proposal: None,
    ) -> None:
        self.inbound = inbound
        self.alerts = Alerts(journal)
        self._journal = journal
        self._ready = ready
        self._redactor = redactor
        self._wall_ms = wall_ms
        self._people_of = people_of
        self._say = say
        self._propose = propose
        self.counts: dict[str, int] = {}
        self.alerts.prepare()

    def take(self, said: Notification) -> Taken:
        """Carry a notification to where it belongs, and count it."""
        now_ms = self._wall_ms()
        if said.delivery and not self._is_new(said, now_ms):
            found = Taken("repeated", said="it was taken before")
        else:
            found = self._taken(said, now_ms)
        self.counts[found.outcome] = self.counts.get(found.outcome, 0) + 1
        if found.outcome not in ("repeated", "known", "ignored"):
            self._say(f"{said.source}: {self._line(said.summary)}: {found.said}")
        return found

    def _is_new(self, said: Notification, now_ms: int) -> bool:
        return _age_ms(said.occurred, now_ms) <= KEPT_MS and self.alerts.first(
            said.source, said.delivery, now_ms
        )

    def _taken(self, said: Notification, now_ms: int) -> Taken:
        if said.status == "other":
            return Taken("ignored", said="nothing that a run needs to know")
        own = self._own_page(said)
        if own is not None:
            return self._answered(said, *own)
        run = self.alerts.open_run(said.source, said.key)
        if run:
            return self._told(said, run, now_ms)
        if said.status != "firing":
            return Taken("ignored", said="no run is open for it")
        at = self._rule(said)
        if at is None:
            return Taken("unmatched", said="no rule matches it")
        if self.inbound.model.rules[at].auto_declare:
            return self._declared(said, at, now_ms)
        return self._proposed(said, at, now_ms)

    def _line(self, text: str) -> str:
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
        return self._line(text) or "alert"

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
        }
        return dict(self._journal.redacted(found))

    # --- beginning ----------------------------------------------------------------------------

    def _declared(self, said: Notification, at: int, now_ms: int) -> Taken:
        rule, ready = self.inbound.model.rules[at], self._ready[at]
        payload, title = self.payload(rule, ready, said), self._title(rule, said)
        claim = Claim(said.source, said.key, seen=said.digest)
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
            return self._told(said, claimed.run, now_ms)
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
        self._propose(made)
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

    def _told(self, said: Notification, run: str, now_ms: int) -> Taken:
        """Tell an open run how its alerts stand now; what it knows already is not told again."""
        if said.status == "acknowledged":
            return self._answered(said, run, "")
        if not self.alerts.moved(said.source, said.key, said.digest):
            return Taken("known", run, said=f"{run} knows it")
        rule = self._rule_of(said)
        fact = rule.resolved_fact if rule is not None else "alert_resolved"
        note = {"verb": "note", "text": f"{said.source}: {self._line(said.summary)}"}
        value = "true" if said.status == "resolved" else "false"
        for letter in (note, {"verb": "fact", "name": fact, "value": value}):
            self._put(run, letter, said.source, now_ms)
        return Taken("told", run, said=f"told to {run}")

    def _rule_of(self, said: Notification) -> RuleModel | None:
        """The rule that began a run: judged as if the alert still fired."""
        firing = {**said.names, "status": "firing"}
        for at, guard in enumerate(self.inbound.guards):
            if evaluate(guard, firing, 0) is True:
                return self.inbound.model.rules[at]
        return None

    def _put(self, run: str, letter: Mapping[str, Any], by: str, now_ms: int) -> None:
        self._journal.put(run, {**letter, "by": by, "via": by}, now_ms)

    # --- answered elsewhere -------------------------------------------------------------------

    def _own_page(self, said: Notification) -> tuple[str, str] | None:
        """The run and target that a PagerDuty incident is Armada's own page of."""
        run, slash, target = said.names.get("labels.incident_key", "").partition("/")
        if not slash or said.source != "pagerduty":
            return None
        known = any(row.run == run for row in self._journal.runs())
        return (run, target) if known else None

    def _answered(self, said: Notification, run: str, target: str) -> Taken:
        """Somebody acknowledged or resolved it elsewhere: an answer, told as that person's."""
        if said.status == "firing":
            return Taken("ignored", run, said="it is the run's own page")
        now_ms = self._wall_ms()
        view = RunView.of(self._journal.entries(run))
        people = self._people_of(view.header)
        who = self._person(said, people)
        words = f"{said.status} in PagerDuty by {self._line(who or _user(said))}"
        if said.status == "resolved":
            ask = f"{words}; the run goes on until it is verified, or somebody types armada resolve"
            self._put(run, {"verb": "note", "text": ask}, said.source, now_ms)
            self._put(run, RESOLVED_ELSEWHERE, said.source, now_ms)
            return Taken("told", run, said=f"told to {run}: {words}")
        if not who:
            text = f"{words}, whom the people file does not have: the escalation goes on"
            self._put(run, {"verb": "note", "text": text}, said.source, now_ms)
            return Taken("told", run, said=text)
        letter = {
            "verb": "ack",
            "by": who,
            "via": said.source,
            **({"role": target} if target else {}),
        }
        verdict = send(self._journal, view, letter, people=people, wall_ms=now_ms, wait_s=2.0)
        word = "unanswered" if verdict.outcome == "refused" else "acknowledged"
        return Taken(word, run, said=f"{run}: {verdict.said}")

    def _person(self, said: Notification, people: People | None) -> str:
        """The person who acted, by the file's own list of users, else by name; empty: unknown."""
        model = self.inbound.model.pagerduty
        users = model.users if model is not None else {}
        for name in said.user:
            stated = users.get(name, name if people is not None else "")
            person = people.person(stated) if people is not None and stated else None
            if person is not None:
                return person.id
            if people is None and stated:
                return stated
        return self._line(said.user[-1]) if people is None and said.user else ""


RESOLVED_ELSEWHERE = {"verb": "fact", "name": "pagerduty_resolved", "value": "true"}


def begin(
    journal: Journal,
    bound: Bound,
    payload: Mapping[str, Any],
    title: str,
    claim: Claim,
    *,
    by: str,
    person: bool,
    redactor: Redactor,
    wall_ms: int,
) -> str:
    """Declare the run that a payload describes; raises ``Claimed`` and ``Settled``."""
    declaration = Declaration(
        by=by,
        title=title,
        severity=payload.get("severity"),
        person=person,
        spec=str(payload.get("spec", "")),
        bindings=str(payload.get("bindings", "")),
        people=str(payload.get("people", "")),
    )
    run = declare_run(journal, bound, declaration, redactor, wall_ms, claim.take)
    facts: Mapping[str, str] = payload.get("facts", {})
    for name, value in facts.items():
        letter = {"verb": "fact", "name": name, "value": value, "by": by, "via": claim.source}
        journal.put(run, letter, wall_ms)
    text = " ".join(part for part in (payload.get("summary"), payload.get("url")) if part)
    note = {"verb": "note", "text": text, "by": claim.source, "via": claim.source}
    journal.put(run, note, wall_ms)
    return run


def settle(
    journal: Journal, proposal: Proposal, bound: Bound, by: str, redactor: Redactor, wall_ms: int
) -> str:
    """Declare what was proposed, in a person's name; raises ``Claimed`` and ``Settled``."""
    if proposal.state != "open" or proposal.until_ms <= wall_ms:
        state = "expired" if proposal.state == "open" else proposal.state
        raise Settled(f"proposal {proposal.id} is {state}")
    return begin(
        journal,
        bound,
        proposal.payload,
        proposal.title,
        Claim(proposal.source, proposal.key, proposal.id, by),
        by=by,
        person=True,
        redactor=redactor,
        wall_ms=wall_ms,
    )


def severity_of(rule: RuleModel, said: Notification) -> int | None:
    """The level that a rule gives an alert; None leaves it to the run."""
    stated = rule.severity
    if stated is None or isinstance(stated, int):
        return stated
    return stated.levels.get(said.names.get(stated.by, ""), stated.otherwise)


def _fact_text(value: bool | int | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _user(said: Notification) -> str:
    return said.user[-1] if said.user else "somebody"


def _age_ms(occurred: str, now_ms: int) -> float:
    """How long ago it happened; a time that cannot be read is now."""
    try:
        at = datetime.fromisoformat(occurred)
    except ValueError:
        return 0.0
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return now_ms - at.timestamp() * 1000
