"""The documents of a YAML stream as plain data: what other programs print, such as manifests.

Owns no spans: whoever wrote this text is not told about it. Nothing but plain data is made, and an
alias is the same object again, so no text grows while it is read.
"""

from __future__ import annotations

from typing import Any

import yaml


def documents(text: str) -> tuple[Any, ...]:
    """Every document that says something; raises ``ValueError`` where it is no YAML."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return tuple(each for each in yaml.load_all(text, loader) if each is not None)
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f" (line {line + 1})"
        raise ValueError(f"is no YAML{where}") from None
