"""The names that a template reads, with their places."""

from __future__ import annotations

import pytest

from armada.compiler.templates import read_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("no names", []),
        ("{{a}} and {{ b.c }} and {{- a -}}", ["a", "b.c", "a"]),
        ("{% if a %}{{ b | upper }}{% endif %}", ["a", "b"]),
        ("{% for x in items %}{{ x }}{% endfor %}", ["items", "items"][:1]),
        ("{{ a['b'] ~ 'c' }} {{ true }}", ["a"]),
        ("{# {{ a }} #}", []),
    ],
)
def test_names_in_the_order_of_the_text(text: str, names: list[str]) -> None:
    uses, error = read_names(text)
    assert error is None
    assert [use.name for use in uses] == names
    assert all(text[use.start : use.end] == use.name for use in uses)


@pytest.mark.parametrize("text", ["{{ a", "{% if a %}", "{{ a b }}", "{{ a | nonsense }}", "{{ }}"])
def test_what_cannot_be_rendered(text: str) -> None:
    uses, error = read_names(text)
    assert error is not None and not uses
    assert 0 <= error.start <= error.end <= len(text)
