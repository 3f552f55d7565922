"""Checking bindings against the plan they bind and the adapters there are.

Owns what bindings may name (agents, actions with their items and phases, facts, targets, channels)
and what they may do with it: an operation takes the arguments its own model takes, and does no
more to the world than the action declares. Every finding stands at the characters it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..compiler.plan import Action, Kind, Plan
from ..dsl.diagnostics import Diagnostic
from ..dsl.source import Span
from ..dsl.syntax import YamlMapping, YamlScalar
from ..dsl.timing import read_duration
from ..dsl.yaml_model import Path, key_place, nearest_or_all, place
from .alert_conflicts import Use, blinded, words
from .binding import DEFAULT_CHANNEL, HUMAN, channel_of
from .bindings_file import FORM, ReadBindings
from .operations_check import OperationCheck, known_adapter
from .rehearsal import watched_ms
from .slots import NEVER, actions_of, bindable, names_of_slots, slot_named, whole

if TYPE_CHECKING:
    from .adapters.contract import Adapter
    from .bindings import Bindings, Connection


def check_bindings(
    read: ReadBindings, plan: Plan, adapters: Mapping[str, type[Adapter]]
) -> tuple[Diagnostic, ...]:
    """What does not fit the plan or the adapters; nothing where the file itself has errors."""
    if read.node is None or read.bindings is None:
        return ()
    checker = _Checker(read.node, read.bindings, plan, adapters)
    checker.check()
    unique = {(each.code, each.span): each for each in reversed(checker.found)}
    return tuple(sorted(unique.values(), key=lambda finding: finding.order))


def facts_of(plan: Plan) -> tuple[str, ...]:
    """The facts that a plan's conditions read, in plan order."""
    from .kernel.guards import SEVERITY, names

    guards = [
        guard
        for stage in plan.stages
        for guard in (stage.when, *(action.when for action in stage.actions))
    ]
    return tuple(
        dict.fromkeys(n for guard in guards if guard for n in names(guard) if n != SEVERITY)
    )


def agents_of(plan: Plan) -> tuple[str, ...]:
    """Everyone a plan gives work to: agents, those of stages and levels, the coordinator."""
    found = [*plan.agents, *(stage.agent for stage in plan.stages)]
    found += [action.agent for action in actions_of(plan)]
    found += [plan.coordinator, *(name for each in plan.severities for name in each.engaged)]
    return tuple(dict.fromkeys(name for name in found if name))


def targets_of(plan: Plan) -> tuple[str, ...]:
    """Everyone a plan tells anything: targets of the ladder, approvers, agents."""
    found = [name for rung in plan.escalation.rungs for name in rung.targets]
    for action in actions_of(plan):
        found += action.approval.approvers if action.approval is not None else ()
    return tuple(dict.fromkeys((*found, *agents_of(plan))))


