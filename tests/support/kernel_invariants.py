"""What must hold of every state and every step, said as plain counting over the whole state.

The kernel keeps counters so that a step is cheap; here everything is counted afresh.
"""

from __future__ import annotations

import json

from armada.compiler.plan import Effect, Kind, Plan
from armada.runtime.kernel import (
    State,
    Step,
    decode_state,
    enabled,
    finished,
    state_json,
    step,
    why,
)
from armada.runtime.kernel.events import Event
from armada.runtime.kernel.items import effect_of
from armada.runtime.kernel.transitions import OVER, SETTLED


def status(state: State, stage: str) -> str:
    found = state.control.stages.get(stage)
    return found.status if found is not None else "pending"


def ancestors(plan: Plan) -> dict[str, frozenset[str]]:
    """All stages that each stage builds on."""
    found: dict[str, frozenset[str]] = {}
    for stage in plan.stages:
        above = frozenset(stage.needs)
        found[stage.id] = above.union(*(found[need] for need in stage.needs))
    return found


def check_step(plan: Plan, before: State, event: Event, result: Step) -> None:
    """What one step may and may not do."""
    if result.verdict != "applied":
        assert result.state is before
        assert result.commands == ()
        assert result.reason
        return
    after = result.state
    above = ancestors(plan)
    for command in result.commands:
        if type(command).__name__ == "Record" and command.what == "stage-started":
            unsettled = [n for n in above[command.subject] if status(after, n) not in SETTLED]
            assert not unsettled, f"{command.subject} started before {unsettled}"
    check_state(plan, after)
    text = state_json(after)
    assert decode_state(json.loads(text)) == after
    assert step(plan, decode_state(json.loads(state_json(before))), event) == result


def check_state(plan: Plan, state: State) -> None:
    """Counters are what counting gives, and nobody waits for nothing."""
    control = state.control
    if control.phase == "undeclared":
        return
    settled = {stage.id: status(state, stage.id) in SETTLED for stage in plan.stages}
    closing = [stage.id for stage in plan.stages if stage.closing]
    assert control.closing_left == sum(not settled[stage] for stage in closing)
    assert control.stages_left == sum(not done for done in settled.values()) - control.closing_left
    check_joins(plan, state, settled)
    check_actions(plan, state, settled)
    for timer in state.registers.timers:
        assert timer.kind
    if not finished(state):
        waits = why(plan, state)
        assert waits, "neither finished nor waiting"
        assert not [wait for wait in waits if wait.what == "nothing it can name"]
        assert enabled(plan, state), f"nothing can come next: {waits}"


def check_joins(plan: Plan, state: State, settled: dict[str, bool]) -> None:
    """``clear`` means settled with every ancestor settled; ``unclear`` counts the other needs."""
    above = ancestors(plan)
    clear = {
        stage: settled[stage] and all(settled[each] for each in above[stage]) for stage in settled
    }
    for stage in plan.stages:
        now = state.control.stages.get(stage.id)
        unclear = sum(not clear[need] for need in stage.needs)
        assert (now.unclear if now is not None else len(stage.needs)) == unclear, stage.id
        assert (now.clear if now is not None else False) == clear[stage.id], stage.id


def check_actions(plan: Plan, state: State, settled: dict[str, bool]) -> None:
    """What is left to verify and to change, and what unsafe commands are out."""
    control = state.control
    verify_left = unsafe_left = flying = 0
    for stage in plan.stages:
        for action in stage.actions:
            now = control.actions.get(action.id)
            open_ = not settled[stage.id] and (now is None or now.status not in OVER)
            verify_left += open_ and action.kind is Kind.VERIFY
            unsafe_left += open_ and action.effect is Effect.UNSAFE
            for item in now.items if now is not None else ():
                out = item.status in ("issued", "uncertain")
                flying += out and effect_of(action, item.item) is Effect.UNSAFE
    assert control.verify_left == verify_left
    assert control.unsafe_left == unsafe_left
    assert control.unsafe_flying == flying
