"""Matchers of alerts: as they are written, and whether two sets can mean one alert."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armada.runtime.adapters.matchers import (
    Matcher,
    matcher,
    matchers_of,
    matches_nothing_named,
    may_meet,
)

NAMES, VALUES = st.sampled_from("ab"), st.sampled_from(["", "x", "y", "xy"])
PATTERNS = st.sampled_from(["x", "x|y", ".*", ".+", "[xy]{2}", "("])
MATCHERS = st.builds(
    lambda name, regex, value, pattern, equal: Matcher(
        name, pattern if regex else value, regex, equal
    ),
    NAMES,
    st.booleans(),
    VALUES,
    PATTERNS,
    st.booleans(),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("job=api", Matcher("job", "api")),
        (' job != "a b" ', Matcher("job", "a b", False, False)),
        ('job=~"a|b"', Matcher("job", "a|b", True)),
        (r'job!~"a\"b\\n"', Matcher("job", r'a"b\n', True, False)),
        ("job=", Matcher("job", "")),
    ],
)
def test_a_matcher_is_read_as_alertmanagers_own_tool_does(text: str, expected: Matcher) -> None:
    assert matcher(text) == expected
    assert matcher(expected.text) == expected


@given(MATCHERS)
def test_what_is_written_is_read_back(each: Matcher) -> None:
    assert matcher(each.text) == each


@pytest.mark.parametrize("text", ["", "=x", "job", "1a=b", "job==~x y\n="])
def test_what_is_no_matcher_is_said(text: str) -> None:
    if text.startswith("job=="):
        assert matcher(text).value == "=~x y\n="
        return
    with pytest.raises(ValueError, match="write it like"):
        matcher(text)


@given(
    st.lists(MATCHERS, max_size=4),
    st.lists(MATCHERS, max_size=4),
    st.dictionaries(NAMES, VALUES, max_size=2),
)
def test_no_alert_that_both_match_is_missed(
    one: list[Matcher], other: list[Matcher], alert: dict[str, str]
) -> None:
    """Sound: wherever some alert matches both, they may meet."""
    if all(each.admits(alert.get(each.name, "")) for each in (*one, *other)):
        assert may_meet(one, other) and may_meet(other, one)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (["service=api"], ["service=batch"], False),
        (["service=~api|web"], ["service=batch"], False),
        (["service!=api"], ["service=api"], False),
        (["service=api"], ["severity=page"], True),
        (["service=api"], [], True),
        (["service={{ name }}"], ["service=batch"], True),
        (["service=~("], ["service=batch"], True),
    ],
)
def test_what_labels_tell_apart_does_not_meet(one: list[str], other: list[str], meet: bool) -> None:
    assert may_meet(map(matcher, one), map(matcher, other)) is meet


def test_what_matches_every_alert_is_known() -> None:
    for text, everything in (("a=~.*", True), ("a!=x", True), ("a=", True), ("a=~.+", False)):
        assert matches_nothing_named([matcher(text)]) is everything
    assert matches_nothing_named([])


def test_arguments_of_any_shape_are_read() -> None:
    given_ = {"labels": {"a": 1}, "matchers": ["b=c", 7, "none"]}
    assert matchers_of(given_) == (Matcher("a", "1"), Matcher("b", "c"))
    assert matchers_of({"labels": [], "matchers": {}}) == ()
