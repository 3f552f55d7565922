"""What is found in stages and actions besides their commands, and the near misses."""

from __future__ import annotations

import pytest

from armada.compiler.compile import compile_source
from armada.dsl.diagnostics import Diagnostic
from armada.dsl.fixes import apply_fixes
from armada.dsl.source import SourceFile

FRONT = """\
---
name: ovens
agents: [lead, baker, taster]
coordinator: lead
{front}---

| Level | Criteria | Response time | Agents |
|-------|----------|---------------|--------|
| SEV-1 | No bread | 5 min | All |
| SEV-2 | Dry bread | 30 min | All |
"""
STAGE = "\n### Stage {ordinal}: {title} ({agent})\n\n```yaml\n{yaml}\n```\n"
HEAT = "actions:\n- a: {constraints: [Heat], compensate: Cool}"
TASTE = "actions:\n- taste: {checks: [Crisp]}"


def workflow(*stages: tuple[str, str, str, str], front: str = "") -> SourceFile:
    keys = ("ordinal", "title", "agent", "yaml")
    body = "".join(STAGE.format(**dict(zip(keys, stage, strict=True))) for stage in stages)
    return SourceFile("x.md", FRONT.format(front=front) + body)


def bake(yaml: str, **more: str) -> SourceFile:
    """A stage before, the stage in question, and one after."""
    return workflow(
        ("1", "Look", "taster", "actions:\n- look: {queries: [Is it warm?]}"),
        ("2", "Bake", "baker", yaml),
        ("3", "Taste", "taster", TASTE),
        **more,
    )


def found(source: SourceFile) -> list[tuple[Diagnostic, str]]:
    """What rules of the preview find, and the words that they point at."""
    early = [
        f"ARM{number}"
        for number in (*range(117, 122), *range(211, 214), *range(522, 533), 214, 535)
    ]
    return [
        (one, source.text[one.span.start : one.span.end])
        for one in compile_source(source).diagnostics
        if one.code in early
    ]


def codes(source: SourceFile) -> list[tuple[str, str]]:
    return [(one.code, words) for one, words in found(source)]


