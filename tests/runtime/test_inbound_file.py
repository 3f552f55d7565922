"""Inbound files: what they may say, and where each mistake is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armada.dsl.source import SourceFile
from armada.runtime.inbound_file import ReadInbound, read_inbound

HEAD = 'alertmanager: {token: "env:T"}\n'
RULE = 'rules: [{when: source == "alertmanager", spec: a.md}]\n'


def read(text: str) -> ReadInbound:
    return read_inbound(SourceFile("alerts.yaml", text))


def codes(text: str) -> list[str]:
    return [each.code for each in read(text).diagnostics]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "ARM640", ""),
        (RULE, "ARM642", ""),
        (HEAD + "rules: []\n", "ARM642", "[]"),
        (HEAD + RULE + "expires: soon\n", "ARM642", "soon"),
        (HEAD + RULE + "notify: {adapter: slck}\n", "ARM642", "slck"),
        (HEAD + RULE + "notify: {adapter: helm}\n", "ARM642", "helm"),
        (HEAD + RULE + "notify: {adapter: slack}\n", "ARM642", "slack"),
        (HEAD + RULE + "notify: {adapter: slack, url: 'https://u:pw@x'}\n", "ARM645", "'https"),
        ("alertmanager: {username: a}\n" + RULE, "ARM642", "{username: a}"),
        ("alertmanager: {username: a, password: b}\n" + RULE, "ARM645", "b"),
        ("pagerduty: {secrets: ['env:A', clear]}\n" + RULE, "ARM645", "['env:A'"),
        (HEAD + "rules: [{when: 'a ==', spec: a.md}]\n", "ARM643", "'a =='"),
        (HEAD + "rules: [{when: host == 1, spec: a.md}]\n", "ARM643", "host == 1"),
        (
            HEAD + "rules: [{when: source, spec: a.md, severity: {by: sevrity, levels: {a: 1}}}]\n",
            "ARM643",
            "sevrity",
        ),
        (HEAD + "rules: [{when: source, spec: a.md, title: '{{ x'}]\n", "ARM644", "'{{ x'"),
    ],
)
def test_a_mistake_is_found_at_its_characters(text: str, code: str, place: str) -> None:
    (found,) = [each for each in read(text).diagnostics if each.code == code]
    assert text[found.span.start :].startswith(place)
    assert found.help
    assert read(text).inbound is None


def test_what_is_right_is_a_model_with_a_guard_for_each_rule() -> None:
    found = read(HEAD + RULE + "expires: 90m\nnotify: {adapter: console}\n").inbound
    assert found is not None
    assert (found.expires_ms, len(found.guards)) == (90 * 60_000, 1)


KEYS = st.sampled_from(["alertmanager", "rules", "when", "spec", "token", "notify", "adapter", "x"])
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=12)),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=12,
)


@given(VALUES | st.text(max_size=200))
def test_no_file_raises(value: object) -> None:
    """Whatever stands in it, the answer is a model or a finding."""
    found = read(value if isinstance(value, str) else repr(value))
    assert found.inbound is not None or found.diagnostics
