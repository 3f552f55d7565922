"""The messenger: who is told what, by which channel, and the next one at once when one fails.

Owns the words of pages, notices and requests, and the way from a target's name to channels: the
bindings, else whoever the people file says is on call, else the host's own terminal. It decides
nothing: that nobody could be reached is told to the kernel.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from .adapters.contract import Message, MessageKind, Result
from .binding import CONSOLE, Bound, Instance
from .kernel import commands as co
from .kernel.index import index_of
from .links import VALID_MS, Links, Pass
from .request import Request
from .view import RunView, in_words

if TYPE_CHECKING:
    from .people import People, Person

Send = Callable[[str, Message], Awaitable[Result]]


class Told(NamedTuple):
    """What came of telling one target. ``reached``: some channel took it."""

    target: str
    reached: bool
    by: str
    why: str


class Messenger:
    """Tells the people of one run."""

    def __init__(
        self,
        view: RunView,
        bound: Bound,
        people: People | None,
        send: Send,
        links: Links | None = None,
    ) -> None:
        self._view = view
        self._bound = bound
        self._people = people
        self._send = send
        self._links = links

    async def page(self, page: co.Page, key: str, target: str, at_ms: int) -> Told:
        """Wake one target, or give it notice; its channels are tried in order."""
        kind: MessageKind = "page" if page.mode == "page" else "notice"
        subject = self._headline()
        late = f" This is {in_words(page.late_ms)} late." if page.late_ms >= 1000 else ""
        untold = (
            f" Nobody was told for {in_words(page.untold_ms)}." if page.untold_ms >= 1000 else ""
        )
        again = f" Reminder {page.repeat}: nobody has acknowledged yet." if page.repeat else ""
        rung = f"Escalation rung {page.rung + 1} of {len(self._view.plan.escalation.rungs)}."
        line = f"Acknowledge with: armada ack {self._view.run}" if kind == "page" else ""
        body = "\n".join(p for p in (f"{rung}{late}{untold}{again}", self._standing(), line) if p)
        return await self.tell(target, kind, key, subject, body, at_ms)

    async def notice(self, notice: co.Notify, key: str, target: str, at_ms: int) -> Told:
        """Tell one target about something; nobody has to answer."""
        words = NOTICES.get(notice.about, notice.about.replace("-", " "))
        subject = f"{words.format(subject=notice.subject)} · {self._headline()}"
        return await self.tell(target, "notice", key, subject, self._standing(), at_ms)

    async def ask(self, request: Request, at_ms: int) -> tuple[Told, ...]:
        """Put a request where those who are asked look, if any channel leads there."""
        kind: MessageKind = "approval" if request.form == "vote" else "question"
        body = "\n".join((*request.detail, f"Answer: {request.answer}", f"With: {request.line}"))
        found: list[Told] = []
        for role in request.to:
            if self._instances(role, at_ms)[0]:
                key = f"{request.command_id or request.id}:{request.digest[:12]}:{role}"
                found.append(await self.tell(role, kind, key, request.question, body, at_ms))
        return tuple(found)

    async def publish(self, instance: str, agent: str, key: str, subject: str, body: str) -> Result:
        """Send a text to a channel, as a notify action does."""
        return await self._send(instance, self._message("notice", key, agent, subject, body))

    async def tell(
        self, target: str, kind: MessageKind, key: str, subject: str, body: str, at_ms: int
    ) -> Told:
        """Tell one target by the first channel that takes it."""
        instances, missing = self._instances(target, at_ms)
        if not instances:
            if missing:
                return Told(target, False, "", missing)
            instances = (CONSOLE,)
        failures: list[str] = []
        for instance in instances:
            given = self._pass(kind, key, instance, target, at_ms)
            text = body + self._link(given)
            message = self._message(kind, f"{key}:{target}", target, subject, text, given)
            result = await self._send(instance, message)
            if result.answer == "ok":
                return Told(target, True, instance, "; ".join(failures))
            failures.append(f"{instance}: {result.text or result.answer}")
        return Told(target, False, "", "; ".join(failures))

    def _pass(
        self, kind: MessageKind, key: str, instance: str, target: str, at_ms: int
    ) -> Pass | None:
        """By what a page is acknowledged where it was read; other messages want no answer."""
        if kind != "page":
            return None
        until_ms = int(self._view.wall(at_ms).timestamp() * 1000) + VALID_MS
        return Pass(self._view.run, target, owner_of(instance), key, until_ms)

    def _link(self, given: Pass | None) -> str:
        """A line by which one person acknowledges; only where nobody else reads the channel."""
        if self._links is None or given is None or not given.person:
            return ""
        return f"\nOr by this link, once: {self._links.made(given)}"

    def channels(self, target: str, at_ms: int) -> tuple[str, ...]:
        """By what a target would be told now; empty where only the terminal is left."""
        return self._instances(target, at_ms)[0]

    def _instances(self, target: str, at_ms: int) -> tuple[tuple[str, ...], str]:
        """The channels of a target; else why there is nobody, empty where nobody is defined."""
        bound = self._bound.targets.get(target)
        if bound:
            return bound, ""
        channel = self._bound.agent_channel.get(target)
        if channel is not None and channel in self._bound.channels:
            return (self._bound.channels[channel],), ""
        if self._people is None or not self._people.defines(target):
            return (), ""
        on_call = self._people.on_call(target, self._view.wall(at_ms))
        if not on_call.persons:
            return (), on_call.reason
        found = [
            self._bound.channels[name]
            for person in on_call.persons
            for name in channel_names(person)
            if name in self._bound.channels
        ]
        return tuple(dict.fromkeys(found)), ""

    def _message(
        self,
        kind: MessageKind,
        key: str,
        to: str,
        subject: str,
        body: str,
        given: Pass | None = None,
    ) -> Message:
        view = self._view
        return Message(
            kind=kind,
            key=f"{view.run}/{key}",
            thread=f"{view.run}/{to}",
            to=to,
            subject=subject,
            body=body,
            incident=view.names(),
            level=view.state.control.level or 1,
            press=given.text if given is not None else "",
        )

    def _headline(self) -> str:
        view = self._view
        policy = view.plan.severity(view.state.control.level)
        level = policy.name if policy is not None else ""
        rehearsal = "REHEARSAL · " if self._bound.rehearsal else ""
        return " ".join(
            part for part in (f"{rehearsal}{level}", view.title, f"({view.run})") if part
        )

    def _standing(self) -> str:
        """Where it stands, in a line."""
        control = self._view.state.control
        titles = index_of(self._view.plan).stages
        running = [titles[s].title for s, now in control.stages.items() if now.status == "running"]
        blocked = [titles[s].title for s, now in control.stages.items() if now.status == "blocked"]
        parts = [self._view.status]
        if control.acknowledged:
            parts.append(f"acknowledged by {self._view.commander or control.acknowledged}")
        if running:
            parts.append(f"under way: {', '.join(running)}")
        if blocked:
            parts.append(f"BLOCKED: {', '.join(blocked)}")
        return "; ".join(parts)


def with_person_channels(bound: Bound, people: People | None) -> Bound:
    """The same, with the channels that a people file spells out for its persons."""
    spelt = {
        name: Instance(
            name, str(each["adapter"]), {k: v for k, v in each.items() if k != "adapter"}
        )
        for person in (people.persons.values() if people is not None else ())
        for name, each in zip(channel_names(person), person.channels, strict=True)
        if not isinstance(each, str)
    }
    if not spelt:
        return bound
    named = {name: name for name in spelt}
    return replace(
        bound, instances={**bound.instances, **spelt}, channels={**bound.channels, **named}
    )


def channel_names(person: Person) -> tuple[str, ...]:
    """The names of a person's channels; one that is spelt out in the people file gets a name."""
    return tuple(
        each if isinstance(each, str) else f"person:{person.id}:{place}"
        for place, each in enumerate(person.channels)
    )


def owner_of(instance: str) -> str:
    """The person whose own channel an instance is; empty: it may have other readers."""
    kind, colon, rest = instance.partition(":")
    return rest.rpartition(":")[0] if colon and kind == "person" else ""


NOTICES = {
    "blocked": "{subject} has failed and is blocked",
    "unanswered": "{subject} is still unanswered",
    "idle": "nothing is left to do and it is not over",
    "reopened": "it was reopened",
    "nobody-reached": "nobody of an escalation rung could be reached",
    "approval-expired": "the approval of {subject} has expired",
    "undo-failed": "undoing {subject} failed",
    "deadline-broken": "the response deadline is broken",
    "engaged": "{subject} is engaged",
    "exhausted": "THE ESCALATION IS EXHAUSTED",
}
