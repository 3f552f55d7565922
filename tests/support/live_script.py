"""A live run on paper: the host's part played by hand, against a clock that the test sets.

Letters are heard as a host hears them, timers fire when the script's clock passes them, and every
entry is written as the host writes it; nothing is carried out.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from armada.compiler.compile import compile_source
from armada.compiler.plan import Effect, Plan, as_data, canonical
from armada.dsl.source import SourceFile
from armada.runtime.binding import Carrier, bind
from armada.runtime.carriers import carriers_of
from armada.runtime.coordinator import Coordinator
from armada.runtime.hearing import Setting
from armada.runtime.journal_entries import Entry, JournalWriter
from armada.runtime.kernel import commands as co
from armada.runtime.kernel import events as ev
from armada.runtime.letters import hear
from armada.runtime.modes import confirmed
from armada.runtime.view import RunView

SPECS = Path(__file__).resolve().parents[2] / "specs"
MINUTE = 60_000
ZERO_MS = 1_795_487_460_000
"""2026-11-24 02:31 UTC."""
ROLLBACK = ("mitigate.rollback", "1")
PROGRAMS = {
    ROLLBACK: Carrier(
        "shell",
        "run",
        {"argv": ["helm", "rollback", "golden-armada", "-n", "agents"]},
        Effect.UNSAFE,
        60_000,
        "helm rollback golden-armada -n agents",
    )
}


@cache
def compiled(name: str = "incident-response.md") -> Plan:
    plan = compile_source(SourceFile(name, (SPECS / name).read_text("utf-8"))).plan
    assert plan is not None
    return plan


def carrier_data(key: tuple[str, str], carrier: Carrier) -> dict[str, Any]:
    return {
        "action": key[0],
        "item": key[1],
        "instance": carrier.instance,
        "operation": carrier.operation,
        "arguments": dict(carrier.arguments),
        "effect": carrier.effect.value,
        "timeout_ms": carrier.timeout_ms,
        "shown": carrier.shown,
    }


@cache
def driven_by(plan: Plan) -> tuple[Plan, dict[tuple[str, str], Carrier]]:
    """The plan as it is run in confirm mode, and its carriers."""
    bound = bind(plan, None, {})
    carriers = {**bound.carriers, **PROGRAMS}
    carriers = {key: carriers[key] for key in carriers if key[0].partition(".")[0] in _stages(plan)}
    return confirmed(plan, carriers), carriers


def header_of(plan: Plan, run: str, **changes: Any) -> dict[str, Any]:
    driven, carriers = driven_by(plan)
    return {
        "format": 1,
        "version": "1.0.0",
        "run": run,
        "zero_ms": ZERO_MS,
        "plan": as_data(driven),
        "plan_digest": driven.digest,
        "source_digest": plan.digest,
        "mode": "confirm",
        "rehearsal": False,
        "speed": 1.0,
        "declared": {
            "by": "ada",
            "title": "Agents down",
            "severity": 1,
            "person": True,
            "values": {},
        },
        "spec": "incident-response.md",
        "bindings": {},
        "carriers": [carrier_data(key, carrier) for key, carrier in carriers.items()],
        "people": None,
        **changes,
    }


def _stages(plan: Plan) -> set[str]:
    return {stage.id for stage in plan.stages}


class LiveScript:
    """One run, step by step; ``view`` follows it."""

    def __init__(self, plan: Plan | None = None, run: str = "INC-20261124-0231", **changes: Any):
        self._plan = plan or compiled()
        self.header = header_of(self._plan, run, **changes)
        self.writer = JournalWriter()
        self.view = RunView(json.loads(canonical(self.header)), driven_by(self._plan)[0])
        self.carriers = carriers_of(self.header)
        self.at_ms = 0
        self._kernel = Coordinator(self.view.plan, self.writer, self.header)
        self._returned: set[str] = set()

    # --- doing --------------------------------------------------------------------------------

    def declare(self) -> LiveScript:
        declared = self.header["declared"]
        self.event(ev.Declared(self.at_ms, declared["severity"], declared["by"], True))
        return self

    def wait(self, minutes: float) -> LiveScript:
        """Let time pass; timers fire when they are due."""
        until_ms = self.at_ms + round(minutes * MINUTE)
        while (due_ms := self._kernel.clock.next_ms()) is not None and due_ms <= until_ms:
            self.at_ms = max(self.at_ms, due_ms)
            self.event(self._kernel.fire(self.at_ms))
        self.at_ms = until_ms
        return self

    def away(self, minutes: float) -> LiveScript:
        """Let time pass with no host: what falls due waits for it."""
        self.at_ms += round(minutes * MINUTE)
        self.note(what="host", by="host", text=f"no host for {minutes:g} min")
        flying = tuple(self.view.issued)
        self.event(ev.Resumed(self.at_ms, flying))
        self.event(self._kernel.fire(self.at_ms))
        return self

    def event(self, event: ev.Event, reading: dict[str, Any] | None = None) -> None:
        self._kernel.receive(self.at_ms, event, reading)
        batch = self._kernel.decide(self.at_ms, event, reading)
        self.view.fold(batch)
        self.view.seq = self._kernel.seq
        for command in batch.step.commands:
            if isinstance(command, co.RequestProposal):
                self.propose(command.action)

    def note(self, **payload: Any) -> None:
        self.writer.append(self.at_ms, "note", payload)
        self.view.note(self._kernel.seq, self.at_ms, payload)
        self._kernel.seq += 1
        self.view.seq = self._kernel.seq

    def say(self, by: str, verb: str, **payload: Any) -> LiveScript:
        """A letter, heard as a host hears it."""
        setting = Setting(self.view, self.carriers)
        heard = hear(setting, {"verb": verb, "by": by, "via": "cli", **payload}, self.at_ms)
        if heard.note is not None:
            self.note(**heard.note)
        for place, event in enumerate(heard.events):
            self.event(event, dict(heard.reading or {}) if not place else None)
        return self

    def vote(self, by: str, action: str, role: str, why: str = "", approve: bool = True) -> None:
        digest = self.view.proposals[action].digest
        reading = {"of": action, "by": by, "via": "cli", "text": why, "role": role}
        self.event(ev.Voted(self.at_ms, action, by, role, approve, digest), reading)

    def answer(self, by: str, request: str, answer: str = "", **fields: str) -> LiveScript:
        return self.say(by, "answer", request=request, answer=answer, fields=fields)

    def propose(self, action: str) -> None:
        shown = {
            item: {"do": f"{c.instance}.{c.operation}", "shown": c.shown}
            for (owner, item), c in self.carriers.items()
            if owner == action
        }
        content = {"action": action, "items": shown}
        digest = hashlib.sha256(canonical(content).encode()).hexdigest()
        reading = {
            "of": action,
            "by": "armada",
            "via": "host",
            "proposal": content,
            "digest": digest,
        }
        self.event(ev.Proposed(self.at_ms, action, digest, "armada"), reading)

    def returns(self, action: str, result: str = "ok", text: str = "", by: str = "host") -> None:
        """A program's answer to the only command of an action that is under way."""
        name = next(n for n, i in self.view.issued.items() if i.command.action == action)
        reading = {"of": name, "by": by, "via": by, "text": text}
        self.event(ev.Returned(self.at_ms, name, result, by), reading)

    # --- looking ------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        return self.writer.text

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(Entry(**json.loads(line)) for line in self.writer.lines)


