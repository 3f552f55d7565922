"""The stages of a document and their edges, from headings, drawing, ``needs`` and ordinals.

A stage is stated by a heading, a drawn box, or both: they are one where their ordinals are equal,
else where their titles are. Edges come from the most authoritative source that speaks of a stage:
its ``needs``, then the drawing (a Mermaid chart before a box drawing), then the ordinals, in which
``2a`` and ``2b`` run side by side, then the order of the text. Sources that differ are reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..dsl.names import slug
from ..dsl.source import Span
from ..dsl.stages import title_keys
from ..dsl.syntax import Document, Flow, FlowNode, StageBlock, StageTitle, Text, YamlScalar
from .fields import Fields, text_of
from .graph import find_cycle, ordinal_key, topological
from .sites import EdgeSite, Outline, Redrawn, StageSite

STAGE_KEYS: tuple[str, ...] = (
    "actions",
    "output",
    "output_template",
    "outputs",
    "needs",
    "depends_on",
    "agent",
    "when",
    "condition",
    "timeout",
    "on_failure",
    "approval_required",
    "name",
    "id",
    "description",
)


def read_outline(document: Document, fields: Fields) -> Outline:
    """The stages in plan order, with their needs."""
    flow, second = _flows_of(document)
    trigger = _trigger(flow, document.stages) if flow else None
    stages, by_node = _stages(document, flow, trigger, fields)
    drawn = _drawn(flow, by_node) if flow else None
    _read_needs(stages, fields)
    outline = Outline(stages, drawn, flow.span if flow else None)
    outline.redrawn = _redrawn(second, stages) if second else None
    if flow and trigger:
        outline.trigger_targets = frozenset(
            by_node[edge.target].id
            for edge in flow.edges
            if edge.source == trigger.id and edge.target in by_node
        )
    _set_needs(outline)
    _put_in_order(outline)
    return outline


# --- which drawing, which boxes -------------------------------------------------------------------


def _matches(node: StageTitle, block: StageTitle) -> bool:
    if node.ordinal is not None and block.ordinal is not None:
        return node.ordinal.value.lower() == block.ordinal.value.lower()
    return slug(node.title.value) == slug(block.title.value)


def _flows_of(document: Document) -> tuple[Flow | None, Flow | None]:
    """The drawing of these stages, and a box drawing of them beside a Mermaid chart.

    Mermaid comes before boxes; a drawing is of these stages where it shares one with a heading.
    """
    keys = title_keys(block.title for block in document.stages)
    of_stages = [flow for flow in document.flows if _shows(flow, keys)]
    charts = [flow for flow in of_stages if flow.form == "mermaid"]
    boxes = [flow for flow in of_stages if flow.form != "mermaid"]
    first = next(iter((*charts, *boxes)), None)
    return first, boxes[0] if charts and boxes else None


def _shows(flow: Flow, keys: set[tuple[str, str]]) -> bool:
    if flow.confidence == "none" or not flow.nodes:
        return False
    return not keys or not keys.isdisjoint(title_keys(node.title for node in flow.nodes))


def _trigger(flow: Flow, blocks: Sequence[StageBlock]) -> FlowNode | None:
    """The first box, where it has no ordinal, agent or heading and starts the flow."""
    if len(flow.nodes) < 2:
        return None
    first = flow.nodes[0]
    targets = {edge.target for edge in flow.edges}
    sources = {edge.source for edge in flow.edges}
    plain = first.title.ordinal is None and first.title.agent is None
    matched = any(_matches(first.title, block.title) for block in blocks)
    if plain and not matched and first.id not in targets and first.id in sources:
        return first
    return None


@dataclass(slots=True)
class _Matcher:
    """Finds the drawn box of a heading: by ordinal, else by title; each box once."""

    by_ordinal: dict[str, FlowNode]
    by_title: dict[str, FlowNode]

    def take(self, title: StageTitle) -> FlowNode | None:
        node = None
        if title.ordinal is not None:
            node = self.by_ordinal.get(title.ordinal.value.lower())
        if node is None:
            node = self.by_title.get(slug(title.title.value))
            if node and node.title.ordinal and title.ordinal:
                node = None
        if node is not None:
            self._drop(node)
        return node

    def _drop(self, node: FlowNode) -> None:
        for table in (self.by_ordinal, self.by_title):
            for key in _nodetitle_keys(node):
                if table.get(key) is node:
                    del table[key]


def _matcher(nodes: Sequence[FlowNode]) -> _Matcher:
    matcher = _Matcher({}, {})
    for node in reversed(nodes):
        if node.title.ordinal:
            matcher.by_ordinal[node.title.ordinal.value.lower()] = node
        matcher.by_title[slug(node.title.title.value)] = node
    return matcher


def _nodetitle_keys(node: FlowNode) -> tuple[str, ...]:
    title = slug(node.title.title.value)
    return (title, node.title.ordinal.value.lower()) if node.title.ordinal else (title,)


def _stages(
    document: Document, flow: Flow | None, trigger: FlowNode | None, fields: Fields
) -> tuple[list[StageSite], dict[str, StageSite]]:
    """The stages in the order of the text, and the stage of each drawn box."""
    nodes = [node for node in flow.nodes if node is not trigger] if flow else []
    matcher = _matcher(nodes)
    taken: dict[str, int] = {}
    stages: list[StageSite] = []
    by_node: dict[str, StageSite] = {}
    for block in document.stages:
        node = matcher.take(block.title)
        stages.append(_from_block(block, node, len(stages), taken, fields))
        if node is not None:
            by_node[node.id] = stages[-1]
    for node in nodes:
        if node.id not in by_node:
            stages.append(_from_node(node, len(stages), taken))
            by_node[node.id] = stages[-1]
    return stages, by_node


def _unique(base: str, taken: dict[str, int]) -> str:
    """The name, or with the next free number; of each name taken the last number is known."""
    found, count = base, taken.get(base, 1)
    while found in taken:
        count += 1
        found = f"{base}-{count}"
    taken[base] = count
    taken.setdefault(found, 1)
    return found


def _id(title: StageTitle, at: int, taken: dict[str, int]) -> str:
    ordinal = title.ordinal.value if title.ordinal else str(at + 1)
    return _unique(slug(title.title.value) or f"stage-{slug(ordinal)}", taken)


def _from_block(
    block: StageBlock, node: FlowNode | None, at: int, taken: dict[str, int], fields: Fields
) -> StageSite:
    for key, _ in block.fields:
        if key.raw not in STAGE_KEYS:
            fields.unknown_key(key, STAGE_KEYS, "ARM103", "a stage")
    stated = fields.text(block.get("agent"), "the agent")
    agent = stated or block.title.agent or (node.title.agent if node else None)
    ordinal = block.title.ordinal or (node.title.ordinal if node else None)
    id = _id(block.title, at, taken)
    return StageSite(id, ordinal, block.title.title, agent, block, node, at)


def _from_node(node: FlowNode, at: int, taken: dict[str, int]) -> StageSite:
    title = node.title
    return StageSite(_id(title, at, taken), title.ordinal, title.title, title.agent, None, node, at)


# --- edges ----------------------------------------------------------------------------------------


def _drawn(flow: Flow, by_node: dict[str, StageSite]) -> tuple[EdgeSite, ...]:
    found: dict[tuple[str, str], EdgeSite] = {}
    for edge in flow.edges:
        source, target = by_node.get(edge.source), by_node.get(edge.target)
        if source is not None and target is not None:
            found.setdefault((source.id, target.id), EdgeSite(source.id, target.id, edge.span))
    return tuple(found.values())


def _redrawn(flow: Flow, stages: Sequence[StageSite]) -> Redrawn:
    """What a second drawing says of stages that are known without it."""
    matcher = _matcher(flow.nodes)
    by_node: dict[str, StageSite] = {}
    for stage in stages:
        node = matcher.take(StageTitle(stage.ordinal, stage.title, None, stage.title.span))
        if node is not None:
            by_node[node.id] = stage
    ids = frozenset(stage.id for stage in by_node.values())
    return Redrawn(ids, _drawn(flow, by_node), flow.span)


def _names_of(stages: Iterable[StageSite]) -> dict[str, str]:
    """How a stage may be named elsewhere: by id, title, ordinal, or ``stage 2a``."""
    names: dict[str, str] = {}
    for stage in stages:
        names.setdefault(stage.id, stage.id)
    for stage in stages:
        if stage.ordinal is not None:
            ordinal = slug(stage.ordinal.value)
            names.setdefault(ordinal, stage.id)
            names.setdefault(f"stage-{ordinal}", stage.id)
            names.setdefault(f"stage-{ordinal}-{stage.id}", stage.id)
        if stage.block is not None:
            for key in ("id", "name"):
                stated = stage.block.get(key)
                if isinstance(stated, YamlScalar):
                    names.setdefault(slug(stated.raw), stage.id)
    return names


def resolve_stage(name: Text, names: dict[str, str], fields: Fields) -> str | None:
    """The id of the stage that a name means; one that does not exist is reported."""
    found = names.get(slug(name.value))
    if found is None:
        fields.findings.add(
            "ARM111",
            f"no stage is called '{name.value}'",
            name.span,
            help=fields.findings.suggest(name.value, lambda: sorted(set(names.values()))),
        )
    return found


def _read_needs(stages: list[StageSite], fields: Fields) -> None:
    names = _names_of(stages)
    for stage in stages:
        if stage.block is None:
            continue
        node = stage.block.get("needs") or stage.block.get("depends_on")
        if node is None:
            continue
        stated: dict[str, Span] = {}
        for scalar in () if _is_empty(node) else fields.scalars(node, "needs"):
            name = text_of(scalar)
            if (found := resolve_stage(name, names, fields)) is not None:
                stated.setdefault(found, name.span)
        stage.stated_needs = tuple(stated.items())


def _is_empty(node: object) -> bool:
    return isinstance(node, YamlScalar) and node.value is None


def stage_names(outline: Outline) -> dict[str, str]:
    """Every way to name a stage, and the id it means."""
    return _names_of(sorted(outline.stages, key=lambda stage: stage.text_order))


def _set_needs(outline: Outline) -> None:
    incoming: dict[str, list[str]] = {stage.id: [] for stage in outline.stages}
    for edge in outline.drawn or ():
        incoming[edge.target].append(edge.source)
    stated = any(stage.stated_needs is not None for stage in outline.stages)
    drawn = bool(outline.drawn)
    fallback = {} if stated else _by_ordinal(outline.stages)
    for stage in outline.stages:
        if stage.stated_needs is not None:
            stage.needs = tuple(need for need, _ in stage.stated_needs)
        elif drawn and stage.node is not None:
            stage.needs = tuple(incoming[stage.id])
        else:
            stage.needs = fallback.get(stage.id, ())


def _by_ordinal(stages: list[StageSite]) -> dict[str, tuple[str, ...]]:
    """Needs by ordinal, where every stage has one; else each stage needs the one before it."""
    groups: list[list[StageSite]] = []
    last = None
    ordered = all(stage.ordinal is not None for stage in stages)
    if ordered:
        stages = sorted(stages, key=lambda s: (_rank(s), s.text_order))
    for stage in stages:
        number = _group(stage) if ordered else None
        if number is None or number != last:
            groups.append([])
        groups[-1].append(stage)
        last = number
    needs: dict[str, tuple[str, ...]] = {}
    for before, after in pairwise(groups):
        ids = tuple(stage.id for stage in before)
        needs.update((stage.id, ids) for stage in after)
    return needs


def _rank(stage: StageSite) -> tuple[tuple[int, int, str], ...]:
    return ordinal_key(stage.ordinal.value if stage.ordinal else None)


def _group(stage: StageSite) -> int | None:
    """The number of ``2a``, whose siblings share it; None for an ordinal without a letter."""
    rank = _rank(stage)
    if len(rank) == 2 and rank[0][0] == 0 and rank[1][0] == 1:
        return rank[0][1]
    return None


def _put_in_order(outline: Outline) -> None:
    """Sort the stages; a cycle is remembered and cut so that everything else can be checked."""
    stages = {stage.id: stage for stage in outline.stages}
    key = {stage.id: (_rank(stage), stage.text_order) for stage in outline.stages}
    needs = {stage.id: stage.needs for stage in outline.stages}
    order = topological(needs, key)
    if len(order) < len(stages):
        outline.cycle = find_cycle(needs)
        order = [stage.id for stage in sorted(outline.stages, key=lambda s: s.text_order)]
    place = {id: at for at, id in enumerate(order)}
    outline.stages = [stages[id] for id in order]
    for at, stage in enumerate(outline.stages):
        before = {need for need in stage.needs if place[need] < at}
        stage.needs = tuple(sorted(before, key=place.__getitem__))
