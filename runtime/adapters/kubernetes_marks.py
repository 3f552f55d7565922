"""What Armada has done to an object, written on the object itself.

An annotation of the object carries the newest keys with what each did, in the same patch as the
change: both are there or neither. A key that is found was carried out; one that is not was not,
unless so much has happened since that it may have been pushed out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, cast

DONE = "armada.dev/done"
MOST = 16
PATH = "/metadata/annotations/armada.dev~1done"


def short(key: str) -> str:
    """A key as it stands in the annotation."""
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def marks(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What was done to an object, by key; nothing where the annotation is not ours."""
    try:
        data: Any = json.loads(found["metadata"].get("annotations", {}).get(DONE, "{}"))
    except ValueError:
        return {}
    if not isinstance(data, dict):
        return {}
    known = cast(dict[str, Any], data)
    return {name: cast(dict[str, Any], did) for name, did in known.items() if isinstance(did, dict)}


def done(found: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """What was done under a key; None where nothing was, as far as the object tells."""
    return marks(found).get(short(key))


def happened(found: Mapping[str, Any], key: str) -> bool | None:
    """Whether the order of a key was carried out; None where it may have been forgotten."""
    known = marks(found)
    if short(key) in known:
        return True
    return None if len(known) >= MOST else False


def marked(found: Mapping[str, Any], key: str, did: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The changes of a patch that write down what it does."""
    kept = list(marks(found).items())[-(MOST - 1) :]
    text = json.dumps({**dict(kept), short(key): dict(did)}, separators=(",", ":"))
    changes: list[dict[str, Any]] = []
    if not found["metadata"].get("annotations"):
        changes.append({"op": "add", "path": "/metadata/annotations", "value": {}})
    return [*changes, {"op": "add", "path": PATH, "value": text}]
