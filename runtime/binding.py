"""Binding a plan: for everything the kernel can dispatch, by what it is carried out.

Owns the plan as it will be run (effects, attempts, timeouts and durations taken from what carries
it out) and the carriers. What no binding carries out is a task for the agent's people. Bindings
are taken to have been checked; what cannot be resolved raises ``UnusableBindings``.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from ..compiler.commands import strongest
from ..compiler.plan import Action, Effect, Item, Kind, Plan, Retry, as_data, canonical
from .kernel.items import effect_of
from .rehearsal import shorten
from .slots import actions_of, item_of, slot_named, slots, whole

if TYPE_CHECKING:
    from .adapters.contract import Adapter, Operation
    from .bindings import Bindings, Operate

PEOPLE, HOST, CONSOLE, HUMAN = "", "host", "console", "human"
GRACE_MS = 5_000
"""How much longer than a binding's ``timeout`` the kernel waits for the adapter's answer."""

DEFAULT_CHANNEL = "incidents"


class UnusableBindings(ValueError):
    """Bindings that do not fit the plan; ``armada lint --bindings`` shows where."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """By what a slot is carried out.

    ``instance`` names one of ``Bound.instances``, ``host`` for what Armada does itself, and is
    empty for people. ``arguments`` hold templates and references as written. ``shown`` is what a
    person reads.
    """

    instance: str
    operation: str
    arguments: Mapping[str, Any]
    effect: Effect
    timeout_ms: int | None
    shown: str

    @property
    def by_people(self) -> bool:
        """Nothing carries this out but a person."""
        return self.instance == PEOPLE


@dataclass(frozen=True, slots=True)
class Instance:
    """An adapter with its settings, made once a run."""

    name: str
    adapter: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FactCarrier:
    """How a fact is read, how long a reading holds (None: the run), and what it is made of."""

    carrier: Carrier
    valid_ms: int | None
    value: Literal["text", "number", "boolean"] | None


@dataclass(frozen=True, slots=True)
class Bound:
    """A plan with its carriers.

    ``carriers`` has an entry for every (action, item or phase) that the kernel can dispatch.
    ``targets`` are the instances of a target, in the order in which they are tried; ``channels``
    the instance of a channel; ``agent_channel`` the channel that an agent's notices go to.
    ``people`` is a path relative to the bindings file.
    """

    plan: Plan
    source_digest: str
    carriers: Mapping[tuple[str, str], Carrier]
    instances: Mapping[str, Instance]
    facts: Mapping[str, FactCarrier] = field(default_factory=dict[str, FactCarrier])
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    channels: Mapping[str, str] = field(default_factory=dict[str, str])
    agent_channel: Mapping[str, str] = field(default_factory=dict[str, str])
    people: str | None = None
    rehearsal: bool = False
    speed: float = 1.0
    digest: str = ""


def bind(plan: Plan, bindings: Bindings | None, adapters: Mapping[str, type[Adapter]]) -> Bound:
    """The plan as it will be run; without bindings everything is people's."""
    from .bindings import Bindings

    return _Binder(plan, bindings if bindings is not None else Bindings(), adapters).bound()


