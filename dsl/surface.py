"""The YAML surface of a workflow (``*.armada.yaml``): the same document, written as data."""

from __future__ import annotations

from .codes import report
from .diagnostics import Diagnostic
from .ignores import read_ignores
from .source import SourceFile
from .syntax import Document, YamlMapping
from .yaml_nodes import read_yaml


def read_surface(source: SourceFile) -> tuple[Document, list[Diagnostic]]:
    """The document that a YAML file states."""
    start = 1 if source.text.startswith("\ufeff") else 0
    whole = source.span(0, len(source.text))
    block = read_yaml(source, start, len(source.text))
    found = list(block.diagnostics)
    ignores, problems = read_ignores(source, (), (whole,))
    found.extend(problems)
    front = block.node if isinstance(block.node, YamlMapping) else None
    if front is None and not found:
        span = block.node.span if block.node is not None else source.span(0, 0)
        message = "the file holds no keys"
        found.append(report("ARM014", span, message, help="write `name: …` and the other keys"))
    return Document(front, (), (), (), (), (), (), ignores, whole), found