def triaged(script: LiveScript) -> LiveScript:
    """Declared, acknowledged after three minutes, and triaged."""
    script.declare().wait(3)
    script.say("bob", "ack", role="On-call engineer")
    for number, text in enumerate(("api and worker", "about 1200", "no", "one region"), 1):
        script.wait(0.5).answer("bob", f"triage.assess_impact.{number}", text)
    script.wait(1).answer("bob", "triage.classify_severity", "1")
    script.returns("triage.communicate", text="**INCIDENT DECLARED - SEV-1**\nmore")
    return script


def mitigated(script: LiveScript) -> LiveScript:
    """Relieved, rolled back after an approval, a note and a command by hand beside it."""
    script.answer("eve", "mitigate.immediate_relief", "2")
    script.wait(1).answer("eve", "mitigate.immediate_relief.2", "done: restarted 3 pods")
    script.say("eve", "did", text="kubectl top pods | head")
    script.say("bob", "note", text="the dashboard is slow, too")
    script.answer("eve", "fact:recent_deploy", "yes")
    script.answer("eve", "fact:suspected_cause", "yes")
    script.wait(1)
    script.vote("bob", "mitigate.rollback", "hierarchical-coordinator", "it is the release")
    script.wait(0.5).returns("mitigate.rollback", text="Rollback was a success!", by="shell")
    script.answer("eve", "fact:feature_specific_issue", "no")
    return script.say("bob", "mitigated")


def fixed(script: LiveScript) -> LiveScript:
    """Diagnosed, fixed, deployed, verified and watched."""
    for action, count in (("check_metrics", 4), ("analyze_logs", 3), ("trace_requests", 3)):
        for number in range(1, count + 1):
            script.answer("cy", f"diagnose.{action}.{number}", f"looked at {number}")
        script.wait(2)
    script.answer("cy", "diagnose.output", hypothesis="a bad release", evidence="the graph")
    script.answer("cy", "diagnose.output", confidence_level="high")
    script.returns("diagnose.output", text="## Diagnosis Summary\n- Root cause")
    script.wait(5).answer("dan", "fix.implement_fix", "done: pinned the client")
    script.answer("dan", "fix.create_pr", root_cause="a | in the config", fix_description="pin it")
    script.answer("dan", "fix.create_pr", link="https://git.example/pr/7")
    script.wait(1).answer("eve", "deploy.deploy_fix.canary", "done")
    script.wait(5.1).answer("eve", "deploy.deploy_fix.judge", "yes")
    script.answer("eve", "deploy.deploy_fix.promote", "done")
    for number in range(1, 5):
        script.answer("eve", f"deploy.verify_resolution.{number}", "yes")
    return script.wait(30.1)


FILLED = {
    "summary": "A release took the agents down.",
    "root_cause": "A pipe | in the config",
    "users_affected": "1200",
    "revenue_impact": "unknown",
    "sla_impact": "none",
    "resolution": "Rolled back, then pinned the client.",
    "went_well": "- the page came at once",
    "went_poorly": "- the dashboard was slow",
}


def whole(script: LiveScript) -> LiveScript:
    """From the declaration to the postmortem."""
    fixed(mitigated(triaged(script)))
    script.answer("bob", "postmortem.output", **FILLED)
    script.answer(
        "bob", "postmortem.output", action_items="Alert on config | size\nTest the client"
    )
    script.returns("postmortem.output", text="# Incident Postmortem")
    return script
