"""Plans for the kernel's tests: the shapes of the language in every combination, drawn at random.

``draw_plan`` takes a chooser rather than a Hypothesis strategy, so that the same plans serve a
property test (which shrinks them) and a seeded walk (which counts transitions).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from armada.compiler.plan import (
    Action,
    Approval,
    Comparison,
    Effect,
    EscalationPolicy,
    Fact,
    Guard,
    Item,
    Junction,
    Kind,
    Negation,
    OnFailure,
    Plan,
    Retry,
    Rollout,
    Rung,
    SeverityPolicy,
    Stage,
)

Choose = Callable[[Sequence[Any]], Any]
AGENTS = ("ann", "bob", "cid")
MINUTE = 60_000


def items(choose: Choose, effect: Effect) -> tuple[Item, ...]:
    count = choose((1, 2, 3))
    return tuple(Item(f"i{n}", f"item {n}", (), effect) for n in range(count))


def draw_guard(choose: Choose) -> Guard | None:
    return choose(
        (
            None,
            None,
            None,
            Fact("deployed"),
            Negation(Fact("deployed")),
            Junction("and", (Fact("deployed"), Fact("suspected"))),
            Junction("or", (Fact("suspected"), Comparison("severity", "<=", (2,)))),
            Comparison("count", ">", (3,)),
        )
    )


def default_effect(choose: Choose, kind: Kind) -> Effect:
    if kind in (Kind.OBSERVE, Kind.VERIFY, Kind.MONITOR):
        return Effect.READ
    if kind is Kind.ROLLOUT:
        return Effect.UNSAFE
    if kind is Kind.RUN:
        return choose((Effect.UNSAFE, Effect.IDEMPOTENT, Effect.UNSAFE))
    return Effect.IDEMPOTENT


def draw_action(choose: Choose, stage: str, number: int, stages: Sequence[str]) -> Action:
    kind = choose(tuple(Kind))
    effect = default_effect(choose, kind)
    own_items = kind in (Kind.ASK, Kind.OBSERVE, Kind.VERIFY, Kind.RUN, Kind.CHOOSE)
    approval = Approval(choose((1, 2)), choose(((), ("on-call",))), choose(((), (1,))), 15 * MINUTE)
    gate = kind is Kind.APPROVE or (kind in (Kind.RUN, Kind.ROLLOUT) and choose((True, False)))
    best_effort = kind in (Kind.NOTIFY, Kind.DOCUMENT)
    rules = (OnFailure.BLOCK, OnFailure.BLOCK, *OnFailure)
    rollout = Rollout("rolling", choose((0, 10)), choose((0, 5 * MINUTE)))
    undo = Item("undo", "undo it", (), choose((Effect.UNSAFE, Effect.IDEMPOTENT)))
    return Action(
        id=f"{stage}.a{number}",
        name=f"a{number}",
        kind=kind,
        agent=choose((None, *AGENTS)),
        effect=effect,
        items=items(choose, effect) if own_items else (),
        when=draw_guard(choose),
        retry=Retry(1 if effect is Effect.UNSAFE else choose((1, 3)), 10_000),
        timeout_ms=choose((None, 5 * MINUTE)) if kind is not Kind.VERIFY else 10 * MINUTE,
        on_failure=OnFailure.CONTINUE if best_effort else choose(rules),
        goto=choose(stages),
        approval=approval if gate else None,
        rollout=rollout if kind is Kind.ROLLOUT else None,
        duration_ms=30 * MINUTE if kind is Kind.MONITOR else 0,
        compensate=undo if choose((True, False, False)) else None,
    )


def draw_stage(choose: Choose, number: int, last: bool) -> Stage:
    name = f"s{number}"
    earlier = [f"s{n}" for n in range(number)]
    needs = tuple(each for each in earlier if choose((True, False)))
    if earlier and not needs and choose((True, True, False)):
        needs = (earlier[-1],)
    agent = choose((None, *AGENTS))
    if last and needs and choose((True, False)):
        document = Action(f"{name}.output", "output", Kind.DOCUMENT, agent, Effect.IDEMPOTENT)
        return Stage(name, str(number), name, agent, needs, (document,), closing=True)
    stages = (*earlier, name)
    count = choose((0, 1, 2, 3))
    actions = tuple(draw_action(choose, name, n, stages) for n in range(count))
    return Stage(
        name,
        str(number),
        name,
        agent,
        needs,
        actions,
        when=choose((None, None, None, draw_guard(choose))),
        on_failure=choose((OnFailure.BLOCK, OnFailure.BLOCK, OnFailure.CONTINUE)),
        timeout_ms=choose((None, None, 60 * MINUTE)),
    )


def draw_ladder(choose: Choose) -> EscalationPolicy:
    count = choose((0, 1, 2, 3))
    rungs = tuple(
        Rung(
            n * 15 * MINUTE,
            (n + 1) * 15 * MINUTE if n + 1 < count else None,
            (f"target-{n}", "everyone"),
            choose(("page", "page", "notify")),
            choose(((), (), (1,))),
        )
        for n in range(count)
    )
    return EscalationPolicy(
        clock=choose(("unresolved", "unacknowledged")),
        rungs=rungs,
        repeat=choose((0, 0, 1)),
        ack_valid_ms=choose((None, 20 * MINUTE)),
    )


def draw_plan(choose: Choose) -> Plan:
    """Any plan that the compiler could make."""
    count = choose((1, 2, 3, 4, 5))
    severities = (
        SeverityPolicy(1, "SEV-1", "", 0, AGENTS),
        SeverityPolicy(2, "SEV-2", "", 30 * MINUTE, ("ann", "bob")),
        SeverityPolicy(3, "SEV-3", "", None, ("ann",)),
    )
    return Plan(
        name="drawn",
        description="",
        pattern="hierarchical",
        coordinator=choose(("chief", None)),
        agents=AGENTS,
        priority="",
        stages=tuple(draw_stage(choose, n, n == count - 1) for n in range(count)),
        severities=severities,
        escalation=draw_ladder(choose),
        unstaffed=choose(("omit", "omit", "page", "ask")),
    )
