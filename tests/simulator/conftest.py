"""The shipped workflows and scenarios, compiled and read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from armada.compiler.compile import compile_source
from armada.compiler.plan import Plan
from armada.dsl.source import SourceFile
from armada.simulator.scenario import Scenario
from armada.simulator.scenario_file import read_scenario, shipped

SPECS = Path(__file__).resolve().parents[2] / "specs"


def compiled(name: str) -> Plan:
    text = (SPECS / name).read_text("utf-8")
    plan = compile_source(SourceFile(name, text)).plan
    assert plan is not None
    return plan


@pytest.fixture(scope="session")
def seed() -> Plan:
    return compiled("incident-response.md")


@pytest.fixture(scope="session")
def warehouse() -> Plan:
    return compiled("warehouse-freshness.md")


@pytest.fixture(scope="session")
def plans(seed: Plan, warehouse: Plan) -> dict[str, Plan]:
    return {"seed": seed, "warehouse": warehouse}


@pytest.fixture(scope="session")
def scenarios() -> dict[str, Scenario]:
    found: dict[str, Scenario] = {}
    for name, path in shipped().items():
        read = read_scenario(SourceFile(path, Path(path).read_text("utf-8")))
        assert read.scenario is not None, read.diagnostics
        found[name] = read.scenario
    return found
