"""What the HTTP API offers, as data: every verb with its fields, and the OpenAPI document of it.

The routes and the document are made from this one table, and what a letter means is known to
letters.py alone, so neither can promise what the other does not keep.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, cast

from ..dsl.version import __version__

Type = Literal["text", "flag", "texts"]
LONGEST = 16_000


class Field(NamedTuple):
    """A field of a letter's body."""

    type: Type = "text"
    required: bool = False


TEXT, NEEDED = Field(), Field(required=True)
WHY = {"reason": TEXT}
VOTE = {"action": NEEDED, "digest": NEEDED, "role": TEXT, **WHY}
VERBS: Mapping[str, Mapping[str, Field]] = {
    "ack": {"role": TEXT},
    "answer": {
        "request": NEEDED,
        "answer": TEXT,
        "fields": Field("texts"),
        "set": Field("texts"),
        **WHY,
    },
    "approve": {**VOTE, "break_glass": Field("flag")},
    "reject": VOTE,
    "set-severity": {"level": NEEDED},
    "engage": {"agent": NEEDED},
    "escalate": {"to": NEEDED},
    "skip": {"subject": NEEDED, **WHY},
    "retry": {"subject": NEEDED, **WHY},
    "fact": {"name": NEEDED, "value": NEEDED},
    "note": {"text": NEEDED},
    "did": {"text": NEEDED},
    "review": {"action": NEEDED, "text": NEEDED},
    "hand-over": {"to": NEEDED, "text": TEXT},
    "mitigated": WHY,
    "resolve": WHY,
    "reopen": WHY,
    "close": {"as": NEEDED, **WHY},
    "stop": WHY,
    "compensate": {"subject": TEXT, **WHY},
}


class Malformed(ValueError):
    """A body that says nothing that a verb takes."""


def checked(verb: str, body: Any) -> dict[str, Any]:
    """The fields of a body; raises ``Malformed`` with a sentence."""
    if not isinstance(body, dict):
        raise Malformed("the body is a JSON object")
    fields = VERBS[verb]
    given: dict[str, Any] = {**body}
    for name, value in given.items():
        if name == "by":
            if not isinstance(value, str):
                raise Malformed("by is a text")
        elif name not in fields:
            raise Malformed(f"{verb} has no field {name!r}; it has: {', '.join(fields)}")
        elif not _fits(fields[name].type, value):
            raise Malformed(f"{name} is {_WORDS[fields[name].type]}")
    missing = [name for name, field in fields.items() if field.required and name not in given]
    if missing:
        raise Malformed(f"{verb} needs {', '.join(missing)}")
    return given


def _fits(type_: Type, value: Any) -> bool:
    if type_ == "flag":
        return isinstance(value, bool)
    if type_ == "text":
        return isinstance(value, str) and len(value) <= LONGEST
    if not isinstance(value, dict):
        return False
    texts = cast(dict[Any, Any], value).items()
    return all(isinstance(name, str) and _fits("text", text) for name, text in texts)


_WORDS: Mapping[Type, str] = {
    "text": f"a text of at most {LONGEST} characters",
    "flag": "true or false",
    "texts": "an object of texts",
}
_SCHEMAS: Mapping[Type, dict[str, Any]] = {
    "text": {"type": "string", "maxLength": LONGEST},
    "flag": {"type": "boolean"},
    "texts": {
        "type": "object",
        "additionalProperties": {"type": "string", "maxLength": LONGEST},
    },
}
READS: Mapping[str, tuple[str, str]] = {
    "": ("Where the run stands, as `armada status --format json`.", "application/json"),
    "/waiting": ("What is asked of people.", "application/json"),
    "/timeline": ("What happened, line by line.", "application/json"),
    "/journal": ("The journal's entries, one JSON object a line.", "application/jsonl"),
    "/postmortem": ("The document's own template, filled in.", "text/markdown"),
}
STATUSES = {
    "400": "said wrongly",
    "401": "no valid token",
    "403": "not from here, or in another's name",
    "404": "there is no such run",
    "408": "the body did not arrive",
    "409": "refused as things stand",
    "413": "too large",
    "415": "not of the type that is taken",
    "503": "the journal cannot be used",
}


def openapi(more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The OpenAPI 3.1 document, with ``more`` paths where others answer them beside the API."""
    run = {
        "name": "run",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    }
    since = {
        "name": "since",
        "in": "query",
        "schema": {"type": "integer", "minimum": 0, "maximum": 10**9},
    }
    paths: dict[str, Any] = {
        "/v1/health": {"get": reads("Whether it answers.", "application/json", [], secure=False)},
        "/v1/runs": {"get": reads("Every run of the journal.", "application/json", [])},
    }
    for path, (words, media) in READS.items():
        parameters = [run, since] if path == "/journal" else [run]
        paths[f"/v1/runs/{{run}}{path}"] = {"get": reads(words, media, parameters)}
    for verb, fields in VERBS.items():
        paths[f"/v1/runs/{{run}}/{verb}"] = {"post": _post(verb, fields, run)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Armada", "version": __version__},
        "security": [{"token": []}],
        "paths": {**paths, **(more or {})},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": _PROBLEM, "Verdict": _VERDICT},
        },
    }


_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "help"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "help": {"type": "string"},
    },
}
_VERDICT = {
    "type": "object",
    "required": ["run", "verb", "outcome", "said", "letter"],
    "properties": {
        "run": {"type": "string"},
        "verb": {"type": "string"},
        "outcome": {"enum": ["taken", "kept"]},
        "said": {"type": "string"},
        "letter": {"type": "integer"},
    },
}


def problems() -> dict[str, Any]:
    """The answers that are problems, by their status."""
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {"application/problem+json": {"schema": schema}}
    return {code: {"description": words, "content": content} for code, words in STATUSES.items()}


def reads(
    words: str, media: str, parameters: list[dict[str, Any]], secure: bool = True
) -> dict[str, Any]:
    """An operation that only reads."""
    schema: dict[str, Any] = {} if media == "application/json" else {"type": "string"}
    ok = {"description": words, "content": {media: {"schema": schema}}}
    found: dict[str, Any] = {
        "summary": words,
        "parameters": parameters,
        "responses": {"200": ok, **problems()},
    }
    return found if secure else {**found, "security": []}


def _post(verb: str, fields: Mapping[str, Field], run: dict[str, Any]) -> dict[str, Any]:
    properties = {name: _SCHEMAS[field.type] for name, field in fields.items()}
    body = {
        "type": "object",
        "additionalProperties": False,
        "properties": {**properties, "by": {"type": "string"}},
        "required": [name for name, field in fields.items() if field.required],
    }
    verdict = {"application/json": {"schema": {"$ref": "#/components/schemas/Verdict"}}}
    return {
        "summary": f"As `armada {verb}`.",
        "parameters": [run],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {"description": "taken", "content": verdict},
            "202": {"description": "kept for a host to take", "content": verdict},
            **problems(),
        },
    }
