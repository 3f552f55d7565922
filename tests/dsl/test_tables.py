"""The shipped parse tables are fresh and read like the grammars they were made from."""

from __future__ import annotations

import pytest

from armada.dsl.grammar import GRAMMARS, build, load
from armada.dsl.tables.__main__ import fresh

SAMPLES = {
    "document": (
        "start",
        "---\na: b\n---\n# T\n\n- x\n\n| a |\n|---|\n| b |\n\n```y\nz\n```\ntext",
    ),
    "heading": ("start", "Stage 2a: Diagnose (observability)"),
    "expression": ("start", "a AND NOT (b > 1 or c in [1, 'x'])"),
    "timing": ("window", "15-30 min"),
    "invocation": ("start", 'Task("a", "b", "c") # more'),
    "mermaid": ("start", "\nA[x] --> B & C -- t --> D;\nsubgraph s [t]\nE -> F\nend\n"),
}


@pytest.mark.parametrize("name", GRAMMARS)
def test_tables(name: str) -> None:
    assert fresh(name), "run python -m armada.dsl.tables"
    start, text = SAMPLES[name]
    assert load(name).parse(text, start=start) == build(name).parse(text, start=start)
