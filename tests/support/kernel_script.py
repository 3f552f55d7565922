"""A run told step by step: what happens, by short names, and what the kernel then said.

Time passes by ``wait``: every timer due on the way fires at its own time, those due together as one
event, as a host would do it.
"""

from __future__ import annotations

from armada.compiler.plan import (
    Action,
    Approval,
    Effect,
    EscalationPolicy,
    Fact,
    Item,
    Junction,
    Kind,
    OnFailure,
    Plan,
    Retry,
    Rollout,
    Rung,
    SeverityPolicy,
    Stage,
)
from armada.runtime.kernel import Step, finished, initial, outcome_name, step, timer_order
from armada.runtime.kernel import commands as co
from armada.runtime.kernel import events as ev

MINUTE = 60_000


def action(name: str, kind: Kind, agent: str | None = "ops", **changes) -> Action:
    """An action with the defaults of its kind."""
    reads = (Kind.OBSERVE, Kind.VERIFY, Kind.MONITOR)
    unsafe = kind is Kind.ROLLOUT
    effect = Effect.READ if kind in reads else Effect.UNSAFE if unsafe else Effect.IDEMPOTENT
    effect = changes.pop("effect", effect)
    best_effort = kind in (Kind.NOTIFY, Kind.DOCUMENT)
    defaults = {
        "retry": Retry(1 if effect is Effect.UNSAFE else 3),
        "on_failure": OnFailure.CONTINUE if best_effort else OnFailure.BLOCK,
    }
    return Action(name, name.split(".")[1], kind, agent, effect, **{**defaults, **changes})


def items(*names: str, effect: Effect = Effect.IDEMPOTENT) -> tuple[Item, ...]:
    return tuple(Item(name, name, (), effect) for name in names)


def rollback(**changes) -> Action:
    """An unsafe command."""
    undo = items("undo", effect=Effect.UNSAFE)
    return action("mitigate.rollback", Kind.RUN, items=undo, effect=Effect.UNSAFE, **changes)


LADDER = EscalationPolicy(
    rungs=(
        Rung(0, 15 * MINUTE, ("oncall", "responder"), "page"),
        Rung(15 * MINUTE, 30 * MINUTE, ("lead",), "notify"),
        Rung(30 * MINUTE, 60 * MINUTE, ("manager", "oncall"), "page"),
        Rung(60 * MINUTE, None, ("executive",), "notify", (1,)),
    )
)
SEVERITIES = (
    SeverityPolicy(1, "SEV-1", "", 0, ("responder", "watch", "ops", "dev")),
    SeverityPolicy(2, "SEV-2", "", 30 * MINUTE, ("responder", "watch", "dev")),
    SeverityPolicy(3, "SEV-3", "", None, ("dev",)),
)


def make_plan(*stages: Stage, **changes) -> Plan:
    """A plan of these stages under the usual policies."""
    fields = {
        "name": "made",
        "description": "",
        "pattern": "hierarchical",
        "coordinator": "chief",
        "agents": ("responder", "watch", "ops", "dev"),
        "priority": "",
        "stages": stages,
        "severities": SEVERITIES,
        "escalation": LADDER,
    }
    return Plan(**{**fields, **changes})


def stage(name: str, *actions: Action, needs: tuple[str, ...] = (), **changes) -> Stage:
    agent = changes.pop("agent", actions[0].agent if actions else None)
    return Stage(name, name, name.title(), agent, needs, actions, **changes)


def incident_plan(**changes) -> Plan:
    """Triage, then diagnosis beside mitigation, a fix, its rollout, a postmortem."""
    guard = Junction("and", (Fact("recent_deploy"), Fact("suspected")))
    return make_plan(
        stage("triage", action("triage.assess", Kind.ASK, "responder", items=items("what"))),
        stage(
            "diagnose",
            action("diagnose.look", Kind.OBSERVE, "watch", items=items("logs", "metrics")),
            needs=("triage",),
        ),
        stage(
            "mitigate",
            action("mitigate.relief", Kind.CHOOSE, items=items("scale", "restart")),
            rollback(when=guard, timeout_ms=5 * MINUTE),
            needs=("triage",),
        ),
        stage(
            "fix",
            action("fix.write", Kind.TASK, "dev"),
            action(
                "fix.review",
                Kind.APPROVE,
                "dev",
                approval=Approval(1, ("reviewer",), (1,)),
            ),
            needs=("diagnose", "mitigate"),
        ),
        stage(
            "deploy",
            action("deploy.roll", Kind.ROLLOUT, rollout=Rollout("rolling", 10, 5 * MINUTE)),
            action(
                "deploy.verify",
                Kind.VERIFY,
                items=items("errors", "latency"),
                timeout_ms=10 * MINUTE,
            ),
            action("deploy.monitor", Kind.MONITOR, duration_ms=30 * MINUTE),
            needs=("fix",),
        ),
        stage(
            "postmortem",
            action("postmortem.output", Kind.DOCUMENT, "responder"),
            needs=("deploy",),
            closing=True,
        ),
        **changes,
    )


