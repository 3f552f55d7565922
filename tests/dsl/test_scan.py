"""What is found in a text whatever it says, and that a secret found is never shown."""

from __future__ import annotations

import json

import pytest

from armada.compiler.compile import compile_source
from armada.dsl.clear_text import find_secrets, masked
from armada.dsl.fixes import apply_fixes
from armada.dsl.parse import parse
from armada.dsl.render import as_github, as_json, render_text
from armada.dsl.source import SourceFile

HEAD = "---\nname: ovens\nagents: [baker]\n---\n\n"
RANDOM = "q7Zp2Lx9Vb4Nc8Md1Ks6Jf3Hg5Tr0WyEuIoA"
SECRETS = (
    "ghp_" + RANDOM,
    "AKIA" + "Q7ZP2LX9VB4NC8MD",
    "xoxb-" + "1234-5678-" + RANDOM[:12],
    "AIza" + RANDOM[:35],
    "https://hooks.slack.com/services/T1/B2/" + RANDOM[:24],
    "postgres://baker:kT9vQ2pL@ovens/bread",
    "Authorization: Bearer " + RANDOM[:20],
)
NONE = (
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_" + "x" * 36,
    "xoxb-your-token-here-now",
    "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24,
    "postgres://user:password@localhost/db",
    "postgres://baker:{{ password }}@ovens/bread",
    "postgres://baker:$PASSWORD@ovens/bread",
    "The bearer responsibilities-and-duties are written down",
    "risk-live-project-management",
)


def codes(text: str, name: str = "x.md") -> list[tuple[str, str]]:
    found = parse(SourceFile(name, text))[1]
    own = ("ARM023", "ARM024", "ARM025", "ARM026")
    return [(one.code, text[one.span.start : one.span.end]) for one in found if one.code in own]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_found_and_in_no_form_of_output(secret: str) -> None:
    text = f"{HEAD}### Stage 1: Bake (baker)\n\nUse {secret} now.\n\n```yaml\nactions:\n"
    text += f"  - turn: {{command: './turn {secret}'}}\n```\n"
    source = SourceFile("x.md", text)
    found = compile_source(source).diagnostics
    spans = [one.span for one in found if one.code == "ARM025"]
    assert len(spans) == 2
    files = {"x.md": source}
    printed = render_text(files, found, color=False, width=None)
    printed += json.dumps(as_json(files, found)) + as_github(files, found)
    value = text[spans[0].start : spans[0].end]
    assert len(value) >= 8 and value in secret
    assert value not in printed
    assert value not in masked(secret) and len(masked(secret)) == len(secret)


@pytest.mark.parametrize("text", NONE)
def test_what_stands_in_manuals_is_no_secret(text: str) -> None:
    assert list(find_secrets(text)) == []


def test_a_value_that_is_called_a_secret_is_not_shown_either() -> None:
    assert masked("./turn --password hot0ven PASSWORD=hot0ven") == (
        "./turn --password ******* PASSWORD=*******"
    )
    assert masked("--token {{ token }} token=<token>") == "--token {{ token }} token=<token>"


def test_unseen_characters_are_removed_a_line_at_a_time() -> None:
    text = HEAD + "Bread\u202e and \u202ccake\n\n```yaml\nactions:\n  - bake: {}\u200b\n```\n"
    text += "\u200b in prose, \ufeff too\n"
    source = SourceFile("x.md", "\ufeff" + text)
    found = [one for one in parse(source)[1] if one.code == "ARM026"]
    assert [source.text[one.span.start] for one in found] == ["\u202e", "\u200b"]
    mended, count = apply_fixes(source, found)
    assert count == 2 and mended.count("\u200b") == 1
    assert not {"\u202e", "\u202c"} & set(mended) and mended.startswith("\ufeff")


def test_the_yaml_form_is_looked_through_as_a_whole() -> None:
    text = f"name: ovens\nstages: []\n# {SECRETS[0]}\u200b\n<<<<<<< a\n>>>>>>> b\n"
    assert {code for code, _ in codes(text, "x.armada.yaml")} == {"ARM023", "ARM025", "ARM026"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n", ["<<<<<<< HEAD"]),
        ("<<<<<<< HEAD\na\n=======\nb\n", []),
        ("<<<<<<<< HEAD\n>>>>>>>> x\n", []),
        (">>>>>>> a\n<<<<<<< b\n", []),
        ("```\n<<<<<<< a\n>>>>>>> b\n```\n", ["<<<<<<< a"]),
        ("```sh\n<<<<<<< a\n>>>>>>> b\n```\n", []),
    ],
)
def test_marks_of_a_merge_come_in_pairs_outside_of_samples(text: str, expected: list[str]) -> None:
    assert [place for code, place in codes(HEAD + text) if code == "ARM023"] == expected


@pytest.mark.parametrize(
    ("link", "dead"),
    [
        ("[a](#the-oven)", False),
        ("[a](#The_Oven)", False),
        ("[a](#the-oven-1)", False),
        ("[a](#%74he-oven)", False),
        ("[a](#fire)", False),
        ("[a](#the-stove)", True),
        ("[a](#top)", False),
        ("> ## The stove\n\n[a](#the-stove)", False),
        ("<h2 class='x'>The stove</h2>\n\n[a](#the-stove)", False),
        ("[a](other.md#the-stove)", False),
        ("![a](#the-stove)", False),
        ("`[a](#the-stove)`", False),
    ],
)
def test_a_link_leads_to_a_heading_or_nowhere(link: str, dead: bool) -> None:
    text = f'{HEAD}# The oven!\n\n<a name="fire"></a>\n\n{link}\n'
    assert bool(codes(text)) is dead
