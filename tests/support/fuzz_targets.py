"""Every reader of text that others write, and what must hold of whatever it reads.

One table for both ways of searching: Hypothesis in ``tests/fuzz/test_fuzz.py``, and atheris, which
follows the branches that were taken, in ``tests/fuzz/__main__.py``. A target takes any text and
raises ``AssertionError``, or whatever the product raised, where something does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from armada.compiler.compile import Compiled, check_source, compile_source
from armada.compiler.formatting import format_source
from armada.dsl.diagnostics import Diagnostic, Level
from armada.dsl.expression import read_condition
from armada.dsl.fixes import apply_fixes
from armada.dsl.heading import read_heading
from armada.dsl.parse import parse
from armada.dsl.read import read
from armada.dsl.render import as_github, as_json, render_text
from armada.dsl.rung import read_line
from armada.dsl.source import SourceFile, Span
from armada.dsl.syntax import Text
from armada.dsl.timing import read_duration, read_moment, read_response, read_window

ROOT = Path(__file__).parents[2]
FRONT = "---\nname: fuzzed\n---\n\n"
STAGE = "### Stage 1: Look (sre)\n\n```yaml\nactions:\n  - look:\n      command: ls\n"
CONFIGURED = """---
name: fuzzed
agents: [sre]
timezone: Europe/Berlin
escalation: {while: unacknowledged}
---

| Level | Criteria | Response time | Agents |
|-------|----------|---------------|--------|
| SEV-1 | All down | Immediate     | All    |

### Stage 1: Look (sre)

```yaml
timeout: 5m
actions:
  - look: {queries: ["up?"]}
```

## Escalation

1. **0-15 min:** sre
2. **15+ min:** lead
"""
EXTENDING = CONFIGURED.replace("timezone: Europe/Berlin", "extends: policy.md").split("| Level")[0]
EXTENDING += "### Stage 1: Look (sre)\n"
MAX_PASSES = 10
"""How often fixes may follow from fixes; the command stops there too."""


# --- what must hold -------------------------------------------------------------------------------


def spans(node: Any) -> Iterator[Span]:
    """Every span in a tree of nodes."""
    pending = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, Span):
            yield one
        elif isinstance(one, tuple | list):
            pending.extend(one)
        elif is_dataclass(one):
            pending.extend(getattr(one, part.name) for part in fields(one))


def inside(text: str, node: Any) -> None:
    """Every span lies inside the text."""
    for span in spans(node):
        assert 0 <= span.start <= span.end <= len(text), span


def ordered(source: SourceFile, found: tuple[Diagnostic, ...]) -> None:
    """Findings stand in the order of the text, lie inside it, and can be shown."""
    assert list(found) == sorted(found, key=lambda one: one.order)
    inside(source.text, found)
    files = {source.name: source}
    shown = render_text(files, found, color=False, width=80)
    assert len(as_json(files, found)) == len(found) <= shown.count("\n")
    assert as_github(files, found).count("\n") == len(found)


def compiled_twice(source: SourceFile) -> Compiled:
    """What is wrong with a text, which is the same each time; a plan exists without an error."""
    compiled = check_source(source)
    again = check_source(source)
    assert compiled.diagnostics == again.diagnostics
    assert (compiled.plan is None) == (again.plan is None)
    if compiled.plan is not None and again.plan is not None:
        assert compiled.plan.digest == again.plan.digest
        assert not any(one.level is Level.ERROR for one in compiled.diagnostics)
    ordered(source, compiled.diagnostics)
    return compiled


def fixed(source: SourceFile, compiled: Compiled) -> None:
    """Fixes come to an end, or back to a text that was seen."""
    seen = {source.text}
    for _ in range(MAX_PASSES):
        text, number = apply_fixes(compiled.source, compiled.diagnostics)
        assert (number > 0) or text == compiled.source.text
        if text in seen:
            return
        seen.add(text)
        compiled = check_source(SourceFile(source.name, text))
    raise AssertionError("fixes follow from fixes without end")


def formatted(source: SourceFile, before: Compiled) -> None:
    """Formatting keeps the digest and the findings' codes; a second time it changes nothing."""
    text = format_source(source).text
    if text == source.text:
        return
    again = SourceFile(source.name, text)
    after = check_source(again)
    assert (before.plan is None) == (after.plan is None)
    if before.plan is not None and after.plan is not None:
        assert before.plan.digest == after.plan.digest
    assert format_source(again).text == text


def understood(source: SourceFile) -> None:
    """What is read is plain data whose lines lie in the text and whose edges join its nodes."""
    (entry,) = read(source)
    assert [entry] == read(source)
    last = source.line_count
    for part in (*entry["flows"], *entry["severities"], *entry["ladders"]):
        first, end = part["lines"]
        assert 1 <= first <= end <= last
    for flow in entry["flows"]:
        ids = [node["id"] for node in flow["nodes"]]
        assert len(ids) == len(set(ids))
        assert {edge[end] for edge in flow["edges"] for end in ("from", "to")} <= set(ids)
        assert flow["confidence"] != "none" or not flow["edges"]
        assert flow["confidence"] == "exact" or flow["notes"]


