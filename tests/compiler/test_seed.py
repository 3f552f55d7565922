"""The user's own document: every finding with its place, and its plan."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from armada.compiler.compile import compile_source
from armada.compiler.plan import Plan, as_data, load_plan, plan_schema
from armada.dsl.diagnostics import Level
from armada.dsl.source import SourceFile, decode

SPECS = Path(__file__).parents[2] / "specs"


def seed() -> SourceFile:
    source, wrong = decode("incident-response.md", (SPECS / "incident-response.md").read_bytes())
    assert wrong is None
    return source


def plan_of(source: SourceFile) -> Plan:
    plan = compile_source(source).plan
    assert plan is not None
    return plan


def codes(text: str) -> Counter[str]:
    found = compile_source(SourceFile("copy.md", text)).diagnostics
    return Counter(finding.code for finding in found)


def test_every_finding_stands_at_its_exact_place(golden: Callable[[str, str], None]) -> None:
    source = seed()
    lines = ""
    for found in compile_source(source).diagnostics:
        at = source.position(found.span.start)
        text = source.text[found.span.start : found.span.end]
        lines += f"{found.code} {found.level.value} {at.line}:{at.column} [{text}]\n"
        lines += f"    {found.message}\n"
    golden("seed.findings.txt", lines)


def test_nothing_in_it_is_an_error() -> None:
    assert all(found.level is not Level.ERROR for found in compile_source(seed()).diagnostics)


def test_its_plan(golden: Callable[[str, str], None]) -> None:
    plan = plan_of(seed())
    golden("seed.plan.json", json.dumps(as_data(plan), indent=1, sort_keys=True) + "\n")


def test_its_stages_policy_and_ladder() -> None:
    plan = plan_of(seed())
    assert {stage.id: stage.needs for stage in plan.stages} == {
        "triage": (),
        "diagnose": ("triage",),
        "mitigate": ("triage",),
        "fix": ("diagnose", "mitigate"),
        "deploy": ("fix",),
        "postmortem": ("deploy",),
    }
    times = [policy.respond_within_ms for policy in plan.severities]
    assert times == [0, 1_800_000, 14_400_000, None]
    rungs = [(rung.from_ms, rung.only_at) for rung in plan.escalation.rungs]
    assert rungs == [(0, ()), (900_000, ()), (1_800_000, ()), (3_600_000, (1,))]
    assert plan.unsupplied == (
        "impact_description",
        "recent_deploy",
        "suspected_cause",
        "feature_specific_issue",
        "root_cause",
        "fix_description",
    )


def test_a_plan_file_is_read_back_and_fits_its_schema() -> None:
    import jsonschema

    plan = plan_of(seed())
    assert load_plan(plan.json) == plan
    jsonschema.validate(json.loads(plan.json), plan_schema())


def test_a_copy_with_every_name_changed_has_the_same_kinds_of_defect() -> None:
    renamed = (Path(__file__).parent / "renamed.md").read_text("utf-8")
    assert codes(renamed) == codes(seed().text)
    kinds = [[action.kind for action in stage.actions] for stage in plan_of(seed()).stages]
    other = plan_of(SourceFile("renamed.md", renamed))
    assert [[action.kind for action in stage.actions] for stage in other.stages] == kinds
