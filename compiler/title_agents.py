"""Agents whose names are spelt in several words at the end of a title: ``Look (Site Reliability)``.

The readers take one word in parentheses for an agent. Several words are one only where the
document declares an agent of that name; else they belong to the title.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from ..dsl.names import slug
from ..dsl.patterns import lazy
from ..dsl.syntax import Document, FlowNode, StageTitle, Text
from ..dsl.words import clip
from .sites import Front

_BEHIND = lazy(r"\S.*?\s*\((?P<name>[^()]{1,100})\)\Z", re.DOTALL)
_ALONE = lazy(r"\((?P<name>[^()]{1,100})\)")


def with_title_agents(document: Document, front: Front) -> Document:
    """The document with such agents taken out of its headings and boxes."""
    declared = {slug(agent.value) for agent in front.agents}
    if front.coordinator is not None:
        declared.add(slug(front.coordinator.value))
    is_agent = declared.__contains__
    stages = tuple(replace(one, title=_split(one.title, is_agent)) for one in document.stages)
    flows = tuple(
        replace(flow, nodes=tuple(_of_node(node, is_agent) for node in flow.nodes))
        for flow in document.flows
    )
    return replace(document, stages=stages, flows=flows)


def _split(title: StageTitle, is_agent: Callable[[str], bool]) -> StageTitle:
    text = title.title
    match = _BEHIND.match(text.value) if title.agent is None and text.value[-1:] == ")" else None
    if match is None or not is_agent(slug(match["name"])):
        return title
    name = clip(text, *match.span("name"))
    return replace(title, title=clip(text, 0, match.start("name") - 1), agent=name)


def _of_node(node: FlowNode, is_agent: Callable[[str], bool]) -> FlowNode:
    title = _split(node.title, is_agent)
    if title.agent is not None:
        return node if title is node.title else replace(node, title=title)
    for line in node.lines:
        match = _ALONE.fullmatch(line.value)
        if match is not None and is_agent(slug(match["name"])):
            rest = tuple(other for other in node.lines if other is not line)
            return replace(node, title=replace(title, agent=_name(line, match)), lines=rest)
    return node


def _name(line: Text, match: re.Match[str]) -> Text:
    return clip(line, *match.span("name"))
