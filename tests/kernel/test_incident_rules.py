"""The rules of docs/kernel.md about the incident, its severity, and stages, one test a rule."""

from __future__ import annotations

import json

from kernel_script import MINUTE, Script, action, incident_plan, items, make_plan, rollback, stage

from armada.compiler.plan import Effect, Item, Kind, OnFailure, Plan
from armada.runtime.kernel import commands as co
from armada.runtime.kernel import (
    decode_state,
    encode_state,
    initial,
    outcome,
    state_json,
    step,
    why,
)
from armada.runtime.kernel import events as ev


def test_the_whole_incident_ends_resolved_and_verified():
    run = Script(incident_plan()).to_resolved()
    assert run.state.control.phase == "resolved"
    assert not run.finished
    run.wait(30)
    run.back("postmortem.output")
    assert run.finished
    assert run.outcome == "resolved"


def test_nothing_happens_before_the_declaration():
    plan = incident_plan()
    refused = step(plan, initial(plan), ev.Acknowledged(0, "oncall"))
    assert (refused.verdict, refused.reason) == ("refused", "not-declared")
    assert refused.state == initial(plan)


def test_a_clock_that_steps_back_is_refused():
    run = Script(incident_plan())
    run.wait(1)
    run.take(ev.Mitigated(MINUTE, "chief"))
    assert run.take(ev.Resolved(MINUTE - 1, "chief")).reason == "clock-backwards"


def test_an_undeclared_severity_is_the_most_urgent_and_assumed():
    run = Script(incident_plan(), level=None)
    assert (run.state.control.level, run.state.control.standing) == (1, "assumed")


def test_a_machine_may_raise_an_unconfirmed_level_but_never_lower_one():
    plan = make_plan(stage("triage", action("triage.classify", Kind.CLASSIFY, "responder")))
    raised = Script(plan, level=None)
    raised.take(ev.SeveritySet(0, 2, "machine", False))
    assert raised.state.control.level == 1
    assert raised.open_questions() == ["severity:2"]
    raised.answer("severity:2", "confirm")
    assert (raised.state.control.level, raised.state.control.standing) == (2, "confirmed")
    raised.take(ev.SeveritySet(0, 1, "machine", False))
    assert raised.state.control.level == 2
    raised.answer("severity:1", "keep")
    assert raised.state.control.level == 2


def test_a_classification_by_a_person_is_confirmed_at_once():
    plan = make_plan(stage("triage", action("triage.classify", Kind.CLASSIFY, "responder")))
    run = Script(plan, level=None)
    run.back("triage.classify", level=2, person=True)
    assert (run.state.control.level, run.state.control.standing) == (2, "confirmed")


def test_a_stage_is_omitted_when_reached_and_not_before():
    run = Script(incident_plan(), level=2)
    assert run.stage("mitigate") == "pending"
    run.back("triage.assess")
    assert run.stage("mitigate") == "omitted"
    assert run.records("stage-omitted")[0].detail == "ops is not engaged at level 2"
    assert run.stage("deploy") == "pending"


def test_without_verification_only_a_person_resolves_and_it_ends_unverified():
    run = Script(incident_plan(), level=2).to_fix()
    run.back("fix.write")
    run.take(ev.Proposed(0, "fix.review", "d1", "dev"))
    run.take(ev.Voted(0, "fix.review", "ann", "reviewer", True, "d1"))
    assert run.stage("deploy") == "omitted"
    assert run.open_questions() == ["idle:"]
    run.answer("idle:", "resolve")
    run.back("postmortem.output")
    assert run.finished
    assert run.outcome == "closed-unverified"


def test_the_idle_question_is_repeated_and_lists_who_could_be_engaged():
    run = Script(incident_plan(), level=2).to_fix()
    run.back("fix.write")
    run.take(ev.Proposed(0, "fix.review", "d1", "dev"))
    run.take(ev.Voted(0, "fix.review", "ann", "reviewer", True, "d1"))
    asked = [each for each in run.of(co.AskPerson) if each.about == "idle"]
    assert "engage:ops" in asked[0].options
    run.wait(10)
    assert len([each for each in run.of(co.AskPerson) if each.about == "idle"]) == 2
    run.answer("idle:", "engage:ops")
    assert run.stage("mitigate") == "asking"


def test_a_rise_brings_omitted_stages_back_and_what_has_not_started_waits_for_them():
    run = Script(incident_plan(), level=2).to_fix()
    run.take(ev.SeveritySet(0, 1, "chief", True))
    assert run.stage("mitigate") == "asking", "fix has started, so the coordinator is asked"
    assert run.open_questions() == ["overlap:mitigate"]
    run.answer("overlap:mitigate", "start")
    run.back("fix.write")
    run.take(ev.Proposed(0, "fix.review", "d1", "dev"))
    assert run.stage("fix") == "done"
    assert run.stage("deploy") == "pending", "the revived mitigation is not over"
    run.back("mitigate.relief:choose")
    run.fact("recent_deploy", False)
    assert run.stage("deploy") == "running"


