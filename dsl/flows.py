"""Which fenced blocks are drawings of the workflow, and what they say.

Drawings under a heading about the workflow count; where there are none, any drawing that joins
several boxes does, unless its heading says that it shows something else (an architecture). A flow
without boxes counts only under such a heading: elsewhere arrows between words are mostly prose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from .codes import report
from .columns import mentions
from .diagnostics import Diagnostic
from .diagram import looks_drawn, read_diagram
from .mermaid import read_mermaid
from .purpose import shows_parts
from .source import SourceFile
from .stages import title_keys
from .syntax import Fence, Flow, FlowNode, Section, StageBlock
from .unfenced import find_drawings

_DRAWN_IN = frozenset({"", "text", "txt", "ascii", "plain", "plaintext", "diagram", "flow"})
_FLOW = ("workflow", "stage", "flow", "process", "pipeline", "diagram", "phases", "overview")
_OTHER = ("architect", "topolog", "infrastruct", "network", "deployment diagram", "template")

STAGES = 2
"""How many boxes that are stages of the document make a drawing one of its order."""

Block = tuple[Section, Fence]
Known = AbstractSet[tuple[str, str]]
_Reading = tuple[Flow, tuple[Diagnostic, ...]]


def read_flows(
    source: SourceFile, sections: tuple[Section, ...], stages: tuple[StageBlock, ...]
) -> tuple[tuple[Flow, ...], tuple[Diagnostic, ...]]:
    """The drawings of a document, in the order of the text; outside fences if none is in one.

    A drawing whose boxes are the document's own ``stages`` shows their order, whatever its shape.
    """
    known = title_keys(stage.title for stage in stages)
    fenced = ((section, fence) for section in sections for fence in section.fences)
    readings = _of_the_workflow(source, fenced, known)
    readings = readings or _of_the_workflow(source, find_drawings(source, sections), known)
    flows = tuple(flow for flow, _ in readings)
    return flows, tuple(finding for _, found in readings for finding in found)


def _of_the_workflow(source: SourceFile, blocks: Iterable[Block], known: Known) -> list[_Reading]:
    """Those under a heading about the workflow, else those that join boxes."""
    named: list[_Reading] = []
    others: list[_Reading] = []
    for section, fence in blocks:
        if mentions(section.path, *_OTHER):
            continue
        flow, found = _read_drawn(source, fence)
        titled = mentions(section.path, *_FLOW)
        if flow is None or (not titled and _is_picture(source, section, fence, flow, known)):
            continue
        (named if titled else others).append((flow, found))
    return named or [reading for reading in others if reading[0].edges]


def _read_drawn(source: SourceFile, fence: Fence) -> tuple[Flow | None, tuple[Diagnostic, ...]]:
    """What was read in a fence that looks drawn, whatever it shows."""
    if fence.language == "mermaid":
        return read_mermaid(source, fence)
    if fence.language in _DRAWN_IN and looks_drawn(fence.text):
        return read_diagram(source, fence)
    return None, ()


def read_every_flow(
    source: SourceFile, sections: tuple[Section, ...], stages: tuple[StageBlock, ...] = ()
) -> tuple[Flow, ...]:
    """All drawings of any Markdown, each with its notes; one that is no flow has no edges.

    Boxes are looked for in a block of any language, and outside blocks; flows without boxes only
    in plain text. The edges of a Mermaid chart are written, not seen, so they are read whatever
    its heading says.
    """
    known = title_keys(stage.title for stage in stages)
    flows: list[Flow] = []
    for section in sections:
        for fence in section.fences:
            drawn = looks_drawn(fence.text)
            if fence.language == "mermaid":
                flows.append(read_mermaid(source, fence)[0])
            elif fence.language in _DRAWN_IN or drawn:
                flows.extend(_read_one(source, section, fence, known, drawn=drawn))
    for section, fence in find_drawings(source, sections):
        flows.extend(_read_one(source, section, fence, known, drawn=True))
    return tuple(sorted(flows, key=lambda flow: flow.span.start))


def _read_one(
    source: SourceFile, section: Section, fence: Fence, known: Known, *, drawn: bool
) -> Iterator[Flow]:
    """The flow of one block; none where it neither looks drawn nor is one."""
    flow, _ = read_diagram(source, fence)
    if flow is None and drawn:
        yield _without_edges(fence, (), "no boxes joined by connectors were found here")
    elif flow is not None and _is_picture(source, section, fence, flow, known):
        yield _without_edges(fence, flow.nodes, "this drawing shows parts of a thing, not an order")
    elif flow is not None:
        yield flow


def _is_picture(
    source: SourceFile, section: Section, fence: Fence, flow: Flow, known: Known
) -> bool:
    if flow.form != "drawing" or not flow.edges:
        return False
    of_stages = sum(not known.isdisjoint(title_keys((node.title,))) for node in flow.nodes)
    return of_stages < STAGES and shows_parts(source, section, fence, flow)


def _without_edges(fence: Fence, nodes: tuple[FlowNode, ...], message: str) -> Flow:
    note = report("ARM011", fence.span.sub(0, 3), message)
    return Flow("drawing", nodes, (), "none", fence.span, (note,))
