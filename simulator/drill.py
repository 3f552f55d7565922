"""A drill: one trial of a plan under a scenario, from declaration to verdict.

``drill`` runs it, ``resume`` goes on from a journal's text alone in a fresh process, and
``check_replay`` steps the kernel over a journal's events again. The exit status says how it came
out: 0 expectations held, 1 one failed or the run ended otherwise than resolved, 4 it waits.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from ..compiler.plan import Plan, canonical, load_plan
from ..dsl.collector import collector_paused
from ..dsl.version import __version__
from ..runtime.journal_entries import JOURNAL_FORMAT, BrokenJournal, read_journal
from ..runtime.journal_replay import Batch, replay
from ..runtime.kernel import State, Waiting, finished, outcome, outcome_name, why
from .environment import Setting, prepare
from .expectations import Finding, Trail, judge, parse_expectation, score
from .run import Run
from .scenario import Crash, Expected, Fault, Scenario, load_scenario

Status = Literal["finished", "waiting", "unfinished", "stopped"]
DONE, OTHERWISE, WAITING = 0, 1, 4


@dataclass(frozen=True, slots=True)
class DrillResult:
    """Everything a drill showed.

    ``outcome`` is the kernel's verdict, or ``waiting``, ``unfinished`` (cut off by the horizon) or
    ``stopped`` (at a crash). ``numbers`` is the kernel's outcome tuple, the same for every engine.
    ``effects`` counts each effect on the world by its key. ``defaults`` are the durations that
    nobody stated. ``journal`` and ``digest`` are None where no journal was kept.
    """

    plan: Plan
    scenario: Scenario
    seed: int
    trial: int
    severity: int | None
    status: Status
    outcome: str
    exit_code: int
    ended_ms: int
    numbers: tuple[int, ...]
    findings: tuple[Finding, ...]
    score: int | None
    waiting: tuple[Waiting, ...]
    effects: dict[str, int]
    struck: dict[str, int]
    notes: tuple[str, ...]
    defaults: dict[str, str]
    batches: tuple[Batch, ...]
    state: State
    restarts: int
    journal: str | None
    digest: str | None

    @property
    def timeline(self) -> tuple[Any, ...]:
        """What happened, line by line, for a reader."""
        from .timeline import timeline

        return timeline(self)


def drill(
    plan: Plan,
    scenario: Scenario,
    *,
    seed: int | None = None,
    trial: int = 0,
    severity: int | None = None,
    journal: bool = True,
    crash: Crash | None = None,
    stop_at_crash: bool = False,
    setting: Setting | None = None,
) -> DrillResult:
    """Run one trial.

    ``severity`` declares a confirmed level instead of the scenario's; it must be one of the plan's
    (ValueError). ``crash`` adds a crash of the coordinator; with ``stop_at_crash`` the drill ends
    there and ``resume`` goes on from its journal. ``setting`` saves preparing again what
    ``prepare(plan, scenario)`` gave.
    """
    levels = [policy.level for policy in plan.severities]
    if severity is not None and levels and severity not in levels:
        listed = ", ".join(map(str, levels))
        raise ValueError(f"the plan has no level {severity}; it has {listed}")
    if crash is not None:
        scenario = scenario.model_copy(
            update={"faults": [*scenario.faults, Fault.model_validate({"crash": crash})]}
        )
        setting = None
    with collector_paused():
        setting = setting or prepare(plan, scenario)
        run = _start(setting, scenario.seed if seed is None else seed, trial, severity, journal)
        stopped = run.go(stop_at_crash)
        return _result(run, severity, stopped)


def _start(setting: Setting, seed: int, trial: int, severity: int | None, journal: bool) -> Run:
    header = {}
    if journal or setting.scenario.faults:
        header = drill_header(setting.plan, setting.scenario, seed, trial, severity)
    return Run(setting, seed, trial, severity, header, journal)


def drill_header(
    plan: Plan, scenario: Scenario, seed: int, trial: int, severity: int | None
) -> dict[str, Any]:
    """A journal's header: all that a drill depends on."""
    return {
        "format": JOURNAL_FORMAT,
        "version": __version__,
        "plan": json.loads(plan.json),
        "plan_digest": plan.digest,
        "scenario": scenario.data,
        "scenario_digest": scenario.digest,
        "seed": seed,
        "trial": trial,
        "severity": severity,
    }


# --- going on from a journal ----------------------------------------------------------------------


def resume(text: str) -> DrillResult:
    """Go on with a drill that stopped at a crash, from its journal's text alone.

    The surroundings are rebuilt by simulating up to the crash again, which must give the journal
    byte for byte; the coordinator is restored from the journal. Raises ``BrokenJournal``.
    """
    with collector_paused():
        return _go_on(text)


def _go_on(text: str) -> DrillResult:
    run, given = _rebuild(text)
    stopped = run.go(stop_at_crash=True)
    rebuilt = run.writer.text if run.writer is not None else ""
    whole = text[: text.rfind("\n") + 1]
    if not rebuilt.startswith(whole):
        raise BrokenJournal(_first_difference(rebuilt, whole), "this version simulates otherwise")
    if stopped:
        run.come_back(rebuilt if len(rebuilt) > len(whole) else whole)
        run.go()
    return _result(run, given["severity"], False)


