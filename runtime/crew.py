"""The crew of a run: carries out what the kernel has decided, beside the run's loop.

Every command that is durable is handed to an adapter, a messenger or a person's desk; what comes of
it goes back into the run's queue. Right before an effect the run is looked at once more: it may be
another host's by now. Decides nothing and writes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import asdict
from itertools import count
from typing import Any, Protocol

from ..compiler.plan import Effect, Kind
from .adapters.contract import Result
from .binding import HOST, Bound, Carrier
from .desk import by_people, missing, requests
from .journal_faults import JournalTrouble
from .journal_replay import Batch
from .journal_rows import LeaseLost
from .keeping import Keeping
from .kernel import Timer
from .kernel import commands as co
from .kernel import events as ev
from .kernel.index import index_of
from .locking import Locking
from .messenger import Messenger
from .rendering import CannotRender, blanks
from .request import Request
from .view import RunView, message_key
from .workshop import Workshop, digest_of

Make = Callable[[int], ev.Event]


class Run(Protocol):
    """What a crew needs of its run."""

    def offer(self, *make: Make, reading: Mapping[str, Any] | None = None) -> None:
        """Something happened."""
        ...

    def note(self, note: Mapping[str, Any]) -> None:
        """Something to write down that is no event."""
        ...

    def wake(self) -> None:
        """Look again whether there is anything left to do."""
        ...

    async def still_mine(self) -> None:
        """Raises ``CancelledError`` where the run is no longer this host's."""
        ...


