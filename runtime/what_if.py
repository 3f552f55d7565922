"""What if: a journal's events replayed, by its own plan or by another.

By its own plan every command must come out as it was written. By another plan the events that came
from outside (answers, votes, acknowledgements) are taken as recorded, while timers are the other
plan's own: a rung is due when that plan says. Work that only the other plan dispatches stays open,
for nobody recorded an answer. Pure: nothing is carried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..compiler.plan import Plan
from .coordinator import Clock
from .journal_entries import BrokenJournal, Entry
from .journal_replay import Batch, Replayer
from .kernel import Event, State, Step, Timer, encode, initial, outcome_name, step
from .kernel import commands as co
from .kernel import events as ev
from .timeline import short


@dataclass(frozen=True, slots=True)
class Checked:
    """A replay by the journal's own plan. ``entry`` and ``reason``: where it disagrees, if at all.

    ``missing``: commands of the last event that a crash kept from being written.
    """

    events: int
    at_ms: int
    outcome: str
    missing: int = 0
    entry: int | None = None
    reason: str = ""

    @property
    def same(self) -> bool:
        """Every decision is the one that was written."""
        return self.entry is None


@dataclass(frozen=True, slots=True)
class Refused:
    """A recorded event that the other plan does not take, and why."""

    seq: int
    at_ms: int
    event: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first entry after which the two decide differently, and what each decides there."""

    seq: int
    at_ms: int
    event: str
    recorded: tuple[str, ...]
    other: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something with a time under each plan; None: not at all."""

    what: str
    recorded_ms: int | None
    other_ms: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two plans part over the same events."""

    events: int
    first: Divergence | None
    refused: tuple[Refused, ...] = ()
    not_done: tuple[str, ...] = ()
    also_done: tuple[str, ...] = ()
    rungs: tuple[Moment, ...] = ()
    milestones: tuple[Moment, ...] = ()
    stages: tuple[tuple[str, str, str], ...] = ()
    outcomes: tuple[str, str] = ("", "")

    @property
    def same(self) -> bool:
        """Nothing would have gone otherwise."""
        return self.first is None and not self.refused


def check(plan: Plan, entries: Sequence[Entry]) -> Checked:
    """Replay a journal by its own plan."""
    replayer = Replayer(plan)
    events = 0
    for entry in entries:
        try:
            events += replayer.take(entry) is not None
        except BrokenJournal as broken:
            name = outcome_name(replayer.state)
            return Checked(events, entry.at_ms, name, 0, broken.seq, broken.reason)
    done = replayer.replayed()
    return Checked(events, done.at_ms, outcome_name(done.state), done.missing)


def compare(recorded: Plan, entries: Iterable[Entry], other: Plan) -> Difference:
    """Replay a journal by its own plan and by another; raises ``BrokenJournal``."""
    replayer = Replayer(recorded)
    here, there = _Course(recorded), _Course(other)
    first: Divergence | None = None
    refused: list[Refused] = []
    events = 0
    for entry in entries:
        batch = replayer.take(entry)
        if batch is None:
            continue
        events += 1
        due = there.catch_up(batch, here.state)
        here.follow(batch.at_ms, batch.step)
        done = there.take(batch.event)
        if batch.step.verdict == "applied" and done is not None and done.verdict != "applied":
            name = type(batch.event).__name__
            text = f"{name} {_about(batch.event)}".rstrip()
            refused.append(Refused(batch.seq, batch.at_ms, text, done.verdict, done.reason))
        if first is None:
            first = _divergence(batch, due, done)
    return _difference(here, there, events, first, tuple(refused))


def _divergence(batch: Batch, due: list[Step], done: Step | None) -> Divergence | None:
    mine = _visible(batch.step.commands)
    theirs = [words for each in due for words in _visible(each.commands)]
    theirs += _visible(done.commands) if done is not None else []
    if mine == theirs:
        return None
    lost = tuple(each for each in mine if each not in theirs)
    new = tuple(each for each in theirs if each not in mine)
    about = f"{type(batch.event).__name__} {_about(batch.event)}".rstrip()
    return Divergence(batch.seq, batch.at_ms, about, lost, new)


