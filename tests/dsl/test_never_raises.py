"""Whatever the text, parsing gives a document and findings, all of them inside the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armada.dsl.parse import parse, parse_bytes
from armada.dsl.render import as_github, as_json, render_text
from armada.dsl.source import SourceFile, Span

ROOT = Path(__file__).parents[2]
SEED = (ROOT / "specs" / "incident-response.md").read_text("utf-8")
LINES = SEED.splitlines(keepends=True)
SNIPPETS = (
    "---\n",
    "```\n",
    "```yaml\n",
    "~~~\n",
    "\\`\\`\\`\n",
    "### Stage 9: X (y)\n",
    "| Level | Response Time |\n|---|---|\n| SEV-1 | 5 min |\n",
    "## Escalation\n1. **5 min:** a\n",
    "<!--",
    "-->",
    "\t",
    "\r\n",
    "\r",
    "\x00",
    "\ud800",
    "\ufeff",
    "┌──┐\n│ a│\n└┬─┘\n",
    "▼",
    "+--+\n|x |\n+--+\n",
    "&a *a !!x ",
    "{{ a }}",
    "? [",
    "'",
    '"',
    "actions:\n  - a: {b: [",
    'Task("a", ',
)

calm = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def spans(node: Any) -> Iterator[Span]:
    """Every span in a tree of nodes."""
    if isinstance(node, Span):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from spans(item)
    elif is_dataclass(node):
        for part in fields(node):
            yield from spans(getattr(node, part.name))


def check(text: str, name: str = "t.md") -> None:
    """Parse and render; every span lies inside the file, and twice gives the same."""
    source = SourceFile(name, text)
    document, found = parse(source)
    for span in spans((document, found)):
        assert 0 <= span.start <= span.end <= len(text)
    assert list(found) == sorted(found, key=lambda finding: finding.order)
    render_text({name: source}, found, color=True, width=60)
    as_json({name: source}, found)
    as_github({name: source}, found)
    assert (document, found) == parse(SourceFile(name, text))


@calm
@given(st.text())
def test_any_text(text: str) -> None:
    check(text)
    check(text, "t.armada.yaml")


@calm
@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    parse_bytes("t.md", data)
    parse_bytes("t.armada.yaml", b"name: " + data)


@calm
@given(st.lists(st.sampled_from(SNIPPETS) | st.sampled_from(LINES), max_size=30))
def test_any_mixture_of_constructs(parts: list[str]) -> None:
    check("".join(parts))
    check("".join(parts), "t.armada.yaml")


@calm
@given(st.integers(0, len(SEED)), st.booleans())
def test_any_truncation_of_the_seed(at: int, head: bool) -> None:
    check(SEED[:at] if head else SEED[at:])


@calm
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SEED)),
            st.integers(0, 40),
            st.sampled_from(SNIPPETS) | st.text(max_size=5),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_mutation_of_the_seed(edits: list[tuple[int, int, str]]) -> None:
    text = SEED
    for at, width, put in edits:
        text = text[:at] + put + text[at + width :]
    check(text)


@calm
@given(st.lists(st.text("┌┐└┘│─├┤┬┴┼▼▲►◄+-|v^<> ab\n", max_size=60), max_size=12))
def test_any_drawing(lines: list[str]) -> None:
    check("## Workflow\n\n```\n┌──\n" + "\n".join(lines) + "\n```\n")
