"""Drawing and headings compared: stages, agents, titles and edges."""

from __future__ import annotations

from ...dsl.diagnostics import Label
from ...dsl.names import slug
from ...dsl.source import Span
from ...dsl.syntax import FlowNode
from ..findings import Findings
from ..graph import Order, ordinal_key
from ..plan import Plan
from ..sites import StageSite, Workflow


def missing_stages(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM203: a heading that is not drawn. ARM204: a drawn box without a heading."""
    if workflow.outline.drawing_span is None:
        return
    has_headings = any(stage.block is not None for stage in workflow.stages)
    for stage in workflow.stages:
        if stage.node is None:
            findings.add(
                "ARM203",
                f"stage '{stage.name}' is missing from the drawing",
                stage.title.span,
                secondary=(Label(_head(workflow.outline.drawing_span), "the drawing"),),
                help="draw a box for it, or remove its section",
            )
        elif stage.block is None and has_headings:
            findings.add(
                "ARM204",
                f"the drawn stage '{stage.name}' has no section, so it has no actions",
                stage.title.span,
                help="write a heading with its actions, or remove the box",
            )


def _head(span: Span) -> Span:
    return Span(span.file, span.start, min(span.end, span.start + 3))


def differing_stages(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM205: another agent is drawn. ARM210: another title is drawn."""
    for stage in workflow.stages:
        if stage.node is None or stage.block is None:
            continue
        drawn, written = stage.node.title, stage.block.title
        ordinal_only = stage.ordinal and slug(drawn.title.value) == f"stage-{_ordinal(stage)}"
        if not ordinal_only and not _spells(stage.node, slug(written.title.value)):
            findings.add(
                "ARM210",
                f"the drawing calls stage '{written.title.value}' '{drawn.title.value}'",
                drawn.title.span,
                secondary=(Label(written.title.span, "the heading"),),
                help="use one title in both places",
            )
        agent = stage.agent
        if drawn.agent and agent and slug(drawn.agent.value) != slug(agent.value):
            findings.add(
                "ARM205",
                f"'{stage.name}' is drawn for '{drawn.agent.value}' and written for"
                f" '{agent.value}'",
                drawn.agent.span,
                secondary=(Label(agent.span, "the stage's own section counts"),),
                help="name one agent in both places",
            )


def _spells(node: FlowNode, title: str) -> bool:
    """Whether a box has this title, in one line or broken over the next ones."""
    spelt = slug(node.title.title.value)
    for line in node.lines:
        if spelt == title or not title.startswith(spelt):
            break
        spelt = slug(f"{spelt} {line.value}")
    return spelt == title


def _ordinal(stage: StageSite) -> str:
    return slug(stage.ordinal.value) if stage.ordinal else ""


def differing_edges(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM206: ``needs`` and drawing differ, or an arrow runs against the ordinals.

    A need that follows from the arrows is no difference, nor is an arrow that follows from needs.
    """
    drawn = workflow.outline.drawn
    if not drawn or workflow.outline.cycle:
        return
    stages = {stage.id: stage for stage in workflow.stages}
    pairs = {(edge.source, edge.target): edge.span for edge in drawn}
    needed = Order((need, stage.id) for stage in workflow.stages for need in stage.needs)
    arrows = Order(pairs)
    for (source, target), span in pairs.items():
        stated = stages[target].stated_needs
        if stated is None:
            _check_ordinals(stages[source], stages[target], span, findings)
        elif not needed.has(source, target):
            findings.add(
                "ARM206",
                f"'{stages[source].name}' is drawn before '{stages[target].name}',"
                " which does not need it",
                span,
                secondary=tuple(Label(place, "needs only this") for _, place in stated[:1]),
                help="state the same edges in both places; `needs:` counts",
            )
    _check_redrawn(workflow, stages, pairs, findings)
    for stage in workflow.stages:
        for need, span in stage.stated_needs or ():
            if not arrows.has(need, stage.id) and stage.node and stages[need].node:
                findings.add(
                    "ARM206",
                    f"'{stage.name}' needs '{stages[need].name}', and no arrow is drawn",
                    span,
                    secondary=(Label(stage.node.title.span, "drawn here"),),
                    help="state the same edges in both places; `needs:` counts",
                )


def _check_redrawn(
    workflow: Workflow,
    stages: dict[str, StageSite],
    chart: dict[tuple[str, str], Span],
    findings: Findings,
) -> None:
    """Edges between stages of both the chart and the box drawing that stand in one of them."""
    redrawn, chart_span = workflow.outline.redrawn, workflow.outline.drawing_span
    if redrawn is None or chart_span is None:
        return
    boxes = {(edge.source, edge.target): edge.span for edge in redrawn.edges}
    for has, lacks, where in ((chart, boxes, redrawn.span), (boxes, chart, chart_span)):
        for (source, target), span in has.items():
            both = all(stages[id].node and id in redrawn.stages for id in (source, target))
            if both and (source, target) not in lacks:
                findings.add(
                    "ARM206",
                    f"only one of two drawings leads from '{stages[source].name}' to"
                    f" '{stages[target].name}'",
                    span,
                    secondary=(Label(_head(where), "not in this drawing"),),
                    help="draw the same edges in both; the Mermaid chart counts",
                )


def _check_ordinals(source: StageSite, target: StageSite, span: Span, findings: Findings) -> None:
    if source.ordinal is None or target.ordinal is None:
        return
    before, after = ordinal_key(source.ordinal.value), ordinal_key(target.ordinal.value)
    siblings = len(before) == len(after) == 2 and before[0] == after[0] and before != after
    if after >= before and not siblings:
        return
    how = "the ordinals put side by side" if siblings else "the ordinals put the other way"
    findings.add(
        "ARM206",
        f"an arrow leads from stage {source.ordinal.value} to stage {target.ordinal.value},"
        f" which {how}",
        span,
        secondary=(Label(source.ordinal.span, "from"), Label(target.ordinal.span, "to")),
        help="mend the arrow or the ordinals; the drawing counts",
    )
