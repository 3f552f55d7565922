"""Operations on registers: the only way time enters a state.

A rule leaves operations between its commands, in order. Applying them needs the event's time and
the registers, and yields the new registers and the commands, complete with due times. So the same
decision can be applied to one run or to a vector of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from . import commands as co
from .state import Registers
from .timers import Timer


class Arm(NamedTuple):
    """Set a timer ``delay_ms`` from now."""

    timer: Timer
    delay_ms: int


class ArmElapsed(NamedTuple):
    """Set a timer for when the ladder's clock shows ``elapsed_ms``, or at once if that is past.

    ``revived``: what makes it due holds only from now on, so lateness counts from now.
    """

    timer: Timer
    elapsed_ms: int
    revived: bool = False


class ArmDeclared(NamedTuple):
    """Set a timer ``delay_ms`` after the declaration (or the last reopening)."""

    timer: Timer
    delay_ms: int


class Disarm(NamedTuple):
    """Forget a timer if it is set."""

    timer: Timer


class Elapsed(NamedTuple):
    """A timer fired: it is no longer set."""

    timer: Timer


class Stamp(NamedTuple):
    """Write now into a milestone, ``declared_ms`` and its like; ``once``: unless it is written."""

    milestone: str
    once: bool = False


class Clear(NamedTuple):
    """Take a milestone back."""

    milestone: str


class Settle(NamedTuple):
    """A stage settled now, or is unsettled again."""

    stage: str
    settled: bool


class StartClock(NamedTuple):
    """The ladder's clock starts from zero; ``rungs`` is how many it has."""

    rungs: int


class PauseClock(NamedTuple):
    """The ladder's clock stands still from now on."""


class ResumeClock(NamedTuple):
    """The ladder's clock goes on from where it stood."""


class Fired(NamedTuple):
    """A rung fired now."""

    rung: int


class Tell(NamedTuple):
    """Send a page; how late it is and how long nobody was told is filled in here."""

    page: co.Page


class Issue(NamedTuple):
    """A command was issued now."""

    command_id: str


class Settled(NamedTuple):
    """A command needs no further account."""

    command_id: str


class Propose(NamedTuple):
    """What an action will do has this digest; earlier votes are void."""

    action: str
    digest: str
    by: str


class Unpropose(NamedTuple):
    """The proposal and its votes are void."""

    action: str


class CountVote(NamedTuple):
    """A vote counts."""

    action: str
    by: str


class VoidVotes(NamedTuple):
    """Earlier votes no longer count."""

    action: str


class AskVotes(NamedTuple):
    """Ask for votes on the proposal as it stands."""

    request: co.RequestApproval


class ConfirmedBy(NamedTuple):
    """Who confirmed the level."""

    by: str


Operation = (
    Arm
    | ArmElapsed
    | ArmDeclared
    | Disarm
    | Elapsed
    | Stamp
    | Clear
    | Settle
    | StartClock
    | PauseClock
    | ResumeClock
    | Fired
    | Tell
    | Issue
    | Settled
    | Propose
    | Unpropose
    | CountVote
    | VoidVotes
    | AskVotes
    | ConfirmedBy
)


_TIMERS_AT = Registers._fields.index("timers")


class Writer:
    """The registers under one event: fields as attributes while operations are applied."""

    __slots__ = ("at_ms", "commands", "fields", "issued_ms", "settled_ms", "timers")

    def __init__(self, registers: Registers, at_ms: int) -> None:
        self.at_ms = at_ms
        self.fields: dict[str, Any] = {}
        self.timers = registers.timers
        self.issued_ms = registers.issued_ms
        self.settled_ms = registers.settled_ms
        self.commands: list[co.Command] = []

    def registers(self, before: Registers) -> Registers:
        """The registers as they have become."""
        after = before._replace(**self.fields) if self.fields else before
        maps = (self.timers, self.issued_ms, self.settled_ms)
        return Registers._make((self.at_ms, *after[1:_TIMERS_AT], *maps, *after[_TIMERS_AT + 3 :]))

    def set_timer(self, timer: Timer, due_ms: int) -> None:
        """Arm a timer and tell the host."""
        self.timers = self.timers.set(timer, due_ms)
        self.commands.append(co.SetTimer(timer, due_ms))


def apply(
    registers: Registers, at_ms: int, effects: list[co.Command | Operation]
) -> tuple[Registers, tuple[co.Command, ...]]:
    """The registers after these operations at this time, and the commands among them."""
    writer = Writer(registers, at_ms)
    for effect in effects:
        operate = _OPERATIONS.get(type(effect))
        if operate is None:
            writer.commands.append(effect)  # type: ignore[arg-type]
        else:
            operate(registers, writer, effect)
    return writer.registers(registers), tuple(writer.commands)


def _get(registers: Registers, writer: Writer, name: str) -> Any:
    found = writer.fields.get(name)
    return getattr(registers, name) if found is None else found


def _arm(_r: Registers, w: Writer, op: Arm) -> None:
    w.set_timer(op.timer, w.at_ms + op.delay_ms)


def _arm_elapsed(r: Registers, w: Writer, op: ArmElapsed) -> None:
    epoch: int = _get(r, w, "epoch_ms")
    due_ms = epoch + op.elapsed_ms
    if op.revived:
        due_ms = max(due_ms, w.at_ms)
    w.set_timer(op.timer, due_ms)
    since: tuple[int, ...] = _get(r, w, "rung_since_ms")
    rung = int(op.timer.subject)
    w.fields["rung_since_ms"] = (*since[:rung], due_ms, *since[rung + 1 :])


