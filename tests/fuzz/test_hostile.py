"""Documents made to be slow to read end in findings, in time that grows with their size.

Times are compared with times of the same run only: four times the text may take ten times as long,
where something quadratic takes sixteen. What is quick anyway is not timed twice.
"""

from __future__ import annotations

from time import process_time

import pytest
from fuzz_targets import TARGETS
from hostile import KINDS, document

from armada.compiler.compile import check_source
from armada.compiler.formatting import format_source
from armada.dsl.read import read
from armada.dsl.render import render_text
from armada.dsl.source import SourceFile, decode

SMALL, LARGE, MEGABYTE = 500, 50_000, 1_000_000
SHARE = 10
QUICK_S = {LARGE: 0.4, MEGABYTE: 3.0}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_ends_in_findings(kind: str) -> None:
    name, data = document(kind, SMALL)
    target = "yaml-form" if name.endswith(".yaml") else "document"
    TARGETS[target].check(decode(name, data)[0].text)


def _lint(source: SourceFile) -> None:
    found = check_source(source).diagnostics
    render_text({source.name: source}, found, color=False, width=100)


def _seconds(verb: str, kind: str, size: int) -> float:
    name, data = document(kind, size)
    source = decode(name, data)[0]
    start = process_time()
    {"lint": _lint, "read": read, "fmt": format_source}[verb](source)
    return process_time() - start


def _takes_its_share(verb: str, kind: str, size: int) -> bool:
    whole = _seconds(verb, kind, size)
    return whole < QUICK_S[size] or whole <= SHARE * _seconds(verb, kind, size // 4)


@pytest.mark.sweep
@pytest.mark.parametrize("kind", KINDS)
def test_a_megabyte_takes_its_share(kind: str) -> None:
    assert _takes_its_share("lint", kind, MEGABYTE)


@pytest.mark.sweep
@pytest.mark.parametrize("verb", ["read", "fmt"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_verb_takes_its_share(kind: str, verb: str) -> None:
    assert _takes_its_share(verb, kind, LARGE)
