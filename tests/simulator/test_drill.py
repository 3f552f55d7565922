"""Drills of the shipped workflows under the shipped scenarios, and what makes them differ."""

from __future__ import annotations

from typing import Any

import pytest

from armada.compiler.plan import Plan
from armada.runtime.journal_entries import read_journal
from armada.simulator.determinism import check_determinism
from armada.simulator.drill import DrillResult, check_replay, drill, prepare
from armada.simulator.report import report_data, report_text
from armada.simulator.scenario import Scenario, load_scenario

Plans = dict[str, Plan]
Scenarios = dict[str, Scenario]
NAMES = (
    "adapter-failure",
    "approval-nobody-answers",
    "coordinator-crash",
    "failed-rollback",
    "false-alarm",
    "on-call-no-show",
    "outage",
    "planned-work",
    "severity-raised-midway",
    "slow-acknowledgement",
    "wrong-severity",
)


def changed(scenario: Scenario, **changes: Any) -> Scenario:
    return load_scenario({**scenario.data, **changes})


def with_world(scenario: Scenario, **changes: Any) -> Scenario:
    return changed(scenario, world={**scenario.data["world"], **changes})


def statuses(result: DrillResult) -> dict[str, str]:
    return {stage: now.status for stage, now in sorted(result.state.control.stages.items())}


def test_every_scenario_that_ships_is_tested_here(scenarios: Scenarios) -> None:
    assert tuple(scenarios) == NAMES


@pytest.mark.parametrize("workflow", ["seed", "warehouse"])
@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_holds_on_both_workflows(
    plans: Plans, scenarios: Scenarios, name: str, workflow: str
) -> None:
    result = drill(plans[workflow], scenarios[name])
    assert [f for f in result.findings if f.judgement == "failed"] == []
    assert (result.exit_code, result.score) == (0, 100)
    assert set(result.effects.values()) == {1}
    assert check_replay(result.journal or "") == result.state


@pytest.mark.parametrize("seed_number", range(20))
def test_the_outage_is_resolved_with_other_draws(
    seed: Plan, scenarios: Scenarios, seed_number: int
) -> None:
    result = drill(seed, scenarios["outage"], seed=seed_number, journal=False)
    assert (result.outcome, result.exit_code) == ("resolved", 0)


def test_the_outage_shows_the_whole_response(seed: Plan, scenarios: Scenarios) -> None:
    text = report_text(drill(seed, scenarios["outage"]), "specs/incident-response.md")
    for part in (
        "INCIDENT DECLARED (SEV-1 confirmed",
        "paged On-call engineer + incident-responder (rung 1)",
        "stage Mitigate starts (k8s-deployer) ∥ Diagnose",
        "mitigate.rollback: error rate 38.0 % → 0.2 %",
        "notified Team lead (rung 2)",
        "paged Engineering manager (rung 3)",
        "notified Executive (rung 4)",
        "approval waived",
        "deploy.deploy_fix: canary is out",
        "deploy.verify_resolution done",
        "deploy.monitor_stability done",
        "RESOLVED (verification)",
        "stage Postmortem done",
        "Score: 100 of 100",
        "Replay: armada sim specs/incident-response.md --scenario outage --seed 7",
    ):
        assert part in text


@pytest.mark.parametrize("workflow", ["seed", "warehouse"])
@pytest.mark.parametrize("cause", ["dependency", "saturation", "bad-config", "bad-feature"])
def test_a_rollback_cures_a_bad_deploy_and_nothing_else(
    plans: Plans, scenarios: Scenarios, cause: str, workflow: str
) -> None:
    result = drill(plans[workflow], with_world(scenarios["outage"], cause=cause))
    text = report_text(result)
    assert result.outcome != "resolved"
    assert result.exit_code == 4
    rollbacks = [b.reading for b in result.batches if b.reading and "rollback" in b.reading["key"]]
    rollbacks += [b.reading for b in result.batches if b.reading and "restore" in b.reading["key"]]
    assert [reading["error_rate"][0] for reading in rollbacks] == [
        reading["error_rate"][1] for reading in rollbacks
    ]
    assert rollbacks
    assert "does not hold" in text
    assert "blocked" in statuses(result).values()


