"""Configuration blocks: what they add, what differs, which blocks are none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armada.compiler.compile import Compiled, compile_source
from armada.dsl.diagnostics import Diagnostic
from armada.dsl.source import SourceFile

TEXT = """---
name: checkout
description: Checkout is down
pattern: pipeline
agents: [ada, ben]
coordinator: ada
timezone: Europe/Berlin
immediate: 5m
escalation: {while: unacknowledged, repeat: 2}
inputs:
  recent: {type: boolean}
---

## Severity Levels

| Level | Criteria  | Response time | Agents |
|-------|-----------|---------------|--------|
| SEV-1 | All down  | Immediate     | All    |
| SEV-2 | Some down | < 30 min      | ada, ben |

### Stage 1: Triage (ada)

```yaml
timeout: 20m
actions:
  - look:
      queries: ["up?"]
      timeout: 5m
```

### Stage 2: Mend (ben)

```yaml
needs: [Triage]
when: recent
actions:
  - restart:
      command: "kubectl rollout restart deploy/shop"
      approval: 1
  - verify: {checks: ["fine"]}
```

## Escalation Path

1. **0-15 min:** On-call engineer
2. **15+ min:** Manager
"""
BLOCK = """name: checkout
description: Checkout is down
pattern: pipeline
agents: [ben, ada]
coordinator: ada
timezone: Europe/Berlin
immediate: 300 s
inputs:
  recent: {type: boolean}
severities:
  - {level: SEV-1, criteria: "all down!", respond_within: immediate, agents: all}
  - {level: SEV-2, criteria: Some down, respond_within: 30m, agents: [ben, ada]}
stages:
  - ordinal: 1
    title: Triage
    agent: ada
    timeout: 20 min
    actions:
      - look: {queries: ["up?"], timeout: 5m}
  - name: Mend
    agent: ben
    depends_on: triage
    condition: recent
    actions:
      - verify: {checks: ["fine"]}
      - name: restart
        command: "kubectl rollout restart deploy/shop"
        approval: 1
escalation:
  while: unacknowledged
  repeat: 2
  rungs: ["0-15 min: On-call engineer", "15+ min: Manager"]
