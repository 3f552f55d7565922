"""Blocks of YAML in Markdown that state a workflow's model under a heading "Configuration".

Owns which blocks are such: most of their keys are keys of a workflow, and one of them is of
nothing else. What else is configured under such a heading (a pipeline, a manifest) is passed over.
Whether a block and the text around it agree is the compiler's.
"""

from __future__ import annotations

import re

from .diagnostics import Diagnostic
from .front import FRONT
from .heading import read_heading, says_stage
from .patterns import lazy
from .source import SourceFile
from .stages import YAML, fence_yaml
from .surface import read_model
from .syntax import Document, Section, Text, YamlMapping

_HEADING = lazy(r"(?:[\w-]+ )?config(?:uration)?(?: block)?", re.IGNORECASE)
_KNOWN = frozenset(key.name for key in FRONT)
_OWN = frozenset(key.name for key in FRONT if not key.common) - {"inputs", "extends"}
"""Keys that make a block a workflow's; ``inputs`` and ``extends`` are of many tools."""


def read_configurations(
    source: SourceFile, sections: tuple[Section, ...]
) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...]]:
    """What the blocks state, in the order of the text, and what is wrong with them."""
    read: list[Document] = []
    found: list[Diagnostic] = []
    for section in sections:
        for fence in section.fences if _configures(section) else ():
            if fence.language in YAML:
                node, problems = fence_yaml(source, fence)
                if isinstance(node, YamlMapping) and _is_model(node):
                    found.extend(problems)
                    read.append(read_model(node, fence.span, found))
    return tuple(read), tuple(found)


def _configures(section: Section) -> bool:
    """Whether a section is about configuration, and not a stage's."""
    if section.heading is None or not any(_HEADING.fullmatch(title) for title in section.path):
        return False
    titles = [Text(title, section.heading.span) for title in section.path]
    return not any(says_stage(title) and read_heading(title).ordinal for title in titles)


def _is_model(node: YamlMapping) -> bool:
    keys = {key.raw for key, _ in node}
    return not keys.isdisjoint(_OWN) and len(keys & _KNOWN) * 2 > len(keys)