def test_a_wrong_fix_over_a_rollback_brings_the_bad_revision_back(
    seed: Plan, scenarios: Scenarios
) -> None:
    result = drill(seed, with_world(scenarios["outage"], fix="wrong"))
    assert "error rate 0.2 % → 38.0 %" in report_text(result)
    assert result.outcome == "waiting"


def test_a_canary_shows_a_harmful_fix_and_it_is_taken_back(
    seed: Plan, scenarios: Scenarios
) -> None:
    result = drill(seed, with_world(scenarios["outage"], fix="harmful"))
    assert "deploy.deploy_fix: reverted" in report_text(result)
    assert statuses(result)["deploy"] == "blocked"


def test_a_cause_that_goes_away_by_itself_is_noticed(seed: Plan, scenarios: Scenarios) -> None:
    scenario = with_world(scenarios["outage"], cause="dependency", recovers_after="70m")
    result = drill(seed, scenario)
    assert result.outcome == "resolved"
    assert result.numbers[2] >= 70 * 60_000


# --- decisions ------------------------------------------------------------------------------------


def test_a_blocked_stage_waits_for_a_decision_by_name(seed: Plan, scenarios: Scenarios) -> None:
    scenario = changed(scenarios["failed-rollback"], decisions={"idle": ["resolve"]})
    result = drill(seed, scenario)
    assert (result.outcome, result.exit_code) == ("waiting", 4)
    waiting = next(each for each in result.waiting if each.stage == "mitigate")
    assert "decide:mitigate.rollback" in waiting.what
    assert waiting.on == ("hierarchical-coordinator",)


@pytest.mark.parametrize(
    ("decision", "status"),
    [("skip", "skipped"), ("done", "done"), ("abort", "aborted")],
)
def test_another_decision_is_another_path(
    seed: Plan, scenarios: Scenarios, decision: str, status: str
) -> None:
    scenario = changed(
        scenarios["failed-rollback"], decisions={"blocked": [decision], "idle": ["resolve"]}
    )
    result = drill(seed, scenario)
    assert result.status == "finished"
    action = result.state.control.actions["mitigate.rollback"].status
    stage = statuses(result)["mitigate"]
    assert status in (action, stage)


def test_going_back_to_a_stage_starts_a_new_pass(seed: Plan, scenarios: Scenarios) -> None:
    scenario = changed(
        scenarios["failed-rollback"],
        decisions={"blocked": ["goto:stages at the entry", "skip"], "idle": ["resolve"]},
    )
    result = drill(seed, scenario)
    assert result.outcome == "resolved"
    assert result.state.control.stages["mitigate"].passes == 1


def test_severity_two_of_the_seed_ends_unverified(seed: Plan, scenarios: Scenarios) -> None:
    result = drill(seed, scenarios["outage"], severity=2)
    assert (result.outcome, result.exit_code) == ("closed-unverified", 1)
    found = statuses(result)
    assert (found["mitigate"], found["deploy"]) == ("omitted", "omitted")
    assert "k8s-deployer is not engaged" in report_text(result)


def test_a_rise_brings_omitted_stages_in(seed: Plan, scenarios: Scenarios) -> None:
    result = drill(seed, scenarios["severity-raised-midway"])
    text = report_text(result)
    assert "stage Mitigate omitted" in text
    assert text.index("stage Mitigate omitted") < text.index("stage Mitigate starts")
    assert result.outcome == "resolved"


def test_an_unknown_level_is_refused(seed: Plan, scenarios: Scenarios) -> None:
    with pytest.raises(ValueError, match="no level 9"):
        drill(seed, scenarios["outage"], severity=9)


