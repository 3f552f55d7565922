"""Work under way: what was dispatched, when it ends, what comes of it.

A job is identified by its idempotency key, so asking for the same effect again joins the work that
is under way or gets the answer of the work that is done: the system takes each effect once.
Readings have no effect and are identified by the command. When the coordinator dies, work goes on
and its answer is lost, until the same work is asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ..compiler.plan import Effect, Kind
from ..runtime.kernel.commands import Dispatch, ObserveEffect
from ..runtime.kernel.events import Event, Observed, Returned
from .agenda import Class, Key
from .distributions import parse_duration
from .environment import Environment, Happening
from .faults import Fate
from .meaning import Remedy
from .responses import DETECTION_MS, Reaction

LOOK_MS = 30_000
"""How long it takes to find out whether a command happened."""
REPEAT_MS = 1_000
"""How long it takes to get the answer of work that is already done."""


@dataclass(slots=True)
class Job:
    """One piece of work and where it stands."""

    id: str
    dispatch: Dispatch
    reaction: Reaction
    result: str
    ends_ms: int
    lost: bool
    twice: bool
    entry: Key | None = None
    done: bool = False
    answer: str = ""


class Work:
    """All jobs of a trial."""

    def __init__(self, environment: Environment) -> None:
        self._env = environment
        self._jobs: dict[str, Job] = {}
        self._by_command: dict[str, Job] = {}
        self._results: dict[tuple[str, str], int] = {}
        self._watches: dict[str, Job] = {}

    # --- commands -----------------------------------------------------------------------------

    def dispatch(self, command: Dispatch, at_ms: int, fate: Fate | None) -> None:
        """Begin work, or join it."""
        env = self._env
        name = command.key if _has_effect(command, env) else command.command_id
        job = self._jobs.get(name)
        if job is not None:
            self._join(job, command, at_ms)
            return
        reaction = env.responses.to(command.action, command.item)
        result = self._fixed_result(command, reaction, fate)
        takes_ms = env.duration(reaction.takes, name, "takes")
        if fate is not None and fate.do == "delay":
            takes_ms += fate.delay_ms
        do = "" if fate is None else fate.do
        job = Job(
            name, command, reaction, result, at_ms + takes_ms, do == "drop", do == "duplicate"
        )
        self._jobs[name] = self._by_command[command.command_id] = job
        if command.item == "watch":
            self._watch(job, at_ms)
            return
        if reaction.defaulted:
            env.defaulted[reaction.defaulted] = reaction.takes_text
        self._enter(job, job.ends_ms)

    def cancel(self, command_id: str) -> None:
        """Nobody waits any more: stop what can be stopped; an unsafe effect goes on unheard."""
        job = self._by_command.get(command_id)
        if job is None or job.done:
            return
        self._watches.pop(command_id, None)
        if job.dispatch.effect == Effect.UNSAFE:
            job.lost = True
        elif job.entry is not None:
            self._env.agenda.cancel(job.entry)
            job.entry = None

    def observe(self, command: ObserveEffect, at_ms: int, fate: Fate | None) -> None:
        """Look whether an unsafe command happened, waiting for one that is under way."""
        job = self._jobs.get(command.key)
        delay_ms = fate.delay_ms if fate is not None else 0
        looked_ms = at_ms + LOOK_MS + delay_ms
        if job is not None and not job.done:
            looked_ms = max(looked_ms, job.ends_ms + LOOK_MS)

        def occur(now_ms: int) -> Event | None:
            if fate is not None and fate.do == "drop":
                return None
            if job is not None and not job.reaction.observable:
                return Observed(now_ms, command.command_id, None)
            return Observed(now_ms, command.command_id, command.key in self._env.world.effects)

        self._env.schedule(looked_ms, Class.RESULT, command.command_id, Happening(occur), lane=2)

    def happened(self, command_id: str) -> bool:
        """Whether the effect of a command has been taken, as anyone who looks can see."""
        job = self._by_command.get(command_id)
        return job is not None and job.id in self._env.world.effects

    def lose_answers(self) -> None:
        """The coordinator died: what is under way has nobody to answer to."""
        for job in self._jobs.values():
            if not job.done:
                job.lost = True
        self._watches.clear()

    def raise_alerts(self, at_ms: int) -> None:
        """The readings went bad: whatever is watched raises an alert a little later."""
        for job in tuple(self._watches.values()):
            if job.entry is None and _alarming(job, self._env, at_ms):
                self._enter(job, at_ms + DETECTION_MS)

    # --- how work goes ------------------------------------------------------------------------

    def _join(self, job: Job, command: Dispatch, at_ms: int) -> None:
        job.dispatch, job.lost = command, False
        self._by_command[command.command_id] = job
        if command.item == "watch":
            self._watch(job, at_ms)
        elif job.done:
            self._enter(job, at_ms + REPEAT_MS)
        elif job.entry is None:
            job.ends_ms += at_ms
            self._enter(job, at_ms + REPEAT_MS)
        else:
            self._env.agenda.cancel(job.entry)
            self._enter(job, job.ends_ms)

    def _enter(self, job: Job, at_ms: int) -> None:
        happening = Happening(partial(self._end, job))
        command_id = job.dispatch.command_id
        job.entry = self._env.schedule(at_ms, Class.RESULT, command_id, happening)
        if job.twice:
            again = Happening(partial(self._answer, job))
            self._env.schedule(at_ms, Class.RESULT, command_id, again, lane=1)

    def _watch(self, job: Job, at_ms: int) -> None:
        self._watches[job.dispatch.command_id] = job
        if job.result == "alert":
            takes_ms = job.ends_ms - at_ms if job.reaction.stated else DETECTION_MS
            self._enter(job, at_ms + takes_ms)
        elif _alarming(job, self._env, at_ms):
            self._enter(job, at_ms + DETECTION_MS)

    def _fixed_result(self, command: Dispatch, reaction: Reaction, fate: Fate | None) -> str:
        """A result that is settled beforehand: by a fault, or by the scenario for so many times."""
        if fate is not None and fate.do == "fail":
            return fate.result
        if not reaction.result or (reaction.result == "alert") != (command.item == "watch"):
            return ""
        if reaction.result == "false" and reaction.action.kind is not Kind.VERIFY:
            return reaction.result if command.item == "judge" else ""
        key = (command.action, command.item)
        count = self._results[key] = self._results.get(key, 0) + 1
        return reaction.result if reaction.times is None or count <= reaction.times else ""

    def _end(self, job: Job, now_ms: int) -> Event | None:
        if not job.done:
            job.done = True
            job.answer = job.result or self._judge(job, now_ms)
            self._take_effect(job, now_ms)
        return self._answer(job, now_ms)

    def _answer(self, job: Job, now_ms: int) -> Event | None:
        if job.lost or not job.done:
            return None
        self._watches.pop(job.dispatch.command_id, None)
        command, reaction, ok = job.dispatch, job.reaction, job.answer == "ok"
        chosen: tuple[str, ...] = ()
        level = None
        if ok and command.item == "choose":
            chosen = self._env.responses.choice(command.action)
        if ok and reaction.action.kind is Kind.CLASSIFY:
            level = self._level(reaction)
        facts = reaction.facts if ok else ()
        return Returned(
            now_ms,
            command.command_id,
            job.answer,
            command.agent,
            chosen,
            level,
            reaction.person,
            facts,
        )

    def _level(self, reaction: Reaction) -> int:
        """The level classification finds: the response's, the world's, else the one declared."""
        env = self._env
        levels = [policy.level for policy in env.plan.severities]
        stated = (
            reaction.level,
            env.scenario.world.severity,
            env.override,
            env.scenario.declared.severity,
        )
        found = next((level for level in stated if level is not None), min(levels, default=1))
        return found if found in levels or not levels else min(levels)

    def _judge(self, job: Job, now_ms: int) -> str:
        world, action = self._env.world, job.reaction.action
        if action.kind is Kind.VERIFY:
            text = job.reaction.item.text if job.reaction.item is not None else action.name
            return "ok" if world.check(text, now_ms) else "false"
        if job.dispatch.item == "judge":
            return "ok" if world.canary_holds() else "false"
        return "alert" if job.dispatch.item == "watch" else "ok"

    def _take_effect(self, job: Job, now_ms: int) -> None:
        if job.answer != "ok" or not _has_effect(job.dispatch, self._env):
            return
        world, phase, kind = self._env.world, job.dispatch.item, job.reaction.action.kind
        before, was_healthy = world.error_rate(now_ms), world.healthy(now_ms)
        if kind is Kind.ROLLOUT and phase == "promote":
            world.promote(job.id)
        elif kind is Kind.ROLLOUT and phase == "revert":
            world.revert(job.id)
        else:
            world.take(job.id, job.reaction.remedy if phase != "choose" else Remedy.NONE)
        after, healthy = world.error_rate(now_ms), world.healthy(now_ms)
        self._env.reading = {
            "key": job.id,
            "error_rate": [before, after],
            "latency_ms": world.latency_ms(now_ms),
        }
        if healthy and not was_healthy:
            self._env.recovered(now_ms)
        elif was_healthy and not healthy:
            self.raise_alerts(now_ms)


def _has_effect(command: Dispatch, env: Environment) -> bool:
    if command.effect == Effect.READ or command.item in ("watch", "judge"):
        return False
    return env.responses.actions[command.action].kind is not Kind.VERIFY


def _alarming(job: Job, env: Environment, at_ms: int) -> bool:
    """What a watch notices: a monitor bad readings, a canary harm beyond what runs beside it."""
    if job.reaction.action.kind is Kind.MONITOR:
        return not env.world.healthy(at_ms)
    return not env.world.canary_holds()


def recovery_ms(env: Environment) -> int | None:
    """When the cause goes away by itself, where the scenario says so."""
    after = env.scenario.world.recovers_after
    return None if after is None else parse_duration(after)
