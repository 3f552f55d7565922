"""The title of a stage taken apart: ordinal, title and agent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from lark import Token

from .grammar import parse_tree
from .patterns import lazy
from .syntax import StageTitle, Text
from .words import bare, clip

_WORD = lazy(r"[^\w(\[]*(?:stage|phase|step)\b", re.IGNORECASE)
_AGENT = lazy(r"[\[(](?:agent:\s{0,3})?([\w.@/-]+)[\])]|agent:\s{0,3}([\w.@/-]+)", re.I)
_PARTED = lazy(r"stage|phase|step|\A\d|\([\w.@/-]+\)\Z", re.IGNORECASE)
"""What a title of several parts cannot do without; the grammar takes any other as it is."""
_MAX = 1000


def read_heading(text: Text) -> StageTitle:
    """``Stage 2a: Diagnose (observability)`` in its parts; any other text is a title alone.

    Where nothing but the ordinal is written (``Stage 5``), the title is the whole text.
    """
    text = bare(text)
    if not text.value or len(text.value) > _MAX or not _PARTED.search(text.value):
        return StageTitle(None, text, None, text.span)
    tree = parse_tree("heading", text.value)
    parts = {token.type: token for token in cast("list[Token]", tree.children)}
    ordinal = _part(text, parts.get("ORDINAL") or parts.get("NUMBERED"))
    title = _part(text, parts.get("TITLE"))
    agent = parts.get("AGENT")
    name = None
    if agent is not None and (title or ordinal):
        start = cast(int, agent.start_pos)
        name = clip(text, start + 1, start + len(agent) - 1)
    if title is None:
        cut = cast(int, agent.start_pos) if agent is not None and ordinal else len(text.value)
        title = clip(text, 0, cut)
    return StageTitle(ordinal, bare(title), name, text.span)


def titled(lines: Sequence[Text]) -> tuple[StageTitle, tuple[Text, ...]]:
    """The first of a box's lines as its title, and those below, of which one may name the agent."""
    title = read_heading(lines[0])
    rest: list[Text] = []
    for line in lines[1:]:
        agent = _AGENT.fullmatch(line.value)
        if agent and title.agent is None:
            group = 1 if agent[1] else 2
            title = replace(title, agent=clip(line, agent.start(group), agent.end(group)))
        else:
            rest.append(line)
    return title, tuple(rest)


def says_stage(text: Text) -> bool:
    """Whether the text opens with the word stage, phase or step."""
    return _WORD.match(bare(text).value) is not None


def _part(text: Text, token: Token | None) -> Text | None:
    if token is None:
        return None
    start = cast(int, token.start_pos)
    part = clip(text, start, start + len(token))
    return part if part.value else None
