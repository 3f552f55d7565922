"""Binding a plan: everything has a carrier, and the plan is what carries it out makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from seed_plan import seed_plan, small_plan

from armada.compiler.plan import Action, Effect, Kind, Plan, load_plan
from armada.dsl.source import SourceFile
from armada.runtime.adapters.registry import known_adapters
from armada.runtime.binding import GRACE_MS, Bound, Carrier, UnusableBindings, bind
from armada.runtime.bindings import Bindings, load_bindings
from armada.runtime.bindings_check import check_bindings
from armada.runtime.bindings_file import read_bindings
from armada.runtime.kernel.items import effect_of
from armada.runtime.slots import actions_of, slots

EXAMPLE = Path(__file__).resolve().parents[2] / "specs/bindings/example.yaml"
TWO_CHANNELS = "channels: {ops: {adapter: console}, incidents: {adapter: console}}\n"


def read(text: str, plan: Plan) -> Bindings:
    found = read_bindings(SourceFile("b.yaml", text))
    assert (*found.diagnostics, *check_bindings(found, plan, known_adapters())) == ()
    assert found.bindings is not None
    return found.bindings


def bound(text: str, plan: Plan) -> Bound:
    return bind(plan, read(text, plan), known_adapters())


def action_of(found: Bound, name: str) -> Action:
    return next(action for action in actions_of(found.plan) if action.id == name)


def whole_and_consistent(found: Bound) -> None:
    """Every slot has a carrier, its effect is the kernel's, its instance exists."""
    wanted = [(action.id, slot) for action in actions_of(found.plan) for slot in slots(action)]
    assert list(found.carriers) == wanted
    for action in actions_of(found.plan):
        for slot in slots(action):
            carrier = found.carriers[action.id, slot]
            assert carrier.effect is effect_of(action, slot)
            assert carrier.instance in ("", "host", *found.instances)
    assert load_plan(found.plan.json) == found.plan


def test_without_bindings_everything_is_peoples_but_notices_and_documents() -> None:
    found = bind(seed_plan(), None, known_adapters())
    whole_and_consistent(found)
    assert found.plan == seed_plan()
    others = {name: c.instance for name, c in found.carriers.items() if not c.by_people}
    assert others == {
        ("triage.communicate", "do"): "console",
        ("diagnose.output", "do"): "host",
        ("postmortem.output", "do"): "host",
    }
    assert not found.rehearsal and found.speed == 1.0


def test_the_example_binds_the_seed_within_a_minute() -> None:
    found = bound(EXAMPLE.read_text("utf-8"), seed_plan())
    whole_and_consistent(found)
    assert found.rehearsal and found.source_digest == seed_plan().digest != found.plan.digest
    watched = action_of(found, "deploy.deploy_fix").rollout
    assert watched is not None and watched.watch_ms == 5_000
    assert action_of(found, "deploy.monitor_stability").duration_ms == 10_000
    assert found.plan.escalation.rungs[-1].from_ms == 60_000
    assert found.facts.keys() == {"recent_deploy", "feature_specific_issue"}
    assert set(found.targets) == {n for r in found.plan.escalation.rungs for n in r.targets}


def test_the_agents_shell_runs_its_lines_and_leaves_prose_to_people() -> None:
    found = bound("agents: {observability: {adapter: shell}}", seed_plan())
    line = found.carriers["diagnose.analyze_logs", "1"]
    assert line.instance == "agent:observability" and line.operation == "run"
    assert line.arguments == {
        "pipeline": [["kubectl", "logs", "-n", "agents", "--since=30m"], ["grep", "ERROR"]]
    }
    assert line.effect is Effect.READ
    assert line.shown == "shell.run kubectl logs -n agents --since=30m | grep ERROR"
    assert found.carriers["diagnose.analyze_logs", "2"].by_people
    assert found.carriers["mitigate.rollback", "1"].by_people


