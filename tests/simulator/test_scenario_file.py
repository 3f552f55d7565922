"""Scenario files: findings at their places, for any text."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from armada.compiler.plan import Plan
from armada.dsl.diagnostics import Level
from armada.dsl.source import SourceFile
from armada.simulator.scenario import scenario_schema
from armada.simulator.scenario_file import check_scenario, read_scenario, shipped

OUTAGE = Path(shipped()["outage"]).read_text("utf-8")


def findings(text: str) -> list[tuple[str, str]]:
    source = SourceFile("x.yaml", text)
    return [(d.code, text[d.span.start : d.span.end]) for d in read_scenario(source).diagnostics]


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("name: x\nworld:\n  cuase: none\n", "ARM601", "cuase"),
        ("name: x\nwrold: {}\n", "ARM601", "wrold"),
        ("name: x\nworld:\n  cause: gremlins\n", "ARM602", "gremlins"),
        ("name: x\nhorizon: soon\n", "ARM602", "soon"),
        ("name: x\nstart: 2026-10-18\n", "ARM602", "2026-10-18"),
        ("name: x\npeople:\n  default: {answers: gamma(1m)}\n", "ARM602", "gamma(1m)"),
        ("name: x\nexpect:\n  - all goes well\n", "ARM605", "all goes well"),
        ("- name: x\n", "ARM606", "- name: x\n"),
        ("name: x\ninterventions: [{at: 12h, resolve: true}]\n", "ARM650", "12h"),
        ("name: x\nfaults: [{do: drop, on: rung 1, since: 2h, until: 1h}]\n", "ARM650", "1h"),
        ("name: x\nexpect: [ends resolved, ends aborted]\n", "ARM651", "ends aborted"),
        ("name: x\nexpect: [rung 2 reached, rung 2 never]\n", "ARM651", "rung 2 never"),
    ],
)
def test_a_mistake_is_found_at_its_place(text: str, code: str, at: str) -> None:
    assert (code, at.rstrip()) in [(c, a.rstrip()) for c, a in findings(text)]


def test_an_unknown_key_names_the_nearest() -> None:
    read = read_scenario(SourceFile("x", "name: x\nworld: {suspectd: none}\n"))
    assert read.diagnostics[0].help == "write 'suspected'"


def test_a_name_the_plan_lacks_is_an_error_and_a_selector_without_match_a_note(seed: Plan) -> None:
    text = (
        "name: x\n"
        "responses:\n  mitigate.rolback: {takes: 2m}\n"
        "people:\n  rung 9: {absent: true}\n"
        "interventions: [{at: 3m, severity: SEV-7}]\n"
    )
    read = read_scenario(SourceFile("x", text))
    found = [(d.code, d.level, text[d.span.start : d.span.end]) for d in check_scenario(read, seed)]
    assert found == [
        ("ARM603", Level.ERROR, "mitigate.rolback"),
        ("ARM604", Level.NOTE, "rung 9"),
        ("ARM603", Level.ERROR, "SEV-7"),
    ]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_what_ships_is_clean_and_fits_the_schema(name: str, seed: Plan, warehouse: Plan) -> None:
    text = Path(shipped()[name]).read_text("utf-8")
    read = read_scenario(SourceFile(name, text))
    assert read.diagnostics == ()
    for plan in (seed, warehouse):
        assert all(d.level is Level.NOTE for d in check_scenario(read, plan))
    assert read.scenario is not None
    jsonschema.validate(read.scenario.data, scenario_schema())
    assert yaml.safe_load(text)["name"] == name


def test_the_digest_is_of_the_meaning() -> None:
    first = read_scenario(SourceFile("a", OUTAGE)).scenario
    second = read_scenario(SourceFile("b", OUTAGE.replace("\n", "\r\n") + "# said\r\n")).scenario
    third = read_scenario(SourceFile("b", OUTAGE.replace("seed: 7", "seed: 8"))).scenario
    assert first is not None and second is not None and third is not None
    assert first.digest == second.digest != third.digest


@given(st.text(max_size=300))
def test_any_text_ends_in_findings(text: str) -> None:
    read_scenario(SourceFile("x", text))


@given(st.integers(0, len(OUTAGE)), st.integers(0, 40), st.text(max_size=12))
def test_any_mutation_ends_in_findings(at: int, length: int, put: str) -> None:
    read_scenario(SourceFile("x", OUTAGE[:at] + put + OUTAGE[at + length :]))
