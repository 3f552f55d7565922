"""What is said for the case of failure and would not happen: ways back, attempts, undoing."""

from __future__ import annotations

from collections.abc import Iterator

from ...dsl.diagnostics import Label
from ...dsl.source import Span
from ...dsl.syntax import YamlMapping, YamlNode, YamlScalar
from ..findings import Findings, listing
from ..graph import Order
from ..plan import Effect, OnFailure, Plan
from ..sites import ActionSite, StageSite, Workflow


def gotos(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM211: a failure leads to a stage that this one does not build on, and so to none."""
    stages = {stage.id: stage for stage in workflow.stages}
    ways = [(stage, *way) for stage in workflow.stages for way in _gotos(stage)]
    if not ways or workflow.outline.cycle:
        return
    order = Order((need, stage.id) for stage in workflow.stages for need in stage.needs)
    for stage, target, node in ways:
        to = stages.get(target)  # ARM111 speaks of one that is not there
        if to is not None and to is not stage and not order.has(target, stage.id):
            findings.add(
                "ARM211",
                f"a failure here cannot lead on to '{to.name}', and asks a person instead",
                node.span,
                label="only back to what came before",
                secondary=(Label(to.title.span, f"'{stage.name}' does not build on it"),),
                help=f"go to {listing((*stage.needs[-3:], stage.id), 'or')}, or state `block`",
            )


def _gotos(stage: StageSite) -> Iterator[tuple[str, YamlScalar]]:
    if stage.goto_id is not None and stage.goto is not None:
        yield stage.goto_id, stage.goto
    for site in stage.actions:
        if site.action.goto is not None and site.goto is not None:
            yield site.action.goto, site.goto


# --- attempts -------------------------------------------------------------------------------------


def idle_retries(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM526: a wait between attempts is stated, and only one attempt is made."""
    for stage in workflow.stages:
        for site in stage.actions:
            retry = site.fields.get("retry") if site.fields is not None else None
            if not isinstance(retry, YamlMapping):
                continue
            key = retry.key("backoff")
            if key is not None and site.action.retry.attempts == 1:
                findings.add(
                    "ARM526",
                    f"'{site.action.name}' is tried once, so it never waits for another attempt",
                    key.span,
                    label="never waited",
                    notes=_why_once(site, retry),
                    help="state `attempts:`, 2 or more, or leave `retry:` out",
                )


def _why_once(site: ActionSite, retry: YamlMapping) -> tuple[str, ...]:
    if retry.get("attempts") is None and site.action.effect is Effect.UNSAFE:
        return ("what is unsafe is tried once unless the document says otherwise",)
    return ()


# --- undoing --------------------------------------------------------------------------------------


def nothing_to_compensate(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM527: a failure undoes what the stage has done, and nothing in it says how."""
    for stage in workflow.stages:
        undone = False
        for site in stage.actions:
            own = site.action.on_failure
            if own is OnFailure.COMPENSATE and not undone and site.fields is not None:
                _nothing(findings, stage, site.fields.get("on_failure"), site)
            undone = undone or site.action.compensate is not None
        if stage.on_failure is not OnFailure.COMPENSATE or stage.block is None:
            continue
        if not any(site.action.compensate for site in stage.actions[:-1]):
            last = stage.actions[-1] if stage.actions else None
            _nothing(findings, stage, stage.block.get("on_failure"), last)


def _nothing(
    findings: Findings, stage: StageSite, node: YamlNode | None, failed: ActionSite | None
) -> None:
    if node is None:
        return
    own = failed is not None and failed.action.compensate is not None
    findings.add(
        "ARM527",
        f"nothing in '{stage.name}' before this failure can be undone",
        node.span,
        label="undoes nothing",
        notes=("what failed is itself not undone, only what was done before it",) if own else (),
        help="add `compensate:` to the actions before it, or leave it to `block`",
    )


def nothing_to_undo(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM528: an action that only reads has a compensation."""
    for stage in workflow.stages:
        for site in stage.actions:
            if site.action.compensate is not None and site.action.effect is Effect.READ:
                findings.add(
                    "ARM528",
                    f"'{site.action.name}' only reads, so there is nothing to undo",
                    _key(site, "compensate"),
                    label="undoes what was never done",
                    help="move `compensate:` to the action that it undoes",
                )


def _key(site: ActionSite, name: str) -> Span:
    key = site.fields.key(name) if site.fields is not None else None
    return key.span if key is not None else site.key.span
