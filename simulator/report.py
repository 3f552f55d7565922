"""A drill's report: plain text for a terminal or a pipe, and the same as JSON data.

Owns the layout, not the words of the timeline. The last line reproduces the drill.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..dsl.version import __version__
from ..runtime.kernel import Waiting
from .distributions import in_words
from .drill import DrillResult
from .timeline import Line, level_name, percent, timeline

MILESTONES = ("acknowledged", "mitigated", "resolved", "closed")


def clock_time(result: DrillResult, at_ms: int) -> str:
    """The wall-clock time of a moment of the drill, by the scenario's start and zone."""
    start = datetime.fromisoformat(result.scenario.start)
    return (start + timedelta(milliseconds=at_ms)).strftime("%H:%M:%S")


def milestones(result: DrillResult) -> dict[str, int | None]:
    """When each milestone stood in the end, in milliseconds since the declaration."""
    times = result.numbers[1 : 1 + len(MILESTONES)]
    return {name: at if at >= 0 else None for name, at in zip(MILESTONES, times, strict=True)}


def rungs_fired(result: DrillResult) -> list[dict[str, Any]]:
    """The rungs that fired, when (the last time), and whom they told."""
    times = result.numbers[1 + len(MILESTONES) :]
    ladder = result.plan.escalation.rungs
    return [
        {"rung": at + 1, "at_ms": times[at], "targets": list(rung.targets), "mode": rung.mode}
        for at, rung in enumerate(ladder)
        if times[at] >= 0
    ]


def stage_statuses(result: DrillResult) -> dict[str, dict[str, str]]:
    """What became of each stage, and why where a reason was given."""
    stages = result.state.control.stages
    found: dict[str, dict[str, str]] = {}
    for stage in result.plan.stages:
        now = stages.get(stage.id)
        found[stage.id] = {
            "title": stage.title,
            "status": now.status if now is not None else "pending",
            "reason": now.reason if now is not None else "",
        }
    return found


def replay_line(result: DrillResult, spec: str = "SPEC", scenario: str = "") -> str:
    """One line that reproduces the drill."""
    words = ["armada", "sim", spec, "--scenario", scenario or result.scenario.name]
    words += ["--seed", str(result.seed)]
    if result.trial:
        words += ["--trial", str(result.trial)]
    if result.severity is not None:
        words += ["--severity", str(result.severity)]
    return " ".join(words)


def fingerprint(result: DrillResult) -> dict[str, str | None]:
    """What a replay must agree on."""
    return {
        "plan_digest": result.plan.digest,
        "scenario_digest": result.scenario.digest,
        "journal_digest": result.digest,
        "version": __version__,
    }


def waiting_words(waiting: Waiting) -> str:
    """``mitigate: an answer to decide:mitigate.rollback, on hierarchical-coordinator``."""
    where = f"{waiting.stage}: " if waiting.stage else ""
    on = f", on {', '.join(waiting.on)}" if waiting.on else ""
    return f"{where}{waiting.what}{on}"


# --- text -----------------------------------------------------------------------------------------


def line_text(result: DrillResult, line: Line) -> str:
    """One line of the timeline."""
    more = f"  [{line.more} more]" if line.more else ""
    return f"{clock_time(result, line.at_ms)}  +{in_words(line.at_ms):>8}  {line.text}{more}"


def heading(result: DrillResult) -> Iterator[str]:
    """What is drilled, under what."""
    scenario = result.scenario
    level = result.severity if result.severity is not None else scenario.declared.severity
    named = "no level named" if level is None else level_name(result.plan, level)
    trial = f", trial {result.trial}" if result.trial else ""
    yield f"Drill {scenario.name} of {result.plan.name}: {named}, seed {result.seed}{trial}"
    for text in scenario.description.strip().splitlines():
        yield f"  {text.strip()}"
    world = scenario.world
    gauge = world.error_rate
    rate = gauge.healthy if world.cause == "none" else gauge.incident
    yield f"  Cause: {world.cause}; error rate at the start {percent(rate)}"


