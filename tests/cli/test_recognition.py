"""Which files are workflows, and what is passed over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armada.compiler.recognition import OWN, holds_something, is_workflow
from armada.dsl.front import front_keys, front_place
from armada.dsl.outline import read_outline
from armada.dsl.source import SourceFile

Call = Callable[..., "tuple[int, str, str]"]

STAGE = "## Stage 1: Look (ada)\n\n```yaml\nactions:\n  - look:\n      queries: [up?]\n```\n"
WORKFLOW = f"---\nname: checkout\nagents: [ada]\n---\n{STAGE}"
OTHERS = {
    "plain": "# Read me\n",
    "empty": "",
    "skill": "---\nname: pdf\ndescription: Fill forms\nlicense: MIT\nversion: 1\n---\n# PDF\n",
    "agent": "---\nname: tester\ndescription: Writes tests\ntools: Read\nmodel: x\n---\nTest.\n",
    "post": "---\ntitle: Hello\ndate: 2026-01-01\ntags: [a]\npriority: high\n---\nHello.\n",
    "ticket": "---\nname: Bug\nabout: Report\nlabels: bug\nassignees: ''\n---\n",
    "rule": "---\n\nA line between rules\n\n---\n",
    "one key of its own, no name": "---\nagents: [a, b]\n---\n",
    "own keys in the body": "---\nname: x\ndescription: y\n---\nagents: a\npattern: b\n",
    "nested keys": "---\nname: x\nmetadata:\n  agents: [a]\n  pattern: p\n---\n",
}
WORKFLOWS = {
    "whole": WORKFLOW,
    "carriage returns": WORKFLOW.replace("\n", "\r\n"),
    "byte-order mark, empty lines": f"\ufeff\n\n{WORKFLOW}",
    "never closed": "---\nname: x\ncoordinator: ada\n\n# Stages\n",
    "broken YAML": "---\nname: [x\nagents: {a: ]\n---\n",
    "no name": "---\nagents: [a]\npattern: pipeline\n---\n",
    "quoted keys": "---\n\"name\": x\n'pattern': pipeline\n---\n",
    "flow": "---\n{name: x, escalation: {while: unresolved}}\n---\n",
}


def source(text: str) -> SourceFile:
    return SourceFile("x.md", text)


@pytest.mark.parametrize("kind", WORKFLOWS)
def test_a_name_and_a_key_of_its_own_make_a_workflow(kind: str) -> None:
    assert is_workflow(source(WORKFLOWS[kind]))


@pytest.mark.parametrize("kind", OTHERS)
def test_what_other_documents_have_at_their_head_makes_none(kind: str) -> None:
    assert not is_workflow(source(OTHERS[kind]))


@pytest.mark.parametrize("key", OWN)
def test_any_one_key_is_enough(key: str) -> None:
    assert is_workflow(source(f"---\nname: x\n{key}: y\n---\n"))


LINES = st.sampled_from(
    ["---", "---\r", "--- ", "...", "", " ", "\ufeff", "name: x", "# h", "text", "a\rb", "----"]
)


@given(st.lists(LINES, max_size=8).map("\n".join))
def test_the_quick_look_sees_the_front_matter_that_the_grammar_sees(text: str) -> None:
    front = read_outline(source(text)).front
    place = front_place(text)
    inside = None if place is None else text[slice(*place)].strip()
    assert inside == (None if front is None else text[front.start : front.end].strip())


@given(st.text(st.sampled_from("-.{}[]&*:#'\"` \r\nnameagt"), max_size=60))
def test_any_text_has_an_answer(text: str) -> None:
    front_keys(source(text))
    is_workflow(source(text))
    holds_something(source(text))


def test_among_several_others_are_passed_over(call: Call, tmp_path: Path) -> None:
    """So a hook may hand over all the Markdown there is."""
    (tmp_path / "a.md").write_text(WORKFLOW)
    (tmp_path / "b.md").write_text(OTHERS["skill"])
    (tmp_path / "c.md").write_text(STAGE)
    _, out, err = call("lint", "a.md", "b.md", "c.md")
    assert "b.md" not in out and "c.md" not in out
    assert "in 1 file; 2 Markdown files that are none passed over" in err


def test_the_one_file_named_is_an_error_that_says_what_makes_a_workflow(
    call: Call, tmp_path: Path
) -> None:
    (tmp_path / "b.md").write_text(OTHERS["skill"])
    status, out, err = call("lint", "b.md")
    assert (status, out) == (2, "")
    assert "b.md is no workflow" in err and "`name`" in err and "coordinator" in err
    assert call("lint", "--skip-others", "b.md") == (0, "", "")


def test_the_one_file_named_is_linted_where_it_has_stages(call: Call, tmp_path: Path) -> None:
    """Its front matter was forgotten, which is a finding."""
    (tmp_path / "c.md").write_text(STAGE)
    status, out, _ = call("lint", "c.md")
    assert (status, "ARM002" in out) == (1, True)
    assert call("lint", "--skip-others", "c.md") == (0, "", "")


def test_a_broken_head_is_found_wherever_the_file_comes_from(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\nname: x\nagents: [ada]\n\n" + STAGE)
    (tmp_path / "b.md").write_text(OTHERS["plain"])
    for paths in (["."], ["*.md"], ["a.md", "b.md"]):
        status, out, _ = call("lint", *paths)
        assert (status, "ARM003" in out) == (1, True)


def test_a_pattern_takes_what_a_directory_would(call: Call, tmp_path: Path) -> None:
    for name in ("r/a.md", "r/s/b.markdown", "r/node_modules/c.md", "r/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(WORKFLOW)
    (tmp_path / "r/s/e.armada.yaml").write_text("name: x\nagents: [a]\n")
    (tmp_path / "r/s/README.md").write_text(OTHERS["plain"])
    assert "in 3 files; 1 Markdown file" in call("lint", "r/**/*")[2]
    assert call("lint", "--format", "json", "r/**/*")[1] == call("lint", "--format", "json", "r")[1]
    status, _, err = call("lint", "r/*.yaml")
    assert (status, "no document matches r/*.yaml" in err) == (2, True)


def test_a_file_whose_name_is_a_pattern_is_that_file(call: Call, tmp_path: Path) -> None:
    (tmp_path / "[a].md").write_text(WORKFLOW)
    assert "[a].md:" in call("lint", "--format", "text", "[a].md")[1]
