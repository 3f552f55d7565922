"""A journal replayed: by its own plan nothing differs; by another, what and where."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from live_script import LiveScript, compiled, triaged, whole

from armada.dsl.source import SourceFile
from armada.runtime.journal_entries import read_journal
from armada.runtime.what_if import check, compare
from armada.simulator.drill import drill
from armada.simulator.scenario_file import read_scenario, shipped


def test_a_run_replays_the_same() -> None:
    """By its own plan, notes and readings left out."""
    script = whole(LiveScript())
    checked = check(script.view.plan, script.entries[1:])
    assert checked.same
    assert checked.outcome == "resolved"


def test_a_changed_command_is_named_by_its_entry() -> None:
    """The first entry that does not come out again."""
    script = whole(LiveScript())
    entries = list(script.entries)
    at = next(n for n, e in enumerate(entries) if e.payload.get("kind") == "Dispatch")
    entries[at] = entries[at]._replace(payload={**entries[at].payload, "agent": "somebody"})
    checked = check(script.view.plan, entries[1:])
    assert not checked.same
    assert checked.entry == at
    assert "another command" in checked.reason


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_drill_compared_with_its_own_plan_is_the_same(name: str) -> None:
    """Late timers, crashes and restarts included: no difference is made up."""
    path = shipped()[name]
    with open(path, encoding="utf-8") as file:
        scenario = read_scenario(SourceFile(path, file.read())).scenario
    assert scenario is not None
    plan = compiled()
    entries = read_journal(drill(plan, scenario).journal or "").entries
    assert check(plan, entries[1:]).same
    found = compare(plan, entries[1:], plan)
    assert found.same, found.first


def test_a_host_that_was_away_makes_no_difference_either() -> None:
    """Timers that fired late fire late by the other plan as well."""
    script = triaged(LiveScript()).away(40).wait(30)
    assert compare(script.view.plan, script.entries[1:], script.view.plan).same


def test_a_rung_comes_when_the_other_plan_says() -> None:
    """Ten minutes rather than fifteen."""
    script = whole(LiveScript())
    plan = script.view.plan
    rungs = plan.escalation.rungs
    sooner = (rungs[0], replace(rungs[1], from_ms=600_000), *rungs[2:])
    other = replace(plan, escalation=replace(plan.escalation, rungs=sooner))
    found = compare(plan, script.entries[1:], other)
    assert [(m.what, m.recorded_ms, m.other_ms) for m in found.rungs] == [
        ("rung 2 (Team lead)", 900_000, 600_000)
    ]
    assert found.first is not None
    assert "notify Team lead (rung 2)" in found.first.other
    assert found.outcomes == ("resolved", "resolved")


def test_without_a_stage_its_work_is_not_done_and_its_answers_are_refused() -> None:
    """Each recorded event that the other plan cannot take is listed with the reason."""
    script = whole(LiveScript())
    plan = script.view.plan
    stages = tuple(
        replace(stage, needs=tuple(n for n in stage.needs if n != "mitigate"))
        for stage in plan.stages
        if stage.id != "mitigate"
    )
    found = compare(plan, script.entries[1:], replace(plan, stages=stages))
    assert "mitigate.rollback:1" in found.not_done
    assert ("mitigate", "done", "not in the plan") in found.stages
    assert {r.reason for r in found.refused} == {"unknown-command", "not-open", "unknown-action"}


def test_a_gate_that_was_waived_would_have_been_asked_for() -> None:
    """At a level where the other plan waives nothing."""
    script = whole(LiveScript())
    plan = script.view.plan
    text = json.dumps(json.loads(plan.json)).replace('"waived_at": [1]', '"waived_at": []')
    from armada.compiler.plan import load_plan

    found = compare(plan, script.entries[1:], load_plan(text))
    assert found.first is not None
    assert any("approve fix.fast_track_review" in words for words in found.first.other)
    assert found.outcomes == ("resolved", "open")