class _Binder:
    """Resolves each slot once; collects the instances that are needed."""

    def __init__(
        self, plan: Plan, bindings: Bindings, adapters: Mapping[str, type[Adapter]]
    ) -> None:
        self.source = plan
        self.bindings = bindings
        self.adapters = adapters
        self.agents = {name: a for name, a in bindings.agents.items() if a.adapter != HUMAN}
        self.instances: dict[str, Instance] = {
            agent_instance(name): Instance(agent_instance(name), agent.adapter, agent.settings)
            for name, agent in self.agents.items()
        }
        self.channels = {name: self._channel(name) for name in bindings.channels}
        self.targets = {name: self._target(name) for name in bindings.targets}

    def bound(self) -> Bound:
        bindings = self.bindings
        speed = bindings.speed if bindings.rehearsal and bindings.speed is not None else 1.0
        plan = self.source
        if bindings.rehearsal:
            plan = shorten(plan, speed, durations_ms(bindings))
        carriers: dict[tuple[str, str], Carrier] = {}
        changed: dict[str, Action] = {}
        for action in actions_of(plan):
            worked = self._work(action)
            after = changed[action.id] = as_carried_out(action, worked)
            for slot in slots(action):
                carriers[action.id, slot] = self._carrier(after, slot, worked.get(slot))
        plan = with_actions(plan, changed)
        told = {n: a.channel for n, a in bindings.agents.items() if a.channel is not None}
        return Bound(
            plan=plan,
            source_digest=self.source.digest,
            carriers=carriers,
            instances=self.instances,
            facts={name: self._fact(name) for name in bindings.facts},
            targets=self.targets,
            channels=self.channels,
            agent_channel=told,
            people=bindings.people,
            rehearsal=bindings.rehearsal,
            speed=speed,
            digest=_digest(plan, bindings),
        )

    # --- what carries a slot out ---

    def _work(self, action: Action) -> dict[str, Work]:
        """The operations bound to slots: those of the file, then runnable lines of the agent."""
        found: dict[str, Work] = {}
        for name, given in self.bindings.actions.get(action.id, {}).items():
            slot = whole(action) if not name else slot_named(action, name)
            if slot is None:
                raise UnusableBindings(f"{action.id} has no {name or 'single thing to do'!r}")
            instance = self._instance(given, action.agent)
            operation = self._operation(given)
            found[slot] = Work(
                instance, given.do, operation, given.arguments, given.timeout_ms, line=False
            )
        adapter = self._line_runner(action.agent)
        for slot in slots(action):
            item = item_of(action, slot)
            if adapter is None or slot in found or item is None or not item.pipeline:
                continue
            operation = adapter.describe().operation("run")
            if operation is not None:
                name = adapter.describe().name
                arguments = {"pipeline": [list(argv) for argv in item.pipeline]}
                instance = agent_instance(action.agent or "")
                found[slot] = Work(instance, f"{name}.run", operation, arguments, None, line=True)
        return found

    def _line_runner(self, agent: str | None) -> type[Adapter] | None:
        given = self.agents.get(agent or "")
        adapter = self.adapters.get(given.adapter) if given is not None else None
        return adapter if adapter is not None and adapter.describe().runs_lines else None

    def _operation(self, given: Operate) -> Operation:
        adapter = self.adapters.get(given.adapter)
        operation = adapter.describe().operation(given.operation) if adapter is not None else None
        if operation is None:
            raise UnusableBindings(f"there is no operation {given.do!r}")
        return operation

    def _instance(self, given: Operate, agent: str | None) -> str:
        name = instance_of(given, agent, self.bindings)
        if name is None:
            raise UnusableBindings(f"several agents have the adapter {given.adapter!r}: name one")
        self.instances.setdefault(name, Instance(name, given.adapter, {}))
        return name

    def _carrier(self, action: Action, slot: str, work: Work | None) -> Carrier:
        effect = effect_of(action, slot)
        if work is not None:
            timeout = work.timeout_ms
            if timeout is None and action.kind is not Kind.VERIFY and slot != "watch":
                timeout = action.timeout_ms
            shown = described(work.do, work.arguments)
            name = work.operation.name
            return Carrier(work.instance, name, work.arguments, effect, timeout, shown)
        if action.kind is Kind.DOCUMENT and slot == "do":
            return Carrier(HOST, "render", {}, effect, None, f"render {action.id}")
        if action.kind is Kind.NOTIFY and slot == "do":
            return self._notice(action, effect)
        item = item_of(action, slot)
        if item is None and slot == "do" and len(action.items) == 1:
            item = action.items[0]
        shown = item.text if item is not None else _phase_words(action, slot)
        return Carrier(PEOPLE, "", {}, effect, None, shown)

    def _notice(self, action: Action, effect: Effect) -> Carrier:
        channel = channel_of(action.agent, self.bindings)
        if channel is None:
            self.instances.setdefault(CONSOLE, Instance(CONSOLE, CONSOLE, {}))
            return Carrier(CONSOLE, "send", {}, effect, None, "tell the console")
        instance = self.channels.get(channel)
        if instance is None:
            raise UnusableBindings(f"there is no channel {channel!r}")
        return Carrier(instance, "send", {}, effect, None, f"tell the channel {channel}")

    # --- facts, channels, targets ---

    def _fact(self, name: str) -> FactCarrier:
        given = self.bindings.facts[name]
        operation = self._operation(given)
        carrier = Carrier(
            self._instance(given, None),
            operation.name,
            given.arguments,
            Effect.READ,
            given.timeout_ms,
            described(given.do, given.arguments),
        )
        return FactCarrier(carrier, given.valid_ms, given.value)

    def _channel(self, name: str) -> str:
        given = self.bindings.channels[name]
        instance = f"channel:{name}"
        self.instances[instance] = Instance(instance, given.adapter, given.settings)
        return instance

    def _target(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        for at, given in enumerate(self.bindings.targets[name], 1):
            instance = f"target:{name}:{at}"
            self.instances[instance] = Instance(instance, given.adapter, given.settings)
            found.append(instance)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Work:
    """An operation bound to a slot; ``line``: it runs what the document wrote."""

    instance: str
    do: str
    operation: Operation
    arguments: Mapping[str, Any]
    timeout_ms: int | None
    line: bool


# --- instances and channels -----------------------------------------------------------------------


def agent_instance(agent: str) -> str:
    """The instance of an agent's adapter."""
    return f"agent:{agent}"


def instance_of(given: Operate, agent: str | None, bindings: Bindings) -> str | None:
    """The instance whose settings an operation uses; None where it is not clear whose.

    The one it names, else the action's own agent, else the only agent with this adapter, else one
    with no settings at all.
    """
    having = [name for name, each in bindings.agents.items() if each.adapter == given.adapter]
    if given.agent is not None:
        return agent_instance(given.agent) if given.agent in having else None
    if agent in having:
        return agent_instance(agent or "")
    if len(having) > 1:
        return None
    return agent_instance(having[0]) if having else f"adapter:{given.adapter}"


def channel_of(agent: str | None, bindings: Bindings) -> str | None:
    """The channel of an agent: its own, else ``incidents``, else the only one there is."""
    own = bindings.agents.get(agent or "")
    if own is not None and own.channel is not None:
        return own.channel
    if DEFAULT_CHANNEL in bindings.channels:
        return DEFAULT_CHANNEL
    return next(iter(bindings.channels)) if len(bindings.channels) == 1 else None


def durations_ms(bindings: Bindings) -> dict[str, int]:
    """The durations of a rehearsal by action, in milliseconds."""
    from ..dsl.timing import read_duration

    return {name: read_duration(text) or 0 for name, text in bindings.durations.items()}


# --- the plan as it is run ------------------------------------------------------------------------

PROSE_KINDS = frozenset({Kind.TASK, Kind.CHANGE, Kind.NOTIFY})
"""Kinds whose one deed is prose: its effect is that of what carries it out."""


def as_carried_out(action: Action, worked: Mapping[str, Work]) -> Action:
    """The action with the effects, attempts and timeout that its operations bring."""
    items = tuple(_taken(action, item, worked.get(item.id)) for item in action.items)
    effect = action.effect
    if action.kind in PROSE_KINDS and (work := worked.get("do")) is not None:
        effect = _effect_of_prose(effect, work)
    elif action.kind in (Kind.CHOOSE, Kind.RUN):
        changed = [
            new.effect for old, new in zip(action.items, items, strict=True) if old is not new
        ]
        effect = strongest((effect, *changed))
    undo = action.compensate
    if undo is not None:
        undo = _taken(action, undo, worked.get("compensate"))
    after = replace(action, items=items, effect=effect, compensate=undo)
    retry = Retry(1, action.retry.backoff_ms) if _became_unsafe(action, after) else action.retry
    return replace(after, retry=retry, timeout_ms=_timeout(action, worked))


def _taken(action: Action, item: Item, work: Work | None) -> Item:
    """An item of prose takes the effect of its operation; a line keeps its own."""
    acts = action.kind in (Kind.CHOOSE, Kind.RUN) or item.id == "compensate"
    if work is None or item.pipeline or not acts:
        return item
    effect = _effect_of_prose(item.effect, work)
    return item if effect is item.effect else replace(item, effect=effect)


def _effect_of_prose(declared: Effect, work: Work) -> Effect:
    """An operation's effect; what the document itself calls unsafe stays so."""
    return declared if declared is Effect.UNSAFE else work.operation.effect


def _became_unsafe(before: Action, after: Action) -> bool:
    return any(
        effect_of(after, slot) is Effect.UNSAFE and effect_of(before, slot) is not Effect.UNSAFE
        for slot in slots(before)
    )


def _timeout(action: Action, worked: Mapping[str, Work]) -> int | None:
    """The kernel's bound: the longest of the bindings' where every slot states one."""
    wanted = [slot for slot in slots(action) if slot not in ("watch", "choose", "compensate")]
    stated = [work.timeout_ms for slot in wanted if (work := worked.get(slot)) is not None]
    known = [ms for ms in stated if ms is not None]
    if action.kind is Kind.VERIFY or not wanted or len(known) < len(wanted):
        return action.timeout_ms
    longest = max(known) + GRACE_MS
    return longest if action.timeout_ms is None else min(action.timeout_ms, longest)


def with_actions(plan: Plan, changed: Mapping[str, Action]) -> Plan:
    """The plan with these actions in the place of the ones of their id."""
    stages = tuple(
        replace(stage, actions=tuple(changed.get(a.id, a) for a in stage.actions))
        for stage in plan.stages
    )
    return replace(plan, stages=stages)


def _digest(plan: Plan, bindings: Bindings) -> str:
    content = canonical({"plan": as_data(plan), "bindings": bindings.data})
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()


# --- words ----------------------------------------------------------------------------------------


def _phase_words(action: Action, slot: str) -> str:
    words = action.name.replace("_", " ")
    return words if slot == "do" else f"{words}: {slot}"


def described(do: str, arguments: Mapping[str, Any]) -> str:
    """An operation with its arguments on one line, as a person reads it."""
    known = dict(arguments)
    words: list[str] = [do]
    argv, pipeline = known.pop("argv", None), known.pop("pipeline", None)
    if isinstance(argv, (list, tuple)):
        words.append(_line(cast("list[Any]", argv)))
    if isinstance(pipeline, (list, tuple)):
        words.append(" | ".join(_line(each) for each in cast("list[list[Any]]", pipeline)))
    words.extend(f"{name}={_shown(known[name])}" for name in known)
    return " ".join(words)


def _line(argv: list[Any]) -> str:
    return " ".join(str(w) if "{{" in str(w) else shlex.quote(str(w)) for w in argv)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value if value and not any(c.isspace() for c in value) else canonical(value)
    return canonical(value)
