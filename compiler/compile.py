"""From a document to a plan: the one entry to this package.

Upholds that compiling never raises on any document, and that a plan exists exactly when nothing
found is an error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, cast

from ..dsl.collector import collector_paused
from ..dsl.diagnostics import Diagnostic, Level
from ..dsl.parse import parse
from ..dsl.source import SourceFile
from ..dsl.syntax import Document, Text
from . import policy
from .actions import read_actions, read_on_failure
from .approvals import resolve_approvals
from .checks import CHECKS
from .conditions import guard_of
from .fields import Fields
from .findings import Findings
from .front import read_front
from .ignores import apply_ignores
from .names import resolve_names
from .outline import read_outline, resolve_stage, stage_names
from .plan import Kind, OnFailure, Plan, Stage
from .sites import Front, Outline, StageSite, Workflow


@dataclass(frozen=True, slots=True)
class Compiled:
    """The plan, None where an error forbids one, and every finding in the order of the text."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]


def compile_source(source: SourceFile) -> Compiled:
    """Parse and compile a text, and apply its inline ignores."""
    with collector_paused():
        document, parsed = parse(source)
        compiled = compile_document(source, document)
        found = apply_ignores(source, document, (*parsed, *compiled.diagnostics))
    failed = any(diagnostic.level is Level.ERROR for diagnostic in parsed)
    return Compiled(None if failed else compiled.plan, found)


def compile_document(source: SourceFile, document: Document) -> Compiled:
    """Compile a document that was parsed; inline ignores are not applied."""
    findings = Findings()
    workflow = _resolve(source, document, Fields(findings))
    unsupplied = resolve_names(workflow)
    resolve_approvals(workflow)
    plan = _plan(workflow, unsupplied)
    for check in CHECKS:
        check(workflow, plan, findings)
    failed = findings.failed or document.front is None
    return Compiled(None if failed else plan, findings.listed())


def _resolve(source: SourceFile, document: Document, fields: Fields) -> Workflow:
    front = read_front(document, fields)
    outline = read_outline(document, fields)
    in_text = sorted(outline.stages, key=lambda stage: stage.text_order)
    texts: list[Text] = [stage.agent for stage in in_text if stage.agent is not None]
    agents = policy.declared_agents(front, texts)
    for stage in outline.stages:
        if stage.agent is not None:
            spelt = policy.spelling(stage.agent.value, agents)
            stage.agent = Text(spelt, stage.agent.span)
    for stage in in_text:
        _read_stage(stage, fields)
    _resolve_gotos(outline, fields)
    _mark_closing(outline)
    rows = policy.read_rows(document)
    ladder = policy.read_ladder(document)
    return Workflow(
        front=front,
        outline=outline,
        agents=agents,
        levels=policy.read_levels(rows, agents),
        rows=rows,
        ladder=ladder,
        rungs=policy.sorted_rungs(ladder),
        clock=policy.stated_clock(source, document, ladder, front.escalation),
        invocations=document.invocations,
        has_front=document.front is not None,
    )


def _read_stage(stage: StageSite, fields: Fields) -> None:
    if stage.block is None:
        return
    guard = stage.block.get("when") or stage.block.get("condition")
    stage.guard = fields.guard(guard, "the condition")
    stage.timeout_ms = fields.duration(stage.block.get("timeout"), "timeout")
    read = read_on_failure(stage.block.get("on_failure"), OnFailure.BLOCK, fields)
    stage.on_failure, stage.goto_id, stage.goto = read
    stage.actions = read_actions(stage, fields)


def _resolve_gotos(outline: Outline, fields: Fields) -> None:
    """Turn the names of stages to go to into ids."""
    names = stage_names(outline)
    for stage in outline.stages:
        if stage.goto_id is not None and stage.goto is not None:
            name = Text(stage.goto_id, stage.goto.span)
            stage.goto_id = resolve_stage(name, names, fields) or stage.goto_id
        for site in stage.actions:
            if site.action.goto is not None and site.goto is not None:
                name = Text(site.action.goto, site.goto.span)
                goto = resolve_stage(name, names, fields) or site.action.goto
                site.action = replace(site.action, goto=goto)


def _mark_closing(outline: Outline) -> None:
    needed = {need for stage in outline.stages for need in stage.needs}
    for stage in outline.stages:
        documents = stage.actions and all(s.kind is Kind.DOCUMENT for s in stage.actions)
        stage.closing = bool(documents) and stage.id not in needed


def _plan(workflow: Workflow, unsupplied: tuple[str, ...]) -> Plan:
    front = workflow.front
    return Plan(
        name=front.name.value if front.name else "",
        description=front.description,
        pattern=front.pattern.value if front.pattern else "",
        coordinator=front.coordinator.value if front.coordinator else None,
        agents=workflow.agents,
        priority=front.priority,
        stages=tuple(_stage(site) for site in workflow.stages),
        severities=tuple(level.policy for level in workflow.levels),
        escalation=policy.escalation_policy(workflow.rungs, workflow.clock, front.escalation),
        inputs=tuple(site.input for site in front.inputs),
        unsupplied=unsupplied,
        unstaffed=_unstaffed(front),
        timezone=front.timezone,
        immediate_ms=front.immediate_ms,
        patience_ms=front.patience_ms,
    )


def _unstaffed(front: Front) -> Literal["omit", "page", "ask", "error"]:
    return cast(Literal["omit", "page", "ask", "error"], front.unstaffed)


def _stage(site: StageSite) -> Stage:
    return Stage(
        id=site.id,
        ordinal=site.ordinal.value if site.ordinal else "",
        title=site.title.value,
        agent=site.agent.value if site.agent else None,
        needs=site.needs,
        actions=tuple(action.action for action in site.actions),
        when=guard_of(site.guard.condition) if site.guard else None,
        on_failure=site.on_failure,
        goto=site.goto_id,
        timeout_ms=site.timeout_ms,
        closing=site.closing,
    )