def _arm_declared(r: Registers, w: Writer, op: ArmDeclared) -> None:
    reopened: int = _get(r, w, "reopened_ms")
    declared: int = _get(r, w, "declared_ms")
    w.set_timer(op.timer, max(declared, reopened) + op.delay_ms)


def _disarm(_r: Registers, w: Writer, op: Disarm) -> None:
    if op.timer in w.timers:
        w.timers = w.timers.delete(op.timer)
        w.commands.append(co.CancelTimer(op.timer))


def _elapsed(_r: Registers, w: Writer, op: Elapsed) -> None:
    w.timers = w.timers.delete(op.timer)


def _stamp(r: Registers, w: Writer, op: Stamp) -> None:
    if not (op.once and _get(r, w, op.milestone) >= 0):
        w.fields[op.milestone] = w.at_ms


def _clear(_r: Registers, w: Writer, op: Clear) -> None:
    w.fields[op.milestone] = -1


def _settle(_r: Registers, w: Writer, op: Settle) -> None:
    if op.settled:
        w.settled_ms = w.settled_ms.set(op.stage, w.at_ms)
    elif op.stage in w.settled_ms:
        w.settled_ms = w.settled_ms.delete(op.stage)


def _start_clock(_r: Registers, w: Writer, op: StartClock) -> None:
    w.fields.update(epoch_ms=w.at_ms, paused_ms=-1, told_ms=w.at_ms)
    w.fields.update(rung_ms=(-1,) * op.rungs, rung_since_ms=(-1,) * op.rungs)


def _pause_clock(r: Registers, w: Writer, _op: PauseClock) -> None:
    if _get(r, w, "paused_ms") < 0:
        w.fields["paused_ms"] = w.at_ms


def _resume_clock(r: Registers, w: Writer, _op: ResumeClock) -> None:
    paused: int = _get(r, w, "paused_ms")
    if paused >= 0:
        w.fields["epoch_ms"] = _get(r, w, "epoch_ms") + w.at_ms - paused
        w.fields["paused_ms"] = -1


def _fired(r: Registers, w: Writer, op: Fired) -> None:
    fired: tuple[int, ...] = _get(r, w, "rung_ms")
    w.fields["rung_ms"] = (*fired[: op.rung], w.at_ms, *fired[op.rung + 1 :])


def _tell(r: Registers, w: Writer, op: Tell) -> None:
    since: tuple[int, ...] = _get(r, w, "rung_since_ms")
    due_ms = since[op.page.rung] if 0 <= op.page.rung < len(since) else -1
    late_ms = w.at_ms - due_ms if due_ms >= 0 and not op.page.repeat else 0
    told: int = _get(r, w, "told_ms")
    untold_ms = w.at_ms - told if told >= 0 else 0
    w.fields["told_ms"] = w.at_ms
    w.commands.append(op.page._replace(late_ms=max(0, late_ms), untold_ms=untold_ms))


def _issue(_r: Registers, w: Writer, op: Issue) -> None:
    w.issued_ms = w.issued_ms.set(op.command_id, w.at_ms)


def _settled(_r: Registers, w: Writer, op: Settled) -> None:
    if op.command_id in w.issued_ms:
        w.issued_ms = w.issued_ms.delete(op.command_id)


def _propose(r: Registers, w: Writer, op: Propose) -> None:
    w.fields["proposals"] = _get(r, w, "proposals").set(op.action, (op.digest, op.by))
    _void_votes(r, w, VoidVotes(op.action))


def _unpropose(r: Registers, w: Writer, op: Unpropose) -> None:
    proposals = _get(r, w, "proposals")
    if op.action in proposals:
        w.fields["proposals"] = proposals.delete(op.action)
    _void_votes(r, w, VoidVotes(op.action))


def _count_vote(r: Registers, w: Writer, op: CountVote) -> None:
    votes = _get(r, w, "votes")
    cast = votes.get(op.action, ())
    if op.by not in cast:
        w.fields["votes"] = votes.set(op.action, tuple(sorted((*cast, op.by))))


def _void_votes(r: Registers, w: Writer, op: VoidVotes) -> None:
    votes = _get(r, w, "votes")
    if op.action in votes:
        w.fields["votes"] = votes.delete(op.action)


def _ask_votes(r: Registers, w: Writer, op: AskVotes) -> None:
    digest = _get(r, w, "proposals").get(op.request.action, ("", ""))[0]
    w.commands.append(op.request._replace(digest=digest))


def _confirmed_by(_r: Registers, w: Writer, op: ConfirmedBy) -> None:
    w.fields["confirmed_by"] = op.by


_OPERATIONS: dict[type, Callable[[Registers, Writer, Any], None]] = {
    Arm: _arm,
    ArmElapsed: _arm_elapsed,
    ArmDeclared: _arm_declared,
    Disarm: _disarm,
    Elapsed: _elapsed,
    Stamp: _stamp,
    Clear: _clear,
    Settle: _settle,
    StartClock: _start_clock,
    PauseClock: _pause_clock,
    ResumeClock: _resume_clock,
    Fired: _fired,
    Tell: _tell,
    Issue: _issue,
    Settled: _settled,
    Propose: _propose,
    Unpropose: _unpropose,
    CountVote: _count_vote,
    VoidVotes: _void_votes,
    AskVotes: _ask_votes,
    ConfirmedBy: _confirmed_by,
}
