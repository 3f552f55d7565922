"""Severity policy and escalation policy, from their tables and lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..dsl.levels import find_levels
from ..dsl.names import slug
from ..dsl.syntax import Document, Ladder, RungEntry, SeverityRow, Text
from .plan import EscalationPolicy, Plan, Rung, SeverityPolicy, Stage
from .sites import EscalationOptions, Front, LevelSite


def read_rows(document: Document) -> tuple[SeverityRow, ...]:
    """The rows of the severity table, in the order of the text.

    It is the first whose levels have numbers: only those can be compared in conditions. What it
    leaves out of a level is taken from the next that states it.
    """
    tables = [table.rows for table in document.severities]
    numbered = [rows for rows in tables if any(row.level is not None for row in rows)]
    yaml = tables if document.sections == () else []
    first, *more = numbered or yaml or [()]
    further: dict[int | None, SeverityRow] = {}
    for row in (row for rows in more for row in rows if row.level is not None):
        known = further.get(row.level)
        further[row.level] = row if known is None else _completed(known, row)
    return tuple(_completed(row, further.get(row.level, row)) for row in first)


def _completed(row: SeverityRow, other: SeverityRow) -> SeverityRow:
    """The row with what it leaves out of its level and another states."""
    agents = row if row.agents is not None or row.everyone else other
    return replace(
        row,
        criteria=row.criteria or other.criteria,
        response=row.response or other.response,
        agents=agents.agents,
        everyone=agents.everyone,
    )


def declared_agents(front: Front, stage_agents: Sequence[Text]) -> tuple[str, ...]:
    """The agents as declared; a document that declares none has those of its stages."""
    if front.agents:
        return tuple(agent.value for agent in front.agents)
    named = dict.fromkeys(agent.value for agent in stage_agents)
    coordinator = front.coordinator.value if front.coordinator else None
    return tuple(name for name in named if name != coordinator)


def spelling(name: str, agents: Sequence[str]) -> str:
    """The declared spelling of an agent's name (``Incident Responder`` is incident-responder)."""
    if name in agents:
        return name
    wanted = slug(name)
    return next((agent for agent in agents if slug(agent) == wanted), name)


def read_levels(rows: Sequence[SeverityRow], agents: tuple[str, ...]) -> tuple[LevelSite, ...]:
    """The levels in order of urgency; of a level that stands twice the first row counts."""
    found: dict[int, LevelSite] = {}
    for row in rows:
        if row.level is not None and row.level not in found:
            found[row.level] = LevelSite(_policy(row, row.level, agents), row)
    return tuple(found[level] for level in sorted(found))


def _policy(row: SeverityRow, level: int, agents: tuple[str, ...]) -> SeverityPolicy:
    if row.everyone or row.agents is None:
        engaged = agents
    else:
        engaged = tuple(dict.fromkeys(spelling(agent.value, agents) for agent in row.agents))
    return SeverityPolicy(
        level,
        row.name.value,
        row.criteria.value if row.criteria else "",
        row.response.deadline_ms if row.response else None,
        engaged,
    )


def read_ladder(document: Document) -> Ladder | None:
    """The escalation path: the first that has a rung.

    Where each of its rungs is guarded by a level, further paths that are guarded throughout belong
    to it: a document may write one path a level.
    """
    ladders = [ladder for ladder in document.ladders if ladder.rungs]
    if not ladders or not _is_guarded(ladders[0]):
        return next(iter(ladders), None)
    first, *more = (ladder for ladder in ladders if _is_guarded(ladder))
    rungs = sum((ladder.rungs for ladder in more), first.rungs)
    clock = next((ladder.clock for ladder in (first, *more) if ladder.clock is not None), None)
    return Ladder(rungs, first.heading, first.span.cover(rungs[-1].span), clock)


def _is_guarded(ladder: Ladder) -> bool:
    return all(rung.only_at is not None for rung in ladder.rungs)


def sorted_rungs(ladder: Ladder | None) -> tuple[RungEntry, ...]:
    """The rungs that have a time, earliest first."""
    if ladder is None:
        return ()
    timed = [(rung.window.from_ms, rung) for rung in ladder.rungs if rung.window is not None]
    return tuple(rung for _, rung in sorted(timed, key=lambda pair: pair[0]))


def stated_clock(ladder: Ladder | None, options: EscalationOptions) -> str | None:
    """What stops the ladder, where front matter or a line under its heading says so."""
    if options.clock is not None or ladder is None or ladder.clock is None:
        return options.clock
    return ladder.clock.value


def escalation_policy(
    rungs: Sequence[RungEntry], clock: str | None, options: EscalationOptions
) -> EscalationPolicy:
    """The ladder's meaning."""
    return EscalationPolicy(
        clock="unacknowledged" if clock == "unacknowledged" else "unresolved",
        stated=clock is not None,
        rungs=tuple(_rung(entry) for entry in rungs),
        repeat=options.repeat,
        repage_ms=options.repage_ms,
        ack_valid_ms=options.ack_valid_ms,
    )


def _rung(entry: RungEntry) -> Rung:
    assert entry.window is not None
    return Rung(
        entry.window.from_ms,
        entry.window.to_ms,
        tuple(target.value for target in entry.targets),
        entry.mode,
        guarding_levels(entry),
    )


def guarding_levels(entry: RungEntry) -> tuple[int, ...]:
    """The levels a rung is for, empty for all."""
    if entry.only_at is None:
        return ()
    named = find_levels(entry.condition.value) if entry.condition else ()
    return named if entry.only_at[0] in named else (entry.only_at[0],)


def is_engaged(agent: str | None, policy: SeverityPolicy, coordinator: str | None) -> bool:
    """Whether an agent works at a level: the coordinator always does, and work without an agent is
    the coordinator's."""
    return agent is None or agent == coordinator or agent in policy.engaged


def omitted_at(plan: Plan, level: int) -> tuple[Stage, ...]:
    """The stages that a level omits, in plan order: those whose agent it does not engage."""
    policy = plan.severity(level)
    if policy is None or plan.unstaffed == "page":
        return ()
    return tuple(
        stage for stage in plan.stages if not is_engaged(stage.agent, policy, plan.coordinator)
    )
