"""The rules of docs/kernel.md about actions, facts and approvals, one test a rule."""

from __future__ import annotations

import pytest
from kernel_script import MINUTE, Script, action, incident_plan, items, make_plan, rollback, stage

from armada.compiler.plan import Approval, Comparison, Effect, Fact, Kind, OnFailure, Retry
from armada.runtime.kernel import commands as co
from armada.runtime.kernel import events as ev


def one(*actions, **changes):
    """A plan of one stage."""
    return make_plan(stage(actions[0].id.split(".")[0], *actions), **changes)


# --- attempts and keys ----------------------------------------------------------------------------


def test_a_retry_after_a_lost_answer_keeps_the_key_and_one_after_a_known_failure_renews_it():
    run = Script(one(action("s.a", Kind.TASK, retry=Retry(3, 1_000))))
    run.back("s.a", "unknown")
    run.wait(1)
    run.back("s.a", "failed")
    run.wait(1)
    keys = [each.key for each in run.dispatched("s.a")]
    assert keys == ["s.a:do:0:g0", "s.a:do:0:g0", "s.a:do:0:g1"]
    assert [each.attempt for each in run.dispatched("s.a")] == [1, 2, 3]


def test_waits_double_between_attempts():
    run = Script(one(action("s.a", Kind.TASK, retry=Retry(3, 1_000))))
    run.back("s.a", "failed")
    assert run.of(co.SetTimer, run.said)[-1].due_ms == 1_000
    run.wait(1)
    run.back("s.a", "failed")
    assert run.of(co.SetTimer, run.said)[-1].due_ms - run.now_ms == 2_000


def test_a_permanent_failure_is_not_retried():
    run = Script(one(action("s.a", Kind.TASK)))
    run.back("s.a", "permanent")
    assert run.stage("s") == "blocked"


def test_an_unsafe_action_of_unknown_outcome_is_asked_about_and_never_repeated():
    run = Script(one(rollback()))
    run.back("mitigate.rollback", "unknown")
    assert run.open_questions() == ["outcome:mitigate.rollback:undo:0:1"]
    assert len(run.dispatched()) == 1
    run.answer("outcome:mitigate.rollback:undo:0:1", "happened")
    assert run.stage("mitigate") == "done"


def test_one_that_did_not_happen_is_issued_once_more_under_its_key():
    run = Script(one(rollback()))
    run.back("mitigate.rollback", "unknown")
    run.answer("outcome:mitigate.rollback:undo:0:1", "not-happened")
    first, second = run.dispatched()
    assert first.key == second.key
    assert first.command_id != second.command_id


def test_one_that_nobody_can_tell_of_blocks_the_stage():
    run = Script(one(rollback()))
    run.back("mitigate.rollback", "unknown")
    run.answer("outcome:mitigate.rollback:undo:0:1", "cannot-tell")
    assert run.open_questions() == ["decide:mitigate.rollback"]


def test_a_timeout_of_an_unsafe_action_is_an_unknown_outcome():
    run = Script(one(rollback(timeout_ms=MINUTE)))
    run.wait(1)
    assert run.open_questions() == ["outcome:mitigate.rollback:undo:0:1"]
    run.back("mitigate.rollback")
    assert run.stage("mitigate") == "done", "the late answer settles the doubt"
    assert run.open_questions() == ["idle:"]


def test_a_late_or_repeated_result_is_ignored():
    run = Script(one(action("s.a", Kind.TASK)))
    run.back("s.a")
    before = run.state
    assert run.back("s.a").verdict == "ignored"
    assert run.state is before


def test_a_failed_notice_does_not_stop_a_stage():
    run = Script(one(action("s.tell", Kind.NOTIFY), action("s.a", Kind.TASK)))
    run.back("s.tell", "permanent")
    assert run.dispatched("s.a")


def test_every_request_to_a_person_has_a_patience_past_which_others_hear_of_it():
    run = Script(one(action("s.a", Kind.TASK)))
    run.wait(10)
    notice = next(each for each in run.of(co.Notify) if each.about == "unanswered")
    assert notice.subject == "s.a:do:0:1"
    assert "chief" in notice.to


# --- kinds ----------------------------------------------------------------------------------------


def test_all_chosen_options_run_in_document_order():
    run = Script(one(action("s.pick", Kind.CHOOSE, items=items("scale", "restart", "drain"))))
    run.back("s.pick:choose", chosen=("restart", "scale"))
    assert run.dispatched("s.pick:scale")
    assert not run.dispatched("s.pick:restart")
    run.back("s.pick:scale", "permanent")
    run.back("s.pick:restart")
    assert run.stage("s") == "done", "one of two chosen worked"


