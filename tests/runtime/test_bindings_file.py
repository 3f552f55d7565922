"""Bindings files: findings at their places, for any text."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from seed_plan import seed_plan, small_plan

from armada.compiler.plan import Plan
from armada.dsl.clear_text import looks_secret, marked_secret, named_secret
from armada.dsl.source import SourceFile
from armada.runtime.adapters.registry import known_adapters
from armada.runtime.bindings import bindings_schema
from armada.runtime.bindings_check import check_bindings
from armada.runtime.bindings_file import read_bindings

EXAMPLE = (Path(__file__).resolve().parents[2] / "specs/bindings/example.yaml").read_text("utf-8")
RUN = "{do: shell.run, argv: [a]}"


def findings(text: str, plan: Plan | None = None) -> list[tuple[str, str, str]]:
    """Code, characters and help of each finding."""
    read = read_bindings(SourceFile("b.yaml", text))
    found = [*read.diagnostics, *check_bindings(read, plan or seed_plan(), known_adapters())]
    return [(d.code, text[d.span.start : d.span.end].rstrip(), d.help) for d in found]


@pytest.mark.parametrize(
    ("text", "code", "at", "says"),
    [
        ("- a", "ARM610", "- a", "start with"),
        ("", "ARM610", "", "start with"),
        ("agnets: {}", "ARM611", "agnets", "'agents'"),
        ("speed: fast\nrehearsal: true", "ARM612", "fast", "60"),
        ("rehearsal: yes", "ARM612", "yes", "true"),
        ("facts: {recent_deploy: {do: shell.check, argv: [a], valid: 3}}", "ARM612", "3", "10m"),
        ("actions: {mitigate.rollback: {do: run}}", "ARM612", "run", "shell.run"),
        ("actions: {mitigate.rollback: {argv: [a]}}", "ARM612", "{argv: [a]}", ""),
        ("agents: {coder: {}}", "ARM612", "{}", "adapter"),
        ("agents: {codr: {adapter: human}}", "ARM613", "codr", "'coder'"),
        (
            f"actions: {{mitigate.rolback: {RUN}}}",
            "ARM613",
            "mitigate.rolback",
            "mitigate.rollback",
        ),
        (f"actions: {{deploy.deploy_fix: {{canari: {RUN}}}}}", "ARM613", "canari", "'canary'"),
        (f"actions: {{deploy.deploy_fix: {RUN}}}", "ARM613", "deploy.deploy_fix", "canary, watch"),
        (f"actions: {{mitigate.rollback: {{compensate: {RUN}}}}}", "ARM613", "compensate", "state"),
        (
            "facts: {recent_deploi: {do: shell.check, argv: [a]}}",
            "ARM613",
            "recent_deploi",
            "deploy",
        ),
        ("targets: {Team led: {adapter: console}}", "ARM613", "Team led", "'Team lead'"),
        ("agents: {coder: {adapter: human, channel: a}}", "ARM613", "a", "channels:"),
        (
            "rehearsal: true\ndurations: {mitigate.rollback: 1s}",
            "ARM613",
            "mitigate.rollback",
            "of",
        ),
        ("agents: {coder: {adapter: shel}}", "ARM614", "shel", "'shell'"),
        ("facts: {recent_deploy: {do: shel.run}}", "ARM614", "shel", "'shell'"),
        ("actions: {mitigate.rollback: {do: shell.runn, argv: [a]}}", "ARM615", "runn", "'run'"),
        ("actions: {mitigate.rollback: {do: console.run}}", "ARM615", "run", "only carries"),
        ("actions: {mitigate.rollback: {do: shell.run, argw: [a]}}", "ARM616", "argw", "'argv'"),
        ("actions: {mitigate.rollback: {do: shell.run}}", "ARM616", "shell.run", ""),
        ("actions: {mitigate.rollback: {do: shell.run, argv: [2]}}", "ARM616", "2", "quotes"),
        ("agents: {coder: {adapter: shell, cwdd: a}}", "ARM616", "cwdd", "'cwd'"),
        ("agents: {coder: {adapter: human, cwd: a}}", "ARM616", "cwd", "remove"),
        ('targets: {"Team lead": {adapter: webhook}}', "ARM616", "webhook", "`url:`"),
        (
            'actions: {deploy.verify_resolution: {"1": {do: shell.run, argv: [a]}}}',
            "ARM617",
            "shell.run",
            "shell.check",
        ),
        ("facts: {recent_deploy: {do: shell.run, argv: [a]}}", "ARM618", "shell.run", "shell.read"),
        ("speed: 60", "ARM620", "speed", "rehearsal"),
        ("rehearsal: false\ndurations: {}", "ARM620", "durations", "rehearsal"),
        ("rehearsal: true\nspeed: 0.5", "ARM621", "0.5", "at least 1"),
        ("rehearsal: true\ndurations: {deploy.deploy_fix: 6m}", "ARM621", "6m", "shorten"),
        (
            "actions: {mitigate.rollback: {do: shell.run, argv: [a], timeout: 6m}}",
            "ARM621",
            "6m",
            "shorten",
        ),
        (f"actions: {{triage.classify_severity: {RUN}}}", "ARM625", "triage.classify_severity", ""),
        (
            f"actions: {{mitigate.immediate_relief: {{choose: {RUN}}}}}",
            "ARM625",
            "choose",
            "options",
        ),
        ("actions: {fix.create_pr: {do: human.ask}}", "ARM625", "human", "people"),
    ],
)
def test_a_mistake_is_found_at_its_place(text: str, code: str, at: str, says: str) -> None:
    found = findings(text)
    assert (code, at) in [each[:2] for each in found]
    assert any(each[0] == code and says in each[2] and each[2] for each in found)


def test_a_line_of_the_document_takes_no_stronger_effect() -> None:
    plan = small_plan("  - look:\n      commands: [kubectl get pods]\n      kind: run")
    weak = 'actions: {ops.look: {"1": {do: shell.%s, argv: [a]}}}'
    assert [each[0] for each in findings(weak % "run", plan)] == ["ARM617"]
    assert findings(weak % "read", plan) == []


def test_one_thing_is_bound_once() -> None:
    text = f'actions: {{mitigate.immediate_relief: {{"1": {RUN}, "Scale up replicas": {RUN}}}}}'
    assert [each[:2] for each in findings(text)] == [("ARM612", '"Scale up replicas"')]


@pytest.mark.parametrize(
    ("argument", "code", "at"),
    [
        ("{{ release }}", "ARM623", "release"),
        ("{{ title", "ARM623", "{{ title"),
        ("{{ title | nonsense }}", "ARM623", "nonsense"),
        ("{{ ''.__class__ }}", "ARM624", "__class__"),
        ("{{ title.__init__ }}", "ARM624", "title.__init__"),
        ("{{ title | attr('__x__') }}", "ARM624", "attr"),
        ("{{ cycler.next }}", "ARM624", "cycler.next"),
    ],
)
def test_a_template_is_looked_at_wherever_it_stands(argument: str, code: str, at: str) -> None:
    for where in ("argv: [echo, %s]", "argv: [echo], env: {X: %s}", "argv: [cat], stdin: %s"):
        quoted = '"' + argument + '"'
        text = f"actions: {{mitigate.rollback: {{do: shell.run, {where % quoted}}}}}"
        assert (code, at) in [each[:2] for each in findings(text)]


@pytest.mark.parametrize("name", ["incident_id", "hypothesis", "impact_description", "checked"])
def test_a_name_of_the_run_the_document_or_a_fact_is_supplied(name: str) -> None:
    plan = seed_plan()
    text = f'actions: {{mitigate.rollback: {{do: shell.run, argv: [echo, "{{{{ {name} }}}}"]}}}}'
    if name == "checked":
        plan = small_plan("  - a:\n      command: ./a\n      when: checked")
        text = text.replace("mitigate.rollback", "ops.a")
    assert findings(text, plan) == []


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("token: abc", "abc"),
        ("x_api_key: abc", "abc"),
        ("x: AKIAABCDEFGHIJKLMNOP", "AKIAABCDEFGHIJKLMNOP"),
        ("x: https://me:secret@host/", "https://me:secret@host/"),
    ],
)
def test_a_secret_in_clear_is_found_and_not_repeated(text: str, at: str) -> None:
    whole = f"actions: {{mitigate.rollback: {{do: shell.run, argv: [a], env: {{{text}}}}}}}"
    read = read_bindings(SourceFile("b", whole))
    (found,) = check_bindings(read, seed_plan(), known_adapters())
    assert found.code == "ARM619" and whole[found.span.start : found.span.end] == at
    assert at not in found.message + found.help + found.label


@pytest.mark.parametrize("key", ["routing_key", "API_TOKEN", "password", "client-secret", "token"])
def test_a_key_says_that_its_value_is_secret(key: str) -> None:
    assert named_secret(key)


@pytest.mark.parametrize("key", ["url", "key", "tokens_per_minute", "keyboard", "dedup_key"])
def test_other_keys_say_nothing(key: str) -> None:
    assert not named_secret(key)


def test_a_model_may_mark_a_setting_as_secret() -> None:
    schema = {
        "properties": {"a": {"secret": True}, "b": {"anyOf": [{"format": "password"}]}, "c": {}}
    }
    assert [marked_secret(schema, key) for key in "abcd"] == [True, True, False, False]


@pytest.mark.parametrize("text", ["env:TOKEN", "file:AKIAABCDEFGHIJKLMNOP", "https://host/a", "a"])
def test_references_and_plain_words_look_like_no_secret(text: str) -> None:
    assert looks_secret(text) == ""


def test_what_ships_is_clean_and_fits_the_schema() -> None:
    assert findings(EXAMPLE) == []
    bindings = read_bindings(SourceFile("example.yaml", EXAMPLE)).bindings
    assert bindings is not None
    jsonschema.Draft202012Validator.check_schema(bindings_schema())
    assert yaml.safe_load(EXAMPLE)["rehearsal"] is True


@given(st.text(max_size=300))
def test_any_text_ends_in_findings(text: str) -> None:
    findings(text)


@settings(max_examples=40)
@given(st.integers(0, len(EXAMPLE)), st.integers(0, 40), st.text(max_size=12))
def test_any_mutation_ends_in_findings(at: int, length: int, put: str) -> None:
    findings(EXAMPLE[:at] + put + EXAMPLE[at + length :])


@pytest.mark.parametrize(
    "text",
    [
        "agents: " + "[" * 200,
        "agents: {a: " * 60,
        "actions: {x: {do: " + "a" * 5000 + ".b}}",
        "speed: 1e999\nrehearsal: true",
        "speed: .nan\nrehearsal: true",
        "rehearsal: true\nspeed: " + "9" * 5000,
        "\ud800: 1",
        "? [a]\n: b",
        "actions: {? {do: a.b} : c}",
        "a: &x 1\nb: *x",
    ],
)
def test_hostile_text_ends_in_findings(text: str) -> None:
    assert findings(text)
