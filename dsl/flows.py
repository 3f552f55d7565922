"""Which fenced blocks are drawings of the workflow, and what they say.

Drawings under a heading about the workflow count; where there are none, any drawing that joins
several boxes does, unless its heading says that it shows something else (an architecture).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .columns import mentions
from .diagnostics import Diagnostic
from .diagram import looks_drawn, read_diagram
from .source import SourceFile
from .syntax import Fence, Flow, Section

_DRAWN_IN = frozenset({"", "text", "txt", "ascii", "plain", "plaintext", "diagram", "flow"})
_FLOW = ("workflow", "stage", "flow", "process", "pipeline", "diagram", "phases", "overview")
_OTHER = ("architect", "topolog", "infrastruct", "network", "deployment diagram", "template")

_Reading = tuple[Flow, tuple[Diagnostic, ...]]


def read_flows(
    source: SourceFile, sections: tuple[Section, ...]
) -> tuple[tuple[Flow, ...], tuple[Diagnostic, ...]]:
    """The drawings of a document, in the order of the text."""
    named: list[_Reading] = []
    others: list[_Reading] = []
    for section in sections:
        if mentions(section.path, *_OTHER):
            continue
        titled = mentions(section.path, *_FLOW)
        for _, flow, found in drawings(source, (section,)):
            if flow is not None:
                (named if titled else others).append((flow, found))
    chosen = named or [reading for reading in others if reading[0].edges]
    flows = tuple(flow for flow, _ in chosen)
    return flows, tuple(finding for _, found in chosen for finding in found)


def drawings(
    source: SourceFile, sections: Iterable[Section]
) -> Iterator[tuple[Fence, Flow | None, tuple[Diagnostic, ...]]]:
    """Every fence that looks drawn, whatever it shows, and what was read in it."""
    for section in sections:
        for fence in section.fences:
            if fence.language in _DRAWN_IN and looks_drawn(fence.text):
                yield fence, *read_diagram(source, fence)
