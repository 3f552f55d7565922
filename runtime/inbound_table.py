"""The endpoints for what comes from outside, as the OpenAPI document has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .api_table import problems, reads


def _hook(words: str, header: str) -> dict[str, Any]:
    """A webhook: its sender proves itself by a header of its own, not by a person's token."""
    schema: dict[str, Any] = {"type": "object"}
    taken = {"application/json": {"schema": TAKEN}}
    proof = {"name": header, "in": "header", "required": True, "schema": {"type": "string"}}
    return {
        "summary": words,
        "security": [],
        "parameters": [] if header == "Authorization" else [proof],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "taken", "content": taken}, **problems()},
    }


def _interaction() -> dict[str, Any]:
    """What Slack sends when a button is pressed: a form, signed together with its time."""
    names = ("X-Slack-Request-Timestamp", "X-Slack-Signature")
    text: dict[str, Any] = {"type": "string"}
    form = {"type": "object", "required": ["payload"], "properties": {"payload": text}}
    content = {"application/x-www-form-urlencoded": {"schema": form}}
    return {
        "summary": "An interaction of Slack, signed.",
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": text} for name in names
        ],
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "taken"}, **problems()},
    }


def _settle(words: str, status: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "summary": words,
        "parameters": [NUMBER],
        "responses": {status: {"description": words, "content": content}, **problems()},
    }


TAKEN = {
    "type": "object",
    "required": ["outcome", "run", "proposal", "said"],
    "properties": {
        "outcome": {"type": "string"},
        "run": {"type": "string"},
        "proposal": {"type": "integer"},
        "said": {"type": "string"},
    },
}
NUMBER: dict[str, Any] = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": 10**9},
}
JSON = "application/json"
PATHS: Mapping[str, Any] = {
    "/v1/inbound": {"get": reads("What became of notifications since the start.", JSON, [])},
    "/v1/inbound/alertmanager": {
        "post": _hook(
            "A webhook of Alertmanager; bearer token or name and password.", "Authorization"
        )
    },
    "/v1/inbound/pagerduty": {
        "post": _hook("A webhook of PagerDuty, signed.", "X-PagerDuty-Signature")
    },
    "/v1/inbound/slack": {"post": _interaction()},
    "/v1/proposals": {"get": reads("What alerts propose.", JSON, [])},
    "/v1/proposals/{id}/declare": {"post": _settle("As `armada proposals declare`.", "201")},
    "/v1/proposals/{id}/dismiss": {"post": _settle("As `armada proposals dismiss`.", "200")},
}