@pytest.mark.parametrize(
    ("yaml", "code", "place"),
    [
        ("needs: look\ndepends_on: []\n" + TASTE, "ARM117", "depends_on"),
        ("output: '{{a}}'\noutput_template: '{{b}}'\nactions: []", "ARM117", "output_template"),
        ("actions:\n- a: {require_approval: 1, approval: {quorum: 2}}", "ARM117", "approval"),
        ("actions:\n- a: {questions: [Why?, How?, why?]}", "ARM118", "why?"),
        ("actions:\n- a: {options: [Wait, 'Add  salt', Add salt]}", "ARM118", "Add salt"),
        ("actions:\n- a: {commands: [uptime, ls, uptime]}", "ARM118", "uptime"),
        ("actions:\n- a: {questions: [Why?], outputs: [title]}", "ARM119", "title"),
        ("on_failure: 'goto: taste'\n" + TASTE, "ARM211", "'goto: taste'"),
        ("actions:\n- a: {checks: [Hot], on_failure: {goto: 3}}", "ARM211", "3"),
        ("actions: []", "ARM212", "Bake"),
        ("needs: look", "ARM212", "Bake"),
        ("timeout: 5m\nactions:\n- a: {duration: 3m}\n- b: {duration: 2m}", "ARM213", "5m"),
        ("timeout: 5m\nactions:\n- a: {strategy: all, monitor_duration: 9m}", "ARM213", "5m"),
        ("actions:\n- a: {kind: verify}", "ARM522", "a"),
        ("actions:\n- a: {questions: []}", "ARM522", "[]"),
        ("actions:\n- a: {template: ''}", "ARM522", "''"),
        ("actions:\n- a: {strategy: canary, canary_percent: 0}", "ARM523", "0"),
        ("actions:\n- a: {strategy: slow canary}", "ARM523", "slow canary"),
        ("actions:\n- a: {strategy: all, canary_percent: 100}", "ARM523", "100"),
        ("actions:\n- a: {strategy: all, canary_percent: 5}", "ARM524", "5"),
        ("actions:\n- a: {kind: monitor}", "ARM525", "a"),
        ("actions:\n- a: {duration: 5s}", "ARM525", "5s"),
        ("actions:\n- a: {strategy: all, monitor_duration: 1s}", "ARM525", "1s"),
        ("actions:\n- a: {queries: [Hot], retry: {attempts: 1, backoff: 5s}}", "ARM526", "backoff"),
        ("on_failure: compensate\n" + TASTE, "ARM527", "compensate"),
        ("actions:\n- a: {queries: [Hot?], compensate: Cool it}", "ARM528", "compensate"),
        ("actions:\n- a: {constraints: [Slow], approval: {quorum: 1, reviewers: [baker]}}",
         "ARM529", "1"),
        ("actions:\n- a: {constraints: [Slow], approval: {quorum: 2, reviewers: [Baker, lead]}}",
         "ARM529", "2"),
        ("actions:\n- a: {require_approval: 1, skip_if_sev1: true, skip_if_p2: true}",
         "ARM530", "1"),
        ("actions:\n- a: {checks: [Hot], poll: 10m}", "ARM531", "10m"),
        ("actions:\n- a: {strategy: all}\n- b: {require_approval: 1}", "ARM532", "b"),
        ("actions:\n- a: {queries: [Hot?], timeout: 0s}", "ARM535", "0s"),
        ("timeout: 500ms\n" + TASTE, "ARM535", "500ms"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_at_its_words(yaml: str, code: str, place: str) -> None:
    assert codes(bake(yaml)) == [(code, place)]


@pytest.mark.parametrize(
    "yaml",
    [
        # ARM117: the same twice, and keys of two different things
        "needs: look\ndepends_on: [look]\n" + TASTE,
        "when: severity == 1\nactions:\n- a: {condition: severity == 1, queries: [Hot?]}",
        # ARM118: what is carried out may be carried out again
        "actions:\n- a: {commands: [rm x, ls, rm x], approval: 1}",
        "actions:\n- a: {queries: [Hot?]}\n- b: {queries: [Hot?]}",
        # ARM119: services are asked for; a part of a name is another name
        "actions:\n- a: {questions: [Which?], outputs: [services, oven_status]}",
        # ARM211: the stage itself, and any before it
        "on_failure: 'goto: bake'\n" + TASTE,
        "actions:\n- a: {checks: [Hot], on_failure: 'goto: Stage 1'}",
        # ARM212: a gate, a document
        "approval_required: 1",
        "output: '{{bread}}'",
        # ARM213: longer, or not certain
        "timeout: 6m\nactions:\n- a: {duration: 3m}\n- b: {duration: 2m}",
        "timeout: 5m\nactions:\n- a: {duration: 9m, when: severity == 1}",
        # ARM522: known by name
        "actions:\n- a: {kind: task}",
        # ARM523, ARM524, ARM525
        "actions:\n- a: {strategy: rolling, canary_percent: 0}",
        "actions:\n- a: {strategy: canary, canary_percent: 5, monitor_duration: 5m}",
        "actions:\n- a: {duration: 1m}",
        # ARM526: attempts there are
        "actions:\n- a: {queries: [Hot?], retry: {backoff: 5s}}",
        "actions:\n- a: {queries: [Hot?], retry: 1}",
        # ARM527: an action before it says how
        f"on_failure: compensate\n{HEAT}\n- b: {{checks: [Hot]}}",
        f"{HEAT}\n- b: {{checks: [Hot], on_failure: compensate}}",
        # ARM529: others are enough; ARM508 speaks of too few
        "actions:\n- a: {constraints: [Slow], approval: {quorum: 1, reviewers: [baker, lead]}}",
        "actions:\n- a: {constraints: [Slow], approval: {quorum: 9, reviewers: [baker, lead]}}",
        # ARM530: one level is left
        "actions:\n- a: {require_approval: 1, skip_if_sev1: true, skip_if_sev2: false}",
        # ARM531: nobody said how often
        "actions:\n- a: {checks: [Hot], timeout: 10s}",
        # ARM532: something is still to come, or was asked about before
        "actions:\n- a: {strategy: all}\n- b: {require_approval: 1}\n- c: {strategy: all}",
        "actions:\n- a: {strategy: all}\n- b: {require_approval: 1}\n- c: {template: Bread!}",
        "actions:\n- a: {strategy: all, approval: 1}\n- b: {require_approval: 1}",
        "actions:\n- a: {require_approval: 1}\n- b: {strategy: all}\n- c: {require_approval: 1}",
    ],
)
def test_near_misses_are_silent(yaml: str) -> None:
    assert codes(bake(yaml)) == []


def test_what_fails_is_not_undone_itself() -> None:
    """Only what was done before the failure is, and a note says so."""
    ((only, _),) = found(
        bake("actions:\n- a: {constraints: [Heat], compensate: Cool, on_failure: compensate}")
    )
    assert only.code == "ARM527"
    assert only.notes == ("what failed is itself not undone, only what was done before it",)


def test_a_block_that_cannot_be_read_is_no_empty_stage() -> None:
    assert "ARM212" not in [code for code, _ in codes(bake("actions: [a"))]


def test_whoever_opened_the_change_cannot_approve_it_in_a_later_stage() -> None:
    """The proposer of a gate is the agent of the change that it judges."""
    change = ("1", "Mix", "baker", "actions:\n- open: {labels: [dough], reviewers: [baker]}")
    gate = ("2", "Agree", "taster", "actions:\n- agree: {require_approval: 1}")
    ((only, _),) = found(workflow(change, gate))
    assert (only.code, only.message) == ("ARM529", "'baker' cannot approve what 'baker' proposes")


def test_an_approval_in_a_later_stage_is_late_too() -> None:
    deploy = ("1", "Bake", "baker", "actions:\n- deploy: {strategy: all}")
    agree = "actions:\n- agree: {require_approval: 1}"
    after = ("3", "Sell", "baker", "actions:\n- sell: {constraints: [Smile]}")
    assert codes(workflow(deploy, ("2", "Agree", "taster", agree))) == [("ARM532", "agree")]
    assert codes(workflow(deploy, ("2", "Agree", "taster", agree), after)) == []


OUTPUTS = "actions:\n- ask: {questions: [What?]}\noutputs: [crumbs]"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (OUTPUTS, OUTPUTS, ["crumbs"]),
        (OUTPUTS, "output: 'All of {{crumbs}}'", ["crumbs"]),
        (OUTPUTS, f"when: severity == 1\n{OUTPUTS}", []),
        (OUTPUTS, f"needs: look\n{OUTPUTS}", []),
    ],
)
def test_stages_side_by_side_do_not_supply_one_name(
    one: str, other: str, expected: list[str]
) -> None:
    """Under a condition, or one after the other, they may."""
    ordinals = ("1", "2") if "needs" in other else ("1a", "1b")
    source = workflow((ordinals[0], "Look", "baker", one), (ordinals[1], "Taste", "taster", other))
    assert [words for code, words in codes(source) if code == "ARM121"] == expected


@pytest.mark.parametrize(
    ("type", "default", "meant"),
    [
        ("boolean", "no", "false"),
        ("boolean", '"true"', "true"),
        ("bool", "maybe", None),
        ("integer", '"3"', "3"),
        ("integer", "2.5", None),
        ("number", "a few", None),
    ],
)
def test_a_default_of_another_type_is_found_and_what_it_spells_is_written(
    type: str, default: str, meant: str | None
) -> None:
    front = "inputs:\n  hot: {{type: {}, default: {}}}\n"
    source = bake(TASTE, front=front.format(type, default))
    ((only, words),) = found(source)
    assert (only.code, words) == ("ARM120", default)
    mended = bake(TASTE, front=front.format(type, meant)).text if meant else source.text
    assert apply_fixes(source, [only])[0] == mended


@pytest.mark.parametrize(
    ("type", "default"),
    [("boolean", "false"), ("number", "3"), ("string", "3"), ("colour", "3"), ("boolean", "null")],
)
def test_a_default_of_its_type_is_silent(type: str, default: str) -> None:
    assert codes(bake(TASTE, front=f"inputs:\n  hot: {{type: {type}, default: {default}}}\n")) == []


def test_an_input_named_as_the_run_names_is_found() -> None:
    front = "inputs:\n  severity: {type: integer, default: 2}\n  services: string\n"
    assert codes(bake(TASTE, front=front)) == [("ARM119", "severity")]


ACT = "actions:\n- act: {{command: '{}', approval: 1}}"


def side_by_side(one: str, other: str) -> list[tuple[str, str]]:
    return codes(workflow(("1a", "Look", "baker", one), ("1b", "Bake", "taster", other)))


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        ("kubectl scale deploy/oven --replicas=2", "kubectl delete deployment oven", "oven"),
        ("kubectl rollout restart sts/oven", "kubectl patch statefulset/oven -p x",
         "statefulset/oven"),
        ("kubectl set image deploy/oven a=b:1", "kubectl set env deployment oven A=1", "oven"),
        ("helm rollback oven 4 -n ovens", "helm upgrade oven ./chart -n ovens", "oven"),
        ("systemctl restart oven", "sudo systemctl stop oven.service", "oven.service"),
    ],
)  # fmt: skip
def test_stages_side_by_side_do_not_change_one_thing(one: str, other: str, place: str) -> None:
    assert side_by_side(ACT.format(one), ACT.format(other)) == [("ARM214", place)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kubectl scale deploy/oven --replicas=2", "kubectl scale deploy/mixer --replicas=2"),
        ("kubectl scale deploy/oven --replicas=2", "kubectl delete svc/oven"),
        ("helm rollback oven 4 -n ovens", "helm rollback oven 4 -n shops"),
        ("kubectl scale deploy/oven --replicas=2", "kubectl get deploy/oven"),
    ],
)
def test_stages_side_by_side_may_change_two_things(one: str, other: str) -> None:
    assert "ARM214" not in [code for code, _ in side_by_side(ACT.format(one), ACT.format(other))]


