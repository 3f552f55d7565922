"""What a run waits for, stage by stage and along the chain."""

from __future__ import annotations

import pytest
from live_script import LiveScript, triaged, whole

from armada.runtime.waiting import UnknownName, chain, settled_words, waits


def test_what_people_are_asked_comes_with_the_line_that_answers_it() -> None:
    """And on whom, and since when."""
    script = triaged(LiveScript())
    first = waits(script.view, script.carriers)[0]
    assert (first.stage, first.on, first.since_ms) == ("diagnose", ("observability",), 360_000)
    assert first.what == "an answer: Error rate spike?"
    assert first.line == 'armada answer diagnose.check_metrics.1 "…"'


def test_a_program_is_waited_for_by_its_name() -> None:
    """No line: nobody has to answer."""
    script = triaged(LiveScript())
    script.answer("eve", "mitigate.immediate_relief", "none")
    script.answer("eve", "fact:recent_deploy", "yes")
    script.answer("eve", "fact:suspected_cause", "yes")
    script.vote("bob", "mitigate.rollback", "hierarchical-coordinator")
    found = next(w for w in waits(script.view, script.carriers) if w.stage == "mitigate")
    assert found.what == "mitigate.rollback.1: helm rollback golden-armada -n agents"
    assert (found.on, found.line) == (("shell",), "")


def test_the_chain_goes_down_to_people() -> None:
    """Nearest first; what is settled is not in it."""
    script = triaged(LiveScript())
    stages = [wait.stage for wait in chain(script.view, script.carriers, "postmortem")]
    assert list(dict.fromkeys(stages)) == ["postmortem", "deploy", "fix", "diagnose", "mitigate"]


@pytest.mark.parametrize("name", ["deploy", "deploy.deploy_fix", "deploy_fix", "Deploy", "4"])
def test_a_stage_goes_by_many_names(name: str) -> None:
    """Id, an action of it, its title, its ordinal."""
    script = triaged(LiveScript())
    assert chain(script.view, script.carriers, name)[0].stage == "deploy"


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    """Or with all that there are."""
    script = triaged(LiveScript())
    with pytest.raises(UnknownName, match="did you mean 'mitigate'"):
        chain(script.view, script.carriers, "mitigat")


def test_what_is_over_says_how_it_stands() -> None:
    """A whole run waits for nothing."""
    view = whole(LiveScript()).view
    assert waits(view, {}) == ()
    assert settled_words(view, "mitigate.feature_flag") == (
        "mitigate.feature_flag is skipped; stage mitigate is done"
    )
