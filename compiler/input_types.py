"""The types that inputs state: which are known, what is of them, and what a text spells.

Only types with one meaning are known. An input of any other type, or of none, may be anything.
"""

from __future__ import annotations

from .plan import Input, Value

_TYPES = {
    "boolean": "boolean",
    "bool": "boolean",
    "integer": "integer",
    "int": "integer",
    "number": "number",
    "float": "number",
}
_TRUTHS = {
    **dict.fromkeys(("true", "yes", "on", "y"), "true"),
    **dict.fromkeys(("false", "no", "off", "n"), "false"),
}
EXPECTED = {"boolean": "true or false", "integer": "a whole number", "number": "a number"}
"""What is of each type, in words."""


def type_of(entry: Input) -> str | None:
    """``boolean``, ``integer`` or ``number``; None for any other type."""
    return _TYPES.get(entry.type.strip().lower())


def article(type: str) -> str:
    """``a boolean``, ``an integer``."""
    return f"an {type}" if type[0] in "aeiou" else f"a {type}"


def fits(type: str, value: Value) -> bool:
    """Whether a value is of a type."""
    if type == "boolean" or isinstance(value, bool):
        return type == "boolean" and isinstance(value, bool)
    return isinstance(value, int) or (type == "number" and isinstance(value, float))


def spelt(type: str, text: str) -> str:
    """The value of a type that a text spells, as it is written; nothing where it spells none."""
    text = text.strip()
    if type == "boolean":
        return _TRUTHS.get(text.lower(), "")
    return text if text.isascii() and text.isdecimal() and len(text) < 10 else ""