class Crew:
    """Those who carry out one run's commands."""

    def __init__(
        self,
        run: Run,
        view: RunView,
        bound: Bound,
        carriers: Mapping[tuple[str, str], Carrier],
        workshop: Workshop,
        messenger: Messenger,
        locking: Locking,
        limit: asyncio.Semaphore,
        redact: Callable[[Any], Any],
        trouble: Callable[[str], None],
    ) -> None:
        self.view = view
        self.bound = bound
        self.carriers = carriers
        self._run = run
        self._workshop = workshop
        self._messenger = messenger
        self._locking = locking
        self._limit = limit
        self._redact = redact
        self._trouble = trouble
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._parked: dict[str, co.Dispatch] = {}
        self._unlooked: dict[str, Timer] = {}
        self._keeping = Keeping(view, workshop, self._spawn, run.still_mine, run.note)

    @property
    def busy(self) -> bool:
        """Whether anything is still going on."""
        return bool(self._tasks)

    @property
    def unlooked(self) -> Collection[Timer]:
        """The ends of watches that were not looked at yet, in this process: they have to wait."""
        return self._unlooked.values()

    async def let_go(self) -> None:
        """Stop everything; what was under way has no result in the journal."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        await self._workshop.close()

    def carry_out(self, batch: Batch) -> None:
        first = batch.seq + batch.lead
        for place, command in enumerate(batch.step.commands):
            act = _ACTS.get(type(command))
            if act is not None:
                act(self, command, first + place)

    def _spawn(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something beside the loop; a second of one name waits for the first."""
        before = self._tasks.get(name)

        async def run() -> None:
            if before is not None:
                await asyncio.wait([before])
            try:
                await work
            except Exception as error:  # nothing beside the loop may end it unseen
                self._trouble(f"{name}: {type(error).__name__}: {error}")

        def ended(done: asyncio.Task[None]) -> None:
            work.close()  # one that was cancelled before it began is not awaited any more
            if self._tasks.get(name) is done:
                del self._tasks[name]
            self._run.wake()

        task = asyncio.create_task(run(), name=name)
        self._tasks[name] = task
        task.add_done_callback(ended)
        return task

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
        elif command.item == "watch":
            self._unlooked[command.command_id] = Timer("watch", command.action)
            self._spawn(command.command_id, self._watch(command))
        else:
            self._spawn(command.command_id, self._work(command))

    async def _work(self, command: co.Dispatch) -> None:
        self._report(command, await self._alone(command))

    async def _alone(self, command: co.Dispatch) -> Result:
        """Carry it out while no other run changes the same; waiting keeps nobody else from work."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with self._limit:
                names = await self._workshop.locks(command)
            if names:
                limit_ms = self.carriers[command.action, command.item].timeout_ms
                why = await self._locking.take(command.command_id, names, limit_ms)
                if why:
                    return Result("failed", why)
            async with self._limit:
                await self._run.still_mine()
                spent_ms = int((loop.time() - began) * 1000)
                return await self._workshop.dispatch(command, spent_ms=spent_ms)
        except ConnectionError as error:  # what it changes could not be looked up now
            return Result("failed", str(error))
        except LeaseLost:
            raise asyncio.CancelledError from None
        except JournalTrouble as trouble:
            return Result("failed", f"it cannot be kept apart from other runs: {trouble}")
        finally:
            self._locking.over(command.command_id)

    async def _watch(self, command: co.Dispatch) -> None:
        """Look again and again, until it goes wrong or nobody watches any more."""
        poll_s = index_of(self.view.plan).actions[command.action].action.poll_ms / 1000
        of = command.command_id.rpartition(":")[0]  # every attempt goes on from what was seen
        seen = self.view.remembered.get(of, {})
        try:
            for number in count(1):
                async with self._limit:
                    await self._run.still_mine()
                    result = await self._workshop.look(command, number, seen)
                if result.remember is not None and dict(result.remember) != dict(seen):
                    seen = result.remember
                    self._remember(command, of, result)
                if _admitted(self.view, command, result) != "ok":
                    self._report(command, result)
                    return
                if self._unlooked.pop(command.command_id, None) is not None:
                    self._run.wake()
                await asyncio.sleep(poll_s)
        finally:
            self._unlooked.pop(command.command_id, None)

    def _remember(self, command: co.Dispatch, of: str, result: Result) -> None:
        """What the next look is to know goes into the journal, before anything follows from it."""
        by = self.carriers[command.action, command.item].instance
        told = result.text if result.answer == "ok" and of not in self.view.remembered else ""
        text = f"{command.action}: {told}" if told else ""
        note = {"what": "watch", "by": by, "of": of, "remember": result.remember, "text": text}
        self._run.note(note)

    def _report(self, command: co.Dispatch, result: Result) -> None:
        carrier = self.carriers[command.action, command.item]
        by = carrier.instance
        facts = tuple((name, result.facts[name]) for name in sorted(result.facts))
        reading: dict[str, Any] = {"of": command.command_id, "by": by, "via": by}
        for name, value in (
            ("text", result.text),
            ("values", result.values),
            ("detail", result.detail),
            ("keep", {} if result.keep is None else asdict(result.keep)),
        ):
            if value:
                reading[name] = value
        answer = _admitted(self.view, command, result)
        self._run.offer(
            lambda at: ev.Returned(at, command.command_id, answer, by, facts=facts), reading=reading
        )

    async def _render(self, command: co.Dispatch) -> None:
        """A document: every blank that somebody owed is filled in, the rest shows as a blank."""
        from .postmortem import document

        action = index_of(self.view.plan).actions[command.action].action
        try:
            text = document(self.view, action.template or "")
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
        async with self._limit:
            await self._run.still_mine()
            told = await self._messenger.publish(
                carrier.instance, command.agent, key, subject, body
            )
        self._report(command, Result(told.answer, body if told.answer == "ok" else told.text))

    def _cancel(self, command: co.CancelDispatch, _seq: int) -> None:
        self._parked.pop(command.command_id, None)
        self._unlooked.pop(command.command_id, None)
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
        async with self._limit:
            happened = await self._workshop.observe(command, dispatched)
            if happened:
                await self._run.still_mine()
                result = await self._workshop.dispatch(dispatched, again=True)
                if result.answer != "unknown":
                    self._report(dispatched, result)
                    return
        self._run.offer(
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
        async with self._limit:
            value, text, valid_ms = await self._workshop.read_fact(name)
        if value is None:
            self._run.note({"what": "fact", "by": by, "text": f"{name} cannot be read: {text}"})
            self._ask(self._request_of(command.question))
            return
        reading = {"of": f"fact:{name}", "by": by, "via": by, "text": text}
        self._run.offer(lambda at: ev.FactRecorded(at, name, value, by, valid_ms), reading=reading)

    def _request_of(self, name: str) -> Request | None:
        found = requests(self.view, self.carriers)
        return next((each for each in found if name in (each.id, each.command_id)), None)

    def _ask(self, request: Request | None) -> None:
        if request is not None:
            self._spawn(f"ask:{request.id}", self._put_to_people(request))

    async def _put_to_people(self, request: Request) -> None:
        for told in await self._messenger.ask(request, self.view.at_ms):
            if not told.reached:
                self._trouble(f"{told.target} was not told: {told.why}")

    def _propose(self, command: co.RequestProposal, _seq: int) -> None:
        self._spawn(f"propose:{command.action}", self._proposal(command.action))

    async def _proposal(self, action: str) -> None:
        content, by = await self._workshop.propose(action)
        shown: dict[str, Any] = self._redact(content)
        digest = digest_of(shown)
        known = self.view.proposals.get(action)
        gate = self.view.state.control.actions[action].gate
        if gate == "pending" and known is not None and known.digest == digest:
            return
        reading = {"of": action, "by": by, "via": HOST, "proposal": shown, "digest": digest}
        self._run.offer(lambda at: ev.Proposed(at, action, digest, by), reading=reading)

    def _call_votes(self, command: co.RequestApproval, _seq: int) -> None:
        request = self._request_of(f"approve:{command.action}")
        if request is not None:
            self._ask(request._replace(to=command.approvers))

    def _page(self, command: co.Page, seq: int) -> None:
        self._spawn(f"page:{seq}", self._page_all(command, message_key(command, seq)))

    async def _page_all(self, command: co.Page, key: str) -> None:
        await self._run.still_mine()
        at_ms = self.view.at_ms
        found = await asyncio.gather(
            *(self._messenger.page(command, key, target, at_ms) for target in command.targets)
        )
        reached = [each for each in found if each.reached]
        self._run.note(
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
                self._trouble(f"{each.target} cannot be reached: {each.why}")
                self._run.offer(_unreachable(command.rung, each.target))

    def notify(self, command: co.Notify, key: str) -> None:
        self._spawn(key, self._notify_all(command, key))

    def _notice(self, command: co.Notify, seq: int) -> None:
        self.notify(command, message_key(command, seq))

    async def _notify_all(self, command: co.Notify, key: str) -> None:
        await self._run.still_mine()
        at_ms = self.view.at_ms
        found = [await self._messenger.notice(command, key, each, at_ms) for each in command.to]
        failed = {each.target: each.why for each in found if each.why}
        self._run.note({"what": "sent", "by": HOST, "message": key, "text": "", "failed": failed})

    # --- what was waited for ------------------------------------------------------------------

    def reconsider(self) -> None:
        """Start what waited for a name, propose anew what changed, look after what is kept."""
        self._keeping.look()
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


def _unreachable(rung: int, target: str) -> Make:
    return lambda at: ev.TargetUnreachable(at, rung, target)


def _admitted(view: RunView, command: co.Dispatch, result: Result) -> str:
    """An adapter's answer as the item admits it: only what is looked at may be false or alert.

    Where people only want to see something, a process that ran to its end has shown it, whatever
    its exit code: ``grep`` that finds nothing has not failed.
    """
    action, answer = index_of(view.plan).actions[command.action].action, result.answer
    ran = result.detail.get("ended") == "exit"
    if action.kind is Kind.OBSERVE and answer in ("failed", "permanent") and ran:
        return "ok"
    if answer == "false" and action.kind is not Kind.VERIFY and command.item != "judge":
        return "alert" if command.item == "watch" else "ok"
    if answer == "alert" and command.item != "watch":
        return "false" if action.kind is Kind.VERIFY or command.item == "judge" else "failed"
    return answer


_ACTS: Mapping[type, Callable[[Crew, Any, int], None]] = {
    co.Dispatch: Crew._dispatch,  # pyright: ignore[reportPrivateUsage]
    co.CancelDispatch: Crew._cancel,  # pyright: ignore[reportPrivateUsage]
    co.ObserveEffect: Crew._observe,  # pyright: ignore[reportPrivateUsage]
    co.AskPerson: Crew._question,  # pyright: ignore[reportPrivateUsage]
    co.RequestProposal: Crew._propose,  # pyright: ignore[reportPrivateUsage]
    co.RequestApproval: Crew._call_votes,  # pyright: ignore[reportPrivateUsage]
    co.Page: Crew._page,  # pyright: ignore[reportPrivateUsage]
    co.Notify: Crew._notice,  # pyright: ignore[reportPrivateUsage]
}
"""What each command asks of a run; the others are the coordinator's own or words."""
