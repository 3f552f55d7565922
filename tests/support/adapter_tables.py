"""The tables of docs/adapters.md, made from what the adapters say of themselves."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from armada.runtime.adapters.contract import Description


def tables(description: Description) -> str:
    """One adapter's settings, operations and arguments as Markdown."""
    parts = [_fields("setting", description.settings)]
    if description.operations:
        lines = [
            f"| `{description.name}.{each.name}` | {each.effect.value} | {each.summary} |"
            for each in description.operations
        ]
        parts.append("\n".join(["| operation | effect | |", "|---|---|---|", *lines]))
    for model in dict.fromkeys(each.arguments for each in description.operations):
        names = [f"`{each.name}`" for each in description.operations if each.arguments is model]
        parts.append(f"Arguments of {', '.join(names)}:\n\n{_fields('argument', model)}")
    return "\n\n".join(part for part in parts if part)


def _fields(what: str, model: type[BaseModel]) -> str:
    schema = model.model_json_schema(by_alias=True)
    required = schema.get("required", [])
    lines = [
        f"| `{name}` | {_kind(each, schema)} | {_default(name, each, required)} |"
        f" {each['description']} |"
        for name, each in schema.get("properties", {}).items()
    ]
    head = [f"| {what} | type | default | |", "|---|---|---|---|"]
    return "\n".join([*head, *lines]) if lines else ""


def _default(name: str, field: dict[str, Any], required: list[str]) -> str:
    if name in required:
        return "required"
    default = field.get("default")
    return f"`{default}`" if default not in (None, "") else ""


def _kind(field: dict[str, Any], schema: dict[str, Any]) -> str:
    if "$ref" in field:
        return "mapping"
    if "enum" in field:
        return "word"
    if "anyOf" in field:
        kinds = [_kind(each, schema) for each in field["anyOf"] if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    match field.get("type"):
        case "array":
            return f"list of {_kind(field['items'], schema)}"
        case "object":
            return "mapping"
        case "string":
            return "text"
        case None:
            return "anything"
        case kind:
            return {"integer": "number"}.get(kind, kind)
