"""The workshop: the adapters of a run, and what they are asked.

Owns how a command of the kernel becomes an order: which adapter, with which arguments, every name
filled in. Whatever goes wrong on the way is an answer, never an exception, and nothing is retried
here: that is the kernel's.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..compiler.plan import Effect, canonical
from .adapters.contract import Adapter, Locking, Message, Order, Result, Surroundings, Trying
from .alert_conflicts import Use, blinded, words
from .binding import CONSOLE, HOST, PEOPLE, Bound, Carrier, Instance, described
from .kernel.commands import Dispatch, ObserveEffect
from .kernel.index import index_of
from .rendering import CannotRender, blanks, rendered
from .view import RunView

if TYPE_CHECKING:
    from .adapters.contract import Keeper
    from .adapters.secrets import Secrets

Make = Callable[[str, Mapping[str, Any], Surroundings], Adapter]
"""Makes an adapter of a name, its settings and what it is lent; raises ``ValueError``."""
PROPOSER = "armada"
"""Who proposes what no person has proposed."""
KEEPER_MS = 20_000
"""How long a renewal or release may take."""
TRY_S = 60.0
"""How long one server may take to say what it would do."""
SLACK_MS = 10_000
"""How much longer than an order's own timeout its adapter is waited for."""


class Workshop:
    """The adapters of one run."""

    def __init__(
        self,
        view: RunView,
        bound: Bound,
        folder: Path,
        secrets: Secrets,
        redact: Callable[[str], str],
        clean: Callable[[Any], Any],
        make: Make | None = None,
    ) -> None:
        self._view = view
        self._bound = bound
        self._folder = folder
        self._secrets = secrets
        self._redact = redact
        self._clean = clean
        self._make = make
        self._made: dict[str, Adapter] = {}
        self._looks: dict[str, str] = {}

    def adapter(self, instance: str) -> Adapter:
        """The adapter of an instance, made when it is first needed; raises ``ValueError``."""
        found = self._made.get(instance)
        if found is None:
            from .adapters.registry import make

            make = self._make or make
            terminal = Instance(CONSOLE, CONSOLE, {})
            known = self._bound.instances
            given = known.get(instance, terminal)
            if given is terminal and instance != CONSOLE:
                raise LookupError(f"the bindings have no adapter called {instance}")
            folder = self._folder / "adapters" / given.adapter
            surroundings = Surroundings(folder, self._secrets.resolve, self._redact)
            found = self._made[instance] = make(given.adapter, given.settings, surroundings)
        return found

    async def close(self) -> None:
        """Let every adapter go."""
        for adapter in self._made.values():
            await adapter.close()
        self._made.clear()

    # --- orders -------------------------------------------------------------------------------

    def order(
        self,
        command: Dispatch,
        carrier: Carrier,
        arguments: Mapping[str, Any],
        look: str = "",
        seen: Mapping[str, Any] | None = None,
    ) -> Order:
        """What an adapter is asked for a command, or for one ``look`` of a watch."""
        item = index_of(self._view.plan).actions[command.action].action
        text = next((each.text for each in item.items if each.id == command.item), item.name)
        return Order(
            run=self._view.run,
            command_id=command.command_id,
            key=f"{self._view.run}/{command.key}{look}",
            operation=carrier.operation,
            arguments=arguments,
            effect=Effect(command.effect),
            attempt=command.attempt,
            action=command.action,
            item=command.item,
            text=text,
            timeout_ms=carrier.timeout_ms,
            seen=seen,
            document=blanks(item.template, self._view.names()) if item.template else "",
            labels=item.labels,
        )

    async def locks(self, command: Dispatch) -> tuple[str, ...]:
        """By which names the command is kept apart from those of other runs.

        Raises ``ConnectionError`` where that cannot be looked up now. What would be refused anyway
        needs none: ``dispatch`` will say why.
        """
        if command.effect == Effect.READ.value:
            return ()
        carrier = self._bound.carriers[command.action, command.item]
        try:
            adapter = self.adapter(carrier.instance)
            if not isinstance(adapter, Locking):
                return ()
            given: Mapping[str, Any] = rendered(carrier.arguments, self._view.names())
            return await adapter.locks(self.order(command, carrier, given))
        except (CannotRender, LookupError, ValueError):
            return ()

    async def try_out(self, action: str, item: str) -> Result | None:
        """What the server of an action's item says beforehand; None where it cannot be asked."""
        carrier = self._bound.carriers[action, item]
        key = f"{action}:{item}:0:g0"
        command = Dispatch(key, key, action, item, "", carrier.effect.value, 0)
        try:
            adapter = self.adapter(carrier.instance)
            if not isinstance(adapter, Trying):
                return None
            given: Mapping[str, Any] = rendered(carrier.arguments, self._view.names())
            order = self.order(command, carrier, given)
            async with asyncio.timeout(TRY_S):
                return await adapter.try_out(order)
        except TimeoutError:
            return Result("failed", "no answer in time")
        except CannotRender as error:
            return Result("unknown", self._redact(_sentence(error)))
        except (LookupError, ValueError) as error:
            return self._unasked(error)

    async def dispatch(
        self, command: Dispatch, *, again: bool = False, spent_ms: int = 0
    ) -> Result:
        """Carry a command out; what was approved is what is done.

        ``again``: it is known to have happened, and only its answer is wanted; what it would be
        given now plays no part. ``spent_ms``: so much of its time has gone by in waiting.
        """
        carrier = self._bound.carriers[command.action, command.item]
        try:
            if again:
                arguments = await self._as_now(command, carrier)
            else:
                arguments = await self._arguments(command, carrier)
            if (why := self._blinds(command, carrier, arguments)) is not None:
                return Result("permanent", why)
            order = self.order(command, carrier, arguments)
            if order.timeout_ms is not None:
                order = replace(order, timeout_ms=max(1, order.timeout_ms - spent_ms))
            return await self._bounded(carrier, order)
        except (ConnectionError, LookupError, ValueError) as error:
            return self._unasked(error)

    async def look(self, command: Dispatch, number: int, seen: Mapping[str, Any]) -> Result:
        """One look of a watch. Every look has a key of its own, in every process: it is new."""
        carrier = self._bound.carriers[command.action, command.item]
        mark = f":look:{self._view.seq}:{number}"
        try:
            given = await self.prepared(command, carrier)
            order = self.order(command, carrier, given, mark, seen)
            self._looks[command.command_id] = order.key
            return await self._bounded(carrier, order)
        except (ConnectionError, LookupError, ValueError) as error:
            return self._unasked(error)

    def _unasked(self, error: Exception) -> Result:
        """What an order would have been could not be found out: now, or for good."""
        passing = isinstance(error, ConnectionError)
        return Result("failed" if passing else "permanent", self._redact(_sentence(error)))

    async def _as_now(self, command: Dispatch, carrier: Carrier) -> Mapping[str, Any]:
        try:
            return await self.prepared(command, carrier)
        except (CannotRender, LookupError, ValueError, ConnectionError):
            return carrier.arguments

    async def _bounded(self, carrier: Carrier, order: Order) -> Result:
        adapter = self.adapter(carrier.instance)
        return await self._answer(carrier, order, adapter.dispatch(order))

    async def _answer(
        self, carrier: Carrier, order: Order, work: Coroutine[Any, Any, Result]
    ) -> Result:
        limit = None if order.timeout_ms is None else (order.timeout_ms + SLACK_MS) / 1000
        unknown = order.effect is Effect.UNSAFE
        try:
            async with asyncio.timeout(limit):
                return await work
        except TimeoutError:
            return Result("unknown" if unknown else "failed", "no answer in time")
        except asyncio.CancelledError:
            raise
        except Exception as error:  # an adapter of somebody else's may have bugs
            text = f"the adapter {carrier.instance} broke: {type(error).__name__}: {error}"
            return Result("unknown" if unknown else "permanent", self._redact(text))

    async def _arguments(self, command: Dispatch, carrier: Carrier) -> Mapping[str, Any]:
        """The arguments as approved, where they were; they must still be what they would be now."""
        now = await self.prepared(command, carrier)
        proposal = self._view.proposals.get(command.action)
        gate = self._view.state.control.actions[command.action].gate
        if gate not in ("approved", "waived") or proposal is None:
            return now
        shown = proposal.content.get("items", {}).get(command.item)
        if shown is None or shown.get("arguments") == json.loads(canonical(self._clean(now))):
            return now
        raise CannotRender(
            "what would be done has changed since it was approved; a retry asks for approval anew"
        )

    async def prepared(self, command: Dispatch, carrier: Carrier) -> Mapping[str, Any]:
        """A carrier's arguments for a command, every name filled in and every value absolute."""
        given: Mapping[str, Any] = rendered(carrier.arguments, self._view.names())
        order = self.order(command, carrier, given)
        return await self.adapter(carrier.instance).prepare(order)

    async def observe(self, command: ObserveEffect, dispatched: Dispatch) -> bool | None:
        """Whether a command in flight has happened; None: cannot tell."""
        carrier = self._bound.carriers[dispatched.action, dispatched.item]
        try:
            given: Mapping[str, Any] = rendered(carrier.arguments, self._view.names())
        except CannotRender:  # the key tells an adapter which command it was
            given = {}
        try:
            order = self.order(dispatched, carrier, given)
            return await self.adapter(carrier.instance).observe(order)
        except (LookupError, ValueError):
            return None

    async def renew(self, command: Dispatch, lasts_ms: int) -> Result:
        """Have what a command has done last so long from now."""
        return await self._keeper(command, lambda keeper, order: keeper.renew(order, lasts_ms))

    async def release(self, command: Dispatch) -> Result:
        """End what a command has done."""
        return await self._keeper(command, lambda keeper, order: keeper.release(order))

    async def _keeper(
        self, command: Dispatch, work: Callable[[Keeper, Order], Coroutine[Any, Any, Result]]
    ) -> Result:
        carrier = self._bound.carriers[command.action, command.item]
        try:
            given: Mapping[str, Any] = rendered(carrier.arguments, self._view.names())
        except CannotRender:  # the key tells an adapter which command it was
            given = {}
        try:
            order = replace(self.order(command, carrier, given), timeout_ms=KEEPER_MS)
            keeper = cast("Keeper", self.adapter(carrier.instance))
            return await self._answer(carrier, order, work(keeper, order))
        except (LookupError, ValueError, AttributeError) as error:
            return self._unasked(error)

    def instance_of(self, command: Dispatch) -> str:
        """The instance that carries a command out."""
        return self._bound.carriers[command.action, command.item].instance

    def _blinds(
        self, command: Dispatch, carrier: Carrier, arguments: Mapping[str, Any]
    ) -> str | None:
        """Why a command may not be carried out: it would hide what the plan checks by."""
        hiding = self._use(command.action, command.item, carrier, arguments)
        if hiding is None or hiding.operation.hides_alerts is None:
            return None
        names = self._view.names()
        uses = [
            use
            for (action, slot), each in self._bound.carriers.items()
            if (use := self._use(action, slot, each, _known(each.arguments, names))) is not None
        ]
        read = blinded(hiding, uses)
        return (
            None if read is None else f"{words(read)}: narrow it by a label that tells them apart"
        )

    def _use(
        self, action: str, slot: str, carrier: Carrier, arguments: Mapping[str, Any]
    ) -> Use | None:
        from .adapters.registry import known_adapters

        known = self._bound.instances.get(carrier.instance)
        adapter = None if known is None else known_adapters().get(known.adapter)
        operation = None if adapter is None else adapter.describe().operation(carrier.operation)
        place = index_of(self._view.plan).actions[action]
        return None if operation is None else Use(place.action, slot, operation, arguments)

    async def cancel(self, command: Dispatch) -> None:
        """Nobody waits for a command any more."""
        carrier = self._bound.carriers.get((command.action, command.item))
        if carrier is not None and carrier.instance in self._made:
            own = f"{self._view.run}/{command.key}"
            key = self._looks.pop(command.command_id, own)
            await self._made[carrier.instance].cancel(key)

    async def read_fact(self, name: str) -> tuple[Any, str, int | None]:
        """A fact's value as its binding reads it (None: it does not know), words, and how long."""
        fact = self._bound.facts[name]
        carrier = fact.carrier
        key = f"{self._view.run}/fact:{name}:{self._view.seq}"
        try:
            given = rendered(carrier.arguments, self._view.names())
            order = Order(
                self._view.run,
                key,
                key,
                carrier.operation,
                given,
                Effect.READ,
                text=name,
                timeout_ms=carrier.timeout_ms,
            )
            result = await self._bounded(carrier, order)
        except (CannotRender, LookupError, ValueError) as error:
            return None, self._redact(_sentence(error)), None
        return _fact_value(result, fact.value), result.text, fact.valid_ms

    # --- proposals ----------------------------------------------------------------------------

    async def propose(self, action_id: str) -> tuple[dict[str, Any], str]:
        """What an action will do, and who proposes it: what approvers see and are bound to."""
        index = index_of(self._view.plan)
        action = index.actions[action_id].action
        judged = index.actions[action.proposes].action if action.proposes else action
        content: dict[str, Any] = {"action": action_id, "items": {}}
        if judged is not action:
            content["proposes"] = judged.id
        if judged.template:
            content["text"] = blanks(judged.template, self._view.names())
        for (owner, slot), carrier in self._bound.carriers.items():
            if owner == judged.id and slot != "choose":
                content["items"][slot] = await self._shown(judged.id, slot, carrier)
        return content, self._proposer(judged.id)

    async def _shown(self, action_id: str, slot: str, carrier: Carrier) -> dict[str, Any]:
        if carrier.instance in (PEOPLE, HOST):
            said = [
                v for of, v in self._view.outputs.items() if of.startswith(f"{action_id}:{slot}:")
            ]
            result = {"result": said[-1].text} if said else {}
            return {"by": carrier.instance or "people", "shown": carrier.shown, **result}
        command = Dispatch(
            f"{action_id}:{slot}:0:0",
            f"{action_id}:{slot}:0:g0",
            action_id,
            slot,
            "",
            carrier.effect.value,
            0,
        )
        adapter = self._bound.instances[carrier.instance].adapter
        do = f"{adapter}.{carrier.operation}"
        try:
            arguments = dict(await self.prepared(command, carrier))
        except (CannotRender, LookupError, ValueError, ConnectionError) as error:
            return {"do": do, "shown": carrier.shown, "cannot": self._redact(_sentence(error))}
        return {"do": do, "arguments": arguments, "shown": described(do, arguments)}

    def _proposer(self, action_id: str) -> str:
        """Whoever did what is to be judged, or filled in its blanks; Armada where a program did."""
        return self._view.authors.get(action_id, PROPOSER)

    async def send(self, instance: str, message: Message) -> Result:
        """Have an instance carry a message; whatever goes wrong is an answer."""
        try:
            return await self.adapter(instance).send(message)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # a message that fails must not take the run with it
            return Result("failed", self._redact(_sentence(error)))


def _known(arguments: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    """Arguments filled in; as they are written where a name is missing."""
    try:
        found: Mapping[str, Any] = rendered(arguments, names)
    except CannotRender:
        return arguments
    return found


def digest_of(content: Mapping[str, Any]) -> str:
    """The digest that votes are bound to."""
    return hashlib.sha256(canonical(content).encode("utf-8", "replace")).hexdigest()


def _fact_value(result: Result, form: str | None) -> Any:
    if result.answer not in ("ok", "false"):
        return None
    text = result.text.strip()
    if form == "text":
        return text
    if form == "number":
        try:
            return float(text) if "." in text or "e" in text.lower() else int(text)
        except ValueError:
            return None
    if form == "boolean":
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
            text.lower()
        )
    return result.answer == "ok"


def _sentence(error: Exception) -> str:
    text = str(error.args[0]) if error.args else str(error)
    return text or type(error).__name__
