#!/usr/bin/env python3
"""Cuts out of GitHub's OpenAPI description what the tests of the adapter need of it.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
    tests/runtime/adapters/github/extract.py package

Keeps the operations below with their parameters, bodies and answers, and every schema that they
refer to; leaves out what validates nothing: prose, examples, links, fields that begin with ``x-``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

REPOSITORY = "/repos/{owner}/{repo}"
OPERATIONS = {
    REPOSITORY: ("get",),
    f"{REPOSITORY}/pulls": ("get", "post"),
    f"{REPOSITORY}/issues/{{issue_number}}/labels": ("post",),
    f"{REPOSITORY}/pulls/{{pull_number}}/requested_reviewers": ("post",),
}
SILENT = {"description", "summary", "example", "examples", "externalDocs", "links", "tags", "title"}
NAMED = ("properties", "schemas", "parameters", "responses", "paths", "content")
"""Below these the keys are names of things, whatever they are called."""
HERE = Path(__file__).parent


def thinned(value: Any, named: bool = False) -> Any:
    """The value without what validates nothing."""
    if isinstance(value, list):
        return [thinned(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: thinned(each, name in NAMED)
        for name, each in value.items()
        if named or not (name in SILENT or name.startswith("x-"))
    }


def references(value: Any) -> set[str]:
    """Every component that a value refers to directly."""
    if isinstance(value, list):
        return {found for each in value for found in references(each)}
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
    return own | {found for each in value.values() for found in references(each)}


def extracted(whole: dict[str, Any]) -> dict[str, Any]:
    """The operations, and all components that they need."""
    paths = {
        path: {method: thinned(whole["paths"][path][method]) for method in methods}
        for path, methods in OPERATIONS.items()
    }
    components: dict[str, dict[str, Any]] = {}
    waiting, seen = references(paths), set()
    while waiting:
        reference = waiting.pop()
        seen.add(reference)
        _, _, kind, name = reference.split("/")
        found = thinned(whole["components"][kind][name])
        components.setdefault(kind, {})[name] = found
        waiting |= references(found) - seen
    ordered = {kind: dict(sorted(each.items())) for kind, each in sorted(components.items())}
    return {"openapi": whole["openapi"], "paths": paths, "components": ordered}


def main(package: Path) -> None:
    whole = json.loads((package / "generated/api.github.com.json").read_text("utf-8"))
    stated = json.loads((package / "package.json").read_text("utf-8"))
    found = extracted(whole)
    source = {
        "title": "An excerpt of GitHub's REST API description",
        "version": whole["info"]["version"],
        "description": f"From {stated['name']} {stated['version']} by extract.py",
        "license": {"name": "MIT"},
    }
    text = json.dumps({"openapi": found.pop("openapi"), "info": source, **found}, indent=1)
    (HERE / "description.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
