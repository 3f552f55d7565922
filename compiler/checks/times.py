"""Times that do not go together: what is over too early to show anything, or never has its time."""

from __future__ import annotations

from ...dsl.diagnostics import Label
from ...dsl.syntax import YamlNode, YamlScalar
from ...dsl.timing import read_duration
from ..findings import Findings
from ..plan import Kind, Plan
from ..sites import ActionSite, StageSite, Workflow

_BRIEF_MS = 60_000
"""Alerts are evaluated every 15 s to 1 min, and most hold for a while before they fire."""


def watched_ms(site: ActionSite) -> int:
    """How long an action watches, whatever happens."""
    rollout = site.action.rollout
    return site.action.duration_ms + (rollout.watch_ms if rollout is not None else 0)


def stage_timeouts(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM213: a stage times out before what it watches has had its time."""
    for stage in workflow.stages:
        node = stage.block.get("timeout") if stage.block is not None else None
        watching = [site for site in stage.actions if site.guard is None and watched_ms(site)]
        total = sum(map(watched_ms, watching))
        if node is None or not stage.timeout_ms or not watching or total < stage.timeout_ms:
            continue
        findings.add(
            "ARM213",
            f"'{stage.name}' fails after {span_of_time(stage.timeout_ms)},"
            f" and watches for {span_of_time(total)}",
            node.span,
            label="too short",
            secondary=tuple(
                Label(_watch(site).span, span_of_time(watched_ms(site))) for site in watching
            ),
            help=f"allow the stage more than {span_of_time(total)}, or watch for less",
        )


def _watch(site: ActionSite) -> YamlNode:
    for name in ("duration", "monitor_duration"):
        node = site.fields.get(name) if site.fields is not None else None
        if node is not None:
            return node
    return site.key


def brief_watches(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM525: a watch is over before an alert can fire."""
    for stage in workflow.stages:
        for site in stage.actions:
            watches = site.kind is Kind.MONITOR or _watch(site) is not site.key
            if watches and watched_ms(site) < _BRIEF_MS and not _wrong(site):
                findings.add(
                    "ARM525",
                    f"'{site.action.name}' watches for {span_of_time(watched_ms(site))},"
                    " and is over before an alert can fire",
                    _watch(site).span,
                    label="too short to see anything",
                    help="watch for some minutes",
                )


def _wrong(site: ActionSite) -> bool:
    """The time is stated and cannot be read, which is said elsewhere."""
    node = _watch(site)
    text = node.raw.strip() if isinstance(node, YamlScalar) else ""
    return node is not site.key and read_duration(text) is None


_SHORTEST_MS = 1_000


def no_time(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM535: a timeout leaves no time to do anything."""
    for stage in workflow.stages:
        node = stage.block.get("timeout") if stage.block is not None else None
        _no_time(stage.name, node, findings)
        for site in stage.actions:
            node = site.fields.get("timeout") if site.fields is not None else None
            _no_time(site.action.name, node, findings)


def _no_time(name: str, node: YamlNode | None, findings: Findings) -> None:
    allowed = read_duration(node.raw.strip()) if isinstance(node, YamlScalar) else None
    if node is not None and allowed is not None and allowed < _SHORTEST_MS:
        findings.add(
            "ARM535",
            f"'{name}' has {span_of_time(allowed)}, in which nothing is done",
            node.span,
            label="no time",
            help="allow it seconds or minutes: `30s`, `5m`",
        )


def single_looks(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM531: a check is read once only, for its next reading would come too late."""
    for stage in workflow.stages:
        for site in stage.actions:
            poll = _poll(stage, site)
            limit = site.action.timeout_ms
            if poll is None or limit is None or site.action.poll_ms < limit:
                continue
            stated = site.fields.get("timeout") if site.fields is not None else None
            findings.add(
                "ARM531",
                f"'{site.action.name}' is read once: it has {span_of_time(limit)},"
                f" and the next reading comes after {span_of_time(site.action.poll_ms)}",
                poll.span,
                label="too late",
                secondary=(Label(stated.span, "all its time"),) if stated is not None else (),
                notes=() if stated is not None else ("10 min is what a verification has",),
                help="read it more often, or allow it more time",
            )


def _poll(stage: StageSite, site: ActionSite) -> YamlNode | None:
    if site.kind is not Kind.VERIFY or site.fields is None:
        return None
    return site.fields.get("poll")


_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


def span_of_time(ms: int) -> str:
    """A duration as people write it: ``90 s``, ``2 h``."""
    for size, unit in _UNITS:
        if ms >= size and ms % size == 0:
            return f"{ms // size} {unit}"
    return f"{ms} ms" if 0 < ms < 1_000 else f"{ms / 1000:g} s"