def test_an_explicit_binding_goes_before_the_agents_own_way() -> None:
    text = (
        "agents: {k8s-deployer: {adapter: shell}}\n"
        "actions: {mitigate.rollback: {do: shell.run, argv: [./back]}}"
    )
    carrier = bound(text, seed_plan()).carriers["mitigate.rollback", "1"]
    assert carrier == Carrier(
        "agent:k8s-deployer",
        "run",
        {"argv": ["./back"]},
        Effect.UNSAFE,
        300_000,
        "shell.run ./back",
    )


def test_prose_takes_the_effect_of_what_carries_it_out_and_unsafe_is_attempted_once() -> None:
    text = (
        "actions:\n"
        '  mitigate.immediate_relief: {"scale  UP replicas": {do: shell.run, argv: [a]}}\n'
        "  mitigate.feature_flag: {do: shell.run, argv: [a]}\n"
        "  fix.implement_fix: {do: shell.read, argv: [a]}\n"
    )
    found = bound(text, seed_plan())
    whole_and_consistent(found)
    choice = action_of(found, "mitigate.immediate_relief")
    assert [item.effect for item in choice.items] == [Effect.UNSAFE, *[Effect.IDEMPOTENT] * 3]
    assert (choice.effect, choice.retry.attempts) == (Effect.UNSAFE, 1)
    flag = action_of(found, "mitigate.feature_flag")
    assert (flag.effect, flag.retry.attempts) == (Effect.UNSAFE, 1)
    fix = action_of(found, "fix.implement_fix")
    assert (fix.effect, fix.retry.attempts) == (Effect.READ, 3)


def test_what_the_document_calls_unsafe_stays_so() -> None:
    plan = small_plan('  - tidy:\n      constraints: ["gently"]\n      effect: unsafe')
    found = bound("actions: {ops.tidy: {do: shell.apply, argv: [a]}}", plan)
    assert found.carriers["ops.tidy", "do"].effect is Effect.UNSAFE


def test_an_undo_is_bound_as_compensate_and_takes_its_effect() -> None:
    plan = small_plan('  - flag:\n      constraints: ["off"]\n      compensate: "put it back"')
    assert bind(plan, None, known_adapters()).carriers["ops.flag", "compensate"].by_people
    found = bound("actions: {ops.flag: {compensate: {do: shell.run, argv: [a]}}}", plan)
    whole_and_consistent(found)
    assert found.carriers["ops.flag", "compensate"].effect is Effect.UNSAFE
    assert action_of(found, "ops.flag").retry.attempts == 1


@pytest.mark.parametrize(
    ("stated", "kernel", "adapter"),
    [("", 300_000, 300_000), (", timeout: 30s", 30_000 + GRACE_MS, 30_000)],
)
def test_the_kernel_waits_a_little_longer_than_the_adapter(
    stated: str, kernel: int, adapter: int
) -> None:
    text = f"actions: {{mitigate.rollback: {{do: shell.run, argv: [a]{stated}}}}}"
    found = bound(text, seed_plan())
    assert action_of(found, "mitigate.rollback").timeout_ms == kernel
    assert found.carriers["mitigate.rollback", "1"].timeout_ms == adapter


@pytest.mark.parametrize(
    ("text", "instance"),
    [
        ("", "console"),
        ("channels: {ops: {adapter: console}}", "channel:ops"),
        (
            f"{TWO_CHANNELS}agents: {{coder: {{adapter: human, channel: ops}}}}",
            "channel:incidents",
        ),
        (
            f"{TWO_CHANNELS}agents: {{incident-responder: {{adapter: human, channel: ops}}}}",
            "channel:ops",
        ),
    ],
)
def test_a_notice_goes_to_a_channel_never_to_a_persons_tasks(text: str, instance: str) -> None:
    found = bound(text or "rehearsal: false", seed_plan())
    assert found.carriers["triage.communicate", "do"].instance == instance


