"""The stages of a configuration block and those of the text, compared and put together.

A stage of the block is one of the text where their ordinals are equal, else their titles. Keys,
actions and keys of actions that one of the two leaves out are taken from the other.
"""

from __future__ import annotations

from dataclasses import replace

from ..dsl.names import slug
from ..dsl.syntax import (
    Document,
    StageBlock,
    StageTitle,
    YamlMapping,
    YamlNode,
    YamlScalar,
    YamlSequence,
)
from .agreement import ALIASES, Agreement
from .fields import text_of

Entry = tuple[YamlScalar, YamlNode]

_TITLES = ("name", "id", "description")


def merged_stages(
    document: Document, block: Document, agreement: Agreement
) -> tuple[StageBlock, ...]:
    """The stages of the text with what the block adds to them, then those that it adds."""
    if not block.stages:
        return document.stages
    known = _Known(document.stages)
    drawn = {key for flow in document.flows for node in flow.nodes for key in _keys(node.title)}
    given: dict[int, StageBlock] = {}
    more: list[StageBlock] = []
    for stage in block.stages:
        at = known.find(stage)
        if at is not None:
            given[at] = stage
            continue
        more.append(stage)
        if document.stages and drawn.isdisjoint(_keys(stage.title)):
            first = document.stages[0].title.title
            agreement.alone(_called(stage), stage.title.title.span, first.span, in_block=True)
    stages: list[StageBlock] = []
    for at, stage in enumerate(document.stages):
        if at in given:
            stages.append(_merged(stage, given[at], known, agreement))
            continue
        stages.append(stage)
        first = block.stages[0].title.title
        agreement.alone(_called(stage), stage.title.title.span, first.span, in_block=False)
    return (*stages, *more)


def _called(stage: StageBlock) -> str:
    return f"the stage '{stage.title.title.value}'"


def _keys(title: StageTitle) -> set[str]:
    """The ways to name a stage by its title."""
    name = slug(title.title.value)
    if title.ordinal is None:
        return {name}
    ordinal = slug(title.ordinal.value)
    return {name, ordinal, f"{ordinal}-{name}"}


def _stated(stage: StageBlock) -> set[str]:
    """The names that its keys give a stage."""
    nodes = (stage.get(key) for key in ("id", "name"))
    return {slug(node.raw) for node in nodes if isinstance(node, YamlScalar)}


class _Known:
    """The stages of the text by every way to name one."""

    def __init__(self, stages: tuple[StageBlock, ...]) -> None:
        self.places: dict[str, int] = {}
        for at, stage in enumerate(stages):
            for name in sorted(_keys(stage.title) | _stated(stage)):
                self.places.setdefault(name, at)

    def find(self, stage: StageBlock) -> int | None:
        """The place of the stage that one of the block is: by ordinal, else by title or id."""
        ordinal = stage.title.ordinal
        if ordinal is not None and (at := self.named(ordinal.value)) is not None:
            return at
        names = (slug(stage.title.title.value), *sorted(_stated(stage)))
        return next((at for name in names if (at := self.named(name)) is not None), None)

    def named(self, name: str) -> int | None:
        """The place of the stage that a name means."""
        return self.places.get(slug(name).removeprefix("stage-"))


def _merged(text: StageBlock, block: StageBlock, known: _Known, agreement: Agreement) -> StageBlock:
    of = f"of '{text.title.title.value}'"
    title, other = text.title.title, block.title.title
    if slug(title.value) not in _keys(block.title) | _stated(block):
        agreement.differ(f"the title {of}", other, title)
    agent, ordinal = text.title.agent, text.title.ordinal or block.title.ordinal
    entries = list(text.fields)
    places = {ALIASES.get(key.raw, key.raw): at for at, (key, _) in enumerate(entries)}
    for key, value in block.fields:
        name = ALIASES.get(key.raw, key.raw)
        if name in _TITLES:
            continue
        if name in places:
            own, stated = entries[places[name]]
            entries[places[name]] = (own, _merged_value(key, of, value, stated, known, agreement))
        elif name == "agent" and agent is not None:
            agreement.names(
                f"the agent {of}", value, YamlScalar(agent.value, agent.value, agent.span)
            )
        else:
            entries.append((key, value))
    return replace(text, title=replace(text.title, ordinal=ordinal), fields=tuple(entries))


def _merged_value(
    key: YamlScalar,
    of: str,
    block: YamlNode,
    text: YamlNode,
    known: _Known,
    agreement: Agreement,
) -> YamlNode:
    """The value of a key that both state."""
    what = f"`{key.raw}` {of}"
    if key.raw == "actions":
        return _merged_actions(of, block, text, agreement)
    if key.raw in ("agent", "outputs"):
        agreement.names(what, block, text)
    elif key.raw not in ("needs", "depends_on"):
        return agreement.merged(what, block, text)
    elif _needs(block, known) != _needs(text, known):
        agreement.names(what, block, text)
    return text


def _needs(node: YamlNode, known: _Known) -> set[int | str]:
    items = node.items if isinstance(node, YamlSequence) else (node,)
    names = [item.raw for item in items if isinstance(item, YamlScalar) and item.raw.strip()]
    return {at if (at := known.named(name)) is not None else slug(name) for name in names}


# --- actions --------------------------------------------------------------------------------------


def _merged_actions(of: str, block: YamlNode, text: YamlNode, agreement: Agreement) -> YamlNode:
    """The actions of the text, each with what the block adds to it, then those that it adds."""
    configured, own = _actions(block), _actions(text)
    if not configured or not own:
        return agreement.merged(f"`actions` {of}", block, text)
    merged = dict(own)
    for name, (key, body) in configured.items():
        if name in own:
            what = f"'{text_of(key).value}' {of}"
            merged[name] = (own[name][0], agreement.merged(what, body, own[name][1]))
        else:
            first = next(iter(own.values()))[0]
            agreement.alone(f"the action '{key.raw}' {of}", key.span, first.span, in_block=True)
            merged[name] = (key, body)
    first = next(iter(configured.values()))[0]
    for name, (key, _) in own.items():
        if name not in configured:
            agreement.alone(f"the action '{key.raw}' {of}", key.span, first.span, in_block=False)
    items = tuple(YamlMapping((entry,), text.span) for entry in merged.values())
    return YamlSequence(items, text.span)


def _actions(node: YamlNode) -> dict[str, Entry]:
    """The actions by name; empty where they are not written as such."""
    if isinstance(node, YamlMapping):
        entries = list(node.entries)
    elif isinstance(node, YamlSequence):
        entries = [_entry(item) for item in node.items]
    else:
        entries = []
    found = {slug(entry[0].raw): entry for entry in entries if entry is not None}
    return found if len(found) == len(entries) else {}


def _entry(item: YamlNode) -> Entry | None:
    if not isinstance(item, YamlMapping):
        return None
    if len(item.entries) == 1:
        return item.entries[0]
    name = item.get("name") or item.get("id")
    if not isinstance(name, YamlScalar) or not name.raw.strip():
        return None
    rest = tuple(entry for entry in item.entries if entry[0].raw not in ("name", "id"))
    return name, YamlMapping(rest, item.span)
