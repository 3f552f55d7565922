"""One trial, step by step: the coordinator, its surroundings, and what is between them.

Owns the loop, the crashes of the coordinator and its return. Results come before timers at one
instant. A crash loses the coordinator's memory; its journal is read back as text, and the kernel is
told what was in flight. The surroundings live on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..runtime.coordinator import RESENT, Coordinator
from ..runtime.journal_entries import JournalWriter, read_journal
from ..runtime.journal_replay import Batch, replay
from ..runtime.kernel import commands as co
from ..runtime.kernel import events as ev
from ..runtime.kernel import finished
from .agenda import Class
from .distributions import parse_duration
from .environment import Environment, Happening, Setting
from .faults import Fate
from .interventions import declaration, intervene
from .people import People
from .scenario import Crash
from .work import Work, recovery_ms

REMINDERS = frozenset({"repage", "patience", "idle", "expiry"})
STALL_MS = 3_600_000
"""When nothing but reminders has happened for so long, nobody is going to act."""


class _Down(Exception):
    """The coordinator died."""


class Run:
    """One trial of a setting."""

    def __init__(
        self,
        setting: Setting,
        seed: int,
        trial: int,
        override: int | None,
        header: dict[str, Any],
        journal: bool,
    ) -> None:
        self.setting = setting
        self.env: Environment = setting.environment(seed, trial, override)
        self.work = Work(self.env)
        self.people = People(self.env, self.work)
        self.env.acknowledged = self._is_acknowledged
        self.env.open = self._is_open
        crashes = [f.crash for f in setting.scenario.faults if f.crash is not None]
        self.crashes: list[Crash] = sorted(crashes, key=lambda crash: crash.entry)
        dying = any(fault.do.startswith("crash") for fault in setting.scenario.faults)
        self.writer = JournalWriter() if journal or self.crashes or dying else None
        self.host = Coordinator(setting.plan, self.writer, header)
        self.now_ms = 0
        self.up_ms: int | None = None
        self.restarts = 0
        self.batches: list[Batch] = []
        self.records: list[tuple[int, co.Record]] = []
        self.keep = journal
        self.horizon_ms = parse_duration(setting.scenario.horizon)
        self._progress_ms = 0
        self._begin()

    def _begin(self) -> None:
        env = self.env
        declared = declaration(env)
        env.schedule(0, Class.DECLARATION, "", Happening(declared, True))
        for place, given in enumerate(env.scenario.interventions):
            at_ms = parse_duration(given.at)
            happening = Happening(intervene(env, given), True)
            env.schedule(at_ms, Class.INTERVENTION, "", happening, place)
        healed_ms = recovery_ms(env)
        if healed_ms is not None:
            env.schedule(healed_ms, Class.RESULT, "recovery", Happening(self._heal))
        if self.crashes and self.crashes[0].entry == 0:
            self._fall(self.crashes.pop(0).restart)

    def _heal(self, at_ms: int) -> None:
        self.env.recovered(at_ms)

    def _is_acknowledged(self) -> bool:
        return bool(self.host.state.control.acknowledged)

    def _is_open(self) -> bool:
        return self.host.state.control.phase == "open"

    # --- the loop -----------------------------------------------------------------------------

    def go(self, stop_at_crash: bool = False) -> bool:
        """Run to the end; True when it stopped at a crash instead."""
        while not self.over:
            if self.up_ms is not None:
                if stop_at_crash:
                    return True
                self.come_back(self.writer.text if self.writer else "")
            elif not self._advance():
                break
        return False

    @property
    def over(self) -> bool:
        """The run is finished and the coordinator knows it."""
        return self.up_ms is None and finished(self.host.state)

    def _advance(self) -> bool:
        """Take the next happening or timers; False when there is none in time."""
        result_ms, timer_ms = self.env.agenda.next_ms(), self.host.clock.next_ms()
        due = [at_ms for at_ms in (result_ms, timer_ms) if at_ms is not None]
        if not due:
            return False
        at_ms = max(self.now_ms, min(due))
        if at_ms > self.horizon_ms or self._stalled(at_ms, result_ms):
            return False
        self.now_ms = at_ms
        try:
            if result_ms is not None and result_ms <= at_ms and result_ms == min(due):
                self._hear(at_ms)
            else:
                self._handle(at_ms, self.host.fire(at_ms), None)
        except _Down:
            pass
        return True

    def _stalled(self, at_ms: int, result_ms: int | None) -> bool:
        if result_ms is not None or at_ms - self._progress_ms <= STALL_MS:
            return False
        return all(timer.kind in REMINDERS for timer in self.host.clock.due_ms)

    def _hear(self, at_ms: int) -> None:
        _, happening = self.env.agenda.take()
        event = happening.occur(at_ms)
        reading, self.env.reading = self.env.reading, None
        if event is not None:
            self._handle(at_ms, event, reading)

    # --- an event and its commands ------------------------------------------------------------

    def _handle(self, at_ms: int, event: ev.Event, reading: dict[str, Any] | None) -> None:
        host = self.host
        crash = self.crashes[0] if self.crashes else None
        at_reading = crash is not None and reading is not None and crash.entry == host.seq
        if crash is not None and at_reading and crash.when == "before" and self.writer is not None:
            self.writer.append(at_ms, "reading", reading or {})
            self._fall(self.crashes.pop(0).restart)
            raise _Down
        host.receive(at_ms, event, reading)
        at_event = host.seq + (reading is not None)
        if crash is not None and crash.entry == at_event and crash.when == "before":
            self._fall(self.crashes.pop(0).restart)
            raise _Down
        batch = host.decide(at_ms, event, reading)
        self._note(batch)
        self._carry_out(batch)

    def _note(self, batch: Batch) -> None:
        event, commands = batch.event, batch.step.commands
        if not isinstance(event, ev.TimersFired) or not all(
            timer.kind in REMINDERS for timer in event.timers
        ):
            self._progress_ms = batch.at_ms
        for command in commands:
            if isinstance(command, co.Record):
                self.records.append((batch.at_ms, command))
        if self.keep:
            self.batches.append(batch)
        if isinstance(event, ev.Reopened):
            self.people.forget_pages()
        if batch.step.verdict == "refused" and not isinstance(event, (ev.Mitigated, ev.Voted)):
            self.env.note(f"refused: {type(event).__name__} ({batch.step.reason})")

    def _carry_out(self, batch: Batch) -> None:
        first = batch.seq + batch.lead
        commands = batch.step.commands
        crash = self.crashes[0] if self.crashes else None
        stop = len(commands)
        if crash is not None and crash.entry < first + stop:
            stop = max(0, crash.entry - first + (crash.when == "after"))
            stop = 0 if crash.entry < first else stop
            self.crashes.pop(0)
        else:
            crash = None
        for place, command in enumerate(commands[:stop]):
            self._send(command, batch.at_ms, first + place)
        if crash is not None:
            self._fall(crash.restart)
            raise _Down

    def _send(self, command: co.Command, at_ms: int, seq: int) -> None:
        act = _ACTS.get(type(command))
        if act is None:
            return
        fate = self.env.faults.strike(command, at_ms)
        if fate is not None and fate.do == "crash-before":
            self._fall(f"{fate.delay_ms}ms")
            raise _Down
        act(self, command, at_ms, fate, seq)
        if fate is not None and fate.do == "crash-after":
            self._fall(f"{fate.delay_ms}ms")
            raise _Down

    # --- a crash and the return ---------------------------------------------------------------

    def _fall(self, restart: str) -> None:
        self.up_ms = self.now_ms + parse_duration(restart)
        self.work.lose_answers()

    def come_back(self, text: str) -> None:
        """Restore the coordinator from a journal's text alone, and go on."""
        up_ms = self.up_ms or 0
        self._live_through(up_ms)
        self.now_ms, self.up_ms = up_ms, None
        self.restarts += 1
        entries = read_journal(text).entries
        replayed = replay(self.setting.plan, entries)
        self.host.restore(replayed, len(entries))
        first = self.host.seq - len(replayed.last)
        if replayed.missing:
            self._note_recovered(replayed.at_ms, replayed.last)
        try:
            for place, command in enumerate(replayed.last):
                if isinstance(command, RESENT):
                    self._send(command, up_ms, first + place)
            if replayed.state.control.phase != "undeclared":
                self._handle(up_ms, ev.Resumed(up_ms, replayed.in_flight), None)
        except _Down:
            pass

    def _note_recovered(self, at_ms: int, commands: tuple[co.Command, ...]) -> None:
        for command in commands:
            if isinstance(command, co.Record):
                self.records.append((at_ms, command))

    def _live_through(self, up_ms: int) -> None:
        """The world while nobody coordinates: work ends unheard, people wait to be heard."""
        agenda = self.env.agenda
        while (at_ms := agenda.next_ms()) is not None and at_ms < up_ms:
            key, happening = agenda.take()
            if happening.by_person:
                agenda.put(key._replace(at_ms=up_ms), happening)
            else:
                happening.occur(at_ms)
                self.env.reading = None


