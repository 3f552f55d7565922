"""Conditions that cannot vary, names that are nearly others, and names that are not filled in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armada.compiler.compile import compile_source
from armada.compiler.conditions import guard_of, holds
from armada.compiler.plan import Comparison, Constant, Fact, Guard, Junction, Negation, Value
from armada.compiler.satisfy import always
from armada.compiler.spelling import lookalike
from armada.dsl.diagnostics import Diagnostic
from armada.dsl.expression import read_condition
from armada.dsl.fixes import apply_fixes
from armada.dsl.source import SourceFile, Span
from armada.runtime.kernel.guards import evaluate

DOCUMENT = """\
---
name: ovens
agents: [lead, baker]
coordinator: lead
inputs:
  hot: boolean
  degrees: {type: number, default: 220}
  oven_name: string
---

| Level | Criteria | Response time | Agents |
|-------|----------|---------------|--------|
| SEV-1 | No bread | 5 min | All |
| SEV-2 | Dry bread | 30 min | All |

### Stage 1: Look (baker)

```yaml
actions:
- look: {questions: ["What was baked?"]}
outputs: [loaf_count]
```

### Stage 2: Bake (baker)

```yaml
%s
```
"""


def source(yaml: str) -> SourceFile:
    return SourceFile("x.md", DOCUMENT % yaml)


def found(read: SourceFile) -> list[tuple[Diagnostic, str]]:
    early = ("ARM408", "ARM409", "ARM410", "ARM411")
    return [
        (one, read.text[one.span.start : one.span.end])
        for one in compile_source(read).diagnostics
        if one.code in early
    ]


def condition(text: str) -> SourceFile:
    return source(f"when: {text}\nactions:\n- bake: {{checks: [Crisp]}}")


@pytest.mark.parametrize(
    ("text", "message", "words", "beside"),
    [
        ("degrees > 250 AND degrees < 200", "the condition is always false", "degrees < 200",
         "degrees > 250"),
        ("hot AND degrees == 1 AND degrees == 2", "the condition is always false",
         "degrees == 2", "degrees == 1"),
        ("oven_name != a OR oven_name != b", "the condition is always true", "oven_name != b",
         "oven_name != a"),
        ("severity == 1 AND severity == 2", "the condition is always false", "severity == 2",
         "severity == 1"),
        ("hot OR (degrees > 9 AND degrees < 5)", "this part of the condition is always false",
         "degrees < 5", "degrees > 9"),
        ("NOT hot AND (hot AND degrees > 9)", "the condition is always false",
         "hot AND degrees > 9", "NOT hot"),
        ("hot OR degrees > 9 OR NOT hot AND degrees <= 9", "the condition is always true",
         "hot OR degrees > 9 OR NOT hot AND degrees <= 9", None),
    ],
)  # fmt: skip
def test_parts_that_do_not_go_together_are_both_shown(
    text: str, message: str, words: str, beside: str | None
) -> None:
    read = condition(text)
    ((only, place),) = found(read)
    assert (only.code, only.message, place) == ("ARM408", message, words)
    others = [read.text[each.span.start : each.span.end] for each in only.secondary]
    assert others == ([] if beside is None else [beside])


@pytest.mark.parametrize(
    "text",
    [
        "degrees > 200 AND degrees < 250",
        "(hot AND degrees > 200) OR (NOT hot AND degrees > 250)",
        "degrees >= 200 AND degrees <= 200",
        "oven_name == a OR oven_name == b",
        "severity <= 2 AND hot",  # true at every level, and harmless
        "severity <= 9",  # ARM405 says so
        "oven_name in [a, b] AND oven_name != a",
    ],
)
def test_parts_that_go_together_are_silent(text: str) -> None:
    assert "ARM408" not in [one.code for one, _ in found(condition(text))]


def test_a_condition_too_large_to_try_has_no_answer() -> None:
    parts = tuple(Fact(f"fact_{number}") for number in range(40))
    assert always(Junction("and", (*parts, Negation(parts[0]))), ()) is None


NAMES = st.sampled_from(["a", "b"])
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.booleans(), st.integers(-2, 3), st.sampled_from([0.5, 1.5, "", "x", "y"])
)
RELATIONS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
ATOMS: st.SearchStrategy[Guard] = st.one_of(
    st.builds(Fact, NAMES),
    st.builds(Constant, st.booleans()),
    st.builds(lambda name, op, value: Comparison(name, op, (value,)), NAMES, RELATIONS, VALUES),
)
GUARDS: st.SearchStrategy[Guard] = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds(Negation, inner),
        st.builds(Junction, st.sampled_from(["and", "or"]), st.tuples(inner, inner)),
    ),
    max_leaves=6,
)


def kind(value: Value) -> str:
    if isinstance(value, bool):
        return "truth"
    return "text" if isinstance(value, str) else "number"


def kinds(guard: Guard, name: str) -> set[str]:
    """The kinds of what a name is compared with; a truth value where it is with nothing."""
    found = {kind(value) for value in compared(guard, name)}
    return found or {"truth"}


def compared(guard: Guard, name: str) -> list[Value]:
    match guard:
        case Comparison(name=own, values=values):
            return list(values) if own == name else []
        case Negation(operand=operand):
            return compared(operand, name)
        case Junction(operands=operands):
            return [value for operand in operands for value in compared(operand, name)]
        case _:
            return []


@given(GUARDS, st.fixed_dictionaries({"a": VALUES, "b": VALUES}))
def test_what_is_said_to_be_always_so_is_so_in_every_run(
    guard: Guard, facts: dict[str, Value]
) -> None:
    """The kernel, whatever the facts of the kinds compared, never evaluates to anything else."""
    decided = always(guard, ())
    if decided is not None and all(kind(facts[n]) in kinds(guard, n) for n in facts):
        assert evaluate(guard, facts, 1) is decided


@given(VALUES, RELATIONS, VALUES)
def test_the_compiler_compares_as_the_kernel_does(left: Value, relation: str, right: Value) -> None:
    guard = Comparison("a", relation, (right,))  # type: ignore[arg-type]
    assert holds(relation, left, [right]) is evaluate(guard, {"a": left}, 1)


def test_a_condition_is_read_as_it_is_written() -> None:
    read = read_condition("a > 1 and a < 1", lambda start, end: Span("x", start, end))
    assert not isinstance(read, Diagnostic)
    assert always(guard_of(read), ()) is False


@pytest.mark.parametrize(
    ("text", "words", "help"),
    [
        ("hot == yes", "yes", "compare it with true"),
        ("hot == 'off'", "'off'", "compare it with false"),
        ("hot > 3", "3", "compare it with true or false"),
        ("degrees == high", "high", "compare it with a number"),
        ("degrees in [200, cold]", "cold", "compare it with a number"),
        ("3 == hot", "3", "compare it with true or false"),
    ],
)
def test_a_comparison_with_another_type_is_found(text: str, words: str, help: str) -> None:
    ((only, place),) = found(condition(text))
    assert (only.code, place, only.help) == ("ARM409", words, help)


@pytest.mark.parametrize(
    "text", ["hot == true", "degrees > 2.5", "degrees < 5m", "oven_name == 3", "loaf_count == many"]
)
def test_a_comparison_with_its_type_or_of_no_known_type_is_silent(text: str) -> None:
    assert found(condition(text)) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SEV-{severity} now", "{severity}"),
        ("SEV-${severity} now", "${severity}"),
        ("SEV-%(severity)s now", "%(severity)s"),
        ("SEV-$severity now", "$severity"),
        ("The {oven_name} oven: {{title}}", "{oven_name}"),
        ("{loaf_count} loaves", "{loaf_count}"),
    ],
)
def test_a_name_as_another_language_writes_it_is_found_and_mended(text: str, words: str) -> None:
    read = source(f"actions:\n- tell: {{template: '{text}'}}")
    ((only, place),) = found(read)
    assert (only.code, place) == ("ARM410", words)
    name = words.strip("${}%()s") if "(" not in words else "severity"
    name = "severity" if "everity" in words else name
    assert apply_fixes(read, [only])[0] == read.text.replace(words, "{{" + name + "}}")


@pytest.mark.parametrize(
    "text",
    [
        "{{ severity }} and {% if severity %}x{% endif %}",
        '{"severity": 1, "region": "{eu}"}',
        r"rate(http{title}) \$title %{title}",
        "100 % severity, $ 5",
    ],
)
def test_other_braces_are_silent(text: str) -> None:
    yaml = "actions:\n- tell:\n    template: |\n      " + text
    assert found(source(yaml)) == []


def test_a_command_that_a_shell_would_fill_in_is_found_once() -> None:
    yaml = "actions:\n- run: {command: 'echo ${severity}', approval: {reviewers: [lead]}}"
    assert found(source(yaml)) == []
    yaml = "actions:\n- run: {command: 'helm history {oven_name}'}"
    assert [(one.code, words) for one, words in found(source(yaml))] == [("ARM410", "{oven_name}")]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("incidentId", "incident_id"),
        ("Severity", "severity"),
        ("severty", "severity"),
        ("sevreity", "severity"),
        ("oven_nmae", "oven_name"),
        ("loafcount", "loaf_count"),
    ],
)
def test_a_name_nearly_known_is_asked_of_nobody_without_a_word(name: str, meant: str) -> None:
    read = source("output: 'What: {{" + name + "}}, {{" + name + "}}'")
    ((only, place),) = found(read)
    assert (only.code, place, only.help) == ("ARM411", name, f"did you mean '{meant}'?")
    same = name.replace("_", "").lower() == meant.replace("_", "")
    mended = read.text.replace("{{" + name + "}}", "{{" + meant + "}}")
    assert apply_fixes(read, [only])[0] == (mended if same else read.text)


def test_names_that_people_tell_apart_are_silent() -> None:
    names = ("titles", "durations", "loaf_counts", "crust", "step_1", "step_2", "oven_a", "statue")
    text = ", ".join("{{" + name + "}}" for name in names[:-1])
    assert found(source(f"output: 'All of {text}'")) == []
    assert lookalike("statue", ["status"]) == "status"  # a slip, though a word of its own
    assert lookalike("titles", ["title"]) is None
    assert lookalike("title", ["titel", "title"]) is None


@pytest.mark.parametrize(
    ("yaml", "code"),
    [
        ("actions:\n- tell: {template: 'In {{oven_nmae}}'}", "ARM401"),
        ("actions:\n- look: {queries: [Hot?], when: oven_nmae}", "ARM403"),
    ],
)
def test_a_name_nobody_supplies_names_the_one_that_was_meant(yaml: str, code: str) -> None:
    helps = [one.help for one in compile_source(source(yaml)).diagnostics if one.code == code]
    assert helps == ["did you mean 'oven_name'?"]
