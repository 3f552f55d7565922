"""Which fenced blocks are drawings of the workflow, and what they say."""

from __future__ import annotations

from .diagnostics import Diagnostic
from .source import SourceFile
from .syntax import Flow, Section


def read_flows(
    source: SourceFile, sections: tuple[Section, ...]
) -> tuple[tuple[Flow, ...], tuple[Diagnostic, ...]]:
    """The drawings of a document, in the order of the text."""
    return (), ()
