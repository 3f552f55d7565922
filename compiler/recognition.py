"""Which documents are workflows.

Markdown is full of front matter: posts, skills, prompts and tickets have a name, a description,
tags or a priority. A workflow is known by keys that mean something to Armada alone.
"""

from __future__ import annotations

from ..dsl.front import front_keys
from ..dsl.parse import parse
from ..dsl.source import SourceFile
from .findings import listing
from .front import KEYS, SURFACE_KEYS

SHARED = frozenset({"name", "description", "version", "priority", "timezone"})
"""Keys of the front matter that other kinds of documents have, too."""

OWN = tuple(key for key in (*KEYS, *SURFACE_KEYS) if key not in SHARED)
"""Keys of the front matter that make a document a workflow's."""

WHAT_MAKES_ONE = (
    f"the front matter of a workflow has `name` and at least one of {listing(OWN, 'or')}"
)


def is_workflow(source: SourceFile) -> bool:
    """True where the front matter is a workflow's: ``name`` and a key of Armada's own.

    Two keys of its own do without ``name``, so that its absence is found rather than passed over.
    """
    keys = front_keys(source)
    return len(keys.intersection(OWN)) >= (1 if "name" in keys else 2)


def holds_stages(source: SourceFile) -> bool:
    """True where the body has stages, whatever the front matter says or lacks."""
    return bool(parse(source)[0].stages)
