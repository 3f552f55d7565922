"""Stages as a whole: that there are some, and that each can be told from the others."""

from __future__ import annotations

from ...dsl.diagnostics import Label
from ...dsl.names import slug
from ...dsl.source import Span
from ...dsl.syntax import YamlNode, YamlScalar, YamlSequence
from ..findings import Findings
from ..plan import Plan
from ..sites import StageSite, Workflow


def missing_name(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM101: the front matter gives no name."""
    if workflow.has_front and workflow.front.name is None:
        findings.add(
            "ARM101",
            "the workflow has no name",
            workflow.front.span,
            help="add `name:` with a short name such as incident-response",
        )


def no_stages(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM112: nothing in the document is a stage."""
    if workflow.has_front and not workflow.stages:
        findings.add(
            "ARM112",
            "the document describes no stage",
            workflow.front.span,
            help="write a heading such as `### Stage 1: Triage (agent)` with a YAML block below",
        )


def duplicate_stages(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM109: two headings have one title, or two stages one ordinal."""
    titles: dict[str, StageSite] = {}
    ordinals: dict[str, StageSite] = {}
    for stage in sorted(workflow.stages, key=lambda stage: stage.text_order):
        first = titles.setdefault(slug(stage.title.value), stage)
        if first is not stage:
            _twice(findings, f"two stages are called '{stage.name}'", stage.title.span, first)
            continue
        if stage.ordinal is not None:
            first = ordinals.setdefault(slug(stage.ordinal.value), stage)
            if first is not stage:
                message = f"two stages have the ordinal {stage.ordinal.value}"
                _twice(findings, message, stage.ordinal.span, first)


def _twice(findings: Findings, message: str, span: Span, first: StageSite) -> None:
    findings.add(
        "ARM109",
        message,
        span,
        secondary=(Label(first.title.span, "the first one"),),
        help="give each stage a title and an ordinal of its own",
    )


def without_actions(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM212: a stage has a section and nothing in it that is carried out."""
    for stage in workflow.stages:
        if stage.block is None or stage.block.unread or stage.actions:
            continue
        actions = stage.block.get("actions")
        waits = bool(stage.block.fields) and actions is None and len(stage.needs) > 1
        if not waits and (actions is None or _is_empty(actions)):
            findings.add(
                "ARM212",
                f"stage '{stage.name}' does nothing and is over at once",
                stage.title.span,
                label="no actions",
                notes=() if stage.block.fields else ("prose alone is not carried out",),
                help="write its `actions:` in YAML",
            )


def _is_empty(node: YamlNode) -> bool:
    if isinstance(node, YamlScalar):
        return node.value is None
    return isinstance(node, YamlSequence) and not node.items