# --- the ladder -----------------------------------------------------------------------------------


def test_nobody_answers_and_the_ladder_climbs(seed: Plan, scenarios: Scenarios) -> None:
    scenario = changed(scenarios["on-call-no-show"], people={"everyone": {"absent": True}})
    result = drill(seed, scenario, journal=False)
    rungs = result.numbers[5:9]
    assert rungs == (0, 900_000, 1_800_000, 3_600_000)
    assert result.numbers[1] == -1


def test_under_unacknowledged_the_ladder_stops_at_the_acknowledgement(
    warehouse: Plan, scenarios: Scenarios
) -> None:
    answered = drill(warehouse, scenarios["outage"], journal=False)
    assert answered.numbers[5:8] == (0, -1, -1)
    silent = drill(warehouse, scenarios["on-call-no-show"], journal=False)
    assert silent.numbers[5:8] == (0, 1_200_000, 2_700_000)


def test_a_page_that_bounces_moves_on_at_once(seed: Plan, scenarios: Scenarios) -> None:
    scenario = changed(scenarios["outage"], faults=[{"on": "rung 1", "do": "fail"}])
    result = drill(seed, scenario)
    assert result.numbers[6] == 0
    assert "On-call engineer cannot be reached" in report_text(result)


# --- determinism ----------------------------------------------------------------------------------


def test_fresh_processes_with_other_hash_seeds_agree(seed: Plan, scenarios: Scenarios) -> None:
    assert check_determinism(seed, scenarios["outage"]) is None


def test_another_seed_gives_other_times(seed: Plan, scenarios: Scenarios) -> None:
    one, other = (drill(seed, scenarios["outage"], seed=number) for number in (1, 2))
    assert one.digest != other.digest
    assert one.numbers[1:4] != other.numbers[1:4]


def test_the_journal_changes_nothing(seed: Plan, scenarios: Scenarios) -> None:
    setting = prepare(seed, scenarios["outage"])
    for trial in range(8):
        kept = drill(seed, scenarios["outage"], trial=trial)
        bare = drill(seed, scenarios["outage"], trial=trial, journal=False, setting=setting)
        assert kept.numbers == bare.numbers
        assert bare.journal is None


def test_changing_one_responder_leaves_other_draws_as_they_were(
    seed: Plan, scenarios: Scenarios
) -> None:
    scenario = changed(
        scenarios["outage"],
        people={**scenarios["outage"].data["people"], "Team lead": {"answers": "9m"}},
    )
    one = drill(seed, scenarios["outage"], journal=False)
    other = drill(seed, scenario, journal=False)
    assert one.numbers == other.numbers


def test_a_journal_is_a_chain_that_shows_every_change(seed: Plan, scenarios: Scenarios) -> None:
    text = drill(seed, scenarios["outage"]).journal or ""
    lines = text.splitlines()
    journal = read_journal(text)
    assert [entry.seq for entry in journal.entries] == list(range(len(lines)))
    assert journal.digest == drill(seed, scenarios["outage"]).digest
    for change in (lines[:5] + lines[6:], [*lines[:5], lines[5].replace("1", "2", 1), *lines[6:]]):
        with pytest.raises(ValueError):
            read_journal("\n".join(change) + "\n")
    assert read_journal(text[:-20]).torn


def test_the_report_is_also_data(seed: Plan, scenarios: Scenarios) -> None:
    data = report_data(drill(seed, scenarios["outage"]), "SPEC")
    assert data["outcome"] == "resolved"
    assert data["score"] == 100
    assert [rung["rung"] for rung in data["rungs"]] == [1, 2, 3, 4]
    assert data["default_durations"]
    assert data["replay"] == "armada sim SPEC --scenario outage --seed 7"


def test_severity_on_the_command_is_not_changed_by_classification(
    seed: Plan, scenarios: Scenarios
) -> None:
    result = drill(seed, scenarios["outage"], severity=2, journal=False)
    assert result.state.control.level == 2