def test_a_choice_of_none_is_a_choice():
    run = Script(one(action("s.pick", Kind.CHOOSE, items=items("scale"))))
    run.back("s.pick:choose")
    assert run.stage("s") == "done"
    assert run.records("chosen")[0].detail == "none"


def test_an_unknown_option_is_refused():
    run = Script(one(action("s.pick", Kind.CHOOSE, items=items("scale"))))
    assert run.back("s.pick:choose", chosen=("sell",)).reason == "not-an-option"


def test_a_failed_relief_does_not_hold_back_the_rollback_and_blocks_at_the_end():
    pick = action("mitigate.pick", Kind.CHOOSE, items=items("scale"))
    run = Script(one(pick, rollback()))
    run.back("mitigate.pick:choose", chosen=("scale",))
    run.back("mitigate.pick:scale", "permanent")
    assert run.dispatched("mitigate.rollback")
    run.back("mitigate.rollback")
    assert run.stage("mitigate") == "blocked"
    assert run.open_questions() == ["decide:mitigate.pick"]
    run.answer("decide:mitigate.pick", "skip")
    assert run.stage("mitigate") == "done"


def test_commands_of_a_run_go_one_after_another_and_a_retry_keeps_what_is_done():
    run = Script(one(action("s.run", Kind.RUN, items=items("first", "second"), retry=Retry(1))))
    assert len(run.dispatched()) == 1
    run.back("s.run:first")
    run.back("s.run:second", "failed")
    assert run.stage("s") == "blocked"
    run.answer("decide:s.run", "retry")
    assert len(run.dispatched("s.run:first")) == 1
    assert len(run.dispatched("s.run:second")) == 2


def test_questions_are_asked_side_by_side():
    run = Script(one(action("s.ask", Kind.ASK, items=items("who", "what"))))
    assert len(run.dispatched()) == 2


def test_a_rollout_is_canary_watch_judge_promote():
    run = Script(incident_plan()).to_deploy()
    assert run.dispatched("deploy.roll")[-1].item == "canary"
    run.back("deploy.roll:canary")
    assert run.dispatched("deploy.roll")[-1].item == "watch"
    run.wait(5)
    assert run.dispatched("deploy.roll")[-1].item == "judge"
    run.back("deploy.roll:judge")
    run.back("deploy.roll:promote")
    assert run.dispatched("deploy.verify")


@pytest.mark.parametrize("way", ["alert", "judge"])
def test_a_bad_canary_is_reverted_and_the_stage_blocks(way):
    run = Script(incident_plan()).to_deploy()
    run.back("deploy.roll:canary")
    if way == "alert":
        run.back("deploy.roll:watch", "alert")
    else:
        run.wait(5)
        run.back("deploy.roll:judge", "false")
    run.back("deploy.roll:revert")
    assert run.stage("deploy") == "blocked"
    assert not run.dispatched("deploy.roll:promote")


def test_a_monitor_without_an_answer_at_its_end_has_failed():
    run = Script(one(action("s.monitor", Kind.MONITOR, duration_ms=MINUTE)))
    run.wait(0.9)
    run.back("s.monitor:watch", "failed")
    run.wait(0.05)
    assert run.stage("s") != "blocked"
    run.wait(0.1)
    assert run.stage("s") == "blocked"


def test_a_decision_by_hand_is_no_verification():
    run = Script(incident_plan()).to_verify()
    run.wait(10)
    run.answer("decide:deploy.verify", "done")
    run.wait(30)
    assert run.state.control.phase == "open"


def test_compensation_undoes_the_stage_and_asks_again():
    undo = items("undo")[0]
    run = Script(
        one(
            action("s.first", Kind.TASK, compensate=undo),
            action("s.second", Kind.TASK, on_failure=OnFailure.COMPENSATE),
        )
    )
    run.back("s.first")
    run.back("s.second", "permanent")
    assert run.dispatched("s.first:compensate")
    run.back("s.first:compensate")
    assert run.records("action-undone")[0].subject == "s.first"
    assert run.open_questions() == ["decide:s.second"]


# --- facts ----------------------------------------------------------------------------------------


def test_an_unknown_fact_is_asked_of_the_agent_and_then_of_the_coordinator():
    run = Script(one(action("s.a", Kind.TASK, when=Fact("deployed"))))
    assert run.of(co.AskPerson)[0].to == ("ops",)
    run.answer("fact:deployed", "unknown", "ops")
    assert run.of(co.AskPerson)[-1].to == ("ops", "chief")
    run.answer("fact:deployed", "unknown")
    assert run.open_questions() == ["fact:deployed"], "while it stays unknown the action waits"
    run.answer("fact:deployed", "true")
    assert run.dispatched("s.a")


