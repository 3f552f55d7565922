"""The seed's incident, written by hand as a SimPy model: a second opinion on the drill.

Nothing here steps the kernel or reads the plan's structure: stages, joins, the canary, the gate and
the ladder are SimPy processes, written from the document as its rules read. Only the durations are
the simulator's, drawn by their names through its public functions, so the two must agree to the
millisecond. The model covers a response in which tools work, the rollback cures and a gate is
answered before it expires; it says so where a draw would leave that ground.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any

import simpy

from armada.compiler.plan import Plan
from armada.runtime.kernel.outcome import FINAL, STAGES
from armada.simulator.environment import Setting
from armada.simulator.interventions import declared_level
from armada.simulator.people import People
from armada.simulator.work import Work

MINUTE_MS = 60_000
NEVER = -1
STAGE_NAMES = ("triage", "diagnose", "mitigate", "fix", "deploy", "postmortem")
COORDINATOR = "hierarchical-coordinator"
STAFF = ("incident-responder", "observability", "coder", "k8s-deployer")
ENGAGED = {1: STAFF, 2: STAFF[:3], 3: STAFF[:2], 4: ("coder", "tester")}
LADDER = (
    # from, who, whether they are woken, at which levels
    (0, ("On-call engineer", "incident-responder"), True, (1, 2, 3)),
    (15 * MINUTE_MS, ("Team lead",), False, (1, 2, 3)),
    (30 * MINUTE_MS, ("Engineering manager",), True, (1, 2, 3)),
    (60 * MINUTE_MS, ("Executive",), False, (1,)),
)
REPAGE_MS = 5 * MINUTE_MS
WATCH_MS = 5 * MINUTE_MS
MONITOR_MS = 30 * MINUTE_MS
POLL_MS = 30_000
EXPIRY_MS = 15 * MINUTE_MS
ROLLBACK_LIMIT_MS = 5 * MINUTE_MS

Process = Generator[simpy.Event, Any, None]


class OutOfScopeError(Exception):
    """A draw led where the model does not go."""


class Durations:
    """The simulator's durations of one trial, by the names under which it draws them."""

    def __init__(self, setting: Setting, seed: int, trial: int, override: int | None) -> None:
        self.surroundings = setting.environment(seed, trial, override)
        self._people = People(self.surroundings, Work(self.surroundings))

    def effect(self, action: str, item: str = "do") -> int:
        """Work that changes something: named by its idempotency key."""
        return self._work(action, item, f"{action}:{item}:0:g0")

    def reading(self, action: str, item: str, attempt: int = 1) -> int:
        """Work that only reads: named by its command."""
        return self._work(action, item, f"{action}:{item}:0:{attempt}")

    def _work(self, action: str, item: str, entity: str) -> int:
        takes = self.surroundings.responses.to(action, item).takes
        return self.surroundings.duration(takes, entity, "takes")

    def person(self, name: str, purpose: str, draw: str) -> int:
        """How long a person takes to acknowledge, answer, vote or confirm."""
        takes = getattr(self._people.person(name), purpose)
        return self.surroundings.duration(takes, name, purpose, draw)

    def chosen(self, action: str) -> tuple[str, ...]:
        """The options that the agent takes."""
        return self.surroundings.responses.choice(action)