class Script:
    """One run; ``said`` are the commands of the last step, ``all`` those of the whole run."""

    def __init__(self, plan: Plan, level: int | None = 1) -> None:
        self.plan = plan
        self.state = initial(plan)
        self.all: list[co.Command] = []
        self.now_ms = 0
        self.take(ev.Declared(0, level, "caller"))

    # --- what happens -------------------------------------------------------------------------

    def take(self, event: ev.Event) -> Step:
        self.last = step(self.plan, self.state, event)
        self.state = self.last.state
        self.said = self.last.commands
        self.all.extend(self.said)
        return self.last

    def back(self, command: str, result: str = "ok", **fields) -> Step:
        """The newest dispatch whose id starts with ``command`` came back."""
        name = self.dispatched(command)[-1].command_id
        return self.take(ev.Returned(self.now_ms, name, result, fields.pop("by", "ops"), **fields))

    def answer(self, question: str, answer: str, by: str = "chief") -> Step:
        return self.take(ev.Answered(self.now_ms, question, answer, by))

    def fact(self, name: str, value, valid_ms: int | None = None) -> Step:
        return self.take(ev.FactRecorded(self.now_ms, name, value, "watch", valid_ms))

    def wait(self, minutes: float) -> None:
        """Let time pass; timers fire at their time."""
        until_ms = self.now_ms + round(minutes * MINUTE)
        while True:
            due = {t: at for t, at in self.state.registers.timers.items() if at <= until_ms}
            if not due:
                break
            self.now_ms = max(self.now_ms, min(due.values()))
            ready = [(t, at) for t, at in due.items() if at <= self.now_ms]
            ordered = sorted(ready, key=timer_order(self.plan))
            self.take(ev.TimersFired(self.now_ms, tuple(timer for timer, _ in ordered)))
        self.now_ms = until_ms

    # --- what was said ------------------------------------------------------------------------

    def of(self, kind: type, among=None) -> list:
        return [command for command in (among or self.all) if type(command) is kind]

    def dispatched(self, prefix: str = "") -> list[co.Dispatch]:
        found = self.of(co.Dispatch)
        return [command for command in found if command.command_id.startswith(prefix)]

    def pages(self) -> list[co.Page]:
        return self.of(co.Page)

    def records(self, what: str) -> list[co.Record]:
        return [record for record in self.of(co.Record) if record.what == what]

    def open_questions(self) -> list[str]:
        return sorted(self.state.control.questions)

    def stage(self, name: str) -> str:
        found = self.state.control.stages.get(name)
        return found.status if found is not None else "pending"

    @property
    def outcome(self) -> str:
        return outcome_name(self.state)

    @property
    def finished(self) -> bool:
        return finished(self.state)

    # --- common passages ----------------------------------------------------------------------

    def to_fix(self) -> Script:
        """Triage, diagnosis and a guarded rollback that is not needed are over."""
        self.back("triage.assess")
        self.back("diagnose.look:logs")
        self.back("diagnose.look:metrics")
        if self.stage("mitigate") == "running":
            self.back("mitigate.relief:choose")
            self.fact("recent_deploy", False)
        return self

    def to_deploy(self) -> Script:
        """The fix is written and its review is waived or given."""
        self.to_fix()
        self.back("fix.write")
        self.take(ev.Proposed(self.now_ms, "fix.review", "d1", "dev"))
        return self

    def to_verify(self) -> Script:
        """The rollout is promoted."""
        self.to_deploy()
        self.back("deploy.roll:canary")
        self.wait(5)
        self.back("deploy.roll:judge")
        self.back("deploy.roll:promote")
        return self

    def to_resolved(self) -> Script:
        """Both checks hold."""
        self.to_verify()
        self.back("deploy.verify:errors")
        self.back("deploy.verify:latency")
        return self