def summary(result: DrillResult) -> Iterator[str]:
    """Milestones, ladder, expectations, score, outcome."""
    reached = (f"{k} {in_words(v)}" for k, v in milestones(result).items() if v is not None)
    yield f"Milestones: declared 0s, {', '.join(reached) or 'no other'}"
    for rung in rungs_fired(result):
        told = "paged" if rung["mode"] == "page" else "notified"
        targets = " + ".join(rung["targets"])
        yield f"Rung {rung['rung']} at {in_words(rung['at_ms'])}: {told} {targets}"
    if result.findings:
        yield "Expectations:"
        for finding in result.findings:
            yield f"  {finding.judgement:<12} {finding.text} ({finding.detail})"
    if result.score is not None:
        yield f"Score: {result.score} of 100"
    yield from ending(result)


def ending(result: DrillResult) -> Iterator[str]:
    """How it came out, and for what or whom it waits."""
    yield f"Outcome: {result.outcome} after {in_words(result.ended_ms)}"
    if result.status != "finished":
        for waiting in result.waiting:
            if not waiting.what.startswith("stages: "):
                yield f"  waits for {waiting_words(waiting)}"
    omitted = [s for s in stage_statuses(result).values() if s["status"] == "omitted"]
    for stage in omitted:
        yield f"  {stage['title']} was omitted ({stage['reason'] or 'its agent is not engaged'})"
    for name, count in result.struck.items():
        yield f"  fault {name}: struck {count} times"


def footnotes(result: DrillResult) -> Iterator[str]:
    """Notes, and the durations that nobody stated."""
    for note in result.notes:
        yield f"Note: {note}"
    if result.defaults:
        used = "; ".join(f"{name} {takes}" for name, takes in result.defaults.items())
        yield f"Default durations used (judgements, not measurements): {used}"


def report_text(result: DrillResult, spec: str = "SPEC", scenario: str = "") -> str:
    """The whole report."""
    lines = [*heading(result), ""]
    lines += [line_text(result, line) for line in timeline(result)]
    lines += ["", *summary(result), "", *footnotes(result)]
    lines.append(f"Replay: {replay_line(result, spec, scenario)}")
    marks = (f"{k.replace('_', ' ')} {v[:16]}" for k, v in fingerprint(result).items() if v)
    lines.append("  " + ", ".join(marks))
    return "\n".join(lines) + "\n"


# --- data -----------------------------------------------------------------------------------------


def report_data(result: DrillResult, spec: str = "SPEC", scenario: str = "") -> dict[str, Any]:
    """The report as JSON data."""
    return {
        "workflow": result.plan.name,
        "scenario": result.scenario.name,
        "start": result.scenario.start,
        "seed": result.seed,
        "trial": result.trial,
        "severity": result.severity,
        "status": result.status,
        "outcome": result.outcome,
        "exit_code": result.exit_code,
        "ended_ms": result.ended_ms,
        "milestones_ms": milestones(result),
        "rungs": rungs_fired(result),
        "stages": stage_statuses(result),
        "expectations": [
            {"expect": f.text, "role": f.role, "judgement": f.judgement, "detail": f.detail}
            for f in result.findings
        ],
        "score": result.score,
        "scores": scores_by_role(result),
        "waiting": [
            {
                "stage": w.stage,
                "status": w.status,
                "what": w.what,
                "on": list(w.on),
                "until_ms": w.until_ms,
            }
            for w in result.waiting
        ],
        "timeline": [
            {
                "at_ms": line.at_ms,
                "clock": clock_time(result, line.at_ms),
                "text": line.text.strip(),
                "subject": line.subject,
                "more": line.more,
            }
            for line in timeline(result)
        ],
        "effects": result.effects,
        "faults": result.struck,
        "notes": list(result.notes),
        "default_durations": result.defaults,
        "restarts": result.restarts,
        "replay": replay_line(result, spec, scenario),
        **fingerprint(result),
    }


def scores_by_role(result: DrillResult) -> dict[str, int | None]:
    """The score of each role's own expectations."""
    from .expectations import score

    roles = dict.fromkeys(finding.role for finding in result.findings)
    return {role: score(f for f in result.findings if f.role == role) for role in roles}
