"""The JSON Schema of a workflow written as YAML, for editors that complete and check as one types.

Made from the tables by which the compiler reads, so the two cannot differ in their keys. It says
what may stand where; what a document means, and whether it makes sense, is the linter's.
"""

from __future__ import annotations

from typing import Any

from .approvals import APPROVAL_KEYS
from .front import CLOCKS, ESCALATION_KEYS, KEYS, SURFACE_KEYS, UNSTAFFED
from .kinds import FORMS
from .outline import STAGE_KEYS
from .plan import Effect, Kind, OnFailure

Schema = dict[str, Any]

DURATION: Schema = {
    "type": "string",
    "pattern": r"^\s*\d+(\.\d+)?\s*[A-Za-z]+.*$",
    "examples": ["30s", "15m", "2h"],
}
TEXT: Schema = {"type": "string"}
SCALAR: Schema = {"type": ["string", "number", "boolean"]}
TEXTS: Schema = {"anyOf": [SCALAR, {"type": "array", "items": SCALAR}]}
QUORUM: Schema = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "boolean"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


_TOP: dict[str, Schema] = {
    "name": {"type": "string", "description": "The workflow's name, a slug."},
    "description": {**TEXT, "description": "One line on what it is for."},
    "version": {**SCALAR, "description": "The document's own version."},
    "extends": {
        "anyOf": [TEXT, {"type": "array", "items": TEXT}],
        "description": "Files whose severities, escalation and people hold here, by their paths.",
        "examples": ["../policy.md"],
    },
    "pattern": {
        "enum": ["pipeline", "sequential", "mesh", "hierarchical"],
        "description": "The shape that the stages must have.",
    },
    "coordinator": {**TEXT, "description": "The agent who owns decisions that no stage owns."},
    "agents": {
        "anyOf": [{"type": "array", "items": TEXT}, {"type": "object"}],
        "description": "Everyone who works in a stage.",
    },
    "priority": {**SCALAR, "description": "How important the workflow is, in words."},
    "inputs": {
        "anyOf": [
            {"type": "array", "items": TEXT},
            {"type": "object", "additionalProperties": {"anyOf": [SCALAR, _ref("input")]}},
        ],
        "description": "Names that are given when a run is declared.",
    },
    "timezone": {**TEXT, "description": "An IANA time zone.", "examples": ["Europe/Berlin"]},
    "unstaffed": {
        "enum": list(UNSTAFFED),
        "description": "What becomes of a stage whose agent is not engaged at a level.",
    },
    "immediate": {**DURATION, "description": "How long an immediate response may take."},
    "patience": {**DURATION, "description": "How long a person is waited for before the next."},
    "escalation": {
        "anyOf": [{"type": "array", "items": _ref("rung")}, _ref("escalation")],
        "description": "Who is told when so much time has passed.",
    },
    "expectations": {
        **TEXTS,
        "description": "What a drill of this workflow must show, beside what its scenario expects.",
        "examples": [["acknowledged within 15m", "every effect once"]],
    },
    "severities": {
        "anyOf": [
            {"type": "array", "items": _ref("severity")},
            {"type": "object", "additionalProperties": _ref("severity")},
        ],
        "description": "The levels, by name.",
    },
    "stages": {
        "anyOf": [
            {"type": "array", "items": _ref("stage")},
            {"type": "object", "additionalProperties": _ref("stage")},
        ],
        "description": "The steps of the workflow.",
    },
    "notifications": {"description": "Where notices go."},
}
_STAGE: dict[str, Schema] = {
    "actions": {"type": "array", "items": _ref("action"), "description": "What it does, in order."},
    "output": {**TEXT, "description": "A template whose names the agent owes."},
    "output_template": {**TEXT, "description": "The document it ends with, a template."},
    "outputs": {**TEXTS, "description": "Names that it supplies."},
    "needs": {**TEXTS, "description": "Stages that end before it begins."},
    "depends_on": {**TEXTS, "description": "The same as `needs`."},
    "agent": {**TEXT, "description": "Who does it."},
    "when": {**SCALAR, "description": "A condition; where it is false the stage is skipped."},
    "condition": {**SCALAR, "description": "The same as `when`."},
    "timeout": DURATION,
    "on_failure": _ref("on_failure"),
    "approval_required": {**QUORUM, "description": "How many approve it before it begins."},
    "name": TEXT,
    "id": TEXT,
    "description": TEXT,
}
_ACTION: dict[str, Schema] = {
    "kind": {"enum": [str(kind) for kind in Kind], "description": "What it is; else by its keys."},
    "effect": {"enum": [str(effect) for effect in Effect], "description": "What it may change."},
    "timeout": DURATION,
    "duration": DURATION,
    "monitor_duration": DURATION,
    "poll": DURATION,
    "canary_percent": {"type": "integer", "minimum": 0, "maximum": 100},
    "require_approval": QUORUM,
    "retry": _ref("retry"),
    "approval": {"anyOf": [QUORUM, _ref("approval")]},
    "on_failure": _ref("on_failure"),
    "shell": {"type": "boolean", "description": "Run lines by a shell; a warning says why not."},
}