def test_a_fall_changes_no_status_and_counts_for_what_is_reached_later():
    run = Script(incident_plan(), level=1)
    run.back("triage.assess")
    run.take(ev.SeveritySet(0, 2, "chief", True))
    assert run.stage("mitigate") == "running"
    run.back("diagnose.look:logs")
    run.back("diagnose.look:metrics")
    run.back("mitigate.relief:choose")
    run.fact("recent_deploy", False)
    run.back("fix.write")
    run.take(ev.Proposed(0, "fix.review", "d1", "dev"))
    run.take(ev.Voted(0, "fix.review", "ann", "reviewer", True, "d1"))
    assert run.stage("deploy") == "omitted"


def test_unstaffed_page_engages_the_agent_and_ask_asks():
    paged = Script(incident_plan(unstaffed="page"), level=2)
    paged.back("triage.assess")
    assert paged.stage("mitigate") == "running"
    asked = Script(incident_plan(unstaffed="ask"), level=2)
    asked.back("triage.assess")
    assert asked.open_questions() == ["staff:mitigate"]
    asked.answer("staff:mitigate", "omit")
    assert asked.stage("mitigate") == "omitted"


def test_a_check_that_holds_beside_an_unsafe_action_is_read_again():
    beside = make_plan(
        stage("mitigate", rollback()),
        stage("check", action("check.verify", Kind.VERIFY, items=items("ok"), timeout_ms=MINUTE)),
    )
    run = Script(beside)
    run.back("check.verify")
    assert run.state.control.phase == "open"
    run.back("mitigate.rollback")
    run.wait(0.5)
    run.back("check.verify")
    assert run.state.control.phase == "resolved"


def test_a_verification_is_void_once_something_unsafe_was_issued_after_it():
    plan = make_plan(
        stage("check", action("check.verify", Kind.VERIFY, items=items("ok"), timeout_ms=MINUTE)),
        stage("mitigate", rollback(), needs=("check",)),
    )
    run = Script(plan)
    run.back("check.verify")
    assert run.state.control.phase == "open", "something unsafe is still to come"
    run.back("mitigate.rollback")
    assert run.state.control.phase == "open"
    assert run.open_questions() == ["idle:"]


def test_a_check_that_does_not_hold_is_polled_until_the_timeout_and_then_blocks():
    run = Script(incident_plan()).to_verify()
    run.back("deploy.verify:errors", "false")
    run.wait(0.5)
    assert run.dispatched("deploy.verify:errors")[-1].attempt == 2
    run.wait(10)
    assert run.stage("deploy") == "blocked"
    assert run.open_questions() == ["decide:deploy.verify"]
    run.answer("decide:deploy.verify", "skip")
    run.wait(30)
    assert run.state.control.phase == "open", "a verification was passed over"
    assert run.open_questions() == ["idle:"]


def test_an_alert_while_monitoring_reopens_the_incident_and_restarts_the_ladder():
    run = Script(incident_plan())
    run.take(ev.Acknowledged(0, "oncall"))
    run.to_resolved()
    run.wait(10)
    run.back("deploy.monitor:watch", "alert")
    control = run.state.control
    assert control.phase == "open"
    assert control.acknowledged == ""
    assert run.stage("deploy") == "blocked"
    assert run.records("reopened")
    told = next(each for each in run.of(co.Notify) if each.about == "reopened").to
    assert set(told) >= {"chief", "oncall", "responder"}
    before = len(run.pages())
    run.wait(0)
    assert run.pages()[before].rung == 0


def test_a_person_may_always_resolve_and_only_monitors_under_way_go_on():
    run = Script(incident_plan())
    run.back("triage.assess")
    run.take(ev.Resolved(0, "chief"))
    assert run.stage("mitigate") == "aborted"
    assert run.stage("postmortem") == "running"
    assert run.outcome == "closed-unverified"


def test_closing_says_what_it_was():
    run = Script(incident_plan())
    run.take(ev.Closed(0, "chief", "false-alarm"))
    run.back("postmortem.output")
    assert run.finished
    assert run.outcome == "false-alarm"
    assert run.take(ev.Closed(0, "chief", "bored")).verdict == "refused"


def test_aborting_ends_the_automation_but_not_the_ladder_and_undoes_in_reverse():
    undo = Item("undo", "undo it", (), Effect.IDEMPOTENT)
    plan = make_plan(
        stage("one", action("one.a", Kind.TASK, compensate=undo)),
        stage("two", action("two.a", Kind.TASK, compensate=undo), needs=("one",)),
        stage("three", action("three.a", Kind.TASK), needs=("two",)),
    )
    run = Script(plan)
    run.back("one.a")
    run.back("two.a")
    run.take(ev.Aborted(0, "chief"))
    assert run.stage("three") == "aborted"
    run.back("two.a:compensate")
    run.back("one.a:compensate")
    assert [r.subject for r in run.records("action-undone")] == ["two.a", "one.a"]
    assert run.state.control.ladder == "running"
    assert run.open_questions() == ["idle:"]