def _rebuild(text: str) -> tuple[Run, dict[str, Any]]:
    header = read_journal(text).header
    try:
        plan = load_plan(canonical(header["plan"]))
        scenario = load_scenario(header["scenario"])
        seed, trial, severity = header["seed"], header["trial"], header["severity"]
    except (KeyError, ValueError) as error:
        raise BrokenJournal(0, f"the header is no drill's: {error}") from None
    return _start(prepare(plan, scenario), seed, trial, severity, True), header


def _first_difference(left: str, right: str) -> int:
    pairs = zip(left.split("\n"), right.split("\n"), strict=False)
    return next((seq for seq, (a, b) in enumerate(pairs) if a != b), 0)


def check_replay(text: str) -> State:
    """The state a journal replays to; ``BrokenJournal`` where the kernel decides otherwise."""
    journal = read_journal(text)
    return replay(load_plan(canonical(journal.header["plan"])), journal.entries).state


def first_difference(left: str, right: str) -> str | None:
    """The first journal line in which two runs differ, or None: they are the same."""
    if left == right:
        return None
    ours, theirs = left.split("\n"), right.split("\n")
    at = _first_difference(left, right)
    return f"entry {at}: {ours[at][:400]} | {theirs[at][:400]}"


# --- the result -----------------------------------------------------------------------------------


def _result(run: Run, severity: int | None, stopped: bool) -> DrillResult:
    plan, scenario, env = run.setting.plan, run.setting.scenario, run.env
    state = run.host.state
    status = _status(run, stopped)
    name = outcome_name(state) if status == "finished" else status
    findings = () if stopped else _judge(run, name)
    writer = run.writer if run.keep else None
    return DrillResult(
        plan=plan,
        scenario=scenario,
        seed=env.draws.seed,
        trial=env.draws.trial,
        severity=severity,
        status=status,
        outcome=name,
        exit_code=_exit_code(status, name, findings),
        ended_ms=run.now_ms,
        numbers=outcome(plan, state),
        findings=findings,
        score=score(findings),
        waiting=() if status == "finished" else why(plan, state),
        effects=dict(env.world.effects),
        struck=dict(env.faults.struck),
        notes=tuple(env.notes),
        defaults=dict(sorted(env.defaulted.items())),
        batches=tuple(run.batches),
        state=state,
        restarts=run.restarts,
        journal=writer.text if writer is not None else None,
        digest=writer.digest if writer is not None else None,
    )


def _status(run: Run, stopped: bool) -> Status:
    if stopped:
        return "stopped"
    if finished(run.host.state):
        return "finished"
    control = run.host.state.control
    asked = bool(control.questions) or any(a.gate == "pending" for a in control.actions.values())
    quiet = run.env.agenda.next_ms() is None
    return "waiting" if asked or quiet else "unfinished"


def _exit_code(status: Status, name: str, findings: tuple[Finding, ...]) -> int:
    """Waiting is told apart from failing, unless waiting is what was expected."""
    expected = any(f.judgement == "held" and f.text.endswith(f"ends {name}") for f in findings)
    failed = any(finding.judgement == "failed" for finding in findings)
    if status in ("waiting", "stopped") and not (expected and not failed):
        return WAITING
    if failed or (name != "resolved" and not expected):
        return OTHERWISE
    return DONE


def _judge(run: Run, name: str) -> tuple[Finding, ...]:
    scenario = run.setting.scenario
    if not scenario.expect:
        return ()
    control = run.host.state.control
    trail = Trail(
        ended_ms=run.now_ms,
        outcome=name,
        complete=name not in ("unfinished",),
        level=control.level,
        select=run.setting.select,
        effects=run.env.world.effects,
        healthy_at_end=run.env.world.healthy(run.now_ms),
        highest=_levels_seen(run),
    )
    for at_ms, record in run.records:
        trail.note(at_ms, record.what, record.subject)
    found: list[Finding] = []
    for given in scenario.expect:
        text, role = (given.expect, given.role) if isinstance(given, Expected) else (given, "")
        found.append(judge(parse_expectation(text), role or "response", trail))
    return tuple(found)


def _levels_seen(run: Run) -> tuple[int, ...]:
    """The levels that stood at any time."""
    seen = {run.host.state.control.level: None}
    for _, record in run.records:
        if record.what in ("declared", "severity-set"):
            words = record.detail.replace(",", "").split()
            seen.update((int(word), None) for word in words if word.isdigit())
    return tuple(seen)


def digest_of(numbers: tuple[int, ...]) -> str:
    """SHA-256 of an outcome tuple: what a fleet compares trial for trial."""
    return hashlib.sha256(canonical(list(numbers)).encode()).hexdigest()


__all__ = [
    "Crash",
    "DrillResult",
    "check_replay",
    "digest_of",
    "drill",
    "first_difference",
    "prepare",
    "resume",
]