"""


def with_block(block: str, text: str = TEXT, heading: str = "## Configuration") -> str:
    return f"{text}\n{heading}\n\n```yaml\n{block}```\n"


def compiled(text: str) -> Compiled:
    return compile_source(SourceFile("x.md", text))


def digest(found: Compiled) -> str:
    assert found.plan is not None, found.diagnostics
    return found.plan.digest


def codes(found: Compiled) -> list[str]:
    return [one.code for one in found.diagnostics]


WHOLE = compiled(TEXT)


def test_a_block_that_says_the_same_changes_nothing() -> None:
    found = compiled(with_block(BLOCK))
    assert (digest(found), found.diagnostics) == (digest(WHOLE), WHOLE.diagnostics)


def place(text: str, one: Diagnostic) -> tuple[str, str]:
    (other,) = one.secondary
    return text[one.span.start : one.span.end], text[other.span.start : other.span.end]


DIFFERENCES = {
    "name": ("name: checkout\n", "name: payment\n", "payment", "checkout"),
    "pattern": ("pipeline", "mesh", "mesh", "pipeline"),
    "agents": ("[ben, ada]\nc", "[ben, cleo]\nc", "[ben, cleo]", "[ada, ben]"),
    "a duration": ("300 s", "301 s", "301 s", "5m"),
    "an input": ("boolean", "string", "string", "boolean"),
    "a criterion": ("all down!", "half down", "half down", "All down"),
    "a response": ("30m", "31m", "31m", "< 30 min"),
    "who works": ("[ben, ada]}", "[ben]}", "ben", "ada, ben"),
    "who works at all": ("agents: all}", "agents: ada}", "ada", "SEV-1"),
    "the clock": ("while: unacknowledged", "while: unresolved", "unresolved", "unacknowledged"),
    "a way of climbing": ("repeat: 2", "repeat: 3", "3", "2"),
    "who is told": ("Manager", "Director", "Director", "Manager"),
    "how they are told": ("Manager", "Manager notified", "Manager", "Manager"),
    "an end": ("0-15", "0-14", "0-14 min", "0-15 min"),
    "the title": ("title: Triage", "title: Look", "Look", "Triage"),
    "the agent": ("agent: ada", "agent: ben", "ben", "ada"),
    "a timeout": ("20 min", "21 min", "21 min", "20m"),
    "needs": ("depends_on: triage", "depends_on: mend", "mend", "[Triage]"),
    "a guard": ("condition: recent", "condition: NOT recent", "NOT recent", "recent"),
    "an item": ('["up?"]', '["down?"]', '["down?"]', '["up?"]'),
    "a command": ("deploy/shop", "deploy/till", None, None),
}


@pytest.mark.parametrize("fact", DIFFERENCES)
def test_each_difference_is_one_finding_with_both_places_and_the_text_counts(fact: str) -> None:
    old, new, block, text = DIFFERENCES[fact]
    assert BLOCK.count(old) == 1
    document = with_block(BLOCK.replace(old, new))
    found = compiled(document)
    (one,) = [each for each in found.diagnostics if each not in WHOLE.diagnostics]
    assert (one.code, digest(found)) == ("ARM332", digest(WHOLE))
    if block is not None:
        assert place(document, one) == (block, text)


ALONE = {
    "a level": (
        "agents: [ben, ada]}\n",
        "agents: [ben, ada]}\n  - {level: SEV-3, criteria: Dust}\n",
    ),
    "no level": (
        "  - {level: SEV-2, criteria: Some down, respond_within: 30m, agents: [ben, ada]}\n",
        "",
    ),
    "a stage": ("stages:\n", "stages:\n  - {name: Review, agent: ada, needs: [Mend]}\n"),
    "an action": ("      - verify:", "      - ask: {questions: [who]}\n      - verify:"),
    "no action": ('      - verify: {checks: ["fine"]}\n', ""),
    "no rung": (', "15+ min: Manager"', ""),
    "other rungs": ('"15+ min: Manager"', '"15+ min: Manager", "60+ min: CTO"'),
}


@pytest.mark.parametrize("fact", ALONE)
def test_what_stands_in_one_of_two_lists_alone_is_reported(fact: str) -> None:
    old, new = ALONE[fact]
    assert BLOCK.count(old) == 1
    found = compiled(with_block(BLOCK.replace(old, new)))
    alone = [each for each in found.diagnostics if each.code == "ARM332"]
    assert len(alone) == 1 and "and not in the" in alone[0].message
    added = fact in ("a level", "a stage", "an action")
    assert (digest(found) != digest(WHOLE)) is added


LEFT_OUT = {
    "a key": "timezone: Europe/Berlin\n",
    "a duration": "immediate: 5m\n",
    "inputs": "inputs:\n  recent: {type: boolean}\n",
    "escalation": "escalation: {while: unacknowledged, repeat: 2}\n",
    "the table": TEXT[TEXT.index("| Level") : TEXT.index("### Stage 1")],
    "a cell": "< 30 min",
    "an agent of a heading": " (ben)",
    "the path": TEXT[TEXT.index("1. **0") :],
    "a stage's key": "timeout: 20m\n",
    "needs": "needs: [Triage]\n",
    "a guard": "when: recent\n",
    "a key of an action": "      timeout: 5m\n",
    "the actions": '  - look:\n      queries: ["up?"]\n      timeout: 5m\n',
}


@pytest.mark.parametrize("fact", LEFT_OUT)
def test_what_only_the_block_states_is_used_as_if_the_text_stated_it(fact: str) -> None:
    assert TEXT.count(LEFT_OUT[fact]) == 1
    text = TEXT.replace(LEFT_OUT[fact], "")
    text = text.replace("actions:\n\n", "").replace("actions:\n```", "```")
    block = BLOCK.replace("all down!", "All down").replace("[ben, ada]}", "[ada, ben]}")
    found = compiled(with_block(block, text))
    assert (digest(found), "ARM332" in codes(found)) == (digest(WHOLE), False)


def test_a_block_beside_nothing_but_a_name_means_what_it_means_as_a_file() -> None:
    alone = compile_source(SourceFile("x.armada.yaml", BLOCK))
    assert digest(compiled(with_block(BLOCK, "---\nname: checkout\n---\n"))) == digest(alone)


def test_keys_within_a_value_are_put_together() -> None:
    block = "inputs:\n  recent: {description: Was there one?}\n  other: {type: string}\n"
    plan = compiled(with_block(block + "agents: [ada, ben]\n")).plan
    assert plan is not None
    assert [(each.name, each.type, each.description) for each in plan.inputs] == [
        ("recent", "boolean", "Was there one?"),
        ("other", "string", ""),
    ]


def test_needs_of_a_block_are_compared_with_the_drawing() -> None:
    drawing = "```mermaid\nflowchart TD\n  A[Stage 1: Triage] --> B[Stage 2: Mend]\n```\n"
    text = TEXT.replace("needs: [Triage]\n", "").replace("## Sev", f"{drawing}\n## Sev")
    found = compiled(with_block("stages: [{name: Triage}, {name: Mend, needs: []}]\n", text))
    assert "ARM206" in codes(found)


def test_a_difference_is_ignored_where_it_stands() -> None:
    block = "# armada: ignore[ARM332] the tool knows no Berlin\ntimezone: UTC\n"
    assert "ARM332" not in codes(compiled(with_block(block + "agents: [ada, ben]\n")))


def test_of_two_blocks_the_second_is_compared_with_the_first() -> None:
    first = with_block("patience: 10m\n")
    found = compiled(with_block("patience: 20m\n", first, "### More"))
    assert found.plan is not None and found.plan.patience_ms == 600_000
    assert codes(found).count("ARM332") == 1


def test_of_many_blocks_the_seventeenth_is_named_and_does_not_count() -> None:
    blocks = "```yaml\nimmediate: 5m\n```\n" * 16 + "```yaml\npatience: 20m\n```\n"
    found = compiled(f"{TEXT}\n## Configuration\n\n{blocks}")
    assert found.plan is not None and found.plan.patience_ms == 600_000
    assert codes(found).count("ARM332") == 1


def test_what_is_wrong_in_a_block_is_found() -> None:
    assert "ARM102" in codes(
        compiled(with_block("timezon: UTC\nagents: [ada, ben]\npatience: 1m\n"))
    )
    assert "ARM114" in codes(compiled(with_block("patience: soon\n")))
    assert "ARM004" in codes(compiled(with_block("patience: 10m\nagents: [ada\n")))


OTHERS = {
    "a manifest": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {agents: a}\n",
    "a pipeline": "stages: [build, test]\nbuild: {script: make}\ntest: {script: make}\nlint: {}\n",
    "an action": "name: x\ndescription: other\ninputs: {a: {}}\nruns: {using: node20}\n",
    "a list": "- agents\n",
    "a text": "agents\n",
    "nothing": "",
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_blocks_under_such_a_heading_are_passed_over(kind: str) -> None:
    assert compiled(with_block(OTHERS[kind])).diagnostics == WHOLE.diagnostics


@pytest.mark.parametrize("heading", ["## Example", "## Configuring the timezone"])
def test_a_block_under_another_heading_is_none(heading: str) -> None:
    assert compiled(with_block("timezone: UTC\n", heading=heading)).diagnostics == WHOLE.diagnostics


def test_a_configuration_within_a_stage_is_the_stages() -> None:
    staged = TEXT.replace(
        "## Escalation", "#### Configuration\n\n```yaml\npatience: 1m\n```\n\n## Esc"
    )
    assert "ARM103" in codes(compiled(staged.replace("## Esc Path", "## Escalation Path")))


LINES = BLOCK.splitlines(keepends=True)


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from([*LINES, "stages: x\n", "severities: [1, {}]\n", "  - {a: *b}\n"])),
    st.sampled_from([TEXT, "---\nname: x\n---\n", ""]),
)
def test_any_block_ends_in_findings(lines: list[str], text: str) -> None:
    document = with_block("".join(lines), text)
    found = compiled(document)
    assert (found.plan is None) == any(one.level.value == "error" for one in found.diagnostics)
    for one in found.diagnostics:
        assert 0 <= one.span.start <= one.span.end <= len(document)


def test_a_block_of_many_stages_is_compared_in_little_time() -> None:
    """A thousand stages against a thousand: each is looked up once."""
    text = "".join(f"### Stage {n}: Step {n} (ada)\n\n" for n in range(1000))
    block = "stages:\n" + "".join(
        f"  - {{name: Step {n}, needs: [], when: x}}\n" for n in range(1000)
    )
    found = compiled(with_block(block, f"---\nname: x\nagents: [ada]\n---\n{text}"))
    assert "ARM332" not in codes(found)