class Incident:
    """One run of the model; times are whole milliseconds since the declaration."""

    def __init__(self, durations: Durations) -> None:
        self.env = simpy.Environment()
        self.take = durations
        level, person = declared_level(durations.surroundings)
        self.confirmed = level is not None and person
        self.level = 1 if level is None else level
        self.agents = {name: simpy.Resource(self.env, 1) for name in STAFF}
        self.settled = {name: self.env.event() for name in STAGE_NAMES}
        self.stages: dict[str, tuple[str, int]] = {}
        self.acknowledged = self.env.event()
        self.resolved = self.env.event()
        self.rungs = [NEVER] * len(LADDER)
        self.acknowledged_ms = self.mitigated_ms = self.resolved_ms = NEVER
        self.cured = self.verified = False
        self.coming: set[str] = set()

    def run(self) -> tuple[int, ...]:
        """Run to the end; the outcome in the kernel's form."""
        work: dict[str, tuple[str, tuple[str, ...], Callable[[], Process]]] = {
            "triage": ("incident-responder", (), self.triage),
            "diagnose": ("observability", ("triage",), self.diagnose),
            "mitigate": ("k8s-deployer", ("triage",), self.mitigate),
            "fix": ("coder", ("diagnose", "mitigate"), self.fix),
            "deploy": ("k8s-deployer", ("fix",), self.deploy),
        }
        for name, (agent, needs, process) in work.items():
            self.env.process(self.stage(name, agent, [self.settled[n] for n in needs], process))
        closing = [self.settled["deploy"], self.resolved]
        self.env.process(self.stage("postmortem", "incident-responder", closing, self.postmortem))
        self.env.process(self.leave_or_resolve())
        if self.level != 4:
            self.env.process(self.ladder())
        self.env.run(self.settled["postmortem"])
        return self.outcome()

    def outcome(self) -> tuple[int, ...]:
        """Final status, milestones, rungs, and each stage's status and time."""
        verdict = FINAL.index("resolved" if self.verified else "closed-unverified")
        milestones = (self.acknowledged_ms, self.mitigated_ms, self.resolved_ms, NEVER)
        stages = [
            number
            for name in STAGE_NAMES
            for number in (STAGES.index(self.stages[name][0]), self.stages[name][1])
        ]
        return (verdict, *milestones, *self.rungs, *stages)

    # --- stages -------------------------------------------------------------------------------

    def stage(
        self,
        name: str,
        agent: str,
        needs: Iterable[simpy.Event],
        work: Callable[[], Process],
    ) -> Process:
        """Wait for what it needs; work if its agent is engaged at this level."""
        yield self.env.all_of(list(needs))
        status = "omitted"
        if agent in ENGAGED[self.level]:
            with self.agents[agent].request() as turn:
                yield turn
                yield from work()
            status = "done"
        self.stages[name] = (status, int(self.env.now))
        self.settled[name].succeed()

    def read_all(self, action: str, count: int) -> Process:
        """Questions or readings side by side."""
        times = [self.take.reading(action, str(n)) for n in range(1, count + 1)]
        yield self.env.all_of([self.env.timeout(ms) for ms in times])

    def do(self, action: str, item: str = "do") -> Process:
        """One piece of work with an effect."""
        yield self.env.timeout(self.take.effect(action, item))

    def triage(self) -> Process:
        """Four questions, the level, the announcement."""
        yield from self.read_all("triage.assess_impact", 4)
        yield from self.do("triage.classify_severity")
        yield from self.do("triage.communicate")

    def diagnose(self) -> Process:
        """Metrics, logs, traces, and what was found."""
        yield from self.read_all("diagnose.check_metrics", 4)
        yield from self.read_all("diagnose.analyze_logs", 3)
        yield from self.read_all("diagnose.trace_requests", 3)
        yield from self.do("diagnose.output")

    def mitigate(self) -> Process:
        """Relief, the rollback once both its facts are known, and no feature to switch off."""
        yield from self.do("mitigate.immediate_relief", "choose")
        for option in self.take.chosen("mitigate.immediate_relief"):
            yield from self.do("mitigate.immediate_relief", option)
        facts = [self.fact("recent_deploy"), self.fact("suspected_cause")]
        yield self.env.all_of(facts)
        ms = self.take.effect("mitigate.rollback", "1")
        if ms > ROLLBACK_LIMIT_MS:
            raise OutOfScopeError("the rollback takes longer than its timeout")
        yield self.env.timeout(ms)
        self.cured = True
        self.env.process(self.notice())
        yield self.fact("feature_specific_issue")

    def fact(self, name: str) -> simpy.Event:
        """The deployer is asked."""
        return self.env.timeout(self.take.person("k8s-deployer", "answers", f"fact:{name}:1"))

    def notice(self) -> Process:
        """The coordinator sees that users are well again, unless it is all over by then."""
        ms = self.take.person(COORDINATOR, "confirms", str(int(self.env.now)))
        yield self.env.timeout(ms)
        if self.mitigated_ms == NEVER:
            self.mitigated_ms = int(self.env.now)

    def fix(self) -> Process:
        """The fix, its pull request, and a review that a confirmed SEV-1 waives."""
        yield from self.do("fix.implement_fix")
        yield from self.do("fix.create_pr")
        if self.confirmed and self.level == 1:
            return
        ms = self.take.person("on-call", "votes", "fix.fast_track_review:1:0")
        if ms >= EXPIRY_MS:
            raise OutOfScopeError("the vote comes after its request expired")
        yield self.env.timeout(ms)

    def deploy(self) -> Process:
        """A canary and its watch, the rest, the verification that resolves, the monitor."""
        yield from self.do("deploy.deploy_fix", "canary")
        yield self.env.timeout(WATCH_MS)
        yield self.env.timeout(self.take.reading("deploy.deploy_fix", "judge"))
        yield from self.do("deploy.deploy_fix", "promote")
        action = "deploy.verify_resolution"
        checks = [self.env.process(self.check(action, str(n))) for n in range(1, 5)]
        yield self.env.all_of(checks)
        self.verified = True
        self.end()
        yield self.env.timeout(MONITOR_MS)

    def check(self, action: str, item: str) -> Process:
        """A check is read until it holds."""
        attempt = 1
        while True:
            yield self.env.timeout(self.take.reading(action, item, attempt))
            if self.cured:
                return
            yield self.env.timeout(POLL_MS)
            attempt += 1

    def postmortem(self) -> Process:
        """The document at the end."""
        yield from self.do("postmortem.output")

    # --- the incident -------------------------------------------------------------------------

    def leave_or_resolve(self) -> Process:
        """Nothing is left to do, nothing was verified: the coordinator is asked, and resolves."""
        yield self.settled["deploy"]
        if not self.verified:
            yield self.env.timeout(self.take.person(COORDINATOR, "answers", "idle::1"))
            self.end()

    def end(self) -> None:
        """The incident is resolved; who had not said so says that users are well."""
        self.resolved_ms = int(self.env.now)
        if self.mitigated_ms == NEVER:
            self.mitigated_ms = self.resolved_ms
        self.resolved.succeed()

    # --- the ladder ---------------------------------------------------------------------------

    def ladder(self) -> Process:
        """Rung after rung until the resolution; a page is repeated until somebody answers."""
        for rung, (from_ms, targets, wakes, levels) in enumerate(LADDER):
            yield self.resolved | self.env.timeout(from_ms - self.env.now)
            if self.resolved.triggered:
                return
            if self.level in levels:
                self.rungs[rung] = int(self.env.now)
                if wakes:
                    self.env.process(self.page(targets, rung))

    def page(self, targets: tuple[str, ...], rung: int) -> Process:
        """Wake these people again and again, until one answers or a later rung pages."""
        while not self.acknowledged.triggered and not self.resolved.triggered:
            for target in targets:
                if target not in self.coming:
                    self.coming.add(target)
                    self.env.process(self.wake(target))
            yield self.acknowledged | self.resolved | self.env.timeout(REPAGE_MS)
            if any(
                at_ms != NEVER and LADDER[later][2]
                for later, at_ms in enumerate(self.rungs)
                if later > rung
            ):
                return

    def wake(self, target: str) -> Process:
        """Somebody wakes up and takes the incident on, unless somebody else has."""
        yield self.env.timeout(self.take.person(target, "acknowledges", "1"))
        if not self.acknowledged.triggered and not self.resolved.triggered:
            self.acknowledged_ms = int(self.env.now)
            self.acknowledged.succeed()


def simulate(setting: Setting, seed: int, trial: int, override: int | None) -> tuple[int, ...]:
    """The outcome of one trial by the model, in the form of ``runtime.kernel.outcome``."""
    return Incident(Durations(setting, seed, trial, override)).run()


def check_plan(plan: Plan) -> None:
    """Refuse a plan that is not the one this model was written for."""
    names = tuple(stage.id for stage in plan.stages)
    rungs = tuple(rung.from_ms for rung in plan.escalation.rungs)
    if names != STAGE_NAMES or rungs != tuple(rung[0] for rung in LADDER):
        raise ValueError("the model is of the seed's incident; this is another plan")
