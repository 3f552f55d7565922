"""The coordinator dies at every journal entry, before and after the effect, and goes on."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Literal

import pytest

from armada.compiler.plan import Plan
from armada.runtime.journal_entries import BrokenJournal, read_journal
from armada.runtime.kernel.events import Answered
from armada.simulator.drill import DrillResult, drill, resume
from armada.simulator.scenario import Crash, Scenario

When = Literal["before", "after"]
CASES = [
    ("seed", "outage", 1, 1),
    ("seed", "outage", 2, 3),
    ("seed", "failed-rollback", 1, 3),
    ("warehouse", "outage", 2, 2),
]
"""Workflow, scenario, severity, and the distance between the entries at which it dies."""


def outcome_of(result: DrillResult) -> tuple[Any, ...]:
    """Outcome and the status of every stage and action."""
    control = result.state.control
    stages = [(name, control.stages[name].status) for name in sorted(control.stages)]
    actions = [(name, control.actions[name].status) for name in sorted(control.actions)]
    return result.outcome, stages, actions


def effects_of(result: DrillResult) -> dict[str, int]:
    """What was done to the world; pages and notices depend on how long the outage lasted."""
    return {k: n for k, n in result.effects.items() if not k.startswith(("page:", "notice:"))}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("workflow", "name", "severity", "stride"), CASES)
def test_a_crash_at_any_entry_changes_no_outcome_and_repeats_no_effect(
    plans: dict[str, Plan],
    scenarios: dict[str, Scenario],
    workflow: str,
    name: str,
    severity: int,
    stride: int,
    when: When,
) -> None:
    plan, scenario = plans[workflow], scenarios[name]
    whole = drill(plan, scenario, severity=severity)
    for entry in range(0, len(read_journal(whole.journal or "").entries), stride):
        crash = Crash(entry=entry, when=when)
        dead = drill(plan, scenario, severity=severity, crash=crash, stop_at_crash=True)
        assert dead.status == "stopped"
        back = resume(dead.journal or "")
        assert outcome_of(back) == outcome_of(whole), (entry, when)
        assert effects_of(back) == effects_of(whole), (entry, when)
        assert set(back.effects.values()) == {1}
        refused = [batch for batch in back.batches if batch.step.verdict == "refused"]
        assert refused == [], (entry, when)


def test_the_same_crash_in_one_process_gives_the_same_journal(
    seed: Plan, scenarios: dict[str, Scenario]
) -> None:
    for entry in range(0, 190, 7):
        crash = Crash(entry=entry, when="after")
        lived = drill(seed, scenarios["outage"], crash=crash)
        dead = drill(seed, scenarios["outage"], crash=crash, stop_at_crash=True)
        assert (lived.journal or "").startswith(dead.journal or "")
        assert resume(dead.journal or "").journal == lived.journal


def test_nothing_answered_is_asked_again(seed: Plan, scenarios: dict[str, Scenario]) -> None:
    crash = Crash(entry=120, when="after")
    back = drill(seed, scenarios["outage"], crash=crash)
    kinds = [type(batch.event).__name__ for batch in back.batches]
    assert kinds.count("Acknowledged") == 1
    answered = [b.event.question for b in back.batches if isinstance(b.event, Answered)]
    assert len(answered) == len(set(answered))


def test_a_fresh_process_goes_on_from_the_bytes_alone(
    seed: Plan, scenarios: dict[str, Scenario]
) -> None:
    crash = Crash(entry=88, when="before")
    dead = drill(seed, scenarios["outage"], crash=crash, stop_at_crash=True)
    code = (
        "import sys; from armada.simulator.drill import resume\n"
        "r = resume(sys.stdin.buffer.read().decode())\n"
        "print(r.outcome, r.digest)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=(dead.journal or "").encode(),
        capture_output=True,
        check=True,
        env={"PYTHONHASHSEED": "77", "PYTHONPATH": ":".join(p for p in sys.path if p)},
    )
    lived = drill(seed, scenarios["outage"], crash=crash)
    assert done.stdout.decode().split() == [lived.outcome, lived.digest]


def test_a_torn_last_line_is_written_again(seed: Plan, scenarios: dict[str, Scenario]) -> None:
    crash = Crash(entry=60, when="after")
    dead = drill(seed, scenarios["outage"], crash=crash, stop_at_crash=True)
    back = resume((dead.journal or "")[:-9])
    assert back.journal == drill(seed, scenarios["outage"], crash=crash).journal


def test_a_changed_journal_is_refused(seed: Plan, scenarios: dict[str, Scenario]) -> None:
    crash = Crash(entry=60, when="after")
    dead = drill(seed, scenarios["outage"], crash=crash, stop_at_crash=True)
    with pytest.raises(BrokenJournal):
        resume((dead.journal or "").replace("monitoring", "monitorinG"))
