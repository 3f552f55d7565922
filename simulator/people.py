"""People: who answers a page, a question or a call for votes, and after how long.

Owns the default latencies (named by the report where they are used), what each person is like, and
the lists of decisions that a scenario makes. Messages are known by their identity: one that is sent
again while its answer is under way wakes nobody twice, and what was answered is not asked again.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from ..runtime.kernel.commands import AskPerson, Page, RequestApproval, RequestProposal
from ..runtime.kernel.events import (
    Acknowledged,
    Answered,
    Event,
    FactRecorded,
    Mitigated,
    Proposed,
    TargetUnreachable,
    Voted,
)
from .agenda import Class, Key
from .distributions import Distribution, parse_distribution, sample
from .environment import Environment, Happening
from .faults import Fate
from .scenario import Profile
from .work import Work

DEFAULT_LATENCIES: dict[str, str] = {
    "acknowledges": "lognormal(4m, 12m)",
    "answers": "pert(30s, 2m, 6m)",
    "votes": "pert(1m, 4m, 10m)",
    "confirms": "2m",
}
NIGHT_HOURS = (22, 7)
NOBODY = "nobody"


class Person(NamedTuple):
    """One person or role, every property settled."""

    acknowledges: Distribution
    answers: Distribution
    votes: Distribution
    confirms: Distribution
    absent: bool
    no_show: float
    night: float
    stated: frozenset[str]


class People:
    """Everybody who can be told, asked or paged in a trial."""

    def __init__(self, environment: Environment, work: Work) -> None:
        self._env = environment
        self._work = work
        self._known: dict[str, Person] = {}
        self._coming: dict[str, Key] = {}
        self._pages: dict[str, None] = {}
        self._questions: dict[str, Key] = {}
        self._asked: dict[str, int] = {}
        self._taken: dict[str, int] = {}
        self._ballots: dict[str, dict[str, Key | None]] = {}
        self._proposers: dict[str, str] = {}
        self._profiles = [
            (name, frozenset(environment.select(name).people), profile)
            for name, profile in environment.scenario.people.items()
        ]
        environment.recovered = self.notice_recovery

    def person(self, name: str) -> Person:
        """What a person is like: the first profile that matches and states it, else the default."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._settle(name)
        return found

    def _settle(self, name: str) -> Person:
        mine = [
            p for key, who, p in self._profiles if key != "default" and (name in who or key == name)
        ]
        mine += [p for key, _, p in self._profiles if key == "default"]
        stated: dict[str, object] = {}
        for profile in mine:
            for field in Profile.model_fields:
                value = getattr(profile, field)
                if value is not None:
                    stated.setdefault(field, value)
        takes = [
            parse_distribution(cast(str, stated.get(field, default)))
            for field, default in DEFAULT_LATENCIES.items()
        ]
        return Person(
            *takes,
            absent=bool(stated.get("absent", False)),
            no_show=cast(float, stated.get("no_show", 0.0)),
            night=cast(float, stated.get("night", 1.0)),
            stated=frozenset(stated),
        )

    def _latency(self, name: str, purpose: str, draw: str) -> int:
        person = self.person(name)
        if purpose not in person.stated:
            self._env.defaulted[f"a person {purpose}"] = DEFAULT_LATENCIES[purpose]
        return sample(getattr(person, purpose), self._env.draws.uniform(name, purpose, draw))

    # --- pages --------------------------------------------------------------------------------

    def page(self, command: Page, at_ms: int, fate: Fate | None) -> None:
        """Wake the targets; whoever takes the incident on first is its responder."""
        if command.page_id in self._pages:
            return
        self._pages[command.page_id] = None
        self._env.world.effects.setdefault(command.page_id, 1)
        for target in command.targets:
            if fate is not None and fate.do == "fail":
                self._bounce(command, target, at_ms)
            elif command.mode == "page" and (fate is None or fate.do != "drop"):
                self._wake(target, at_ms, fate)

    def _bounce(self, command: Page, target: str, at_ms: int) -> None:
        def occur(now_ms: int) -> Event | None:
            return TargetUnreachable(now_ms, command.rung, target)

        name = f"{command.page_id}:{target}"
        self._env.schedule(at_ms, Class.RESULT, name, Happening(occur))

    def _wake(self, target: str, at_ms: int, fate: Fate | None) -> None:
        person = self.person(target)
        if target in self._coming or person.absent:
            return
        count = self._asked[target] = self._asked.get(target, 0) + 1
        if person.no_show > 0 and self._env.draws.uniform(target, "no-show", 0) < person.no_show:
            return
        latency_ms = self._latency(target, "acknowledges", str(count))
        if person.night > 1.0 and self._is_night(at_ms):
            latency_ms = int(latency_ms * person.night)
        if fate is not None and fate.do == "delay":
            latency_ms += fate.delay_ms

        def occur(now_ms: int) -> Event | None:
            self._coming.pop(target, None)
            wanted = self._env.open() and not self._env.acknowledged()
            return Acknowledged(now_ms, target) if wanted else None

        self._coming[target] = self._env.schedule(
            at_ms + latency_ms, Class.PERSON, f"acknowledge:{target}", Happening(occur, True)
        )

    def _is_night(self, at_ms: int) -> bool:
        start = datetime.fromisoformat(self._env.scenario.start)
        hour = (start + timedelta(milliseconds=at_ms)).hour
        return hour >= NIGHT_HOURS[0] or hour < NIGHT_HOURS[1]

    def forget_pages(self) -> None:
        """The incident was reopened: pages go out anew."""
        self._pages.clear()

    # --- questions ----------------------------------------------------------------------------

    def ask(self, command: AskPerson, at_ms: int, fate: Fate | None) -> None:
        """Put a question; an answer that is under way is not sought twice."""
        name = command.question
        if name in self._questions or (fate is not None and fate.do in ("drop", "fail")):
            return
        who = next((to for to in command.to if not self.person(to).absent), None)
        if who is None:
            self._env.note(f"{name}: nobody of {', '.join(command.to)} is there to answer")
            return
        answer = self._decide(command)
        if answer is None:
            return
        count = self._asked[name] = self._asked.get(name, 0) + 1
        latency_ms = self._latency(who, "answers", f"{name}:{count}")
        if fate is not None and fate.do == "delay":
            latency_ms += fate.delay_ms

        def occur(now_ms: int) -> Event | None:
            self._questions.pop(name, None)
            if isinstance(answer, str):
                return Answered(now_ms, name, answer, who)
            return answer._replace(at_ms=now_ms, by=who)

        self._questions[name] = self._env.schedule(
            at_ms + latency_ms, Class.PERSON, name, Happening(occur, True)
        )

    def withdraw(self, question: str) -> None:
        """The question no longer matters."""
        key = self._questions.pop(question, None)
        if key is not None:
            self._env.agenda.cancel(key)

    def _decide(self, command: AskPerson) -> str | FactRecorded | None:
        about, subject = command.about, command.subject
        if about == "fact":
            return self._fact(command)
        if about == "outcome" and self._env.scenario.decisions.outcome is None:
            return "happened" if self._work.happened(subject) else "not-happened"
        answer = self._next_decision(about, subject)
        if answer is None or answer == NOBODY:
            return None
        answer = self._resolve_names(answer)
        if command.options and answer not in command.options:
            options = ", ".join(command.options)
            self._env.note(f"{command.question}: {answer!r} is not among the options {options}")
            return None
        return answer

    def _fact(self, command: AskPerson) -> str | FactRecorded | None:
        value, source = self._env.world.fact(command.subject)
        if source == "default":
            self._env.note(f"fact {command.subject}: nothing states it, so people answer false")
        if value is None:
            return "unknown" if command.options else None
        if isinstance(value, bool) and command.options:
            return "true" if value else "false"
        return FactRecorded(0, command.subject, 0 if value is False else value, "")

    def _next_decision(self, about: str, subject: str) -> str | None:
        decisions = self._env.scenario.decisions
        listed = {
            "decide": decisions.blocked,
            "idle": decisions.idle,
            "outcome": decisions.outcome,
            "severity": decisions.severity,
            "overlap": decisions.overlap,
            "staff": decisions.staff,
        }[about]
        if listed is None:
            return {"severity": "confirm", "overlap": "start", "staff": "omit"}.get(about)
        key = about
        if isinstance(listed, dict):
            chosen = next((k for k in listed if self._selects(k, subject)), "default")
            listed, key = listed.get(chosen, []), f"{about}:{chosen}"
        taken = self._taken.get(key, 0)
        if taken >= len(listed):
            return None
        self._taken[key] = taken + 1
        return listed[taken]

    def _selects(self, selector: str, subject: str) -> bool:
        return selector != "default" and subject in self._env.select(selector).actions

    def _resolve_names(self, answer: str) -> str:
        """``goto:the fixing stage`` and ``engage:agent X`` in the plan's own names."""
        verb, colon, what = answer.partition(":")
        if verb in ("goto", "engage") and colon:
            found = self._env.select(what.strip())
            names = found.stages if verb == "goto" else found.people
            return f"{verb}:{names[0]}" if names else answer
        return answer

    # --- approvals ----------------------------------------------------------------------------

    def propose(self, command: RequestProposal, at_ms: int) -> None:
        """What the action will do is rendered at once; its agent proposes it."""
        action = self._env.index.actions[command.action].action
        source = self._env.index.actions.get(action.proposes or "")
        by = (
            (source.action.agent if source else None) or action.agent or self._env.index.coordinator
        )
        self._proposers[command.action] = by
        content = f"{self._env.plan.digest}/{command.action}".encode()
        digest = hashlib.sha256(content).hexdigest()[:16]

        def occur(now_ms: int) -> Event | None:
            return Proposed(now_ms, command.action, digest, by)

        self._env.schedule(at_ms, Class.PERSON, f"{command.action}:propose", Happening(occur, True))

    def call_votes(self, command: RequestApproval, at_ms: int, fate: Fate | None) -> None:
        """Ask for votes; who has a vote under way or cast in this round is not asked again."""
        ballot = self._ballots.setdefault(f"{command.action}:{command.round}", {})
        vote = self._env.responses.to(command.action, "").vote
        if vote == NOBODY or (fate is not None and fate.do in ("drop", "fail")):
            return
        roles = [role for role in command.approvers if not self.person(role).absent]
        delay_ms = fate.delay_ms if fate is not None and fate.do == "delay" else 0
        for place in range(command.quorum if roles else 0):
            role = roles[place % len(roles)]
            self._call_vote(command, ballot, role, place, vote == "approve", at_ms + delay_ms)

    def _call_vote(
        self,
        command: RequestApproval,
        ballot: dict[str, Key | None],
        role: str,
        place: int,
        approve: bool,
        at_ms: int,
    ) -> None:
        voter = role if place < len(command.approvers) else f"{role} {place + 1}"
        if voter == self._proposers.get(command.action):
            voter = f"{role} (second)"
        if voter in ballot:
            return
        draw = f"{command.action}:{command.round}:{place}"
        latency_ms = self._latency(role, "votes", draw)

        def occur(now_ms: int) -> Event | None:
            ballot[voter] = None
            return Voted(now_ms, command.action, voter, role, approve, command.digest)

        ballot[voter] = self._env.schedule(
            at_ms + latency_ms,
            Class.PERSON,
            f"{command.action}:{command.round}:vote:{voter}",
            Happening(occur, True),
            place,
        )

    def close_votes(self, action: str) -> None:
        """The gate is closed: votes under way are not cast."""
        for name, ballot in self._ballots.items():
            if name.rsplit(":", 1)[0] == action:
                for key in ballot.values():
                    if key is not None:
                        self._env.agenda.cancel(key)

    # --- unasked ------------------------------------------------------------------------------

    def notice_recovery(self, at_ms: int) -> None:
        """Readings are acceptable again: the coordinator looks, and says that users are well."""
        who = self._env.index.coordinator
        latency_ms = self._latency(who, "confirms", str(at_ms))

        def occur(now_ms: int) -> Event | None:
            worth_saying = self._env.open() and self._env.world.healthy(now_ms)
            return Mitigated(now_ms, who) if worth_saying else None

        self._env.schedule(at_ms + latency_ms, Class.PERSON, "mitigated", Happening(occur, True))