def test_silence_about_a_fact_brings_the_coordinator_in():
    run = Script(one(action("s.a", Kind.TASK, when=Fact("deployed"))))
    run.wait(10)
    assert run.of(co.AskPerson)[-1].to == ("ops", "chief")


def test_a_false_guard_skips_and_says_why():
    run = Script(one(action("s.a", Kind.TASK, when=Fact("deployed"))))
    run.fact("deployed", False)
    assert run.records("action-skipped")[0].detail == "its condition is false"
    assert run.open_questions() == ["idle:"]


def test_a_fact_that_changes_is_seen_by_what_is_not_dispatched():
    guarded = rollback(when=Fact("deployed"), approval=Approval(1, ("reviewer",)))
    run = Script(one(guarded))
    run.fact("deployed", True)
    run.take(ev.Proposed(0, "mitigate.rollback", "d1", "ops"))
    run.fact("deployed", False)
    assert run.records("action-skipped")
    assert not run.dispatched("mitigate.rollback")
    late = run.take(ev.Voted(0, "mitigate.rollback", "ann", "reviewer", True, "d1"))
    assert late.verdict == "ignored"


def test_a_fact_that_expires_is_unknown_again():
    guarded = rollback(when=Fact("deployed"), approval=Approval(1, ("reviewer",)))
    run = Script(one(guarded))
    run.fact("deployed", True, valid_ms=MINUTE)
    run.take(ev.Proposed(0, "mitigate.rollback", "d1", "ops"))
    run.wait(1)
    assert run.open_questions() == ["fact:deployed"]


def test_a_number_answers_a_comparison():
    run = Script(one(action("s.a", Kind.TASK, when=Comparison("critical", ">", (0,)))))
    assert run.of(co.AskPerson)[0].options == ()
    run.answer("fact:critical", "3")
    assert run.dispatched("s.a")


def test_a_guard_on_the_severity_follows_it():
    run = Script(
        one(
            action("s.wait", Kind.TASK, "dev"),
            action("s.a", Kind.TASK, "dev", when=Comparison("severity", "<=", (1,))),
        ),
        level=2,
    )
    run.take(ev.SeveritySet(0, 1, "chief", True))
    run.back("s.wait")
    assert run.dispatched("s.a")


# --- approvals ------------------------------------------------------------------------------------


def gate(quorum: int = 1, waived_at: tuple[int, ...] = ()):
    return rollback(approval=Approval(quorum, ("reviewer",), waived_at))


def vote(run: Script, by: str, approve: bool = True, digest: str = "d1", role: str = "reviewer"):
    return run.take(ev.Voted(run.now_ms, "mitigate.rollback", by, role, approve, digest))


def test_nothing_unsafe_precedes_its_approval():
    run = Script(one(gate(2)))
    assert run.of(co.RequestProposal)
    run.take(ev.Proposed(0, "mitigate.rollback", "d1", "ops"))
    vote(run, "ann")
    assert not run.dispatched()
    assert vote(run, "ann").verdict == "ignored"
    vote(run, "bob")
    assert run.dispatched("mitigate.rollback")


def test_a_vote_on_something_else_by_the_proposer_or_by_nobody_is_refused():
    run = Script(one(gate()))
    run.take(ev.Proposed(0, "mitigate.rollback", "d1", "ops"))
    assert vote(run, "ann", digest="d2").reason == "digest-differs"
    assert vote(run, "ops").reason == "own-proposal"
    assert vote(run, "eve", role="visitor").reason == "not-an-approver"


def test_a_new_proposal_voids_the_votes():
    run = Script(one(gate(2)))
    run.take(ev.Proposed(0, "mitigate.rollback", "d1", "ops"))
    vote(run, "ann")
    run.take(ev.Proposed(0, "mitigate.rollback", "d2", "ops"))
    vote(run, "bob", digest="d2")
    assert not run.dispatched()


def test_an_approval_that_expires_voids_votes_and_asks_more_people():
    run = Script(one(gate(2)))
    run.take(ev.Proposed(0, "mitigate.rollback", "d1", "ops"))
    vote(run, "ann")
    run.wait(15)
    assert set(run.of(co.RequestApproval)[-1].approvers) >= {"reviewer", "chief"}
    vote(run, "bob")
    assert not run.dispatched(), "ann's vote no longer counts"
    vote(run, "cid", role="chief")
    assert run.dispatched()


