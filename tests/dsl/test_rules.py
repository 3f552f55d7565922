"""Every code of this package has a page whose examples show it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from armada.dsl.codes import ROWS, Rule
from armada.dsl.expression import read_condition
from armada.dsl.parse import parse, parse_bytes
from armada.dsl.source import SourceFile
from armada.dsl.syntax import Document, YamlMapping, YamlNode, YamlScalar, YamlSequence

PAGES = Path(__file__).parents[2] / "docs" / "rules"
EXAMPLE = re.compile(r"^## (Bad|Good)\n\n````markdown\n(.*?)^````$", re.MULTILINE | re.DOTALL)


def conditions(node: YamlNode) -> list[YamlScalar]:
    """Every scalar under a key ``condition``."""
    if isinstance(node, YamlSequence):
        return [found for item in node.items for found in conditions(item)]
    if not isinstance(node, YamlMapping):
        return []
    own = [value for key, value in node if key.raw == "condition"]
    inner = [found for _, value in node for found in conditions(value)]
    return [value for value in own if isinstance(value, YamlScalar)] + inner


def codes(text: str) -> set[str]:
    """The codes found in a document, its conditions read as well."""
    document, found = parse(SourceFile("x.md", text))
    return {finding.code for finding in found} | bad_conditions(document)


def bad_conditions(document: Document) -> set[str]:
    read = (
        read_condition(scalar.raw, scalar.place)
        for stage in document.stages
        for _, value in stage.fields
        for scalar in conditions(value)
    )
    return {getattr(result, "code", "") for result in read}


@pytest.mark.parametrize("rule", ROWS, ids=lambda rule: rule.code)
def test_page_shows_the_rule(rule: Rule) -> None:
    page = (PAGES / f"{rule.code}.md").read_text("utf-8")
    assert page.startswith(f"# {rule.code} {rule.name}\n\nLevel: {rule.level.value}\n")
    examples = dict(EXAMPLE.findall(page))
    if rule.code == "ARM001":
        assert not examples
        return
    assert rule.code in codes(examples["Bad"])
    assert rule.code not in codes(examples["Good"])


def test_bytes_that_are_not_utf8_are_placed() -> None:
    data = "---\nname: é".encode() + b"\xe9\n---\n"
    _, found = parse_bytes("x.md", data)
    assert [(finding.code, finding.span.start) for finding in found] == [("ARM001", 11)]


def test_codes_are_in_order_and_stand_once() -> None:
    assert [rule.code for rule in ROWS] == sorted({rule.code for rule in ROWS})