def document_schema() -> Schema:
    """The schema of a ``*.armada.yaml`` file (JSON Schema 2020-12)."""
    top = [key for key in (*KEYS, *SURFACE_KEYS) if "." not in key]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Armada workflow",
        "description": "An incident workflow as YAML.",
        **_object({key: _TOP.get(key, {}) for key in top}),
        "required": ["name"],
        "$defs": {
            "stage": _object(
                {
                    "title": TEXT,
                    "ordinal": SCALAR,
                    **{key: _STAGE.get(key, {}) for key in STAGE_KEYS},
                }
            ),
            "action": _action(),
            "approval": _object(
                {"quorum": QUORUM, "reviewers": TEXTS, "expires": DURATION},
                APPROVAL_KEYS,
                {_SKIP: {"type": "boolean"}},
            ),
            "retry": {
                "anyOf": [
                    {"type": "integer", "minimum": 1},
                    _object(
                        {"attempts": {"type": "integer", "minimum": 1}, "backoff": DURATION},
                        ("jitter",),
                    ),
                ]
            },
            "on_failure": {
                "anyOf": [
                    {"enum": [str(word) for word in OnFailure if str(word) != "goto"]},
                    {"type": "string", "pattern": r"^goto:\s*\S"},
                    {"type": "object", "required": ["goto"]},
                ]
            },
            "input": _object({"type": TEXT, "default": {}, "description": TEXT}),
            "severity": {"anyOf": [TEXT, {"type": "object", "properties": _SEVERITY}]},
            "escalation": _object(
                {
                    "while": {"enum": list(CLOCKS)},
                    "rungs": {"type": "array", "items": _ref("rung")},
                },
                ESCALATION_KEYS,
            ),
            "rung": {
                "anyOf": [{"type": "string"}, {"type": "object"}],
                "examples": ["0-15 min: on-call engineer"],
            },
        },
    }


_SEVERITY: dict[str, Schema] = {
    "criteria": {**SCALAR, "description": "What makes an incident one of this level."},
    "respond_within": {
        **SCALAR,
        "description": "The deadline, `immediate`, or e.g. `next sprint`.",
    },
    "agents": {**TEXTS, "description": "Who is engaged; `all` for everybody."},
}
_LEVEL = r"^(sev(erity)?|[pPsS])[-_ ]?\d{1,3}$"
_SKIP = r"^skip_if_(sev(erity)?|[ps])[-_ ]?\d{1,3}$"


def _object(
    known: dict[str, Schema], more: tuple[str, ...] = (), patterns: dict[str, Schema] | None = None
) -> Schema:
    """Keys and values; ``more`` are keys of which nothing is known but that they may stand."""
    properties = {**{key: {} for key in more if "N" not in key}, **known}
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return found if patterns is None else {**found, "patternProperties": patterns}


def _action() -> Schema:
    """One name with its keys below, or ``name:`` beside them."""
    keys = dict.fromkeys(key for form in FORMS for key in form.keys if not key.endswith("N"))
    body = _object(
        {key: _ACTION.get(key, {}) for key in keys},
        patterns={_LEVEL: TEXTS, _SKIP: {"type": "boolean"}},
    )
    named = {**body, "properties": {"name": TEXT, **body["properties"]}, "required": ["name"]}
    alone = {"type": "object", "minProperties": 1, "maxProperties": 1}
    return {"anyOf": [named, {**alone, "additionalProperties": body}]}