@dataclass(slots=True)
class _Course:
    """One plan's way through the events."""

    plan: Plan
    state: State = field(init=False)
    clock: Clock = field(init=False)
    dispatched: dict[str, int] = field(default_factory=dict[str, int])
    rungs: dict[int, int] = field(default_factory=dict[int, int])
    flying: dict[str, None] = field(default_factory=dict[str, None])

    def __post_init__(self) -> None:
        self.state = initial(self.plan)
        self.clock = Clock(self.plan)

    def follow(self, at_ms: int, done: Step) -> Step:
        """Go where a step leads."""
        self.state = done.state
        for command in done.commands:
            match command:
                case co.SetTimer(timer=timer, due_ms=due_ms):
                    self.clock.set(timer, due_ms)
                case co.CancelTimer(timer=timer):
                    self.clock.due_ms.pop(timer, None)
                case co.CancelDispatch(command_id=name):
                    self.flying.pop(name, None)
                case co.Dispatch(command_id=name, action=action, item=item):
                    self.flying[name] = None
                    self.dispatched.setdefault(f"{action}:{item}", at_ms)
                case co.Record(what="rung-fired", subject=rung):
                    self.rungs.setdefault(int(rung), at_ms)
                case _:
                    pass
        return done

    def catch_up(self, batch: Batch, recorded: State) -> list[Step]:
        """Fire what fell due before this event and that only this plan has set so."""
        found: list[Step] = []
        theirs = recorded.registers.timers
        while True:
            own = [
                due_ms
                for timer, due_ms in self.clock.due_ms.items()
                if due_ms < batch.at_ms and theirs.get(timer) != due_ms
            ]
            if not own:
                return found
            at_ms = max(min(own), self.state.registers.now_ms)
            due = self._take(at_ms, theirs)
            if not due:
                return found
            found.append(self._step(ev.TimersFired(at_ms, due)))

    def _take(self, at_ms: int, theirs: Mapping[Timer, int]) -> tuple[Timer, ...]:
        """The timers that are due and not also set so by the recorded plan, in order."""
        kept = {t: due for t, due in self.clock.due_ms.items() if theirs.get(t) == due}
        for timer in kept:
            del self.clock.due_ms[timer]
        found = self.clock.take(at_ms)
        for timer, due_ms in kept.items():
            self.clock.set(timer, due_ms)
        return found

    def take(self, event: Event) -> Step | None:
        """Step a recorded event; timers are this plan's own, None where none is due."""
        if isinstance(event, ev.TimersFired):
            due = self.clock.take(event.at_ms)
            return self._step(ev.TimersFired(event.at_ms, due)) if due else None
        if isinstance(event, ev.Resumed):
            open_ = tuple(name for name in event.in_flight if self._in_flight(name))
            event = event._replace(in_flight=open_)
        return self._step(event)

    def _in_flight(self, name: str) -> bool:
        return name.startswith("page:") or name in self.flying

    def _step(self, event: Event) -> Step:
        if isinstance(event, (ev.Returned, ev.Observed)):
            self.flying.pop(event.command_id, None)
        return self.follow(event.at_ms, step(self.plan, self.state, event))


# --- telling --------------------------------------------------------------------------------------


def _difference(
    here: _Course,
    there: _Course,
    events: int,
    first: Divergence | None,
    refused: tuple[Refused, ...],
) -> Difference:
    return Difference(
        events,
        first,
        refused,
        tuple(_named(name) for name in here.dispatched if name not in there.dispatched),
        tuple(_named(name) for name in there.dispatched if name not in here.dispatched),
        tuple(_rungs(here, there)),
        tuple(_milestones(here.state, there.state)),
        tuple(_stages(here, there)),
        (outcome_name(here.state), outcome_name(there.state)),
    )


def _named(name: str) -> str:
    return name.removesuffix(":do")


def _rungs(here: _Course, there: _Course) -> Iterator[Moment]:
    ladders = (here.plan.escalation.rungs, there.plan.escalation.rungs)
    for at in range(max(map(len, ladders))):
        mine, theirs = here.rungs.get(at), there.rungs.get(at)
        whom = [ladder[at].targets if at < len(ladder) else () for ladder in ladders]
        if mine != theirs or (mine is not None and whom[0] != whom[1]):
            names = dict.fromkeys(", ".join(each) for each in whom if each)
            yield Moment(f"rung {at + 1} ({' / '.join(names)})", mine, theirs)


def _milestones(here: State, there: State) -> Iterator[Moment]:
    for name in ("acknowledged", "mitigated", "resolved", "closed"):
        mine: int = getattr(here.registers, f"{name}_ms")
        theirs: int = getattr(there.registers, f"{name}_ms")
        if mine != theirs:
            yield Moment(name, mine if mine >= 0 else None, theirs if theirs >= 0 else None)


def _stages(here: _Course, there: _Course) -> Iterator[tuple[str, str, str]]:
    names = dict.fromkeys(stage.id for plan in (here.plan, there.plan) for stage in plan.stages)
    for name in names:
        mine, theirs = _standing(here, name), _standing(there, name)
        if mine != theirs:
            yield name, mine, theirs


def _standing(course: _Course, stage: str) -> str:
    if all(each.id != stage for each in course.plan.stages):
        return "not in the plan"
    now = course.state.control.stages.get(stage)
    return now.status if now is not None else "pending"


def _visible(commands: Iterable[co.Command]) -> list[str]:
    """What a person would see of commands; timers and digests are not."""
    return [
        _words(each) for each in commands if not isinstance(each, (co.SetTimer, co.CancelTimer))
    ]


def _words(command: co.Command) -> str:
    match command:
        case co.Dispatch(command_id=name):
            return f"carry out {short(name)}"
        case co.CancelDispatch(command_id=name):
            return f"cancel {short(name)}"
        case co.AskPerson(question=question, to=to):
            return f"ask {', '.join(to)}: {question}"
        case co.Page(targets=targets, mode=mode, rung=rung):
            return f"{mode} {', '.join(targets)} (rung {rung + 1})"
        case co.Notify(about=about, subject=subject, to=to):
            return f"tell {', '.join(to)}: {about} {subject}".rstrip()
        case co.RequestApproval(action=action, approvers=approvers, quorum=quorum):
            return f"ask {quorum} of {', '.join(approvers)} to approve {action}"
        case co.Record(what=what, subject=subject, detail=detail):
            more = f" ({detail})" if detail else ""
            return f"{what.replace('-', ' ')} {subject}".rstrip() + more
        case _:
            data = encode(command)
            name = str(data.pop("kind"))
            return f"{name} {' '.join(str(data[key]) for key in sorted(data))}".rstrip()


def _about(event: Event) -> str:
    for name in ("command_id", "question", "action", "agent", "target", "name", "rung", "level"):
        value = getattr(event, name, None)
        if value is not None:
            return short(str(value)) if name == "command_id" else str(value)
    if isinstance(event, ev.TimersFired):
        return ", ".join(f"{t.kind} {t.subject}".rstrip() for t in event.timers)
    return ""
