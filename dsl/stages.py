"""Stages as headings and the YAML under them state them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .codes import report
from .diagnostics import Diagnostic, Label
from .heading import read_heading, says_stage
from .names import slug
from .source import SourceFile, Span
from .syntax import (
    Fence,
    Heading,
    Section,
    StageBlock,
    StageTitle,
    YamlMapping,
    YamlNode,
    YamlScalar,
)
from .yaml_nodes import read_yaml

YAML = frozenset({"yaml", "yml"})
STAGE_KEYS = frozenset(
    {"actions", "output", "outputs", "output_template", "needs", "depends_on", "agent"}
)
"""Keys that make a block of YAML a stage's, whatever its heading says."""


@dataclass(slots=True)
class _Candidate:
    """A heading, the sections under it, and their YAML."""

    heading: Heading
    title: StageTitle
    fences: list[Fence] = field(default_factory=list[Fence])
    end: Span | None = None


def fence_yaml(source: SourceFile, fence: Fence) -> tuple[YamlNode | None, tuple[Diagnostic, ...]]:
    """The YAML of a fence, which may be indented as a whole."""
    line = source.text.rfind("\n", 0, fence.span.start) + 1
    block = read_yaml(source, fence.body.start, fence.body.end, fence.span.start - line)
    return block.node, block.diagnostics


def title_keys(titles: Iterable[StageTitle]) -> set[tuple[str, str]]:
    """What a heading and a box of one stage share: the words of their titles, or their ordinals."""
    found: set[tuple[str, str]] = set()
    for title in titles:
        found.add(("title", slug(title.title.value)))
        if title.ordinal is not None:
            found.add(("ordinal", title.ordinal.value.lower()))
    return found


def read_stages(
    source: SourceFile, sections: tuple[Section, ...]
) -> tuple[tuple[StageBlock, ...], tuple[Diagnostic, ...]]:
    """The stages, in the order of the text.

    A heading is a stage where it says stage, phase or step and gives an ordinal, or where the YAML
    under it holds a stage's keys. Headings inside a stage belong to it.
    """
    stages: list[StageBlock] = []
    found: list[Diagnostic] = []
    for candidate in _candidates(sections):
        named = candidate.title.ordinal is not None and says_stage(candidate.heading.title)
        stage, problems = _read(source, candidate)
        if named or any(key.raw in STAGE_KEYS for key, _ in stage.fields):
            stages.append(stage)
            found.extend(problems)
    return tuple(stages), tuple(found)


def _candidates(sections: tuple[Section, ...]) -> list[_Candidate]:
    """Every heading with an ordinal takes what is under it; any other only its own section."""
    candidates: list[_Candidate] = []
    holder: _Candidate | None = None
    for section in sections:
        if section.heading is None:
            continue
        if holder is None or section.heading.depth <= holder.heading.depth:
            title = read_heading(section.heading.title)
            candidate = _Candidate(section.heading, title)
            candidates.append(candidate)
            owns = title.ordinal is not None and says_stage(section.heading.title)
            holder = candidate if owns else None
        else:
            candidate = holder
        candidate.fences.extend(fence for fence in section.fences if fence.language in YAML)
    return candidates


def _read(source: SourceFile, candidate: _Candidate) -> tuple[StageBlock, list[Diagnostic]]:
    fields: list[tuple[YamlScalar, YamlNode]] = []
    found: list[Diagnostic] = []
    span = candidate.heading.span
    for fence in candidate.fences:
        node, problems = fence_yaml(source, fence)
        found.extend(problems)
        span = span.cover(fence.span)
        if isinstance(node, YamlMapping):
            _merge(fields, node, found)
        elif not problems:
            found.append(_no_keys(node, fence))
    return StageBlock(candidate.title, tuple(fields), span, unread=bool(found)), found


def _merge(
    fields: list[tuple[YamlScalar, YamlNode]], node: YamlMapping, found: list[Diagnostic]
) -> None:
    """Add the keys of a further block; one that an earlier block gave is reported."""
    seen = {key.raw: key for key, _ in fields}
    for key, value in node:
        first = seen.get(key.raw)
        if first is None:
            fields.append((key, value))
            continue
        found.append(
            report(
                "ARM005",
                key.span,
                f"the key {key.raw!r} stands twice in this stage",
                label="not read",
                secondary=(Label(first.span, "first here"),),
                help="keep one of the two",
            )
        )


def _no_keys(node: YamlNode | None, fence: Fence) -> Diagnostic:
    span = node.span if node is not None else fence.span
    return report(
        "ARM014",
        span if span.end > span.start else fence.span,
        "this block gives a stage no keys",
        help="open the block with a key such as `actions:`",
    )
