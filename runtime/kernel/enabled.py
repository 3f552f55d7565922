"""What may come next.

The ordered, finite list of events that a state admits: results of what is in flight, answers to
what is open, votes, the next timers, and, where ``unasked``, what people may do at any time. The
property tests, the explorer, the interactive drill and ``status`` draw from it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...compiler.plan import Action, Kind, Plan
from . import events as ev
from .index import Index, index_of
from .items import effect_of
from .outcome import finished
from .questions import options
from .state import ItemControl, State
from .step import timer_order
from .timers import Timer


def enabled(plan: Plan, state: State, *, unasked: bool = False) -> tuple[ev.Event, ...]:
    """The events that may come next, in plan order, at the earliest time each may come."""
    index = index_of(plan)
    control = state.control
    if control.phase == "undeclared":
        levels = [policy.level for policy in plan.severities]
        return tuple(ev.Declared(0, level, "commander") for level in (None, *levels))
    found: list[ev.Event] = []
    if not finished(state):
        found.extend(_results(index, state))
        found.extend(_answers(index, state))
        found.extend(_votes(index, state))
        found.extend(_acknowledgements(state))
        found.extend(_timers(plan, state))
    if unasked:
        found.extend(_interventions(plan, state))
    return tuple(found)


def _results(index: Index, state: State) -> Iterator[ev.Event]:
    control, registers = state
    for action_id in sorted(control.actions, key=index.ordinal):
        place = index.actions[action_id]
        now = control.stages.get(place.stage.id)
        passes = now.passes if now is not None else 0
        for item in control.actions[action_id].items:
            if item.status == "issued":
                name = f"{action_id}:{item.item}:{passes}:{item.attempt}"
                yield from _outcomes(index.plan, place.action, item, name, registers.now_ms)


def _outcomes(
    plan: Plan, action: Action, item: ItemControl, name: str, at_ms: int
) -> Iterator[ev.Event]:
    if action.kind is Kind.CLASSIFY:
        for policy_ in plan.severities:
            yield ev.Returned(at_ms, name, "ok", "agent", level=policy_.level)
            yield ev.Returned(at_ms, name, "ok", "person", level=policy_.level, person=True)
    elif item.item == "choose":
        for chosen in _choices(action):
            yield ev.Returned(at_ms, name, "ok", "agent", chosen=chosen)
    else:
        yield ev.Returned(at_ms, name, "ok", "agent")
    if action.kind is Kind.VERIFY or item.item == "judge":
        yield ev.Returned(at_ms, name, "false", "agent")
    if item.item == "watch":
        yield ev.Returned(at_ms, name, "alert", "agent")
    yield ev.Returned(at_ms, name, "failed", "agent")
    yield ev.Returned(at_ms, name, "permanent", "agent")
    yield ev.Returned(at_ms, name, "unknown", "agent")
    if effect_of(action, item.item) == "unsafe":
        for happened in (True, False, None):
            yield ev.Observed(at_ms, name, happened)


def _choices(action: Action) -> Iterator[tuple[str, ...]]:
    yield ()
    for item in action.items:
        yield (item.id,)
    if len(action.items) > 1:
        yield tuple(item.id for item in action.items)


def _answers(index: Index, state: State) -> Iterator[ev.Event]:
    control, registers = state
    for name in sorted(control.questions):
        question = control.questions[name]
        answers = options(index, control, question) or ("true", "false", "0", "1", "unknown")
        for answer in answers:
            yield ev.Answered(registers.now_ms, name, answer, question.to[-1])


def _votes(index: Index, state: State) -> Iterator[ev.Event]:
    control, registers = state
    for action_id in sorted(control.actions, key=index.ordinal):
        action = control.actions[action_id]
        if action.gate == "proposing":
            proposer = index.actions[action_id].action.agent or index.coordinator
            yield ev.Proposed(registers.now_ms, action_id, f"digest-{action.round}", proposer)
        elif action.gate == "pending":
            yield from _ballots(index, state, action_id)


def _ballots(index: Index, state: State, action_id: str) -> Iterator[ev.Event]:
    registers = state.registers
    place = index.actions[action_id]
    digest, proposer = registers.proposals[action_id]
    cast = registers.votes.get(action_id, ())
    rule = policy_of(index, action_id)
    voters = [f"{role}-{n}" for role in rule[1] for n in range(rule[0])]
    for voter in (each for each in voters if each not in cast and each != proposer):
        role = voter.rsplit("-", 1)[0]
        for approve in (True, False):
            yield ev.Voted(registers.now_ms, place.action.id, voter, role, approve, digest)


def policy_of(index: Index, action_id: str) -> tuple[int, tuple[str, ...]]:
    """Quorum and approvers of a gate."""
    approval = index.actions[action_id].action.approval
    if approval is None:
        return 1, (index.coordinator,)
    return approval.quorum, approval.approvers or (index.coordinator,)


def _acknowledgements(state: State) -> Iterator[ev.Event]:
    control, registers = state
    if control.phase == "open" and not control.acknowledged:
        for target in control.told:
            yield ev.Acknowledged(registers.now_ms, target)


def _timers(plan: Plan, state: State) -> Iterator[ev.Event]:
    armed = state.registers.timers
    if not armed:
        return
    now_ms = max(state.registers.now_ms, min(armed.values()))
    due = sorted(
        ((timer, at) for timer, at in armed.items() if at <= now_ms), key=timer_order(plan)
    )
    yield ev.TimersFired(now_ms, tuple(Timer(*timer) for timer, _ in due))


def _interventions(plan: Plan, state: State) -> Iterator[ev.Event]:
    control, registers = state
    now_ms = registers.now_ms
    if control.phase == "open":
        for policy_ in plan.severities:
            if policy_.level != control.level:
                yield ev.SeveritySet(now_ms, policy_.level, "commander", True)
                yield ev.SeveritySet(now_ms, policy_.level, "agent", False)
        for agent in plan.agents:
            if agent not in control.engaged:
                yield ev.AgentEngaged(now_ms, agent, "commander")
        for rung in range(len(plan.escalation.rungs)):
            yield ev.Escalated(now_ms, rung, "commander")
            for target in plan.escalation.rungs[rung].targets:
                yield ev.TargetUnreachable(now_ms, rung, target)
        yield ev.Mitigated(now_ms, "commander")
        yield ev.Resolved(now_ms, "commander")
        yield ev.Aborted(now_ms, "commander")
        yield ev.Aborted(now_ms, "commander", undo=False)
        yield ev.Aborted(now_ms, "commander", careful=True)
        yield ev.Closed(now_ms, "commander", "false-alarm")
        for action_id in sorted(control.actions, key=index_of(plan).ordinal):
            if control.actions[action_id].gate == "pending":
                yield ev.Proposed(now_ms, action_id, f"digest-{now_ms}", "agent")
                digest = registers.proposals[action_id][0]
                yield ev.GlassBroken(now_ms, action_id, "commander", digest)
    else:
        if control.phase == "resolved":
            yield ev.Closed(now_ms, "commander", "duplicate")
        yield ev.Reopened(now_ms, "commander")
    for name in sorted(control.facts):
        yield ev.FactRecorded(now_ms, name, not control.facts[name], "agent")
        yield ev.FactRecorded(now_ms, name, None, "agent")
