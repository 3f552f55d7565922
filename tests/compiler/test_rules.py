"""Every rule of the compiler has a page, and the page's examples show it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from armada.compiler.compile import compile_source
from armada.compiler.rules import RULES
from armada.dsl.source import SourceFile

PAGES = Path(__file__).parents[2] / "docs" / "rules"
EXAMPLE = re.compile(r"^## (Bad|Good)\n\n````markdown\n(.*?)^````$", re.MULTILINE | re.DOTALL)


def codes(text: str) -> list[str]:
    return [found.code for found in compile_source(SourceFile("x.md", text)).diagnostics]


@pytest.mark.parametrize("code", RULES)
def test_page_shows_the_rule(code: str) -> None:
    rule = RULES[code]
    page = (PAGES / f"{code}.md").read_text("utf-8")
    assert page.startswith(f"# {code} {rule.name}\n\nLevel: {rule.level.value}.\n")
    assert "\nPoints at: " in page
    examples = dict(EXAMPLE.findall(page))
    assert code in codes(examples["Bad"])
    assert codes(examples["Good"]) == []


def test_every_page_of_these_families_has_a_rule() -> None:
    pages = {path.stem for path in PAGES.glob("ARM[1-5]*.md")}
    assert pages == set(RULES)