@pytest.mark.parametrize("key", ["when: severity == 1", "needs: look"])
def test_what_is_not_at_the_same_time_for_certain_is_silent(key: str) -> None:
    """Under a condition, or one after the other; what undoes an action is not carried out."""
    change = ACT.format("kubectl scale deploy/oven --replicas=2")
    assert side_by_side(change, f"{key}\n{change}") == []
    undo = "actions:\n- act: {constraints: [Heat], compensate: kubectl scale deploy/oven}"
    assert "ARM214" not in [code for code, _ in side_by_side(change, undo)]


def test_a_stage_may_only_wait_for_others() -> None:
    """Branches meet in it; one behind a single stage, or with only prose, is forgotten work."""
    branches = [(f"1{letter}", title, "baker", TASTE) for letter, title in ("ax", "by")]
    meeting = ("2", "Meet", "lead", "needs: [x, y]")
    assert codes(workflow(*branches, meeting)) == []
    prose = workflow(*branches).text + "\n### Stage 2: Meet (lead)\n\nEverybody comes.\n"
    assert codes(SourceFile("x.md", prose)) == [("ARM212", "Meet")]


def test_a_misspelt_key_that_would_say_what_an_action_does_is_named() -> None:
    text = (
        "---\nname: x\ncoordinator: ada\nagents: [ada]\n---\n\n### Stage 1: Look (ada)\n\n"
        '```yaml\nactions:\n  - see: {timeout: 5m, comand: "kubectl get pods"}\n'
        "  - far: {zzz: 1}\n```\n"
    )
    compiled = compile_source(SourceFile("x.md", text))
    helps = [one.help for one in compiled.diagnostics if one.code == "ARM113"]
    assert helps == [
        "did you mean 'command' by 'comand'?",
        "give it the key that says what it does, or state its kind",
    ]
