"""The kernel under random plans and events.

Every step is checked against plain counting (kernel_invariants.py), its state is read back from
canonical JSON, and the same event on the copy gives the same step: so a run resumed at any point
goes on exactly as one that never stopped.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from kernel_plans import draw_plan
from kernel_walk import Walk, illegal, run

from armada.runtime.kernel.transitions import MACHINES

RARE = (65, 103, 136, 142, 145, 153, 193, 250, 260, 306, 362, 509, 722, 785, 833, 1576, 1580)
"""Walks that take a row which hardly any other takes; if one no longer does, more are walked."""


class KernelMachine(RuleBasedStateMachine):
    """Hypothesis drives one run of one random plan, and shrinks what breaks it."""

    @initialize(data=st.data())
    def declare(self, data: st.DataObject) -> None:
        def choose(options):
            return data.draw(st.sampled_from(list(options)))

        self.walk = Walk.of(draw_plan(choose))
        assert self.walk.take(self.walk.legal(choose, False)) == "applied"

    @precondition(lambda self: not self.walk.finished)
    @rule(data=st.data(), unasked=st.sampled_from([False, False, False, True]))
    def take_what_may_come(self, data: st.DataObject, unasked: bool) -> None:
        event = self.walk.legal(lambda options: data.draw(st.sampled_from(list(options))), unasked)
        if event is not None:
            assert self.walk.take(event) != "refused"

    @rule(data=st.data())
    def take_what_may_not(self, data: st.DataObject) -> None:
        event = illegal(self.walk, lambda options: data.draw(st.sampled_from(list(options))))
        assert self.walk.take(event) in ("refused", "ignored")

    @rule()
    def crash_and_resume(self) -> None:
        assert self.walk.take(self.walk.crash()) == "applied"


TestKernelMachine = KernelMachine.TestCase
TestKernelMachine.settings = settings(max_examples=60, stateful_step_count=40)


@pytest.mark.parametrize("least", [120, pytest.param(1_200, marks=pytest.mark.sweep)])
def test_walks_take_every_transition_and_most_finish(least: int, record_property, capsys):
    """Seeded walks over random plans: every row of every table is taken, and nearly all finish.

    The rare walks come first; then at least so many, and more while a row is still untaken.
    """
    rows = {(machine, *row) for machine, table in MACHINES.items() for row in table}
    taken: Counter[tuple[str, str, str]] = Counter()
    finished = walks = 0
    while walks < least or (walks < 5_000 and rows - set(taken)):
        seed = RARE[walks] if walks < len(RARE) else walks
        source = random.Random(seed)
        plan = draw_plan(source.choice)
        unasked = (False,) if seed % 3 == 0 else (False,) * 7 + (True,)
        walk = run(plan, source.choice, steps=120, unasked=unasked)
        taken.update(walk.moves)
        finished += walk.finished
        walks += 1
    record_property("finished_share", finished / walks)
    with capsys.disabled():
        print(f"\n{finished}/{walks} walks finished, {len(taken)}/{len(rows)} transitions taken")
    assert not rows - set(taken)
    assert finished / walks > 0.95
