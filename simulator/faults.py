"""Faults: rules over what the coordinator sends out, in order; the first that matches decides.

A rule that matches by what it is ``on`` but whose draw, time or count says no lets the next rule
look. Its draws are named by the command, so adding a rule moves no other draw.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..compiler.plan import Plan
from ..runtime.kernel.commands import (
    AskPerson,
    Command,
    Dispatch,
    ObserveEffect,
    Page,
    RequestApproval,
)
from .distributions import Distribution, parse_distribution, parse_duration, sample
from .random import Draws
from .responses import lenient
from .scenario import Fault, Scenario

QUESTIONS, APPROVALS = "questions", "approvals"
WORDS = (QUESTIONS, APPROVALS)


@dataclass(frozen=True, slots=True)
class Fate:
    """What a fault does to a command: ``delay_ms`` and ``result`` where they apply."""

    do: str
    name: str
    delay_ms: int = 0
    result: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    fault: Fault
    name: str
    actions: frozenset[str]
    items: dict[str, frozenset[str]]
    rungs: frozenset[int]
    people: frozenset[str]
    by: Distribution
    since_ms: int
    until_ms: int | None

    def matches(self, command: Command) -> bool:
        """The rule is about this command."""
        match command:
            case Dispatch(action=action, item=item):
                return action in self.actions and item in self.items.get(action, (item,))
            case ObserveEffect(command_id=command_id):
                return command_id.split(":", 1)[0] in self.actions and self.fault.do != "fail"
            case Page():
                return command.rung in self.rungs or any(t in self.people for t in command.targets)
            case AskPerson():
                return self.fault.on == QUESTIONS
            case RequestApproval():
                return self.fault.on == APPROVALS or command.action in self.actions
            case _:
                return False


def compile_faults(plan: Plan, scenario: Scenario) -> tuple[_Rule, ...]:
    """The rules of a scenario that are about commands, for one plan."""
    rules: list[_Rule] = []
    for at, fault in enumerate(scenario.faults):
        if fault.crash is not None:
            continue
        meant = lenient(plan, fault.on)
        since, until = fault.since, fault.until
        rules.append(
            _Rule(
                fault=fault,
                name=fault.name or f"fault {at + 1}",
                actions=frozenset(meant.actions),
                items={action: frozenset(items) for action, items in meant.items},
                rungs=frozenset(meant.rungs),
                people=frozenset() if meant.rungs else frozenset(meant.people),
                by=parse_distribution(fault.by),
                since_ms=0 if since is None else parse_duration(since),
                until_ms=None if until is None else parse_duration(until),
            )
        )
    return tuple(rules)


class Faults:
    """The rules of one trial and how often each has struck."""

    def __init__(self, rules: tuple[_Rule, ...], draws: Draws) -> None:
        self._rules = rules
        self._draws = draws
        self.struck = dict.fromkeys((rule.name for rule in rules), 0)

    def strike(self, command: Command, at_ms: int) -> Fate | None:
        """What happens to this command, or None: nothing out of the ordinary."""
        for rule in self._rules:
            if rule.matches(command) and self._applies(rule, command, at_ms):
                self.struck[rule.name] += 1
                u = self._draws.uniform(rule.name, "by", _identity(command))
                return Fate(rule.fault.do, rule.name, sample(rule.by, u), rule.fault.result)
        return None

    def _applies(self, rule: _Rule, command: Command, at_ms: int) -> bool:
        fault = rule.fault
        if at_ms < rule.since_ms or (rule.until_ms is not None and at_ms >= rule.until_ms):
            return False
        if fault.times is not None and self.struck[rule.name] >= fault.times:
            return False
        return fault.p >= 1.0 or (
            self._draws.uniform(rule.name, "strikes", _identity(command)) < fault.p
        )


def _identity(command: Command) -> str:
    match command:
        case Dispatch() | ObserveEffect():
            return command.command_id
        case Page():
            return command.page_id
        case AskPerson():
            return command.question
        case RequestApproval():
            return f"{command.action}:{command.round}"
        case _:
            return type(command).__name__