# --- what each command does in a drill ------------------------------------------------------------

Act = Callable[[Run, Any, int, "Fate | None", int], None]


def _dispatch(run: Run, command: co.Dispatch, at_ms: int, fate: Fate | None, _seq: int) -> None:
    run.work.dispatch(command, at_ms, fate)


def _cancel(run: Run, command: co.CancelDispatch, _at: int, _fate: Fate | None, _seq: int) -> None:
    run.work.cancel(command.command_id)


def _observe(run: Run, command: co.ObserveEffect, at_ms: int, fate: Fate | None, _s: int) -> None:
    run.work.observe(command, at_ms, fate)


def _ask(run: Run, command: co.AskPerson, at_ms: int, fate: Fate | None, _seq: int) -> None:
    run.people.ask(command, at_ms, fate)


def _withdraw(run: Run, command: co.WithdrawQuestion, _a: int, _f: Fate | None, _s: int) -> None:
    run.people.withdraw(command.question)


def _propose(run: Run, command: co.RequestProposal, at_ms: int, _f: Fate | None, _s: int) -> None:
    run.people.propose(command, at_ms)


def _vote(run: Run, command: co.RequestApproval, at_ms: int, fate: Fate | None, _seq: int) -> None:
    run.people.call_votes(command, at_ms, fate)


def _close(run: Run, command: co.WithdrawApproval, _a: int, _f: Fate | None, _seq: int) -> None:
    run.people.close_votes(command.action)


def _page(run: Run, command: co.Page, at_ms: int, fate: Fate | None, _seq: int) -> None:
    run.people.page(command, at_ms, fate)


def _notify(run: Run, command: co.Notify, _at: int, _fate: Fate | None, seq: int) -> None:
    run.env.world.effects.setdefault(f"notice:{seq}:{command.about}", 1)


_ACTS: dict[type, Act] = {
    co.Dispatch: _dispatch,
    co.CancelDispatch: _cancel,
    co.ObserveEffect: _observe,
    co.AskPerson: _ask,
    co.WithdrawQuestion: _withdraw,
    co.RequestProposal: _propose,
    co.RequestApproval: _vote,
    co.WithdrawApproval: _close,
    co.Page: _page,
    co.Notify: _notify,
}
