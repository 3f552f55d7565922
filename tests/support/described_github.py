"""A GitHub on loopback that keeps to GitHub's own description of its API.

Every request has to be one that the description admits: path, method, parameters, headers and body.
Every answer is checked against it as well, so that what the adapter reads is what GitHub gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from local_server import Answer, Seen
from openapi_schema_validator import OAS30Validator

DESCRIPTION = Path(__file__).resolve().parents[1] / "runtime/adapters/github/description.json"
ANYWHERE = frozenset({401, 403, 404, 429, 500, 502})
"""Refusals that the description does not repeat for every operation."""
TOKEN = "t0ken-0f-the-c4se"


@cache
def description() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DESCRIPTION.read_text("utf-8"))
    return found


def resolved(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference leads to."""
    if "$ref" not in value:
        return value
    _, _, kind, name = value["$ref"].split("/")
    found: Mapping[str, Any] = description()["components"][kind][name]
    return found


def complaints(schema: Mapping[str, Any], data: Any) -> list[str]:
    """What a schema of the description says against a value."""
    whole = {**schema, "components": description()["components"]}
    found = OAS30Validator(whole).iter_errors(data)
    return [f"{'/'.join(map(str, each.absolute_path))}: {each.message[:200]}" for each in found]


def sample(schema: Mapping[str, Any]) -> Any:
    """A smallest value that a schema admits."""
    schema = resolved(schema)
    if schema.get("nullable"):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return sample(schema[word][0])
    if "allOf" in schema:
        parts = [sample(each) for each in schema["allOf"]]
        return {name: value for each in parts for name, value in each.items()}
    match schema.get("type"):
        case "object":
            below = schema.get("properties", {})
            return {name: sample(below[name]) for name in schema.get("required", ())}
        case "array":
            return []
        case "integer" | "number":
            return 1
        case "boolean":
            return False
    return {"uri": "https://github.example/x", "date-time": "2026-11-24T02:31:00Z"}.get(
        schema.get("format", ""), "text"
    )


def component(name: str, /, **values: Any) -> dict[str, Any]:
    """A sample of a component, with these values."""
    return {**sample(description()["components"]["schemas"][name]), **values}


