"""``armada show --automation`` and ``armada lint --bindings``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "specs/bindings/example.yaml"
Call = Callable[..., Any]


def written(text: str) -> Path:
    path = Path("bindings.yaml").absolute()
    path.write_text(text, encoding="utf-8")
    return path


def test_show_says_what_is_automated(
    call: Call, seed: Path, golden: Callable[[str, str], None]
) -> None:
    answer = call("show", seed, "--automation", EXAMPLE)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith("REHEARSAL")
    golden("show-automation.txt", answer.out)
    assert call("show", seed, "--bindings", EXAMPLE) == answer


def test_show_as_data(call: Call, seed: Path) -> None:
    answer = call("show", seed, "--automation", EXAMPLE, "--format", "json")
    data = json.loads(answer.out)
    assert data["rehearsal"] is True and data["speed"] == 60
    by = [step["by"] for step in data["work"]]
    assert data["automated"] == by.count("adapter")
    assert data["steps"] == len(by) - by.count("armada")
    assert data["missing"] == {"targets": [], "facts": ["suspected_cause"], "channels": []}


def test_show_names_what_is_missing(call: Call, seed: Path) -> None:
    answer = call("show", seed, "--automation", written("people: people.yaml\n"))
    assert answer.status == 0 and "REHEARSAL" not in answer.out
    for missing in ("target Team lead", "fact recent_deploy", "channel of triage.communicate"):
        assert missing in answer.out.partition("\nMissing\n")[2]


def test_show_of_wrong_bindings_prints_the_findings(call: Call, seed: Path) -> None:
    path = written("agents: {coder: {adapter: shel}}\n")
    answer = call("show", seed, "--automation", path)
    assert (answer.status, answer.out) == (1, "")
    assert "ARM614" in answer.err and "does not bind incident-response: 1 error" in answer.err


def test_lint_checks_bindings_against_the_document(call: Call, seed: Path) -> None:
    assert call("lint", "--bindings", EXAMPLE, seed) == (0, "", "no findings in 1 file\n")
    path = written("actions:\n  mitigate.rolback: {do: shell.run, argv: [a]}\n")
    answer = call("lint", "--bindings", path, seed)
    assert answer.status == 1
    assert f"{path}:2:3: error[ARM613] the plan has no action 'mitigate.rolback'" in answer.out
    data = json.loads(call("lint", "--bindings", path, seed, "--format", "json").out)
    assert [each["code"] for each in data["findings"]] == ["ARM613"]


def test_a_warning_fails_under_strict_alone(call: Call, seed: Path) -> None:
    path = written("channels: {incidents: {adapter: console}, b: {adapter: console}}\n")
    assert call("lint", "--bindings", path, seed).status == 0
    assert call("lint", "--bindings", path, seed, "--strict").status == 1


def test_bindings_that_are_not_utf8_are_a_finding(call: Call, seed: Path) -> None:
    path = Path("bindings.yaml").absolute()
    path.write_bytes(b"rehearsal: true\npeople: \xff\n")
    answer = call("lint", "--bindings", path, seed)
    assert answer.status == 1 and "ARM001" in answer.out


@pytest.mark.parametrize("verb", [("show", "--automation"), ("lint", "--bindings")])
def test_a_file_that_is_not_there_is_usage(call: Call, seed: Path, verb: tuple[str, str]) -> None:
    answer = call(verb[0], seed, verb[1], "nowhere.yaml")
    assert answer.status == 2 and "cannot read nowhere.yaml" in answer.err


def test_bindings_take_one_document(call: Call, seed: Path) -> None:
    assert call("lint", "--bindings", EXAMPLE, seed, seed).status == 2


def test_a_document_without_a_plan_is_said_so(call: Call) -> None:
    path = Path("broken.md").absolute()
    path.write_text("---\nname: a\n---\n", encoding="utf-8")
    answer = call("lint", "--bindings", EXAMPLE, path)
    assert answer.status == 1 and "has no plan" in answer.err