class _Checker:
    """One file against one plan."""

    def __init__(
        self,
        node: YamlMapping,
        bindings: Bindings,
        plan: Plan,
        adapters: Mapping[str, type[Adapter]],
    ) -> None:
        self.node = node
        self.bindings = bindings
        self.plan = plan
        self.adapters = adapters
        self.actions = {action.id: action for action in actions_of(plan)}
        self.found: list[Diagnostic] = []
        self.uses: list[tuple[Path, Use]] = []
        self.operations = OperationCheck(node, bindings, plan, adapters, self.found)

    def check(self) -> None:
        for name, agent in self.bindings.agents.items():
            self.known("agent", name, agents_of(self.plan), ("agents", name))
            self.agent_channel(agent.channel, ("agents", name, "channel"))
            self.operations.settings(agent, ("agents", name))
        for name in self.bindings.actions:
            self.action(name)
        for name, given in self.bindings.facts.items():
            self.known("fact", name, facts_of(self.plan), ("facts", name))
            self.operations.fact(given, ("facts", name))
        for name, several in self.bindings.targets.items():
            self.known("target", name, targets_of(self.plan), ("targets", name))
            listed = isinstance(place(self.node, ("targets", name)), YamlMapping)
            for at, given in enumerate(several):
                self.connection(given, ("targets", name, *(() if listed else (at,))))
        for name, given in self.bindings.channels.items():
            self.connection(given, ("channels", name))
            self.used(name)
        self.blinded()
        self.durations()

    def add(self, code: str, span: Span, message: str, help: str = "", label: str = "") -> None:
        self.found.append(FORM.report(code, span, message, help, label))

    def known(self, what: str, name: str, known: tuple[str, ...], path: Path) -> bool:
        """Whether a name is one of these; reported where it is not."""
        if name in known:
            return True
        help_line = nearest_or_all(name, known) if known else f"remove it: there is no {what}"
        message = f"the plan has no {what} {name!r}"
        self.add("ARM613", key_place(self.node, path), message, help_line)
        return False

    # --- actions ---

    def action(self, name: str) -> None:
        if not self.known("action", name, tuple(self.actions), ("actions", name)):
            return
        action = self.actions[name]
        taken: dict[str, str] = {}
        for where, given in self.bindings.actions[name].items():
            path: Path = ("actions", name, *((where,) if where else ()))
            slot = slot_named(action, where) if where else whole(action)
            if slot is None:
                self.no_slot(action, where, path)
                continue
            if slot in taken:
                message = f"{where!r} is bound already, as {taken[slot]!r}"
                self.add("ARM612", key_place(self.node, path), message, "keep one of the two")
                continue
            taken[slot] = where
            operation = self.operations.operation(given, path, action, slot)
            if operation is not None:
                self.uses.append((path, Use(action, slot, operation, given.arguments)))
            self.timeout(given.timeout_ms, action, (*path, "timeout"))

    def no_slot(self, action: Action, where: str, path: Path) -> None:
        """Nothing of the action has this name, or nothing of it is for an operation."""
        span = key_place(self.node, path)
        known = names_of_slots(action)
        if action.kind in NEVER and where != "compensate":
            message = f"{action.id} is not for an operation: {NEVER[action.kind]}"
            self.add("ARM625", span, message, "remove the binding")
        elif action.kind is Kind.CHOOSE and where == "choose":
            message = "what to choose is for a person to say"
            self.add("ARM625", span, message, "bind the options themselves")
        elif not where:
            listed = ", ".join(known) or "nothing"
            message = f"{action.id} has several things to do"
            self.add("ARM613", span, message, f"bind them one by one: {listed}")
        else:
            message = f"{action.id} has no {where!r}"
            help_line = nearest_or_all(where, known) if known else "remove the binding"
            if where == "compensate" and "compensate" not in bindable(action):
                help_line = "state `compensate:` in the document first"
            self.add("ARM613", span, message, help_line)

    def timeout(self, given: int | None, action: Action, path: Path) -> None:
        own = action.timeout_ms
        if given is not None and own is not None and given > own:
            message = f"{action.id} may take {own / 1000:g} s, and this is longer"
            help_line = "shorten it, or change the document"
            self.add("ARM621", place(self.node, path).span, message, help_line)

    def blinded(self) -> None:
        """Nothing may hide the alerts that a verification or a watch reads."""
        for path, use in self.uses:
            read = blinded(use, (each for _, each in self.uses))
            if read is not None:
                span = place(self.node, (*path, "do")).span
                help_line = "narrow it by a label that tells the two apart, or leave it to people"
                self.add("ARM628", span, words(read), help_line)

    # --- telling people ---

    def agent_channel(self, channel: str | None, path: Path) -> None:
        if channel is not None and channel not in self.bindings.channels:
            known = tuple(self.bindings.channels)
            help_line = nearest_or_all(channel, known) if known else "define it under channels:"
            message = f"there is no channel {channel!r}"
            self.add("ARM613", place(self.node, path).span, message, help_line)

    def connection(self, given: Connection, path: Path) -> None:
        """A target or channel: an adapter that carries messages, and its settings."""
        self.operations.settings(given, path)
        adapter = known_adapter(self.adapters, given.adapter)
        human = given.adapter == HUMAN
        if human or (adapter is not None and not adapter.describe().messages):
            message = f"the adapter {given.adapter!r} carries no messages"
            can = sorted(n for n, a in self.adapters.items() if a.describe().messages)
            help_line = f"use one of: {', '.join(can)}"
            span = place(self.node, (*path, "adapter")).span
            self.add("ARM627", span, message, help_line)

    def used(self, name: str) -> None:
        """A channel that no agent names, and that is not the one for all."""
        named = any(agent.channel == name for agent in self.bindings.agents.values())
        for_all = name == DEFAULT_CHANNEL or len(self.bindings.channels) == 1
        if named or for_all or channel_of(None, self.bindings) == name:
            return
        span = key_place(self.node, ("channels", name))
        help_line = f"give it to an agent with channel: {name}, or call it {DEFAULT_CHANNEL}"
        self.add("ARM622", span, f"nothing goes to the channel {name!r}", help_line)

    # --- a rehearsal's time ---

    def durations(self) -> None:
        speed = self.bindings.speed
        if speed is not None and speed < 1:
            message = f"a speed of {speed:g} makes everything take longer"
            span = place(self.node, ("speed",)).span
            self.add("ARM621", span, message, "write a number of at least 1")
        for name, text in self.bindings.durations.items():
            path: Path = ("durations", name)
            timed = tuple(n for n, action in self.actions.items() if watched_ms(action))
            if not self.known("action", name, tuple(self.actions), path):
                continue
            if name not in timed:
                message = f"{name} has no duration"
                help_line = nearest_or_all(name, timed) if timed else "remove it"
                self.add("ARM613", key_place(self.node, path), message, help_line)
            elif (read_duration(text) or 0) > watched_ms(self.actions[name]):
                message = f"{name} lasts {watched_ms(self.actions[name]) / 1000:g} s, not longer"
                value = place(self.node, path)
                span = value.span if isinstance(value, YamlScalar) else self.node.span
                self.add("ARM621", span, message, "shorten it")
