"""Agenda, selectors, meaning and expectations, each by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armada.compiler.plan import Plan
from armada.simulator.agenda import Agenda, Key
from armada.simulator.expectations import FORMS, Finding, parse_expectation, score
from armada.simulator.meaning import Remedy, fact_is_true, remedy_of_words
from armada.simulator.selectors import UnknownName, select

KEYS = st.builds(Key, st.integers(0, 9), st.integers(0, 3), st.integers(-1, 3), st.text(max_size=2))


@given(st.lists(KEYS, unique=True), st.randoms(use_true_random=False))
def test_the_agenda_knows_no_order_of_insertion(keys: list[Key], chance: object) -> None:
    agenda: Agenda[int] = Agenda()
    for key in keys:
        agenda.put(key, 0)
    taken: list[Key] = []
    while agenda.next_ms() is not None:
        taken.append(agenda.take()[0])
    assert taken == sorted(keys)


def test_a_cancelled_entry_never_happens() -> None:
    agenda: Agenda[str] = Agenda()
    key = agenda.put(Key(1, 0, 0, "a"), "first")
    agenda.put(Key(2, 0, 0, "b"), "second")
    agenda.cancel(key)
    assert agenda.next_ms() == 2
    assert agenda.take()[1] == "second"
    assert agenda.next_ms() is None


@pytest.mark.parametrize(
    ("text", "stages", "actions"),
    [
        ("stages at the entry", ("triage",), 3),
        ("the verifying stage", ("deploy",), 3),
        ("parallel stages", ("diagnose", "mitigate"), 7),
        ("closing stages", ("postmortem",), 1),
        ("any rollback", (), 1),
        ("stage of any rollback", ("mitigate",), 3),
        ("kind: task", (), 2),
        ("any gate", (), 1),
        ("deploy.*", (), 3),
        ("fix", ("fix",), 3),
        ("rollback", (), 1),
    ],
)
def test_a_selector_means_what_it_says(
    seed: Plan, text: str, stages: tuple[str, ...], actions: int
) -> None:
    found = select(seed, text)
    assert found.stages == stages
    assert len(found.actions) == actions


def test_an_option_is_selected_by_what_it_does(seed: Plan) -> None:
    found = select(seed, "any scale")
    options = next(a for s in seed.stages for a in s.actions if a.name == "immediate_relief").items
    scale = next(option.id for option in options if option.text == "Scale up replicas")
    assert found.items == (("mitigate.immediate_relief", (scale,)),)


def test_rungs_and_people_are_selected(seed: Plan) -> None:
    assert select(seed, "rung 1").people == ("On-call engineer", "incident-responder")
    assert select(seed, 'rung "engineering manager"').rungs == (2,)
    assert select(seed, "last rung").rungs == (3,)
    assert select(seed, "coordinator").people == ("hierarchical-coordinator",)
    assert select(seed, "rung 9").empty


def test_an_unknown_name_comes_with_the_nearest(seed: Plan) -> None:
    with pytest.raises(UnknownName) as caught:
        select(seed, "mitigte")
    assert caught.value.nearest == "mitigate"


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("helm rollback golden-armada", Remedy.ROLLBACK),
        ("kubectl rollout undo deployment/api", Remedy.ROLLBACK),
        ("Disable problematic feature", Remedy.FLAG),
        ("Scale up replicas", Remedy.SCALE),
        ("Restart failing pods", Remedy.RESTART),
        ("Enable circuit breaker", Remedy.REROUTE),
        ("Write a haiku", Remedy.NONE),
        ("Revert the change", Remedy.ROLLBACK),
    ],
)
def test_words_tell_what_is_done(words: str, remedy: Remedy) -> None:
    assert remedy_of_words(words) is remedy


def test_facts_are_answered_from_what_is_suspected() -> None:
    assert fact_is_true("recent_deploy", "dependency", True) is True
    assert fact_is_true("suspected_cause", "bad-deploy", True) is True
    assert fact_is_true("feature_specific_issue", "bad-deploy", True) is False
    assert fact_is_true("moon_is_full", "bad-deploy", True) is None


@pytest.mark.parametrize("form", FORMS)
def test_every_form_reads_its_example(form: str) -> None:
    assert parse_expectation(FORMS[form].example).form == form


def test_an_expectation_may_be_about_a_level() -> None:
    assert parse_expectation("at SEV-2: ends closed-unverified").levels == (2,)


@given(st.lists(st.sampled_from(["held", "failed", "inconclusive", "not-run"])))
def test_the_score_is_bounded_and_knows_only_what_was_judged(judgements: list[str]) -> None:
    findings = [Finding("x", "r", judgement, "") for judgement in judgements]  # type: ignore[arg-type]
    found = score(findings)
    judged = [each for each in judgements if each in ("held", "failed")]
    assert (found is None) == (not judged)
    assert found is None or 0 <= found <= 100
    assert found is None or (found == 100) == ("failed" not in judged)
