"""Any text ends in findings: no exception, no plan beside an error, no finding out of place."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from armada.compiler.compile import Compiled, compile_source
from armada.compiler.rules import RULES
from armada.dsl.codes import RULES as SYNTAX_RULES
from armada.dsl.diagnostics import Level
from armada.dsl.source import SourceFile, decode

HERE = Path(__file__).parent
SEED = (HERE.parents[1] / "specs" / "incident-response.md").read_bytes()
RENAMED = (HERE / "renamed.md").read_bytes()
LINES = SEED.decode().splitlines(keepends=True)
PIECES = st.sampled_from(
    [
        "{{",
        "}}",
        "{%",
        "|",
        "│",
        "▼",
        "---",
        "```",
        ":",
        "- ",
        "\r",
        "\0",
        "\ud800",
        "'",
        '"',
        "AND",
    ]
    + ["kubectl logs", "&&", "needs: fix", "approval: true", "on_failure: {goto: x}", "\t", "# "]
    + ["kind: run", "when: severity <", "~", "[", "&a", "*a", "!!x", "99999999999999999999", "()"]
)


def check(source: SourceFile) -> Compiled:
    compiled = compile_source(source)
    found = compiled.diagnostics
    assert (compiled.plan is None) == any(one.level is Level.ERROR for one in found)
    assert list(found) == sorted(found, key=lambda one: one.order)
    places = [(one.code, one.span) for one in found]
    assert len(places) == len(set(places))
    for one in found:
        assert one.code in RULES or one.code in SYNTAX_RULES
        assert 0 <= one.span.start <= one.span.end <= len(source.text)
        assert one.message and "\n" not in one.message
    return compiled


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    check(decode("x.md", data)[0])


@given(st.text(max_size=200), st.sampled_from(["x.md", "x.armada.yaml"]))
def test_any_text(text: str, name: str) -> None:
    check(SourceFile(name, f"---\nname: x\n---\n### Stage 1: A (b)\n```yaml\n{text}\n```\n"))
    check(SourceFile(name, text))


@given(st.integers(0, len(SEED)), st.sampled_from([SEED, RENAMED]))
def test_truncations(at: int, data: bytes) -> None:
    check(decode("x.md", data[:at])[0])


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 40), PIECES), max_size=6))
def test_mutations(edits: list[tuple[int, int, str]]) -> None:
    text = SEED.decode()
    for at, length, piece in edits:
        text = text[:at] + piece + text[at + length :]
    check(SourceFile("x.md", text))


@settings(max_examples=25)
@given(st.permutations(range(len(LINES))), st.integers(0, len(LINES)))
def test_lines_in_another_order(order: list[int], kept: int) -> None:
    check(SourceFile("x.md", "".join(LINES[at] for at in order[:kept])))


def test_deep_and_long_values() -> None:
    deep = "[" * 3000 + "]" * 3000
    head = "---\nname: x\n---\n### Stage 1: A (b)\n```yaml\n"
    check(SourceFile("x.md", f"{head}actions: {deep}\n```\n"))
    nested = "(" * 5000 + "a" + ")" * 5000
    body = f'actions:\n  - a:\n      command: "rm x"\n      when: "{nested}"\n'
    check(SourceFile("x.md", f"{head}{body}```\n"))
    deep_template = "{{ " + "(" * 5000 + "a" + ")" * 5000 + " }}"
    body = f'actions:\n  - a:\n      template: "{deep_template}"\n'
    check(SourceFile("x.md", f"{head}{body}```\n"))
    body = "actions:\n  - a:\n      template: \"{{ 9**9**9**9 }} {{ 'x' | center(999999999) }}\"\n"
    check(SourceFile("x.md", f"{head}{body}```\n"))
    commands = "\n".join(f'  - a{n}:\n      command: "{"x -" * 2000}"' for n in range(3))
    check(SourceFile("x.md", f"{head}actions:\n{commands}\n```\n"))


def test_a_drawn_stage_whose_title_is_its_ordinal() -> None:
    drawn = "```mermaid\nflowchart TD\n  a[Stage 1: One] --> b[Stage 2: 2]\n```\n\n"
    stages = "### Stage 1: One (b)\n\n### Stage 2: 2 (b)\n"
    check(SourceFile("x.md", f"---\nname: x\nagents: [b]\n---\n\n{drawn}{stages}"))
