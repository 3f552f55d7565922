"""A live run: one plan under the wall clock, its coordinator, and those who carry it out.

The order never varies: what happened becomes an event, the kernel steps, event and commands are
made durable, and only then are the commands carried out. Everything that comes in (answers of
adapters, letters of people, timers) goes through one queue and is handled one at a time, results
before timers. A run that cannot write steps back before its next effect.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..compiler.plan import Effect, Kind
from .adapters.contract import Result
from .binding import HOST, Bound
from .carriers import carriers_of
from .clock import STEP_MS, Clock
from .coordinator import Coordinator
from .desk import Request, by_people, missing, requests
from .hearing import Refusal, Setting
from .journal import Append, Letter
from .journal_entries import EntryKind
from .journal_replay import Batch
from .kernel import commands as co
from .kernel import events as ev
from .kernel import finished, outcome_name
from .kernel.index import index_of
from .letters import hear
from .messenger import Messenger
from .rendering import CannotRender, blanks
from .view import RunView, message_key
from .workshop import Workshop, digest_of

if TYPE_CHECKING:
    from .people import People

Make = Callable[[int], ev.Event]


class Watcher(Protocol):
    """Whoever looks on while a run goes; must not take long."""

    def stepped(self, view: RunView, batch: Batch) -> None:
        """Something happened and is durable."""
        ...

    def noted(self, view: RunView) -> None:
        """A note was written: the last of ``view.notes``."""
        ...

    def trouble(self, text: str) -> None:
        """Something a person should know that is no part of the incident."""
        ...


class Incoming(NamedTuple):
    """One thing to handle: events to be made at its time, or a note, or a person's letter."""

    make: tuple[Make, ...] = ()
    reading: Mapping[str, Any] | None = None
    note: Mapping[str, Any] | None = None
    letter: Letter | None = None


class Office(Protocol):
    """What a run is lent by its host."""

    clock: Clock
    watcher: Watcher
    limit: asyncio.Semaphore

    async def commit(self, append: Append) -> None:
        """Make an append durable; raises where that cannot be done."""
        ...

    def holds(self, run: str, token: int) -> bool:
        """Whether the run is still this host's."""
        ...

    def redact(self, data: Any) -> Any:
        """Plain data without secrets."""
        ...


class _Buffer:
    """The entries of one append, as they are written."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, EntryKind, dict[str, Any]]] = []

    def append(self, at_ms: int, kind: EntryKind, payload: dict[str, Any]) -> None:
        self.entries.append((at_ms, kind, payload))

    def take(self) -> tuple[tuple[int, EntryKind, dict[str, Any]], ...]:
        found, self.entries = tuple(self.entries), []
        return found


class SteppedBack(Exception):
    """The run is no longer this host's, or cannot be written down: nothing more is done."""


