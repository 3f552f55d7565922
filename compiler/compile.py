"""From a document to a plan: the one entry to this package.

Upholds that compiling never raises on any document, and that a plan exists exactly when nothing
found is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

from ..dsl.collector import collector_paused
from ..dsl.diagnostics import Diagnostic, Label
from ..dsl.parse import parse, parse_policy
from ..dsl.source import SourceFile
from ..dsl.syntax import Document, Text
from . import policy
from .actions import read_actions, read_on_failure
from .approvals import resolve_approvals
from .checks import CHECKS, POLICY_CHECKS
from .conditions import guard_of
from .configuration import configured
from .extending import Extended, Load, extend
from .fields import Fields
from .findings import Findings
from .front import read_front
from .ignores import Page, apply_ignores
from .names import resolve_names
from .outline import read_outline, resolve_stage, stage_names
from .plan import Kind, OnFailure, Plan, Stage
from .recognition import is_policy
from .sites import Front, Outline, StageSite, Workflow
from .title_agents import with_title_agents


@dataclass(frozen=True, slots=True)
class Compiled:
    """The plan, None where an error forbids one, and every finding in the order of the places.

    ``sources`` are the files that findings may point into: the document first, then those that it
    extends. ``policy`` is what a file of shared policy states, as a plan without stages.
    ``expectations`` are what a drill of the document must show, in the words of scenarios.
    """

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    sources: tuple[SourceFile, ...]
    policy: Plan | None = None
    expectations: tuple[Text, ...] = ()

    @property
    def source(self) -> SourceFile:
        """The document itself."""
        return self.sources[0]


def compile_source(source: SourceFile, load: Load | None = None) -> Compiled:
    """Parse and compile a text with what it extends, and apply its inline ignores.

    ``load`` gives the files that ``extends:`` names, by names derived from that of ``source``;
    ``armada.load_file`` reads them. Without one, a document that extends another has no plan.
    """
    with collector_paused():
        return _compiled(source, *_configured(*parse(source)), load)


def check_source(source: SourceFile, load: Load | None = None) -> Compiled:
    """What is wrong with a text: a workflow, or shared policy, which never has a plan."""
    with collector_paused():
        return check_parsed(source, *parse(source), load)


def check_parsed(
    source: SourceFile, document: Document, parsed: Iterable[Diagnostic], load: Load | None = None
) -> Compiled:
    """The same of a text that was parsed, with what was found there."""
    document, found = _configured(document, parsed)
    if is_policy(document):
        return _checked(source, *_configured(*parse_policy(source)), load)
    return _compiled(source, document, found, load)


def _configured(document: Document, parsed: Iterable[Diagnostic]) -> tuple[Document, Findings]:
    """The document with what its configuration blocks add, and what was found so far."""
    findings = Findings()
    findings.extend(parsed)
    return configured(document, Fields(findings)), findings


def _compiled(
    source: SourceFile, document: Document, findings: Findings, load: Load | None
) -> Compiled:
    extended = extend(source, document, load)
    findings.extend(extended.diagnostics)
    expected = document.front.get("expectations") if document.front is not None else None
    expectations = Fields(findings).texts(expected, "the expectations")
    failed = findings.failed or document.front is None
    of_workflow = Findings()
    plan = _workflow_plan(extended.document, of_workflow)
    findings.extend(_placed(extended, source, of_workflow.listed()))
    found = _unignored(source, document, extended, findings.listed())
    plan = None if failed or of_workflow.failed else plan
    return Compiled(plan, found, _sources(source, extended), expectations=expectations)


def _checked(
    source: SourceFile, document: Document, findings: Findings, load: Load | None
) -> Compiled:
    extended = extend(source, document, load)
    findings.extend(extended.diagnostics)
    policy = _policy_plan(extended.document, findings)
    found = _unignored(source, document, extended, findings.listed())
    return Compiled(None, found, _sources(source, extended), policy)


def _sources(source: SourceFile, extended: Extended) -> tuple[SourceFile, ...]:
    return (source, *(shared.source for shared in extended.shared))


def _unignored(
    source: SourceFile, document: Document, extended: Extended, found: Iterable[Diagnostic]
) -> tuple[Diagnostic, ...]:
    shared = [Page(each.source, each.document.ignores) for each in extended.shared]
    return apply_ignores(Page(source, document.ignores), shared, extended.through, found)


def _placed(
    extended: Extended, source: SourceFile, found: Sequence[Diagnostic]
) -> Iterator[Diagnostic]:
    """The findings; one in a shared file that comes of this document says of which."""
    if not any(one.span.file in extended.through for one in found):
        yield from found
        return
    alone = {one for shared in extended.shared for one in _policy_findings(shared.document)}
    for one in found:
        at = extended.through.get(one.span.file)
        told = any(label.span.file == source.name for label in one.secondary)
        if at is None or told or one in alone:
            yield one
        else:
            yield replace(one, secondary=(*one.secondary, Label(at, "extended here")))


def _policy_findings(document: Document) -> tuple[Diagnostic, ...]:
    """What is wrong with shared policy whoever takes it over."""
    findings = Findings()
    _policy_plan(document, findings)
    return findings.listed()


def _policy_plan(document: Document, findings: Findings) -> Plan:
    policy_alone = replace(document, stages=(), flows=(), invocations=())
    workflow = _resolve(policy_alone, Fields(findings))
    plan = _plan(workflow, ())
    for check in POLICY_CHECKS:
        check(workflow, plan, findings)
    return plan


def _workflow_plan(document: Document, findings: Findings) -> Plan:
    workflow = _resolve(document, Fields(findings))
    unsupplied = resolve_names(workflow)
    resolve_approvals(workflow)
    plan = _plan(workflow, unsupplied)
    for check in CHECKS:
        check(workflow, plan, findings)
    return plan


def _resolve(document: Document, fields: Fields) -> Workflow:
    front = read_front(document, fields)
    document = with_title_agents(document, front)
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
        clock=policy.stated_clock(ladder, front.escalation),
        invocations=document.invocations,
        file=document.span.file,
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
        description=front.described.value if front.described else "",
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
        timezone=front.timezone.value if front.timezone else "UTC",
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