def test_a_rejection_blocks_and_a_retry_asks_anew():
    run = Script(one(gate()))
    run.take(ev.Proposed(0, "mitigate.rollback", "d1", "ops"))
    vote(run, "ann", approve=False)
    assert run.stage("mitigate") == "blocked"
    run.answer("decide:mitigate.rollback", "retry")
    assert len(run.of(co.RequestProposal)) == 2


def test_a_waiver_needs_a_level_confirmed_by_someone_other_than_the_proposer():
    own = Script(one(gate(waived_at=(1,))))
    own.take(ev.Proposed(0, "mitigate.rollback", "d1", "caller"))
    assert not own.dispatched(), "the caller confirmed the level and proposes"
    other = Script(one(gate(waived_at=(1,))))
    other.take(ev.Proposed(0, "mitigate.rollback", "d1", "ops"))
    assert other.dispatched()
    assert other.state.control.reviews == ("mitigate.rollback",)
    assumed = Script(one(gate(waived_at=(1,))), level=None)
    assumed.take(ev.Proposed(0, "mitigate.rollback", "d1", "ops"))
    assert not assumed.dispatched(), "nobody confirmed the level"


def test_breaking_the_glass_passes_a_gate_at_once_and_owes_a_review():
    run = Script(one(gate(quorum=2)))
    run.take(ev.Proposed(0, "mitigate.rollback", "d1", "ops"))
    stale = run.take(ev.GlassBroken(0, "mitigate.rollback", "ops", "d0"))
    assert (stale.verdict, stale.reason) == ("refused", "digest-differs")
    run.take(ev.GlassBroken(0, "mitigate.rollback", "ops", "d1"))
    assert run.dispatched("mitigate.rollback")
    assert run.state.control.reviews == ("mitigate.rollback",)


def test_a_pending_gate_is_waived_when_the_level_comes_to_waive_it():
    run = Script(one(gate(waived_at=(1,))), level=None)
    run.take(ev.Proposed(0, "mitigate.rollback", "d1", "ops"))
    run.take(ev.SeveritySet(0, 1, "chief", True))
    assert run.dispatched("mitigate.rollback")


# --- after a crash --------------------------------------------------------------------------------


def test_after_a_crash_reads_are_issued_again_as_they_were():
    run = Script(one(action("s.look", Kind.OBSERVE, items=items("logs", effect=Effect.READ))))
    first = run.dispatched()[0]
    run.take(ev.Resumed(0, (first.command_id,)))
    assert run.of(co.Dispatch, run.said) == [first]


def test_after_a_crash_an_unsafe_command_is_observed_first():
    run = Script(one(rollback()))
    first = run.dispatched()[0]
    run.take(ev.Resumed(0, (first.command_id,)))
    assert run.of(co.ObserveEffect, run.said)[0].key == first.key
    run.take(ev.Observed(0, first.command_id, False))
    assert run.dispatched()[-1].key == first.key
    run.take(ev.Resumed(0, (run.dispatched()[-1].command_id,)))
    run.take(ev.Observed(0, run.dispatched()[-1].command_id, True))
    assert run.stage("mitigate") == "done"


def test_an_unsafe_command_older_than_it_is_valid_is_not_issued_without_asking():
    run = Script(one(rollback()))
    run.wait(16)
    first = run.dispatched()[0]
    run.take(ev.Resumed(run.now_ms, (first.command_id,)))
    run.take(ev.Observed(run.now_ms, first.command_id, False))
    assert len(run.dispatched()) == 1
    assert f"outcome:{first.command_id}" in run.open_questions()


def test_after_a_crash_open_questions_are_asked_again_and_answered_ones_are_not():
    run = Script(one(action("s.a", Kind.TASK, when=Fact("deployed"))))
    run.take(ev.Resumed(0, ()))
    assert [each.question for each in run.of(co.AskPerson, run.said)] == ["fact:deployed"]
    run.answer("fact:deployed", "true")
    run.take(ev.Resumed(0, ()))
    assert not run.of(co.AskPerson, run.said)


def test_a_finished_run_leaves_no_timer_behind():
    run = Script(one(rollback(timeout_ms=5 * MINUTE)))
    run.fact("deployed", True, valid_ms=60 * MINUTE)
    first = run.dispatched()[0]
    run.take(ev.Resumed(0, (first.command_id,)))
    run.take(ev.Observed(0, first.command_id, False))
    run.back("mitigate.rollback")
    run.answer("idle:", "resolve")
    assert run.finished
    assert not run.state.registers.timers