class GitHub:
    """One repository with branches and pull requests; ``wrong`` holds what was out of order."""

    def __init__(self, repository: str = "acme/shop", *branches: str) -> None:
        self.repository = repository
        self.owner = repository.partition("/")[0]
        self.branches = {"main", "hotfix", "same-as-main", *branches}
        self.people = {"grace", "linus"}
        self.pulls: list[dict[str, Any]] = []
        self.wrong: list[str] = []
        self.made = 0
        self.instead: list[tuple[str, Answer]] = []

    def __call__(self, seen: Seen) -> Answer:
        parts = urlsplit(seen.path)
        path = parts.path.removeprefix("/api/v3")
        template, operation = self.operation(seen.method, path)
        if operation is None:
            self.wrong.append(f"GitHub has no {seen.method} {path}")
            return Answer(404, json.dumps({"message": "Not Found"}))
        self.examine(seen, parts.query, operation)
        if seen.headers.get("authorization") != f"Bearer {TOKEN}":
            return self.checked(operation, 401, {"message": "Bad credentials"})
        for at, (word, answer) in enumerate(self.instead):
            if f"{seen.method} {path}".endswith(word):
                del self.instead[at]
                return answer
        if not path.startswith(f"/repos/{self.repository}"):
            return self.checked(operation, 404, {"message": "Not Found"})
        query = {name: found[0] for name, found in parse_qs(parts.query).items()}
        numbers = [int(n) for n in re.findall(r"/(\d+)/", path)]
        pull = next((each for each in self.pulls if each["number"] in numbers), None)
        status, data = self.act(f"{seen.method} {template}", query, seen, pull)
        return self.checked(operation, status, data)

    # --- as it is described -------------------------------------------------------------------

    def operation(self, method: str, path: str) -> tuple[str, Mapping[str, Any] | None]:
        for template, methods in description()["paths"].items():
            pattern = re.sub(r"\{\w+\}", "[^/]+", template)
            if re.fullmatch(pattern, path) and method.lower() in methods:
                return template, methods[method.lower()]
        return "", None

    def examine(self, seen: Seen, query: str, operation: Mapping[str, Any]) -> None:
        """Parameters, headers and the body, as the description admits them."""
        named = {p["name"]: p for p in map(resolved, operation.get("parameters", ()))}
        for name, values in parse_qs(query, keep_blank_values=True).items():
            parameter = named.get(name)
            if parameter is None or parameter["in"] != "query" or len(values) > 1:
                self.wrong.append(f"no parameter {name}")
            else:
                self.wrong += complaints(parameter["schema"], unquote(values[0]))
        for name, value in (
            ("accept", "application/vnd.github+json"),
            ("x-github-api-version", "2022-11-28"),
            ("user-agent", "armada"),
        ):
            if seen.headers.get(name) != value:
                self.wrong.append(f"header {name} is {seen.headers.get(name)}")
        stated = operation.get("requestBody")
        if stated is None:
            self.wrong += ["a body"] if seen.body else []
            return
        if seen.headers.get("content-type") != "application/json":
            self.wrong.append("no JSON")
        schema = stated["content"]["application/json"]["schema"]
        self.wrong += complaints(schema, seen.json)
        known = [schema, *schema.get("oneOf", ())]
        names = {name for each in known for name in each.get("properties", ())}
        self.wrong += [f"no field {name}" for name in seen.json if name not in names]

    def checked(self, operation: Mapping[str, Any], status: int, data: Any) -> Answer:
        """The answer, which the description must admit too."""
        stated = operation["responses"].get(str(status))
        content = resolved(stated or {}).get("content", {}).get("application/json")
        if stated is None and status not in ANYWHERE:
            self.wrong.append(f"the double answers {status}, and GitHub never does")
        if content is not None:
            self.wrong += [f"the double: {each}" for each in complaints(content["schema"], data)]
        return Answer(status, json.dumps(data), {"Content-Type": "application/json"})

    # --- what it does -------------------------------------------------------------------------

    def act(
        self, what: str, query: Mapping[str, str], seen: Seen, pull: dict[str, Any] | None
    ) -> tuple[int, Any]:
        match what.removesuffix("/"):
            case "GET /repos/{owner}/{repo}":
                return 200, component("full-repository", default_branch="main")
            case "GET /repos/{owner}/{repo}/pulls":
                return 200, [simple(each) for each in self.pulls if self.asked_for(each, query)]
            case "POST /repos/{owner}/{repo}/pulls":
                return self.open(seen.json)
        assert pull is not None
        if what.endswith("/labels"):
            known = {each["name"] for each in pull["labels"]}
            new = [each for each in seen.json["labels"] if each not in known]
            pull["labels"] += [component("label", name=each, description="") for each in new]
            return 200, [component("label", name=each["name"]) for each in pull["labels"]]
        return self.ask(seen.json, pull)

    def asked_for(self, pull: dict[str, Any], query: Mapping[str, str]) -> bool:
        state, head, base = query.get("state", "open"), query.get("head"), query.get("base")
        return (
            state in ("all", pull["state"])
            and head in (None, pull["head"]["label"])
            and base in (None, pull["base"]["ref"])
        )

    def open(self, body: Mapping[str, Any]) -> tuple[int, Any]:
        head, base = body["head"], body["base"]
        label = head if ":" in head else f"{self.owner}:{head}"
        same = {"state": "open", "head": label, "base": base}
        if head not in self.branches or base not in self.branches:
            field = "head" if head not in self.branches else "base"
            return 422, refusal({"resource": "PullRequest", "field": field, "code": "invalid"})
        if any(self.asked_for(each, same) for each in self.pulls):
            said = f"A pull request already exists for {label}."
            return 422, refusal({"resource": "PullRequest", "code": "custom", "message": said})
        if head == "same-as-main":
            said = "No commits between main and same-as-main"
            return 422, refusal({"resource": "PullRequest", "code": "custom", "message": said})
        self.made += 1
        number = len(self.pulls) + 7
        pull = component(
            "pull-request",
            number=number,
            html_url=f"https://github.example/{self.repository}/pull/{number}",
            state="open",
            title=body["title"],
            body=body["body"],
            draft=body["draft"],
            user=component("simple-user", login="ada"),
            labels=[],
            requested_reviewers=[],
            requested_teams=[],
        )
        for side, name in (("head", label), ("base", f"{self.owner}:{base}")):
            pull[side] = {**pull[side], "label": name, "ref": name.partition(":")[2]}
        self.pulls.append(pull)
        return 201, pull

    def ask(self, body: Mapping[str, Any], pull: dict[str, Any]) -> tuple[int, Any]:
        for name in body.get("reviewers", ()):
            if name not in self.people:
                said = "Reviews may only be requested from collaborators."
                return 422, {"message": said, "documentation_url": "https://docs.github.example"}
            pull["requested_reviewers"].append(component("simple-user", login=name))
        for name in body.get("team_reviewers", ()):
            pull["requested_teams"].append(component("team", slug=name, name=name))
        return 201, simple(pull)


def simple(pull: Mapping[str, Any]) -> dict[str, Any]:
    """A pull request as lists hold it."""
    schema = description()["components"]["schemas"]["pull-request-simple"]
    return {name: value for name, value in pull.items() if name in schema["properties"]} | {
        name: sample(schema["properties"][name]) for name in schema["required"] if name not in pull
    }


def refusal(error: dict[str, str]) -> dict[str, Any]:
    return {
        "message": "Validation Failed",
        "errors": [error],
        "documentation_url": "https://docs.github.example",
    }