# --- targets --------------------------------------------------------------------------------------


def document(text: str, name: str = "fuzzed.md") -> None:
    """A whole document, through lint, fix, fmt and read."""
    source = SourceFile(name, text)
    parsed = parse(source)
    inside(text, parsed)
    compiled = compiled_twice(source)
    fixed(source, compiled)
    formatted(source, compiled)
    understood(source)


def yaml_form(text: str) -> None:
    """A workflow in the YAML form."""
    document(text, "fuzzed.armada.yaml")


def stage_yaml(text: str) -> None:
    """The YAML of one stage."""
    document(f"{FRONT}{STAGE}{text}\n```\n")


def configuration(text: str) -> None:
    """A block of configuration beside a text that states the same things."""
    document(f"{CONFIGURED}\n## Configuration\n\n```yaml\n{text}\n```\n")


def shared(text: str) -> None:
    """A file that a workflow extends, and that may extend itself and others with this text."""
    for name in ("policy.md", "policy.yaml"):
        source = SourceFile("fuzzed.md", EXTENDING.replace("policy.md", name))
        compiled = compile_source(source, lambda name: SourceFile(name, text))
        assert compiled == compile_source(source, lambda name: SourceFile(name, text))
        texts = {each.name: each.text for each in compiled.sources}
        for span in spans(compiled.diagnostics):
            assert 0 <= span.start <= span.end <= len(texts[span.file]), span
        errors = [one.level is Level.ERROR for one in compiled.diagnostics]
        assert (compiled.plan is None) == any(errors)
        check_source(SourceFile(name, text), lambda name: SourceFile(name, text))


def condition(text: str) -> None:
    """A condition alone."""
    first = read_condition(text, lambda start, end: Span("c", start, end))
    assert first == read_condition(text, lambda start, end: Span("c", start, end))
    inside(text, first)


def timing(text: str) -> None:
    """Durations, response times, windows and moments, and a line of an escalation path."""
    said = Text(text, Span("t", 0, len(text)))
    duration = read_duration(text)
    assert duration is None or duration >= 0
    response = read_response(said)
    assert response is None or response.deadline_ms is None or response.deadline_ms >= 0
    for window in (read_window(said), read_moment(said)):
        assert window is None or window.from_ms >= 0
    inside(text, read_line(said))


def heading(text: str) -> None:
    """The title of a stage."""
    inside(text, read_heading(Text(text, Span("h", 0, len(text)))))


def drawing(text: str) -> None:
    """A drawing in a fence."""
    document(f"{FRONT}## Workflow\n\n```\n{text}\n```\n")


def mermaid(text: str) -> None:
    """A chart in a fence."""
    document(f"{FRONT}## Workflow\n\n```mermaid\n{text}\n```\n")


def policy(text: str) -> None:
    """Tables, lists and prose of severities and escalation."""
    document(f"{FRONT}## Severity levels\n\n{text}\n\n## Escalation\n\n{text}\n")


def _file(reader: Callable[[SourceFile], Any]) -> Callable[[str], None]:
    def target(text: str) -> None:
        source = SourceFile("fuzzed.yaml", text)
        found = reader(source).diagnostics
        assert found == reader(source).diagnostics
        ordered(source, tuple(sorted(found, key=lambda one: one.order)))

    return target


def _bindings(source: SourceFile) -> Any:
    from armada.runtime.bindings_file import read_bindings

    return read_bindings(source)


def _inbound(source: SourceFile) -> Any:
    from armada.runtime.inbound_file import read_inbound

    return read_inbound(source)


def _people(source: SourceFile) -> Any:
    from armada.runtime.people_file import read_people

    return read_people(source)


def _scenario(source: SourceFile) -> Any:
    from armada.simulator.scenario_file import read_scenario

    return read_scenario(source)


# --- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """A reader's check, texts of its kind to begin with, and pieces that make such texts."""

    check: Callable[[str], None]
    seeds: Callable[[], Iterable[str]]
    pieces: tuple[str, ...]


def _files(*patterns: str) -> Callable[[], list[str]]:
    return lambda: [
        path.read_text("utf-8")
        for pattern in patterns
        for path in sorted(ROOT.glob(pattern))
        if path.stat().st_size < 20_000
    ]


def _parts(*patterns: str) -> Callable[[], list[str]]:
    """The front matter and one section after it, of each document: short texts are tried often."""

    def cut() -> list[str]:
        found: list[str] = []
        for text in _files(*patterns)():
            front, *sections = re.split(r"^(?=#{2,3} )", text, flags=re.MULTILINE)
            found += [front + section for section in sections if len(section) < 1500]
        return found

    return cut


def _listed(*texts: str) -> Callable[[], list[str]]:
    return lambda: list(texts)