def test_an_operation_uses_the_settings_of_whoever_is_meant() -> None:
    none = "actions: {fix.implement_fix: {do: shell.apply, argv: [a]}}"
    one = f"agents: {{observability: {{adapter: shell}}}}\n{none}"
    two = one.replace("shell}}", "shell}, coder: {adapter: shell}}", 1)
    named = two.replace("[a]", "[a], agent: observability")
    for text, instance in (
        (one, "agent:observability"),
        (two, "agent:coder"),
        (named, "agent:observability"),
        (none, "adapter:shell"),
    ):
        carrier = bound(text, seed_plan()).carriers["fix.implement_fix", "do"]
        assert carrier.instance == instance


def test_targets_keep_their_order() -> None:
    text = 'targets: {"Team lead": [{adapter: console}, {adapter: shell, message: [cat]}]}'
    found = bound(text, seed_plan())
    assert found.targets == {"Team lead": ("target:Team lead:1", "target:Team lead:2")}
    assert [found.instances[n].adapter for n in found.targets["Team lead"]] == ["console", "shell"]


def test_a_rehearsal_shortens_every_duration_and_keeps_their_order() -> None:
    plan = seed_plan()
    found = bound("rehearsal: true\nspeed: 600", plan)
    short = found.plan
    pairs = [
        (plan.immediate_ms, short.immediate_ms),
        (plan.patience_ms, short.patience_ms),
        (plan.valid_ms, short.valid_ms),
        (plan.escalation.repage_ms, short.escalation.repage_ms),
    ]
    for before, after in zip(actions_of(plan), actions_of(short), strict=True):
        pairs += [(before.poll_ms, after.poll_ms), (before.duration_ms, after.duration_ms)]
        pairs += [(before.retry.backoff_ms, after.retry.backoff_ms)]
        pairs += [(before.timeout_ms or 0, after.timeout_ms or 0)]
        if before.approval and after.approval:
            pairs += [(before.approval.expires_ms, after.approval.expires_ms)]
    assert all(after == before // 600 for before, after in pairs)
    rungs = [rung.from_ms for rung in short.escalation.rungs]
    assert rungs == sorted(rungs) == [0, 1_500, 3_000, 6_000]
    responses = [policy.respond_within_ms for policy in short.severities]
    assert responses == [0, 3_000, 24_000, None]


def test_nothing_becomes_nothing_however_fast() -> None:
    found = bound("rehearsal: true\nspeed: 1000000", seed_plan())
    assert action_of(found, "deploy.monitor_stability").duration_ms == 1
    assert all(a.kind is not Kind.VERIFY or a.poll_ms == 1 for a in actions_of(found.plan))


def test_speed_counts_in_a_rehearsal_alone() -> None:
    found = bind(seed_plan(), Bindings(speed=60.0), known_adapters())
    assert found.plan == seed_plan() and found.speed == 1.0


def test_the_digest_is_of_the_meaning() -> None:
    plan = seed_plan()
    first = bound("rehearsal: true\nspeed: 60", plan)
    second = bound("# said\r\nspeed: 60.0\r\nrehearsal: true\r\n", plan)
    third = bound("rehearsal: true\nspeed: 61", plan)
    assert first.digest == second.digest != third.digest


def test_bindings_survive_being_data() -> None:
    bindings = read(EXAMPLE.read_text("utf-8"), seed_plan())
    assert load_bindings(bindings.data) == bindings
    assert load_bindings(bindings.data).digest == bindings.digest


@pytest.mark.parametrize(
    "text",
    [
        "actions: {mitigate.rollback: {do: nothing.run}}",
        "actions: {mitigate.rollback: {nowhere: {do: shell.run}}}",
        "actions: {deploy.deploy_fix: {do: shell.run}}",
        "agents: {incident-responder: {adapter: human, channel: nowhere}}",
    ],
)
def test_what_was_never_checked_is_refused_in_words(text: str) -> None:
    bindings = read_bindings(SourceFile("b", text)).bindings
    with pytest.raises(UnusableBindings):
        bind(seed_plan(), bindings, known_adapters())
