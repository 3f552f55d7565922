"""From text to a ``Document``: the one entry to this package.

Upholds that parsing never fails: any text gives a document and the list of what is wrong with it,
in the order of the text.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from .anchors import dead_links
from .codes import report
from .configuration import read_configurations
from .diagnostics import Diagnostic
from .flows import read_flows
from .ignores import read_ignores
from .invocation import read_invocations
from .ladder import read_ladders
from .ladder_clock import with_clocks
from .outline import Outline, read_outline
from .scan import scan
from .severity import read_severities
from .source import SourceFile, Span, decode
from .stages import YAML, read_stages
from .surface import read_surface
from .syntax import Document, Invocation, Section, YamlMapping
from .yaml_nodes import read_yaml

Result = tuple[Document, tuple[Diagnostic, ...]]


def parse(source: SourceFile) -> Result:
    """The document in a text. The name's ending says which surface: ``.yaml``, else Markdown."""
    if is_data(source):
        return _data(source)
    found: list[Diagnostic] = []
    outline = read_outline(source)
    front = _front(source, outline, found)
    policy, policy_findings = _policy(source, outline, front)
    stages, stage_findings = read_stages(source, outline.sections)
    flows, flow_findings = read_flows(source, outline.sections, stages)
    calls = _invocations(source, outline.sections, found)
    found += [*policy_findings, *stage_findings, *flow_findings]
    return _sorted(replace(policy, stages=stages, flows=flows, invocations=calls), found)


@lru_cache(maxsize=16)
def parse_policy(source: SourceFile) -> Result:
    """What a text says of policy, for those who take it over: its stages are not looked into.

    The same as ``parse`` without drawings, invocations, and what is wrong within stages; front
    matter need not be there. Forty documents that share a file read it once.
    """
    if is_data(source):
        return _data(source)
    outline = read_outline(source)
    found: list[Diagnostic] = []
    front = _front(source, outline, found) if outline.front is not None else None
    policy, policy_findings = _policy(source, outline, front)
    stages, _ = read_stages(source, outline.sections)
    return _sorted(replace(policy, stages=stages), [*found, *policy_findings])


def _data(source: SourceFile) -> Result:
    document, found = read_surface(source)
    return _sorted(document, [*found, *scan(source, [document.span], ())])


def is_data(source: SourceFile) -> bool:
    """Whether a file is the YAML form, which its name says."""
    return source.name.endswith((".yaml", ".yml"))


def _sorted(document: Document, found: list[Diagnostic]) -> Result:
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


def _policy(
    source: SourceFile, outline: Outline, front: YamlMapping | None
) -> tuple[Document, list[Diagnostic]]:
    """The document without its stages and drawings."""
    sections = outline.sections
    severities, severity_findings = read_severities(sections)
    ladders, ladder_findings = read_ladders(sections)
    blocks = _yaml_blocks(outline.front, sections)
    ignores, ignore_findings = read_ignores(source, outline.comments, blocks)
    configurations, configuration_findings = read_configurations(source, sections)
    document = Document(
        front=front,
        sections=sections,
        stages=(),
        flows=(),
        severities=severities,
        ladders=with_clocks(source, sections, ladders),
        invocations=(),
        ignores=ignores,
        span=source.span(0, len(source.text)),
        configurations=configurations,
    )
    found = [
        *outline.diagnostics,
        *severity_findings,
        *ladder_findings,
        *ignore_findings,
        *configuration_findings,
    ]
    fences = [fence for part in sections for fence in part.fences]
    samples = [each.body for each in fences if each.language and each.language not in YAML]
    return document, [*found, *scan(source, blocks, samples), *dead_links(source, sections)]


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
