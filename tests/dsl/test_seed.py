"""The seed document, read whole: its parts, their places, and the same from a CRLF copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from armada.dsl.parse import parse
from armada.dsl.source import SourceFile, Span
from armada.dsl.syntax import Text, YamlScalar

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "specs" / "incident-response.md").read_bytes().decode("utf-8")
DOCUMENT, FOUND = parse(SourceFile("seed.md", TEXT))


def nodes(node: Any, kind: type) -> Iterator[Any]:
    """Every node of a kind in a tree."""
    if isinstance(node, kind):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from nodes(item, kind)
    elif is_dataclass(node):
        for part in fields(node):
            yield from nodes(getattr(node, part.name), kind)


def shape(node: Any) -> Any:
    """The tree without places."""
    if isinstance(node, Span):
        return None
    if isinstance(node, tuple):
        return tuple(shape(item) for item in node)
    if is_dataclass(node):
        parts = [part.name for part in fields(node) if part.name not in ("pieces", "text")]
        return (type(node).__name__, *(shape(getattr(node, name)) for name in parts))
    return node


def test_nothing_is_wrong_with_its_syntax() -> None:
    assert FOUND == ()


def test_stages() -> None:
    read = [
        (
            stage.title.ordinal and stage.title.ordinal.value,
            stage.title.title.value,
            stage.title.agent and stage.title.agent.value,
            [key.raw for key, _ in stage.fields],
        )
        for stage in DOCUMENT.stages
    ]
    assert read == [
        ("1", "Triage", "incident-responder", ["actions"]),
        ("2a", "Diagnose", "observability", ["actions", "output"]),
        ("2b", "Mitigate", "k8s-deployer", ["actions"]),
        ("3", "Fix", "coder", ["actions"]),
        ("4", "Deploy", "k8s-deployer", ["actions"]),
        ("5", "Postmortem", "incident-responder", ["output_template"]),
    ]


def test_severities() -> None:
    (table,) = DOCUMENT.severities
    read = [
        (
            row.level,
            row.response and (row.response.deadline_ms, row.response.deferred),
            "all" if row.everyone else [agent.value for agent in row.agents or ()],
        )
        for row in table.rows
    ]
    assert read == [
        (1, (0, False), "all"),
        (2, (1_800_000, False), ["incident-responder", "observability", "coder"]),
        (3, (14_400_000, False), ["incident-responder", "observability"]),
        (4, (None, True), ["coder", "tester"]),
    ]


def test_escalation() -> None:
    (ladder,) = DOCUMENT.ladders
    read = [
        (
            rung.window and (rung.window.from_ms, rung.window.to_ms),
            [target.value for target in rung.targets],
            rung.only_at and rung.only_at[0],
            rung.mode,
        )
        for rung in ladder.rungs
    ]
    assert read == [
        ((0, 900_000), ["On-call engineer", "incident-responder"], None, "page"),
        ((900_000, 1_800_000), ["Team lead"], None, "notify"),
        ((1_800_000, 3_600_000), ["Engineering manager"], None, "page"),
        ((3_600_000, None), ["Executive"], 1, "notify"),
    ]


def test_flow() -> None:
    (flow,) = DOCUMENT.flows
    names = {
        node.id: node.title.ordinal.value if node.title.ordinal else node.title.title.value
        for node in flow.nodes
    }
    assert flow.confidence == "exact"
    assert [(names[edge.source], names[edge.target]) for edge in flow.edges] == [
        ("INCIDENT DETECTED", "1"),
        ("1", "2a"),
        ("1", "2b"),
        ("2a", "3"),
        ("2b", "3"),
        ("3", "4"),
        ("4", "5"),
    ]
    assert [TEXT[edge.span.start] for edge in flow.edges] == ["▼"] * 7


def test_invocations() -> None:
    read = [(call.kind.value, call.agent.value, call.level) for call in DOCUMENT.invocations]
    assert read == [
        ("INCIDENT", "incident-responder", None),
        ("SEV-1 INCIDENT", "hierarchical-coordinator", 1),
    ]


def test_every_text_stands_at_its_span() -> None:
    texts = list(nodes(DOCUMENT, Text))
    assert len(texts) > 100
    for text in texts:
        assert TEXT[text.span.start : text.span.end] == text.value


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n")], ids=["lf", "crlf"])
def test_every_character_of_every_scalar_is_placed(text: str) -> None:
    document, _ = parse(SourceFile("seed.md", text))
    scalars = list(nodes(document, YamlScalar))
    assert len(scalars) > 100
    for scalar in scalars:
        assert "\r" not in scalar.raw
        assert scalar.pieces
        for at, character in enumerate(scalar.raw):
            span = scalar.place(at, at + 1)
            assert text[span.start : span.end] == character


@pytest.mark.parametrize(
    "copy",
    [TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT, TEXT.replace("\n", "  \n", 5)],
    ids=["crlf", "byte-order mark", "trailing blanks"],
)
def test_a_copy_that_reads_alike_gives_the_same_tree(copy: str) -> None:
    document, found = parse(SourceFile("seed.md", copy))
    assert found == ()
    assert shape(document) == shape(DOCUMENT)


def test_escaped_fences_are_one_finding_whose_fix_gives_the_document_back() -> None:
    escaped = TEXT.replace("```", "\\`\\`\\`")
    document, found = parse(SourceFile("seed.md", escaped))
    assert [finding.code for finding in found] == ["ARM007"]
    assert len(document.stages) == 6
    fix = found[0].fix
    assert fix is not None
    mended = escaped
    for edit in reversed(fix.edits):
        mended = mended[: edit.span.start] + edit.text + mended[edit.span.end :]
    assert mended == TEXT
