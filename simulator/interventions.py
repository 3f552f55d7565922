"""What people do unasked: the declaration, and the deeds that a scenario names."""

from __future__ import annotations

from collections.abc import Callable

from ..runtime.kernel import events as ev
from .environment import Environment
from .scenario import Intervention

Deed = Callable[[int], ev.Event | None]


def declared_level(env: Environment) -> tuple[int | None, bool]:
    """The level the incident is declared at, and whether a person named it."""
    if env.override is not None:
        return env.override, True
    given = env.scenario.declared
    levels = [policy.level for policy in env.plan.severities]
    if given.severity is None or not levels or given.severity in levels:
        return given.severity, given.confirmed
    env.note(f"level {given.severity} is none of this plan; declared at {min(levels)}")
    return min(levels), given.confirmed


def declaration(env: Environment) -> Deed:
    """The event that begins the run."""
    level, person = declared_level(env)
    return lambda at_ms: ev.Declared(at_ms, level, env.scenario.declared.by, person)


def intervene(env: Environment, given: Intervention) -> Deed:
    """What one intervention makes happen."""
    by = given.by or env.index.coordinator
    rungs = env.plan.escalation.rungs
    first = given.by or (rungs[0].targets[0] if rungs and rungs[0].targets else by)
    deeds: list[tuple[bool, Deed]] = [
        (given.acknowledge, lambda at: ev.Acknowledged(at, first)),
        (given.mitigated, lambda at: ev.Mitigated(at, by)),
        (given.resolve, lambda at: ev.Resolved(at, by)),
        (given.reopen, lambda at: ev.Reopened(at, by)),
        (given.abort, lambda at: ev.Aborted(at, by)),
    ]
    for wanted, deed in deeds:
        if wanted:
            return deed
    return _named(given, by)


def _named(given: Intervention, by: str) -> Deed:
    if given.severity is not None:
        level = given.severity
        return lambda at: ev.SeveritySet(at, level, by, True)
    if given.close is not None:
        verdict = given.close
        return lambda at: ev.Closed(at, by, verdict)
    if given.engage is not None:
        agent = given.engage
        return lambda at: ev.AgentEngaged(at, agent, by)
    if given.escalate is not None:
        rung = given.escalate - 1
        return lambda at: ev.Escalated(at, rung, by)
    if given.fact:
        ((name, value), *_) = given.fact.items()
        return lambda at: ev.FactRecorded(at, name, value, by)
    return lambda _at: None
