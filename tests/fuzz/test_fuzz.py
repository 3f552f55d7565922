"""Whatever text is given to a reader, what must hold of it holds: a search by Hypothesis.

The same targets are searched for longer, along the branches that are taken, by
``python tests/fuzz``; what that finds is kept in ``found.py`` as a text that is tried here.
"""

from __future__ import annotations

import pytest
from found import FOUND
from fuzz_targets import TARGETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_LONG = frozenset({"document", "bindings", "scenario", "people"})
"""Targets whose seeds are whole documents: few examples each."""


def _texts(name: str) -> st.SearchStrategy[str]:
    """Texts of the kind's pieces, and its seeds with some pieces put in other places."""
    target = TARGETS[name]
    piece = st.sampled_from(target.pieces) | st.text(max_size=3)
    seeds = sorted(target.seeds(), key=len)[:40] or [""]
    edits = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 12), piece), max_size=5)
    return st.lists(piece, max_size=40).map("".join) | st.builds(
        _mutated, st.sampled_from(seeds), edits
    )


def _mutated(seed: str, edits: list[tuple[int, int, str]]) -> str:
    for at, length, piece in edits:
        at = at % (len(seed) + 1)
        seed = seed[:at] + piece + seed[at + length :]
    return seed


@pytest.mark.parametrize("name", TARGETS)
def test_any_text(name: str) -> None:
    examples = 10 if name in _LONG else 25

    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
    @given(_texts(name))
    def search(text: str) -> None:
        TARGETS[name].check(text)

    search()


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed(name: str) -> None:
    for seed in sorted(TARGETS[name].seeds(), key=len)[:3]:
        TARGETS[name].check(seed)


@pytest.mark.parametrize(("name", "text"), FOUND)
def test_what_was_found_before(name: str, text: str) -> None:
    TARGETS[name].check(text)
