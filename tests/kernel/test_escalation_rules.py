"""The rules of docs/kernel.md about the ladder, one test a rule."""

from __future__ import annotations

from dataclasses import replace

from kernel_script import LADDER, MINUTE, Script, action, make_plan, stage

from armada.compiler.plan import Kind, Plan
from armada.runtime.kernel import commands as co
from armada.runtime.kernel import events as ev


def plan(**ladder) -> Plan:
    work = stage("work", action("work.a", Kind.TASK, "dev"))
    return make_plan(work, escalation=replace(LADDER, **ladder))


def first_pages(run: Script) -> list[tuple[int, int]]:
    """Rung and minute of each rung that fired."""
    fired = run.state.registers.rung_ms
    return [(rung, at // MINUTE) for rung, at in enumerate(fired) if at >= 0]


def test_rungs_fire_at_their_time_until_the_incident_is_resolved():
    run = Script(plan())
    run.wait(40)
    run.take(ev.Resolved(run.now_ms, "chief"))
    run.wait(60)
    assert first_pages(run) == [(0, 0), (1, 15), (2, 30)]


def test_an_acknowledgement_does_not_stop_an_unresolved_clock():
    run = Script(plan())
    run.wait(4)
    run.take(ev.Acknowledged(run.now_ms, "oncall"))
    run.wait(60)
    assert [rung for rung, _ in first_pages(run)] == [0, 1, 2, 3]


def test_an_acknowledgement_stops_an_unacknowledged_clock_until_it_expires():
    run = Script(plan(clock="unacknowledged", ack_valid_ms=20 * MINUTE))
    run.wait(5)
    run.take(ev.Acknowledged(run.now_ms, "oncall"))
    run.wait(19)
    assert first_pages(run) == [(0, 0)]
    run.wait(1)
    assert run.pages()[-1].rung == 0, "the same rung is told again"
    run.wait(10)
    assert first_pages(run) == [(0, 25), (1, 35)], "the twenty minutes did not elapse"


def test_without_an_acknowledgement_an_unacknowledged_clock_climbs():
    run = Script(plan(clock="unacknowledged"))
    run.wait(31)
    assert [rung for rung, _ in first_pages(run)] == [0, 1, 2]


def test_an_unanswered_page_is_repeated_until_someone_answers_and_a_notice_is_not():
    run = Script(plan())
    run.wait(29)
    repeats = [page.repeat for page in run.pages() if page.rung == 0]
    assert repeats == [0, 1, 2, 3, 4, 5], "a notice at 15 minutes does not take over"
    assert [page.repeat for page in run.pages() if page.rung == 1] == [0]
    run.wait(1)
    run.take(ev.Acknowledged(run.now_ms, "manager"))
    before = len(run.pages())
    run.wait(20)
    assert len(run.pages()) == before


def test_only_a_target_that_was_told_may_acknowledge_and_only_one_at_a_time():
    run = Script(plan())
    run.wait(0)
    assert run.take(ev.Acknowledged(0, "manager")).reason == "not-told"
    assert run.take(ev.Acknowledged(0, "oncall")).verdict == "applied"
    assert run.take(ev.Acknowledged(0, "responder")).verdict == "ignored"


def test_immediate_means_the_allowance_and_a_broken_deadline_is_told():
    run = Script(plan())
    run.wait(4.9)
    assert not run.records("deadline-broken")
    run.wait(0.1)
    assert run.records("deadline-broken")
    assert any(each.about == "deadline-broken" for each in run.of(co.Notify))


def test_an_acknowledgement_in_time_keeps_the_deadline():
    run = Script(plan())
    run.wait(4)
    run.take(ev.Acknowledged(run.now_ms, "oncall"))
    run.wait(10)
    assert not run.records("deadline-broken")


def test_a_guarded_rung_is_held_and_revived_by_a_rise_with_lateness_from_then():
    run = Script(plan(), level=2)
    run.wait(70)
    assert run.state.control.rungs[3] == "held"
    run.take(ev.SeveritySet(run.now_ms, 1, "chief", True))
    run.wait(0)
    page = run.pages()[-1]
    assert (page.rung, page.late_ms) == (3, 0)


def test_rungs_overdue_together_are_all_recorded_and_each_target_gets_one_message():
    run = Script(plan())
    run.wait(0)
    due = [(t, at) for t, at in run.state.registers.timers.items() if t.kind == "rung"]
    timers = tuple(timer for timer, _ in sorted(due, key=lambda each: each[1]))
    run.now_ms = 65 * MINUTE
    run.take(ev.TimersFired(run.now_ms, timers))
    pages = run.of(co.Page, run.said)
    assert [record.subject for record in run.records("rung-fired")] == ["0", "1", "2", "3"]
    targets = [target for page in pages for target in page.targets]
    assert targets == ["lead", "manager", "oncall", "executive"]
    assert [page.late_ms // MINUTE for page in pages] == [50, 35, 5]
    assert pages[0].untold_ms == 65 * MINUTE


def test_time_at_a_deferred_level_does_not_elapse():
    run = Script(plan(), level=3)
    assert run.records("ladder-suspended")
    run.wait(100)
    assert first_pages(run) == []
    run.take(ev.SeveritySet(run.now_ms, 1, "chief", True))
    run.wait(15)
    assert first_pages(run) == [(0, 100), (1, 115)]


def test_a_rise_does_not_restart_the_clock():
    run = Script(plan(), level=2)
    run.wait(20)
    run.take(ev.SeveritySet(run.now_ms, 1, "chief", True))
    run.wait(10)
    assert first_pages(run)[-1] == (2, 30)


def test_a_repeating_ladder_starts_again_and_is_then_exhausted():
    run = Script(plan(repeat=1))
    run.wait(130)
    assert run.records("ladder-repeated")
    run.wait(20)
    assert run.records("ladder-exhausted")
    assert any(each.about == "exhausted" for each in run.of(co.Notify))
    before = len(run.pages())
    run.wait(10)
    assert len(run.pages()) > before, "after the last rung it goes on, loudly"


def test_a_rung_that_nobody_of_can_be_reached_makes_the_next_one_due():
    run = Script(plan())
    run.wait(0)
    run.take(ev.TargetUnreachable(0, 0, "oncall"))
    assert first_pages(run) == [(0, 0)]
    run.take(ev.TargetUnreachable(0, 0, "responder"))
    assert first_pages(run) == [(0, 0), (1, 0)]


def test_a_person_may_jump_to_any_rung():
    run = Script(plan())
    run.wait(1)
    run.take(ev.Escalated(run.now_ms, 2, "oncall"))
    assert run.pages()[-1].targets == ("manager", "oncall")
    run.wait(60)
    assert [record.subject for record in run.records("rung-fired")].count("2") == 1


def test_pages_in_flight_at_a_crash_become_one_current_message_a_target():
    run = Script(plan())
    run.wait(31)
    run.take(ev.Resumed(run.now_ms, ("page:0:0:0", "page:2:0:0")))
    pages = run.of(co.Page, run.said)
    targets = [target for page in pages for target in page.targets]
    assert sorted(targets) == ["manager", "oncall", "responder"]


def test_after_an_acknowledgement_a_crash_wakes_nobody_again_but_loses_no_notice():
    run = Script(plan())
    run.wait(16)
    run.take(ev.Acknowledged(run.now_ms, "oncall"))
    run.take(ev.Resumed(run.now_ms, ("page:0:0:0", "page:1:0:0", "page:none", "page:77:0:0")))
    assert [page.targets for page in run.of(co.Page, run.said)] == [("lead",)]


def test_nobody_is_told_after_the_resolution():
    run = Script(plan())
    run.take(ev.Resolved(0, "chief"))
    run.wait(120)
    assert run.pages() == []
    assert run.take(ev.Escalated(run.now_ms, 3, "chief")).verdict == "refused"