def test_what_was_stopped_may_be_undone_later_and_each_step_asked_about():
    undo = Item("undo", "undo it", (), Effect.UNSAFE)
    run = Script(
        make_plan(
            stage("one", action("one.a", Kind.TASK, compensate=undo)),
            stage("two", action("two.a", Kind.TASK, compensate=undo), needs=("one",)),
            stage("three", action("three.a", Kind.TASK), needs=("two",)),
        )
    )
    run.back("one.a")
    run.back("two.a")
    run.take(ev.Aborted(0, "chief", undo=False))
    assert run.stage("three") == "aborted"
    assert run.open_questions() == ["idle:"], "nothing is undone until somebody says so"
    assert run.take(ev.Aborted(0, "chief", undo=False)).verdict == "ignored"
    run.take(ev.Aborted(0, "chief", careful=True))
    assert run.open_questions() == ["undo:two.a"]
    run.answer("undo:two.a", "leave")
    run.answer("undo:one.a", "undo")
    run.back("one.a:compensate")
    assert [r.subject for r in run.records("action-undone")] == ["one.a"]
    assert [r.subject for r in run.records("undo-left")] == ["two.a"]
    assert run.open_questions() == ["idle:"]


def test_a_failed_stage_that_continues_lets_its_dependents_go_on():
    plan = make_plan(
        stage("one", action("one.a", Kind.TASK), on_failure=OnFailure.CONTINUE),
        stage("two", action("two.a", Kind.TASK), needs=("one",)),
    )
    run = Script(plan)
    run.back("one.a", "permanent")
    assert run.stage("one") == "failed"
    assert run.stage("two") == "running"


def test_going_back_starts_a_new_pass_of_the_stage_and_its_descendants_three_times_at_most():
    run = Script(incident_plan()).to_verify()
    for passes in (1, 2):
        run.wait(10)
        assert f"goto:{'fix'}" in run.of(co.AskPerson)[-1].options
        run.answer("decide:deploy.verify", "goto:fix")
        assert run.state.control.stages["fix"].passes == passes
        assert run.dispatched("fix.write")[-1].command_id == f"fix.write:do:{passes}:1"
        run.back("fix.write")
        run.take(ev.Proposed(run.now_ms, "fix.review", f"d{passes}", "dev"))
        run.back("deploy.roll:canary")
        run.wait(5)
        run.back("deploy.roll:judge")
        run.back("deploy.roll:promote")
    run.wait(10)
    assert "goto:fix" not in run.of(co.AskPerson)[-1].options
    assert run.answer("decide:deploy.verify", "goto:fix").reason == "not-an-option"


def test_what_is_blocked_says_so_to_the_coordinator_and_the_current_rung():
    run = Script(incident_plan())
    run.wait(0)
    run.back("triage.assess", "permanent")
    notice = next(each for each in run.of(co.Notify) if each.about == "blocked")
    assert notice.to == ("chief", "oncall", "responder")
    waits = [wait for wait in why(run.plan, run.state) if wait.stage == "triage"]
    assert waits[0].status == "blocked"
    assert waits[0].on == ("chief",)


def test_ten_thousand_omitted_stages_settle_in_one_step():
    chain = tuple(
        stage(f"s{n}", action(f"s{n}.a", Kind.TASK, "ops"), needs=(f"s{n - 1}",) if n else ())
        for n in range(10_000)
    )
    run = Script(make_plan(*chain), level=2)
    assert run.stage("s9999") == "omitted"
    assert run.open_questions() == ["idle:"]


def test_a_state_is_sparse_and_reads_back_equal():
    wide = make_plan(*(stage(f"s{n}", action(f"s{n}.a", Kind.TASK)) for n in range(3)))
    run = Script(wide)
    text = state_json(run.state)
    assert decode_state(json.loads(text)) == run.state
    long = tuple(
        stage(f"s{n}", action(f"s{n}.a", Kind.TASK), needs=(f"s{n - 1}",) if n else ())
        for n in range(1_000)
    )
    assert len(state_json(Script(make_plan(*long)).state)) < 2_500
    assert set(encode_state(initial(wide))) == {"control", "registers"}


def test_the_outcome_has_one_shape_whatever_happened():
    plan = incident_plan()
    quiet = outcome(plan, Script(plan).state)
    done = outcome(plan, Script(plan).to_resolved().state)
    assert len(quiet) == len(done) == 1 + 4 + 4 + 2 * len(plan.stages)
    assert all(isinstance(number, int) for number in done)


def test_a_rung_held_at_the_time_of_reopening_starts_again():
    run = Script(incident_plan(), level=2)
    run.wait(61)
    assert run.state.control.rungs[3] == "held"
    run.take(ev.Resolved(run.now_ms, "chief"))
    run.take(ev.Reopened(run.now_ms, "chief"))
    assert ("rung", "held", "restart") in run.last.moves
    assert run.state.control.rungs == ("waiting",) * 4


def test_a_plan_without_severities_engages_everyone():
    plan: Plan = incident_plan(severities=())
    run = Script(plan, level=None)
    run.back("triage.assess")
    assert run.stage("mitigate") == "running"
