"""The names that a template reads, with their places."""

from __future__ import annotations

import pytest

from armada.compiler.compile import compile_source
from armada.compiler.templates import escapes, read_names
from armada.dsl.source import SourceFile


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


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("{{ ''.__class__ }}", "__class__"),
        ("{{ x.__init__ }}", "x.__init__"),
        ("{{ x._hidden }}", "x._hidden"),
        ("{{ x['__class__'] }}", "__class__"),
        ("{{ x | attr('name') }}", "attr"),
        ("{{ [x] | map(attribute='__class__') | list }}", "__class__"),
        ("{{ '{0.__class__}'.format(x) }}", "{0.__class__}"),
        ("{{ x.mro() }}", "mro"),
        ("{{ self.title }}", "self.title"),
        ("{{ cycler('a').next }}", "cycler"),
        ("{{ lipsum.__globals__['os'].popen('id') }}", "__globals__"),
        ("{% set n = namespace(a=1) %}{{ n }}", "namespace"),
        ("{% include 'other' %}", "include"),
        ("{% from 'other' import it %}", "import"),
    ],
)
def test_reaching_for_more_than_values(text: str, at: str) -> None:
    assert at in [text[each.start : each.end] for each in escapes(text)]


@pytest.mark.parametrize(
    "text",
    [
        "no template __class__",
        "{{ namespace }} {{ self }}",
        "{{ a.b | upper }} {% for x in a %}{{ x.name }}{% endfor %}",
        "{{ 'attribute' }}",
        "{{ ''.__class__",
        "{{" + "(" * 3000 + "x" + ")" * 3000 + "}}",
    ],
)
def test_values_alone_reach_for_nothing(text: str) -> None:
    assert escapes(text) == ()


@pytest.mark.parametrize(
    "action",
    [
        'tell:\n      template: "{{ x.__class__ }}"',
        'act:\n      command: "kubectl get pods -n {{ x.__class__ }}"',
        'ask:\n      questions: ["is {{ x.__class__ }} so?"]',
        'act:\n      command: "kubectl get pods"\n      compensate: "undo {{ x.__class__ }}"',
    ],
)
def test_every_text_that_is_rendered_is_looked_at(action: str) -> None:
    text = f"---\nname: a\n---\n\n### Stage 1: A (b)\n\n```yaml\nactions:\n  - {action}\n```\n"
    found = [d for d in compile_source(SourceFile("a.md", text)).diagnostics if d.code == "ARM407"]
    assert [text[d.span.start : d.span.end] for d in found] == ["x.__class__"]


def test_a_template_of_a_megabyte_is_not_handed_to_jinja() -> None:
    """What was not looked at has no plan."""
    names, error = read_names("{{ a" + "|upper" * 100_000 + " }}")
    assert names == () and error is not None and "too long" in error.message
