"""What is to be done: the closed union of commands that a host carries out.

Commands are imperative. A host carries each out once and answers where an answer is due; it
decides nothing. Identities are unique within a run and derive from what the command is about
(action, item, pass, attempt), never from a counter, so a replay gives the same ones.
"""

from __future__ import annotations

from typing import NamedTuple

from .timers import Timer

PHASES = ("do", "choose", "canary", "watch", "judge", "promote", "revert", "compensate")
"""What a dispatch carries out where it is not an item of the plan."""


class Dispatch(NamedTuple):
    """Carry out one item of an action; answer with ``Returned``.

    ``key`` is the idempotency key: the same for every attempt whose predecessor's outcome is
    lost, a new one after a failure that is known. ``item`` is an item's id or one of PHASES.
    """

    command_id: str
    key: str
    action: str
    item: str
    agent: str
    effect: str
    attempt: int


class CancelDispatch(NamedTuple):
    """Nobody waits for this command any more; stop it where that can be done."""

    command_id: str


class ObserveEffect(NamedTuple):
    """Find out whether an unsafe command happened; answer with ``Observed``."""

    command_id: str
    key: str


class AskPerson(NamedTuple):
    """Put a question to these; answer with ``Answered``. Asking an open question again repeats it.

    ``about`` is one of QUESTIONS in questions.py; ``subject`` the action, stage, fact or command.
    """

    question: str
    about: str
    subject: str
    to: tuple[str, ...]
    options: tuple[str, ...]


class WithdrawQuestion(NamedTuple):
    """The question no longer matters."""

    question: str


class RequestProposal(NamedTuple):
    """Render what the action will do, every relative value made absolute; answer ``Proposed``."""

    action: str
    round: int


class RequestApproval(NamedTuple):
    """Ask for votes on what has this digest; answer with ``Voted``."""

    action: str
    digest: str
    approvers: tuple[str, ...]
    quorum: int
    round: int


class WithdrawApproval(NamedTuple):
    """The gate is closed: ``reason`` says how (approved, rejected, waived, guard, cancelled)."""

    action: str
    reason: str


class Page(NamedTuple):
    """Wake these people, and say how late it is and how long nobody was told.

    ``repeat`` counts the pages of this rung and loop before this one.
    """

    page_id: str
    rung: int
    loop: int
    targets: tuple[str, ...]
    mode: str
    repeat: int
    late_ms: int = 0
    untold_ms: int = 0


class Notify(NamedTuple):
    """Tell these; nobody has to answer. ``about`` is a reason: ``blocked``, ``reopened``, …"""

    about: str
    subject: str
    to: tuple[str, ...]


class SetTimer(NamedTuple):
    """Wake the kernel with ``TimersFired`` at ``due_ms`` (which may be past: at once)."""

    timer: Timer
    due_ms: int


class CancelTimer(NamedTuple):
    """Forget the timer."""

    timer: Timer


class Record(NamedTuple):
    """Something the kernel decided that the journal must tell: no effect, no answer."""

    what: str
    subject: str = ""
    detail: str = ""


Command = (
    Dispatch
    | CancelDispatch
    | ObserveEffect
    | AskPerson
    | WithdrawQuestion
    | RequestProposal
    | RequestApproval
    | WithdrawApproval
    | Page
    | Notify
    | SetTimer
    | CancelTimer
    | Record
)
COMMANDS: tuple[type[Command], ...] = (
    Dispatch,
    CancelDispatch,
    ObserveEffect,
    AskPerson,
    WithdrawQuestion,
    RequestProposal,
    RequestApproval,
    WithdrawApproval,
    Page,
    Notify,
    SetTimer,
    CancelTimer,
    Record,
)
