"""Documents made to be slow to read end in findings, in time that grows with their size.

Times are compared with times of the same run only: four times the text may take ten times as long,
where something quadratic takes sixteen. What ends within a second is quick enough whatever its
share, since so short a time says little.
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

SMALL, QUARTER, MEGABYTE = 500, 250_000, 1_000_000
SHARE = 10
QUICK_S = 1.0


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


@pytest.mark.sweep
@pytest.mark.parametrize("kind", KINDS)
def test_a_megabyte_takes_its_share(kind: str) -> None:
    whole = _seconds("lint", kind, MEGABYTE)
    assert whole < QUICK_S or whole <= SHARE * _seconds("lint", kind, QUARTER)


@pytest.mark.sweep
@pytest.mark.parametrize("verb", ["read", "fmt"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_quarter_of_it_takes_its_share(kind: str, verb: str) -> None:
    whole = _seconds(verb, kind, QUARTER)
    assert whole < QUICK_S or whole <= SHARE * _seconds(verb, kind, QUARTER // 4)
