"""Reading scenario files: YAML with places, a validated model, and findings (ARM6xx).

Bad input never raises: whatever is wrong becomes a diagnostic at its characters. A scenario is
checked in two steps: on its own, and against the plan it is to drill.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..compiler.plan import Plan
from ..dsl.diagnostics import Diagnostic, Level
from ..dsl.source import SourceFile, Span
from ..dsl.syntax import Text, YamlMapping, YamlNode, YamlScalar, YamlSequence
from ..dsl.yaml_model import FileForm, Path, plain
from . import scenario as models
from .expectations import parse_expectation
from .faults import WORDS
from .rules import RULES
from .scenario import Scenario
from .scenario_sense import senseless
from .selectors import UnknownName, select

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError


@dataclass(frozen=True, slots=True)
class ReadScenario:
    """A scenario file: the model (None where it has errors), findings, and the places in it."""

    scenario: Scenario | None
    diagnostics: tuple[Diagnostic, ...]
    node: YamlMapping | None


def read_scenario(source: SourceFile) -> ReadScenario:
    """The scenario of a file."""
    node, found = _FORM.read(source)
    if node is None:
        return ReadScenario(None, tuple(found), None)
    from pydantic import ValidationError

    scenario: Scenario | None = None
    try:
        scenario = Scenario.model_validate(plain(node))
    except ValidationError as error:
        found.extend(_FORM.findings(_problems(error), node))
    else:
        found.extend(senseless(scenario, node))
    if any(finding.level is Level.ERROR for finding in found):
        scenario = None
    return ReadScenario(scenario, tuple(found), node)


# --- findings of the model ------------------------------------------------------------------------


def _problems(error: ValidationError) -> list[dict[str, Any]]:
    return [dict(problem) for problem in error.errors(include_url=False)]


def _code(path: Path) -> str:
    return "ARM605" if path and path[0] == "expect" else "ARM602"


def _is_branch(part: int | str) -> bool:
    """Parts of a location that pydantic adds for the branch of a union."""
    return isinstance(part, str) and ("[" in part or part in ("Expected", "str"))


def _known_keys(path: Path) -> list[str]:
    model: type[BaseModel] = Scenario
    for part in path:
        if isinstance(part, str):
            model = _MODELS.get(part, model)
    return [field.alias or name for name, field in model.model_fields.items()]


_MODELS: dict[str, type[BaseModel]] = {
    "declared": models.Declaration,
    "world": models.World,
    "error_rate": models.Gauge,
    "latency_ms": models.Gauge,
    "people": models.Profile,
    "responses": models.Response,
    "decisions": models.Decisions,
    "interventions": models.Intervention,
    "faults": models.Fault,
    "crash": models.Crash,
    "expect": models.Expected,
}

_FORM = FileForm(
    RULES,
    ("ARM606", "a scenario is a mapping of keys and values", "start with name: and description:"),
    "ARM601",
    _code,
    _known_keys,
    lambda _path: "see docs/drills.md",
    _is_branch,
)


# --- findings against a plan ----------------------------------------------------------------------


def check_scenario(read: ReadScenario, plan: Plan) -> tuple[Diagnostic, ...]:
    """What the scenario names that the plan lacks (errors), and selectors that match nothing."""
    if read.node is None or read.scenario is None:
        return ()
    found: list[Diagnostic] = []
    for text, span in _selectors(read.node):
        found.extend(_check_selector(plan, text, span))
    found.extend(_check_levels(plan, read.node))
    return tuple(sorted(found, key=lambda finding: finding.order))


def check_expectations(plan: Plan, texts: Iterable[Text]) -> tuple[Diagnostic, ...]:
    """The same of the expectations that a document states itself, beside any scenario."""
    found: list[Diagnostic] = []
    for text in texts:
        try:
            selectors = parse_expectation(text.value).selectors
        except ValueError as error:
            found.append(_FORM.report("ARM605", text.span, str(error), "see docs/drills.md"))
            continue
        for selector in selectors:
            found.extend(_check_selector(plan, selector, text.span))
    return tuple(found)


def _selectors(node: YamlMapping) -> Iterator[tuple[str, Span]]:
    """Every selector of a scenario and where it stands."""
    for section in ("people", "responses"):
        below = node.get(section)
        for key, _ in below.entries if isinstance(below, YamlMapping) else ():
            if key.raw != "default":
                yield key.raw, key.span
    decisions = node.get("decisions")
    blocked = decisions.get("blocked") if isinstance(decisions, YamlMapping) else None
    for key, _ in blocked.entries if isinstance(blocked, YamlMapping) else ():
        if key.raw != "default":
            yield key.raw, key.span
    faults = node.get("faults")
    for fault in faults.items if isinstance(faults, YamlSequence) else ():
        on = fault.get("on") if isinstance(fault, YamlMapping) else None
        if isinstance(on, YamlScalar) and on.raw not in (*WORDS, ""):
            yield on.raw, on.span
    yield from _selectors_expected(node.get("expect"))


def _selectors_expected(node: YamlNode | None) -> Iterator[tuple[str, Span]]:
    for line in node.items if isinstance(node, YamlSequence) else ():
        text = line.get("expect") if isinstance(line, YamlMapping) else line
        if isinstance(text, YamlScalar):
            for selector in parse_expectation(text.raw).selectors:
                yield selector, text.span


def _check_selector(plan: Plan, text: str, span: Span) -> Iterator[Diagnostic]:
    try:
        selection = select(plan, text)
    except UnknownName as error:
        nearest = f"write {error.nearest!r}" if error.nearest else "name a stage, action or person"
        yield _FORM.report("ARM603", span, f"the plan has no {error.name!r}", nearest)
        return
    if selection.empty:
        yield _FORM.report(
            "ARM604",
            span,
            f"{text!r} matches nothing in {plan.name}",
            "leave it if the scenario drills other plans too",
        )


def _check_levels(plan: Plan, node: YamlMapping) -> Iterator[Diagnostic]:
    known = [policy.level for policy in plan.severities]
    if not known:
        return
    interventions = node.get("interventions")
    for item in interventions.items if isinstance(interventions, YamlSequence) else ():
        given = item.get("severity") if isinstance(item, YamlMapping) else None
        if isinstance(given, YamlScalar):
            level = models.SeverityAdapter.validate_python(given.value)
            if level not in known:
                listed = ", ".join(map(str, known))
                yield _FORM.report(
                    "ARM603", given.span, f"the plan has no level {level}", f"use one of: {listed}"
                )


def shipped() -> dict[str, str]:
    """Name and path of each scenario that ships with Armada, by name."""
    import os

    folder = os.path.join(os.path.dirname(os.path.dirname(__file__)), "specs", "scenarios")
    names = sorted(name for name in os.listdir(folder) if name.endswith(".yaml"))
    return {name.removesuffix(".yaml"): os.path.join(folder, name) for name in names}
