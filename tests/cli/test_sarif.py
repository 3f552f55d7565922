"""``armada lint --format sarif``: a log of SARIF 2.1.0 by the published schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import jsonschema
import pytest

from armada.cli.views.sarif import as_sarif
from armada.dsl.diagnostics import Diagnostic, Edit, Fix, Label, Level
from armada.dsl.source import SourceFile

Call = Callable[..., "tuple[int, str, str]"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft7Validator:
    text = (ROOT / "tests/cli/schemas/sarif-2.1.0.json").read_text("utf-8")
    checks = jsonschema.Draft7Validator.FORMAT_CHECKER
    return jsonschema.Draft7Validator(json.loads(text), format_checker=checks)


def run_of(text: str, schema: jsonschema.Draft7Validator) -> dict[str, Any]:
    log = json.loads(text)
    schema.validate(log)
    (run,) = log["runs"]
    return run


def test_the_seed_and_a_mendable_copy_fit_the_schema(
    call: Call, seed: Path, tmp_path: Path, schema: jsonschema.Draft7Validator
) -> None:
    (tmp_path / "a b.md").write_text(seed.read_text("utf-8").replace("```", "\\`\\`\\`"))
    (tmp_path / "c.md").write_bytes(seed.read_bytes())
    status, out, err = call("lint", "--format", "sarif", "a b.md", "c.md")
    assert (status, err) == (1, "")
    run = run_of(out, schema)
    found = json.loads(call("lint", "--format", "json", "a b.md", "c.md")[1])["findings"]
    assert [result["ruleId"] for result in run["results"]] == [one["code"] for one in found]
    for result, one in zip(run["results"], found, strict=True):
        place = result["locations"][0]["physicalLocation"]
        region, start, end = place["region"], one["start"], one["end"]
        assert unquote(place["artifactLocation"]["uri"]) == one["file"]
        assert (region["startLine"], region["startColumn"]) == (start["line"], start["column"])
        assert (region["endLine"], region["endColumn"]) == (end["line"], end["column"])
        assert len(result.get("relatedLocations", ())) == len(one["secondary"])
        assert ("fixes" in result) == (one["fix"] is not None)
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == one["code"]
    marks = [
        (place_of(result), result["ruleId"], *result["partialFingerprints"].values())
        for result in run["results"]
    ]
    assert len(set(marks)) == len(marks)


def place_of(result: dict[str, Any]) -> str:
    return result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_a_rule_brings_its_page(call: Call, seed: Path, schema: jsonschema.Draft7Validator) -> None:
    run = run_of(call("lint", "--format", "sarif", seed)[1], schema)
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    rule = rules["ARM301"]
    page = Path(unquote(urlparse(rule["helpUri"]).path)).read_text("utf-8")
    assert rule["name"] == "undelivered-change" and rule["shortDescription"]["text"]
    assert rule["help"]["markdown"] == page
    assert rule["defaultConfiguration"] == {"level": "warning"}


def test_a_fingerprint_stays_when_the_line_moves(
    call: Call, seed: Path, tmp_path: Path, schema: jsonschema.Draft7Validator
) -> None:
    def marks() -> list[Any]:
        run = run_of(call("lint", "--format", "sarif", "a.md")[1], schema)
        return [(one["ruleId"], one["partialFingerprints"]) for one in run["results"]]

    text = seed.read_text("utf-8")
    (tmp_path / "a.md").write_text(text)
    before = marks()
    (tmp_path / "a.md").write_text(text.replace("\n# ", "\n\nMoved.\n\n# ", 1))
    assert marks() == before


def test_a_fix_is_the_characters_it_replaces(schema: jsonschema.Draft7Validator) -> None:
    """Columns count code points, and not a byte-order mark."""
    source = SourceFile("a.md", "\ufeff🚒 bad\nworse\n")
    edits = (Edit(source.span(3, 6), "good"), Edit(source.span(7, 7), "> "))
    label = Label(source.span(7, 12), "")
    found = Diagnostic("ARM007", Level.ERROR, "m", source.span(3, 6), secondary=(label,))
    fixed = Diagnostic("ARM007", Level.ERROR, "m", source.span(3, 6), fix=Fix("Mend", edits))
    first, second = run_of(as_sarif({"a.md": source}, [found, fixed]), schema)["results"]
    (change,) = second["fixes"][0]["artifactChanges"]
    places = [
        tuple(each["deletedRegion"].values()) + (each["insertedContent"]["text"],)
        for each in change["replacements"]
    ]
    assert places == [(1, 3, 1, 6, "good"), (2, 1, 2, 1, "> ")]
    assert first["relatedLocations"][0]["message"]["text"] == "m"
    assert first["partialFingerprints"] != second["partialFingerprints"]


def test_nothing_found_is_a_log_too(schema: jsonschema.Draft7Validator) -> None:
    assert run_of(as_sarif({}, []), schema)["results"] == []


def test_bindings_have_a_log_too(
    call: Call, seed: Path, tmp_path: Path, schema: jsonschema.Draft7Validator
) -> None:
    (tmp_path / "b.yaml").write_text("nonsense: 1\n")
    run = run_of(call("lint", "--format", "sarif", "--bindings", "b.yaml", seed)[1], schema)
    assert {place_of(result) for result in run["results"]} == {"b.yaml"}
