"""The escalation ladder: its clock, its windows, its guards and the deadlines it serves."""

from __future__ import annotations

from itertools import pairwise
from math import inf

from ...dsl.diagnostics import Label
from ...dsl.source import Span
from ...dsl.syntax import RungEntry, Window
from ..findings import Findings, listing
from ..plan import Plan
from ..policy import guarding_levels
from ..sites import LevelSite, Workflow

_FAR_AHEAD = 2
"""A rung is far ahead of a deadline where it comes before this part of it."""

_INCLUSIVE_MS = 60_000
"""``0-15 min`` and ``16-30 min`` leave nothing out: people count the minutes that they name."""


def clock(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM316: the document does not say what stops the ladder."""
    if workflow.ladder is not None and workflow.clock is None:
        findings.add(
            "ARM316",
            "the escalation path does not say what stops it; it climbs until the resolution",
            workflow.ladder.heading,
            help="write `while: unresolved` or `while: unacknowledged` under the heading",
        )


def windows(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM313: out of order. ARM311: a gap. ARM312: an overlap. ARM315: an empty window."""
    if workflow.ladder is None:
        return
    for rungs in paths(workflow.ladder.rungs):
        _order(rungs, findings)
    for rung in workflow.rungs:
        window = _window(rung)
        if _is_empty(window):
            findings.add(
                "ARM315",
                f"the rung '{window.text.value}' ends before it starts",
                window.text.span,
                help="write the earlier time first",
            )
    for rungs in paths(workflow.rungs):
        _neighbours(rungs, findings)


def paths(rungs: tuple[RungEntry, ...]) -> list[list[RungEntry]]:
    """The rungs as each level meets them; levels that no rung is guarded by say nothing new."""
    timed = [rung for rung in rungs if rung.window is not None]
    guards = [(rung, guarding_levels(rung)) for rung in timed]
    levels = sorted({level for _, named in guards for level in named})
    paths = [[rung for rung, named in guards if not named or at in named] for at in levels]
    return paths or [timed]


def _order(rungs: list[RungEntry], findings: Findings) -> None:
    for before, after in pairwise(rungs):
        if _window(after).from_ms < _window(before).from_ms:
            findings.add(
                "ARM313",
                f"the rung '{_window(after).text.value}' stands behind a later one",
                _window(after).text.span,
                secondary=(Label(_window(before).text.span, "starts later"),),
                help="write the rungs in order of time",
            )


def _window(rung: RungEntry) -> Window:
    assert rung.window is not None
    return rung.window


def _is_empty(window: Window) -> bool:
    return window.to_ms is not None and window.to_ms <= window.from_ms


def _neighbours(rungs: list[RungEntry], findings: Findings) -> None:
    """Each rung and the one before it that reaches furthest."""
    furthest: RungEntry | None = None
    for rung in rungs:
        if _is_empty(_window(rung)):
            continue
        if furthest is not None:
            _compare(furthest, rung, findings)
        if furthest is None or _end(rung) > _end(furthest):
            furthest = rung


def _end(rung: RungEntry) -> float:
    end = _window(rung).to_ms
    return inf if end is None else end


def _compare(first: RungEntry, second: RungEntry, findings: Findings) -> None:
    before, after = _window(first), _window(second)
    if before.to_ms is None:
        return
    label = (Label(before.text.span, "the rung before"),)
    if after.from_ms > before.to_ms + _INCLUSIVE_MS:
        findings.add(
            "ARM311",
            f"no rung covers {minutes(before.to_ms)} to {minutes(after.from_ms)}",
            after.text.span,
            secondary=label,
            help="let each rung start where the one before ends",
        )
    elif after.from_ms < before.to_ms and not _beside(first, second):
        findings.add(
            "ARM312",
            f"the rungs '{before.text.value}' and '{after.text.value}' overlap",
            after.text.span,
            secondary=label,
            help="let each rung start where the one before ends",
        )


def _beside(first: RungEntry, second: RungEntry) -> bool:
    """Whether one of two rungs of one window is for some levels: who else is told there."""
    before, after = _window(first), _window(second)
    return (before.from_ms, before.to_ms) == (after.from_ms, after.to_ms) and guarding_levels(
        first
    ) != guarding_levels(second)


def minutes(ms: int) -> str:
    """A time as the messages of the ladder show it."""
    return f"{ms / 60_000:g} min"


def guards(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM310: a rung counts only at a level that does not exist."""
    levels = [policy.level for policy in plan.severities]
    for rung in workflow.rungs:
        if rung.only_at is not None and levels and rung.only_at[0] not in levels:
            name = rung.only_at[1]
            findings.add(
                "ARM310",
                f"the rung counts only at {name.value}, which is not a level",
                name.span,
                help=f"use one of the levels {listing(map(str, levels))}",
            )


def deadlines(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM314: the first rung comes after a deadline. ARM317: the ladder runs far ahead of one."""
    for level in workflow.levels:
        policy = level.policy
        if policy.respond_within_ms is None or level.row.response is None:
            continue
        rungs = [
            rung
            for rung in workflow.rungs
            if rung.only_at is None or policy.level in guarding_levels(rung)
        ]
        if not rungs:
            continue
        deadline = policy.respond_within_ms or plan.immediate_ms
        if _window(rungs[0]).from_ms > deadline:
            _late(level, rungs[0], deadline, findings)
        else:
            _early(level, rungs, deadline, findings)


def _late(level: LevelSite, rung: RungEntry, deadline: int, findings: Findings) -> None:
    findings.add(
        "ARM314",
        f"the first rung comes at {minutes(_window(rung).from_ms)}, after {level.policy.name}"
        f" must be answered ({minutes(deadline)})",
        _window(rung).text.span,
        secondary=(Label(_response(level), "the response time"),),
        help="let the first rung start at 0 min",
    )


def _early(level: LevelSite, rungs: list[RungEntry], deadline: int, findings: Findings) -> None:
    """Rungs above the first that page before half the time to answer has passed."""
    early = [
        rung
        for rung in rungs[1:]
        if rung.mode == "page" and _window(rung).from_ms * _FAR_AHEAD < deadline
    ]
    if early:
        target = listing(target.value for target in early[-1].targets)
        window = _window(early[-1])
        findings.add(
            "ARM317",
            f"at {level.policy.name} '{target}' is paged after {minutes(window.from_ms)},"
            f" though an answer is due within {minutes(deadline)}",
            _response(level),
            secondary=(Label(window.text.span, "pages this early"),),
            help="guard the rung by a level, or shorten the response time",
        )


def _response(level: LevelSite) -> Span:
    assert level.row.response is not None
    return level.row.response.text.span