_LINES = (
    "---\n",
    "```\n",
    "```yaml\n",
    "~~~\n",
    "\\`\\`\\`\n",
    "## Escalation\n",
    "### Stage 2: X\n",
)
_YAML = (
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "!!x ",
    "? ",
    "|\n",
    ">\n",
    "'",
    '"',
    "#",
    "<<: ",
)
_SIGNS = tuple("┌┐└┘│─├┤┬┴┼▼▲►◄+-|v^<> ab\n╔═╗║╚╝┏━┓┃\t漢😀")
_TIMES = (
    "5",
    " ",
    "min",
    "h",
    "-",
    "–",
    "T+",
    "after ",
    "immediately",
    "within ",
    "<",
    ":",
    "**",
    "(",
)

TARGETS: Mapping[str, Target] = {
    "document": Target(
        document,
        _parts("specs/*.md", "tests/compiler/*.md"),
        (
            *_LINES,
            "| a | b |\n|---|---|\n",
            "<!--",
            "-->",
            "{{ a }}",
            "\r\n",
            "\0",
            "\ud800",
            "\ufeff",
        ),
    ),
    "yaml-form": Target(
        yaml_form,
        _files("tests/**/*.armada.yaml"),
        ("armada: 1\n", "name: x\n", "stages:\n", "  - ", "needs: ", "actions:\n", *_YAML),
    ),
    "stage": Target(
        stage_yaml,
        _listed(
            "  - fix: {when: a AND b, needs: [x]}\n", "      approval: true\n    timeout: 5m\n"
        ),
        ("  - a:\n", "      when: ", "command: ", "template: ", "{{ ", " }}", "kubectl ", *_YAML),
    ),
    "configuration": Target(
        configuration,
        _listed(
            "agents: [sre]\ntimezone: UTC\nescalation: [0-15 min: sre, 20+ min: cto]\n",
            "severities: {SEV-1: {criteria: x, agents: sre}, SEV-2: {respond_within: 5m}}\n",
            "stages:\n  - name: Look\n    needs: []\n    actions: [{look: {queries: [a]}}]\n",
        ),
        ("agents: ", "stages:\n", "  - name: Look\n", "severities:\n", "  SEV-1: ", *_YAML),
    ),
    "shared": Target(
        shared,
        _listed(CONFIGURED, "extends: [a.md, policy.md]\ntimezone: UTC\n", EXTENDING),
        ("extends: ", "policy.md", "../", "a/", "timezone: ", "agents: [a]\n", *_LINES, *_YAML),
    ),
    "condition": Target(
        condition,
        _listed("a AND (b OR NOT c)", 'region in ["eu", "us"]', "severity <= 2", "x != 5m"),
        (
            "a",
            " AND ",
            " or ",
            "NOT ",
            "(",
            ")",
            "==",
            "<=",
            " in ",
            "[",
            "]",
            ",",
            '"',
            "5m",
            "1.5",
            "!",
        ),
    ),
    "timing": Target(
        timing,
        _listed(
            "15-30 min", "1h30m", "T+15m", "if no response in 15 min: lead", "- 5 min: page sre"
        ),
        _TIMES,
    ),
    "heading": Target(
        heading,
        _listed("Stage 2a: Diagnose (sre)", "2. Review (coder)", "**Phase 3 - Deploy**"),
        ("Stage ", "2", "a", ": ", "(", ")", ".", " - ", "**", "`", "#", "é", "[agent]"),
    ),
    "drawing": Target(drawing, _files("tests/dsl/drawings/*.txt"), _SIGNS),
    "mermaid": Target(
        mermaid,
        _files("tests/dsl/mermaid/*.mmd"),
        (
            *(
                "flowchart TD\n",
                "a",
                "b",
                " --> ",
                "-.->",
                "==>",
                "--",
                " & ",
                "|",
                "[",
                "]",
                "(",
                ")",
            ),
            *(
                "{",
                "}",
                '"',
                "subgraph s\n",
                "end\n",
                ":::c",
                "@{",
                "%%",
                ";",
                "\n",
                "---\n",
                "x",
                "o",
            ),
        ),
    ),
    "policy": Target(
        policy,
        _listed(
            "| Level | Response |\n|---|---|\n| SEV-1 | 5 min |\n| SEV-2 | 1 h |\n",
            "- **P1**: down, respond in 15 min\n- **P2**: slow, 1 hour\n",
            "1. **5 min:** page the lead\n2. 30 min: manager\n",
            "<table><tr><th>Level</th><th>SLA</th></tr><tr><td>P1</td><td>5 min</td></tr></table>",
        ),
        (
            *_TIMES,
            "| ",
            "|---|---|\n",
            "\n",
            "- ",
            "P1",
            "SEV-2",
            "### ",
            "lead",
            "<td>",
            "1. ",
            ",",
            "if ",
        ),
    ),
    "bindings": Target(_file(_bindings), _files("specs/bindings/*.yaml"), _YAML),
    "inbound": Target(_file(_inbound), _listed("alertmanager: {}\n"), _YAML),
    "people": Target(_file(_people), _files("specs/people/*.yaml"), _YAML),
    "scenario": Target(_file(_scenario), _files("specs/scenarios/*.yaml"), _YAML),
}
