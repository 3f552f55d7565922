"""The manifest of a Helm release, as its objects. Owns what counts as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ...dsl.yaml_documents import documents

Manifest = tuple[Mapping[str, Any], ...]


def objects(manifest: str) -> Manifest:
    """What ``helm get manifest`` printed, object by object; raises ``ValueError``."""
    found: list[Mapping[str, Any]] = []
    for each in documents(manifest):
        known = cast(dict[str, Any], each) if isinstance(each, dict) else {}
        meta: Any = known.get("metadata")
        if not isinstance(known.get("kind"), str) or not isinstance(meta, dict):
            raise ValueError("is no manifest: every document needs a kind and metadata")
        found.append(known)
    return tuple(found)
