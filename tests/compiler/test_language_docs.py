"""docs/language.md: its documents compile, and its tables name what the compiler knows."""

from __future__ import annotations

import json
import re
from pathlib import Path

from rule_pages import files, load_from

import armada
from armada.compiler.compile import compile_source
from armada.compiler.front import KEYS
from armada.compiler.plan import Kind
from armada.dsl.source import SourceFile

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^````markdown\n(.*?)^````$", PAGE, re.S | re.M)


def test_every_example_compiles_without_a_warning() -> None:
    """A reader may copy it."""
    beside = files(PAGE)
    assert EXAMPLES and beside
    for text in EXAMPLES:
        source = SourceFile("example.md", text)
        compiled = compile_source(source, lambda name: load_from(beside, name))
        assert compiled.plan is not None
        assert [d.message for d in compiled.diagnostics if d.level.value != "note"] == []


def test_every_kind_and_front_matter_key_is_described() -> None:
    """What the page leaves out nobody finds."""
    assert [kind for kind in Kind if f"| {kind} |" not in PAGE] == []
    plain = [key for key in KEYS if "." not in key and key != "expectations"]
    assert [key for key in plain if f"`{key}`" not in PAGE] == []


def test_the_shown_document_is_read_as_shown() -> None:
    """What `armada read` answers is part of the interface."""
    shown = re.search(
        r"^````text\n(.*?)^````\n\nit prints\n\n```json\n(.*?)^```", PAGE, re.S | re.M
    )
    assert shown
    assert armada.read(SourceFile("deploys.md", shown[1])) == json.loads(shown[2])