class LiveRun:
    """One run under one host."""

    def __init__(
        self,
        office: Office,
        view: RunView,
        bound: Bound,
        token: int,
        workshop: Workshop,
        people: People | None,
        at_ms: int = 0,
    ) -> None:
        self.view = view
        self.bound = bound
        self.token = token
        self._office = office
        self._workshop = workshop
        self._people = people
        self.carriers = bound.carriers or carriers_of(view.header)
        self._messenger = Messenger(view, bound, people, workshop.send)
        self._buffer = _Buffer()
        self._coordinator = Coordinator(view.plan, self._buffer, None)
        self._queue: deque[Incoming] = deque()
        self._letters: set[int] = set()
        self._wake = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._parked: dict[str, co.Dispatch] = {}
        self._base_ms = at_ms - office.clock.steady_ms()
        self._wall_shift_ms = 0
        self._stopping = False

    # --- time ---------------------------------------------------------------------------------

    def now_ms(self) -> int:
        """The run's own time: it never steps, whatever the wall clock does."""
        steady = self._office.clock.steady_ms() + self._base_ms
        return max(steady, self.view.at_ms, self.view.state.registers.now_ms)

    def _look_at_wall(self, at_ms: int) -> Mapping[str, Any] | None:
        """A note where the wall clock was set since it was last looked at."""
        expected = self.view.zero_ms + self.view.shift_ms + at_ms
        moved = self._office.clock.wall_ms() - expected
        if abs(moved) <= STEP_MS:
            return None
        way = "forward" if moved > 0 else "back"
        text = f"the wall clock was set {way} by {abs(moved) / 1000:.0f} s; timers do not follow it"
        return {"what": "clock", "by": HOST, "shift_ms": moved, "text": text}

    # --- coming in ----------------------------------------------------------------------------

    def offer(self, *make: Make, reading: Mapping[str, Any] | None = None) -> None:
        """Something happened: events made when they are handled, and what was measured."""
        self._put(Incoming(make, reading))

    def note(self, note: Mapping[str, Any]) -> None:
        """Something to write down that is no event."""
        self._put(Incoming(note=note))

    def deliver(self, letter: Letter) -> None:
        """A person's letter out of the journal's inbox; the same one is taken once."""
        if letter.id not in self._letters:
            self._letters.add(letter.id)
            self._put(Incoming(letter=letter))

    def _put(self, incoming: Incoming) -> None:
        self._queue.append(incoming)
        self._wake.set()

    def stop(self) -> None:
        """Go no further than what is being written."""
        self._stopping = True
        self._wake.set()

    @property
    def finished(self) -> bool:
        """The kernel says that it is over."""
        return finished(self.view.state)

    @property
    def stopped(self) -> bool:
        """It was told to go no further."""
        return self._stopping

    # --- the loop -----------------------------------------------------------------------------

    async def start(self, resumed: bool) -> None:
        """Begin, or go on from what the journal says."""
        replayed = self.view.replayed()
        if not resumed or replayed.state.control.phase == "undeclared":
            await self._handle(Incoming((self._declaration(),)))
            return
        self._coordinator.restore(replayed, self.view.seq)
        at_ms = self.now_ms()
        waiting = dict(self.view.unsent)
        pages = [c.page_id for c in waiting.values() if isinstance(c, co.Page)]
        flying = [name for name in replayed.in_flight if not name.startswith("page:")]
        if replayed.missing:
            await self._commit()
        for key, command in waiting.items():
            if isinstance(command, co.Notify):
                self._notify(command, key)
        names = (*flying, *dict.fromkeys(pages))
        late = in_flight_words(len(flying), len(pages), at_ms - replayed.at_ms)
        self._queue.append(Incoming(note={"what": "host", "by": HOST, "text": late}))
        await self._handle(Incoming((lambda at: ev.Resumed(at, names),)))

    def _declaration(self) -> Make:
        declared: Mapping[str, Any] = self.view.header["declared"]
        level, by = declared.get("severity"), str(declared.get("by", ""))
        return lambda at: ev.Declared(at, level, by, bool(declared.get("person", True)))

    async def drive(self) -> None:
        """Handle what comes until it is over or stopped; raises what keeps it from being written."""
        try:
            while not self._stopping:
                if self._queue:
                    await self._handle(self._queue.popleft())
                    continue
                if self.finished and not self._tasks:
                    return
                await self._wait()
        finally:
            await self._let_go()

    async def _wait(self) -> None:
        """Until something comes in or a timer is due; due timers are handled."""
        due_ms = self._coordinator.clock.next_ms()
        left = None if due_ms is None else due_ms - self.now_ms()
        if left is not None and left <= 0:
            at_ms = self.now_ms()
            timers = self._coordinator.clock.take(at_ms)
            await self._handle(Incoming((lambda at: ev.TimersFired(at, timers),)))
            return
        self._wake.clear()
        if not self._queue and not self._stopping:
            await self._office.clock.pause(self._wake, left)

    async def _let_go(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        await self._workshop.close()

    # --- handling -----------------------------------------------------------------------------

    async def _handle(self, incoming: Incoming) -> None:
        at_ms = self.now_ms()
        if (moved := self._look_at_wall(at_ms)) is not None:
            self._write_note(at_ms, moved)
        if incoming.letter is not None:
            await self._hear(incoming.letter, at_ms)
        elif incoming.note is not None:
            self._write_note(at_ms, incoming.note)
            await self._commit()
            self._reconsider()
        else:
            events = tuple(make(at_ms) for make in incoming.make)
            await self._take(at_ms, events, incoming.reading)

    async def _hear(self, letter: Letter, at_ms: int) -> None:
        setting = Setting(self.view, self.carriers, self._people)
        try:
            heard = hear(setting, letter.payload, at_ms)
        except Refusal as refusal:
            reason = (
                f"{refusal.message}. {refusal.help}".strip(" .")
                if refusal.help
                else refusal.message
            )
            await self._commit(letter.id, "refused", reason)
            return
        if heard.note is not None:
            self._write_note(at_ms, heard.note)
        if not heard.events:
            await self._commit(letter.id, "taken", heard.said)
            self._reconsider()
            return
        await self._take(at_ms, heard.events, heard.reading, letter.id, heard.said)

    async def _take(
        self,
        at_ms: int,
        events: tuple[ev.Event, ...],
        reading: Mapping[str, Any] | None,
        letter: int | None = None,
        said: str = "",
    ) -> None:
        """Step the events, make all of it durable, then carry out what follows."""
        batches: list[Batch] = []
        for place, event in enumerate(events):
            written = dict(self._office.redact(reading)) if reading and not place else None
            self._coordinator.receive(at_ms, event, written)
            batches.append(self._coordinator.decide(at_ms, event, written))
        done = finished(self._coordinator.state)
        outcome = outcome_name(self._coordinator.state) if done else ""
        await self._commit(letter, "taken" if letter is not None else "", said, outcome)
        for batch in batches:
            self.view.fold(batch)
            self.view.seq = batch.seq + batch.lead + len(batch.step.commands)
            self._office.watcher.stepped(self.view, batch)
            self._carry_out(batch)
        self._reconsider()

    def _write_note(self, at_ms: int, note: Mapping[str, Any]) -> None:
        payload = dict(self._office.redact(note))
        self._buffer.append(at_ms, "note", payload)
        self.view.note(self._coordinator.seq, at_ms, payload)
        self._coordinator.seq += 1
        self._office.watcher.noted(self.view)

    async def _commit(
        self,
        letter: int | None = None,
        verdict: str = "",
        reason: str = "",
        outcome: str | None = None,
    ) -> None:
        entries = self._buffer.take()
        append = Append(self.view.run, self.token, entries, letter, verdict, reason, outcome)
        await self._office.commit(append)

    # --- carrying out -------------------------------------------------------------------------

    def _carry_out(self, batch: Batch) -> None:
        first = batch.seq + batch.lead
        for place, command in enumerate(batch.step.commands):
            act = _ACTS.get(type(command))
            if act is not None:
                act(self, command, first + place)

    def _spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the loop; a second of one name waits for the first."""
        before = self._tasks.get(name)

        async def run() -> None:
            try:
                if before is not None:
                    await asyncio.wait([before])
                await work
            except asyncio.CancelledError:
                work.close()
                raise
            except Exception as error:  # nothing beside the loop may end it unseen
                self._office.watcher.trouble(f"{name}: {type(error).__name__}: {error}")
            finally:
                if self._tasks.get(name) is task:
                    del self._tasks[name]
                self._wake.set()

        task = asyncio.create_task(run())
        self._tasks[name] = task

    async def _still_mine(self) -> None:
        """The last look before an effect: another host may have taken the run over."""
        if self._stopping or not self._office.holds(self.view.run, self.token):
            self.stop()
            raise asyncio.CancelledError

    def _dispatch(self, command: co.Dispatch, _seq: int = 0) -> None:
        action = index_of(self.view.plan).actions[command.action].action
        if missing(self.view, self.carriers, action, command.item):
            self._parked[command.command_id] = command
            self._ask(self._request_of(command.command_id))
        elif action.kind is Kind.NOTIFY and command.item == "do":
            self._spawn(command.command_id, self._publish(command))
        elif action.kind is Kind.DOCUMENT and command.item == "do":
            self._spawn(command.command_id, self._render(command))
        elif by_people(self.carriers, command.action, command.item):
            self._ask(self._request_of(command.command_id))
        else:
            self._spawn(command.command_id, self._work(command))

    async def _work(self, command: co.Dispatch) -> None:
        async with self._office.limit:
            await self._still_mine()
            result = await self._workshop.dispatch(command)
        self._report(command, result)

    def _report(self, command: co.Dispatch, result: Result) -> None:
        carrier = self.carriers[command.action, command.item]
        by = carrier.instance
        facts = tuple((name, result.facts[name]) for name in sorted(result.facts))
        reading: dict[str, Any] = {"of": command.command_id, "by": by, "via": by}
        for name, value in (
            ("text", result.text),
            ("values", result.values),
            ("detail", result.detail),
        ):
            if value:
                reading[name] = value
        answer = _admitted(self.view, command, result.answer)
        self.offer(
            lambda at: ev.Returned(at, command.command_id, answer, by, facts=facts), reading=reading
        )

    async def _render(self, command: co.Dispatch) -> None:
        """A document: every blank that somebody owed is filled in, the rest shows as a blank."""
        from .postmortem import names_for_document

        action = index_of(self.view.plan).actions[command.action].action
        try:
            text = blanks(action.template or "", names_for_document(self.view))
            result = Result("ok", text)
        except CannotRender as error:
            result = Result("permanent", str(error))
        self._report(command, result)

    async def _publish(self, command: co.Dispatch) -> None:
        """A notice: what is not known yet shows as a visible blank."""
        action = index_of(self.view.plan).actions[command.action].action
        carrier = self.carriers[command.action, command.item]
        try:
            body = blanks(action.template or action.name, self.view.names())
        except CannotRender as error:
            self._report(command, Result("permanent", str(error)))
            return
        key, subject = command.key, action.name.replace("_", " ")
        async with self._office.limit:
            await self._still_mine()
            told = await self._messenger.publish(
                carrier.instance, command.agent, key, subject, body
            )
        self._report(command, Result(told.answer, body if told.answer == "ok" else told.text))

    def _cancel(self, command: co.CancelDispatch, _seq: int) -> None:
        self._parked.pop(command.command_id, None)
        for batch in reversed(self.view.batches):
            for each in batch.step.commands:
                if isinstance(each, co.Dispatch) and each.command_id == command.command_id:
                    if each.effect != Effect.UNSAFE:
                        task = self._tasks.get(command.command_id)
                        if task is not None:
                            task.cancel()
                        self._spawn(f"cancel:{each.command_id}", self._workshop.cancel(each))
                    return

    def _observe(self, command: co.ObserveEffect, _seq: int) -> None:
        issued = self.view.issued.get(command.command_id)
        if issued is None:
            return
        if by_people(self.carriers, issued.command.action, issued.command.item):
            self._ask(self._request_of(command.command_id))
            return
        self._spawn(command.command_id, self._find_out(command, issued.command))

    async def _find_out(self, command: co.ObserveEffect, dispatched: co.Dispatch) -> None:
        """Look whether it happened; what is known to have happened is asked for its answer."""
        async with self._office.limit:
            happened = await self._workshop.observe(command, dispatched)
            if happened:
                await self._still_mine()
                result = await self._workshop.dispatch(dispatched)
                if result.answer != "unknown":
                    self._report(dispatched, result)
                    return
        self.offer(
            lambda at: ev.Observed(at, command.command_id, happened),
            reading={"of": command.command_id, "by": HOST, "via": HOST, "happened": happened},
        )

    # --- people -------------------------------------------------------------------------------

    def _question(self, command: co.AskPerson, _seq: int) -> None:
        if command.about == "fact" and command.subject in self.bound.facts:
            self._spawn(command.question, self._read_fact(command))
        else:
            self._ask(self._request_of(command.question))

    async def _read_fact(self, command: co.AskPerson) -> None:
        """A fact that a program can read is read before anybody is asked."""
        name = command.subject
        by = self.bound.facts[name].carrier.instance
        async with self._office.limit:
            value, text, valid_ms = await self._workshop.read_fact(name)
        if value is None:
            self.note({"what": "fact", "by": by, "text": f"{name} cannot be read: {text}"})
            self._ask(self._request_of(command.question))
            return
        reading = {"of": f"fact:{name}", "by": by, "via": by, "text": text}
        self.offer(lambda at: ev.FactRecorded(at, name, value, by, valid_ms), reading=reading)

    def _request_of(self, name: str) -> Request | None:
        found = requests(self.view, self.carriers)
        return next((each for each in found if name in (each.id, each.command_id)), None)

    def _ask(self, request: Request | None) -> None:
        if request is not None:
            self._spawn(f"ask:{request.id}", self._put_to_people(request))

    async def _put_to_people(self, request: Request) -> None:
        for told in await self._messenger.ask(request, self.view.at_ms):
            if not told.reached:
                self._office.watcher.trouble(f"{told.target} was not told: {told.why}")

    def _propose(self, command: co.RequestProposal, _seq: int) -> None:
        self._spawn(f"propose:{command.action}", self._proposal(command.action))

    async def _proposal(self, action: str) -> None:
        content, by = await self._workshop.propose(action)
        shown: dict[str, Any] = self._office.redact(content)
        digest = digest_of(shown)
        known = self.view.proposals.get(action)
        gate = self.view.state.control.actions[action].gate
        if gate == "pending" and known is not None and known.digest == digest:
            return
        reading = {"of": action, "by": by, "via": HOST, "proposal": shown, "digest": digest}
        self.offer(lambda at: ev.Proposed(at, action, digest, by), reading=reading)

    def _call_votes(self, command: co.RequestApproval, _seq: int) -> None:
        request = self._request_of(f"approve:{command.action}")
        if request is not None:
            self._ask(request._replace(to=command.approvers))

    def _page(self, command: co.Page, seq: int) -> None:
        self._spawn(f"page:{seq}", self._page_all(command, message_key(command, seq)))

    async def _page_all(self, command: co.Page, key: str) -> None:
        await self._still_mine()
        at_ms = self.view.at_ms
        found = await asyncio.gather(
            *(self._messenger.page(command, key, target, at_ms) for target in command.targets)
        )
        reached = [each for each in found if each.reached]
        self.note(
            {
                "what": "sent",
                "by": HOST,
                "message": key,
                "text": ", ".join(f"{each.target} by {each.by}" for each in reached),
                "failed": {each.target: each.why for each in found if each.why},
            }
        )
        for each in found:
            if not each.reached:
                self._office.watcher.trouble(f"{each.target} cannot be reached: {each.why}")
                self.offer(_unreachable(command.rung, each.target))

    def _notify(self, command: co.Notify, key: str) -> None:
        self._spawn(key, self._notify_all(command, key))

    def _notice(self, command: co.Notify, seq: int) -> None:
        self._notify(command, message_key(command, seq))

    async def _notify_all(self, command: co.Notify, key: str) -> None:
        await self._still_mine()
        at_ms = self.view.at_ms
        found = [await self._messenger.notice(command, key, each, at_ms) for each in command.to]
        failed = {each.target: each.why for each in found if each.why}
        self.note({"what": "sent", "by": HOST, "message": key, "text": "", "failed": failed})

    # --- what was waited for ------------------------------------------------------------------

    def _reconsider(self) -> None:
        """Names may have been supplied: start what waited for them, propose anew what changed."""
        for command_id, command in list(self._parked.items()):
            if command_id not in self.view.issued:
                del self._parked[command_id]
                continue
            action = index_of(self.view.plan).actions[command.action].action
            waiting = missing(self.view, self.carriers, action, command.item)
            people = by_people(self.carriers, command.action, command.item)
            if not waiting and not people:
                del self._parked[command_id]
                self._dispatch(command)
        for action_id, now in self.view.state.control.actions.items():
            if now.gate == "pending" and f"propose:{action_id}" not in self._tasks:
                self._spawn(f"propose:{action_id}", self._proposal(action_id))


def in_flight_words(dispatches: int, pages: int, down_ms: int) -> str:
    """What a host that comes back finds, in a line."""
    return (
        f"a host has taken the run up again after {down_ms / 1000:.0f} s without one; "
        f"{dispatches} commands and {pages} pages had no result"
    )


def _unreachable(rung: int, target: str) -> Make:
    return lambda at: ev.TargetUnreachable(at, rung, target)


def _admitted(view: RunView, command: co.Dispatch, answer: str) -> str:
    """An adapter's answer as the item admits it: only what is looked at may be false or alert."""
    action = index_of(view.plan).actions[command.action].action
    if answer == "false" and action.kind is not Kind.VERIFY and command.item != "judge":
        return "alert" if command.item == "watch" else "ok"
    if answer == "alert" and command.item != "watch":
        return "failed"
    return answer


_ACTS: Mapping[type, Callable[[LiveRun, Any, int], None]] = {
    co.Dispatch: LiveRun._dispatch,  # pyright: ignore[reportPrivateUsage]
    co.CancelDispatch: LiveRun._cancel,  # pyright: ignore[reportPrivateUsage]
    co.ObserveEffect: LiveRun._observe,  # pyright: ignore[reportPrivateUsage]
    co.AskPerson: LiveRun._question,  # pyright: ignore[reportPrivateUsage]
    co.RequestProposal: LiveRun._propose,  # pyright: ignore[reportPrivateUsage]
    co.RequestApproval: LiveRun._call_votes,  # pyright: ignore[reportPrivateUsage]
    co.Page: LiveRun._page,  # pyright: ignore[reportPrivateUsage]
    co.Notify: LiveRun._notice,  # pyright: ignore[reportPrivateUsage]
}
"""What each command asks of a run; the others are the coordinator's own or words."""
