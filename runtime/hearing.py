"""What every letter is heard with: its setting, its parts, and the words of a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from .desk import Carriers
from .kernel import Event
from .view import RunView

if TYPE_CHECKING:
    from .people import People

USAGE, REFUSED = 2, 3
"""The exit statuses of a refusal: said wrongly, or not permitted as things stand."""

Payload = Mapping[str, Any]


class Refusal(Exception):
    """Why a letter cannot be taken: a sentence, what to do, and the exit status."""

    def __init__(self, message: str, help: str = "", status: int = REFUSED) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.status = status


class Heard(NamedTuple):
    """What a letter means: events in order, what is written beside them, and words for the sender.

    Where ``events`` is empty the letter is only a ``note``.
    """

    said: str
    events: tuple[Event, ...] = ()
    reading: Mapping[str, Any] | None = None
    note: Mapping[str, Any] | None = None


class Setting(NamedTuple):
    """What a letter is heard against."""

    view: RunView
    carriers: Carriers
    people: People | None = None


REASONS: Mapping[str, str] = {
    "already-aborted": "the automation has already stopped, and there is nothing to undo",
    "already-acknowledged": "somebody has already acknowledged it",
    "already-asked": "that is already being asked",
    "already-engaged": "that agent is already at work",
    "already-known": "that is already known",
    "already-mitigated": "it is already marked as mitigated",
    "already-proposed": "that is what is already proposed",
    "already-voted": "your vote already counts",
    "not-awaited": "nobody waits for a vote on it",
    "not-open": "that question is not open any more",
    "stale-command": "nobody waits for that answer any more",
    "digest-differs": "what would be done has changed since you were shown it",
    "finished": "the run is finished",
    "incident-open": "the incident is still open",
    "incident-resolved": "the incident is already resolved",
    "incident-closed": "the incident is already closed",
    "incident-undeclared": "the incident is not declared",
    "not-an-answer": "that is no answer to this",
    "not-an-approver": "you are not among those who may approve it",
    "not-an-option": "that is not one of the options",
    "not-declared": "the incident is not declared yet",
    "not-told": "that target has not been told yet, so it cannot acknowledge",
    "own-proposal": "you proposed it, so somebody else has to approve it",
    "passes-exhausted": "it has been gone back to as often as the plan allows",
    "unknown-action": "the plan has no such action",
    "unknown-agent": "the plan has no such agent",
    "unknown-command": "the plan has no such command",
    "unknown-level": "the plan has no such severity level",
    "unknown-rung": "the escalation path has no such rung",
    "unknown-target": "the escalation path has no such target",
    "unknown-verdict": "a run is closed as false-alarm, duplicate or aborted",
    "clock-backwards": "the clock stands before the run's last event",
}
HELPS: Mapping[str, str] = {
    "digest-differs": "look again with `armada status`, and approve what it shows now",
    "own-proposal": "ask another approver, or `armada approve … --break-glass --reason …`",
    "not-an-approver": "say in which role with --role; `armada who` lists the approvers",
    "finished": "`armada reopen` if it is not over",
}


def explain(reason: str, view: RunView) -> str:
    """A kernel's typed reason as a sentence."""
    if reason == "already-acknowledged":
        return f"{view.state.control.acknowledged} has already acknowledged it"
    return REASONS.get(reason, reason.replace("-", " "))


def text_of(payload: Payload, key: str, what: str) -> str:
    """A text that must be there and say something."""
    value = payload.get(key)
    if not isinstance(value, str) or not value.strip():
        raise Refusal(f"{what} is missing", "", USAGE)
    return value.strip()


def optional(payload: Payload, key: str) -> str:
    """A text that may be left out."""
    value = payload.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refusal(f"{key} must be a text", "", USAGE)
    return value.strip()


def texts_of(payload: Payload, key: str) -> dict[str, str]:
    """Names with texts."""
    value: Any = payload.get(key) or {}
    if not isinstance(value, Mapping):
        raise Refusal(f"{key} must be names with texts", "", USAGE)
    known = cast(Mapping[Any, Any], value)
    if not all(isinstance(k, str) and isinstance(v, str) for k, v in known.items()):
        raise Refusal(f"{key} must be names with texts", "", USAGE)
    return dict(cast(Mapping[str, str], known))


def nearest(name: str, known: list[str]) -> str:
    """A help line: the nearest name, or all."""
    close = get_close_matches(name, known, 1, 0.5)
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known) or 'none'}"


def parse_level(setting: Setting, text: str) -> int:
    """A severity level as people write it: 1, SEV-1, P1, or its name."""
    policies = setting.view.plan.severities
    lowered = text.strip().lower()
    for policy in policies:
        if lowered in (policy.name.lower(), str(policy.level)):
            return policy.level
    digits = "".join(each for each in lowered if each.isdigit())
    if (
        digits
        and len(digits) < 4
        and (not policies or any(p.level == int(digits) for p in policies))
    ):
        return int(digits)
    known = ", ".join(policy.name for policy in policies)
    raise Refusal(f"there is no severity level {text!r}", f"use one of: {known}", USAGE)
