"""From text to a ``Document``: the one entry to this package.

Upholds that parsing never fails: any text gives a document and the list of what is wrong with it,
in the order of the text.
"""

from __future__ import annotations

from .codes import report
from .diagnostics import Diagnostic
from .flows import read_flows
from .ignores import read_ignores
from .invocation import read_invocations
from .ladder import read_ladders
from .outline import Outline, read_outline
from .severity import read_severities
from .source import SourceFile, Span, decode
from .stages import YAML, read_stages
from .surface import read_surface
from .syntax import Document, Invocation, Section, YamlMapping
from .yaml_nodes import read_yaml

Result = tuple[Document, tuple[Diagnostic, ...]]


def parse(source: SourceFile) -> Result:
    """The document in a text. The name's ending says which surface: ``.yaml``, else Markdown."""
    if source.name.endswith((".yaml", ".yml")):
        document, found = read_surface(source)
    else:
        document, found = _markdown(source)
    return document, tuple(sorted(found, key=lambda finding: finding.order))


def parse_bytes(name: str, data: bytes) -> Result:
    """The document in a file's bytes. Bytes that are not UTF-8 are reported and replaced."""
    source, wrong = decode(name, data)
    document, found = parse(source)
    if wrong is None:
        return document, found
    at = len(data[:wrong].decode("utf-8", "replace"))
    finding = report(
        "ARM001",
        source.span(at, at + 1),
        f"byte {wrong} (0x{data[wrong]:02X}) is not UTF-8",
        help="save the file as UTF-8",
    )
    return document, tuple(sorted((finding, *found), key=lambda finding: finding.order))


def _markdown(source: SourceFile) -> tuple[Document, list[Diagnostic]]:
    outline = read_outline(source)
    found = list(outline.diagnostics)
    front = _front(source, outline, found)
    stages, stage_findings = read_stages(source, outline.sections)
    severities, severity_findings = read_severities(outline.sections)
    ladders, ladder_findings = read_ladders(outline.sections)
    flows, flow_findings = read_flows(source, outline.sections)
    ignores, ignore_findings = read_ignores(
        source, outline.comments, _yaml_blocks(outline.front, outline.sections)
    )
    for more in (
        stage_findings,
        severity_findings,
        ladder_findings,
        flow_findings,
        ignore_findings,
    ):
        found.extend(more)
    document = Document(
        front=front,
        sections=outline.sections,
        stages=stages,
        flows=flows,
        severities=severities,
        ladders=ladders,
        invocations=_invocations(source, outline.sections, found),
        ignores=ignores,
        span=source.span(0, len(source.text)),
    )
    return document, found


def _front(source: SourceFile, outline: Outline, found: list[Diagnostic]) -> YamlMapping | None:
    help = "open the document with `---`, `name: …` and `---`"
    if outline.front is None:
        end = len(source.line_text(1))
        message = "the document does not open with front matter"
        found.append(report("ARM002", source.span(0, end), message, help=help))
        return None
    block = read_yaml(source, outline.front.start, outline.front.end)
    found.extend(block.diagnostics)
    if isinstance(block.node, YamlMapping):
        return block.node
    if not block.diagnostics:
        span = block.node.span if block.node is not None else outline.front
        message = "the front matter holds no keys"
        found.append(report("ARM014", span, message, help="write `name: …` and the other keys"))
    return None


def _yaml_blocks(front: Span | None, sections: tuple[Section, ...]) -> list[Span]:
    fences = [fence.body for part in sections for fence in part.fences if fence.language in YAML]
    return fences if front is None else [front, *fences]


def _invocations(
    source: SourceFile, sections: tuple[Section, ...], found: list[Diagnostic]
) -> tuple[Invocation, ...]:
    calls: list[Invocation] = []
    for section in sections:
        for fence in section.fences:
            if fence.language not in YAML and "Task" in fence.text:
                more, problems = read_invocations(source, fence.body.start, fence.body.end)
                calls.extend(more)
                found.extend(problems)
    return tuple(calls)
