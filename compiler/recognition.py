"""Which documents are workflows.

Markdown is full of front matter: posts, skills, prompts and tickets have a name, a description,
tags or a priority. A workflow is known by keys that mean something to Armada alone.
"""

from __future__ import annotations

from ..dsl.front import FRONT, front_keys
from ..dsl.parse import parse
from ..dsl.source import SourceFile
from ..dsl.syntax import Document
from .findings import listing
from .statements import stated

OWN = tuple(key.name for key in FRONT if not key.common)
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


def is_policy(document: Document) -> bool:
    """True where a document states what others may extend, and neither a name nor a stage."""
    front = document.front
    if front is not None and (front.key("name") or front.key("stages")):
        return False
    drawn = any(flow.nodes and flow.confidence != "none" for flow in document.flows)
    return not document.stages and not drawn and bool(stated(document))


def holds_something(source: SourceFile) -> bool:
    """True where the body has stages or is policy, whatever the front matter says or lacks."""
    document = parse(source)[0]
    return bool(document.stages) or is_policy(document)
