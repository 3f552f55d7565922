"""YAML: values, exact places, refusals, and one meaning under both of PyYAML's parsers."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from armada.dsl import yaml_nodes
from armada.dsl.source import SourceFile
from armada.dsl.syntax import YamlMapping, YamlNode, YamlScalar, YamlSequence
from armada.dsl.yaml_nodes import YamlBlock, read_yaml

SAMPLES = (
    "a: 1\nb: [x, 'y', \"z\"]\nc:\n  - {d: e}\n",
    "a: |\n  one\n\n   two\nb: >\n  folded\n  text\nc: |-\n  kept\n",
    "key: plain\n  over lines\nempty:\nother: ''\n",
    "# comment\na: b # more\n? c\n: d\n",
    "a: b: c\n",
    "a: [1, 2\nb: 3\n",
    'a: "open\n',
    "a:\n\t- b\n",
    "a: b\n  c: d\n",
    "- a\nb: c\n",
    "a: @x\n",
    "a: {{ name }}\n",
    "a: &x 1\nb: *x\n",
    "a: 1\na: 2\n",
    "a: 1\n---\nb: 2\n",
)


def read(text: str, indent: int = 0) -> YamlBlock:
    return read_yaml(SourceFile("y", text), 0, len(text), indent)


def plain(node: YamlNode | None) -> Any:
    """The value as plain data."""
    if isinstance(node, YamlMapping):
        return {key.raw: plain(value) for key, value in node}
    if isinstance(node, YamlSequence):
        return [plain(item) for item in node.items]
    return node.value if isinstance(node, YamlScalar) else None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("2026-01-01", "2026-01-01"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        ("9" * 5000, "9" * 5000),
        ("'1'", "1"),
        ('"true"', "true"),
    ],
)
def test_scalar(written: str, value: object) -> None:
    found = plain(read(f"k: {written}\n").node)
    assert found == {"k": value}
    assert type(found["k"]) is type(value)


def test_an_indented_block_keeps_its_places() -> None:
    text = '  a: |\n    one {{x}}\n    two\n  b: "c AND d"\n'
    block = read(text, indent=2)
    assert plain(block.node) == {"a": "one {{x}}\ntwo\n", "b": "c AND d"}
    assert isinstance(block.node, YamlMapping)
    for key, word in (("a", "{{x}}"), ("a", "two"), ("b", "AND")):
        scalar = block.node.get(key)
        assert isinstance(scalar, YamlScalar)
        at = scalar.raw.index(word)
        span = scalar.place(at, at + len(word))
        assert text[span.start : span.end] == word


def test_escapes_and_folding_place_every_part_at_the_whole() -> None:
    text = 'a: "x\\ty"\n'
    node = read(text).node
    assert isinstance(node, YamlMapping)
    scalar = node.get("a")
    assert isinstance(scalar, YamlScalar)
    assert scalar.place(0, 1) == scalar.span
    assert text[scalar.span.start : scalar.span.end] == '"x\\ty"'


@pytest.mark.parametrize(
    ("written", "code", "words", "at"),
    [
        ("a: b: c\n", "ARM004", "a second `: ` makes this line ambiguous", 4),
        ("a:\n\t- b\n", "ARM004", "a tab cannot indent YAML", 3),
        ("a: @x\n", "ARM004", "no value can start with `@`", 3),
        ("a: b\x00\n", "ARM004", "the character U+0000 cannot stand in YAML", 4),
        ("a: 1\na: 2\n", "ARM005", "the key 'a' stands twice", 5),
        ("a: &x 1\n", "ARM008", "the anchor &x names a value for reuse", 3),
        ("a: *x\n", "ARM008", "the alias *x is not followed", 3),
        ("a: !!python/name:x 1\n", "ARM008", "the tag tag:yaml.org,2002:python/name:x", 3),
        ("[" * 60, "ARM009", "nested more than 50 levels deep", 50),
        ("a: 1\n---\nb: 2\n", "ARM015", "a second YAML document starts here", 5),
        ("a: {{ b }}\n", "ARM016", "this key is not a word", 4),
    ],
)
def test_refusal(written: str, code: str, words: str, at: int) -> None:
    found = read(written).diagnostics[0]
    assert (found.code, found.span.start) == (code, at)
    assert found.message.startswith(words)
    assert found.help


@pytest.mark.parametrize("text", SAMPLES)
def test_both_parsers_read_alike(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = read(text)
    monkeypatch.setattr(yaml_nodes, "parser_class", lambda: yaml.Loader)
    slow = read(text)
    assert plain(fast.node) == plain(slow.node)
    codes = [[found.code for found in block.diagnostics] for block in (fast, slow)]
    assert codes[0] == codes[1]
    if not codes[0]:
        assert fast.node == slow.node
