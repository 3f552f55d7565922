"""A live run as its journal tells it: state, what people said, what is still to be told.

Owns the fold of entries into a view; pure, without clock or file. The host folds its own entries as
it writes them, whoever only looks folds the same entries from the journal. The kernel's state is
in it; beside that only what the state must not hold: texts, names, times of asking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from ..compiler.plan import Plan, canonical, load_plan
from .journal_entries import JOURNAL_FORMAT, Entry
from .journal_replay import Batch, Replayed, Replayer
from .kernel import State, initial, outcome_name
from .kernel import commands as co
from .kernel import events as ev

BY_PEOPLE = frozenset({"cli", "api", "terminal"})
"""The ways in which a person speaks; anything else that a reading came by is a program."""
UNKNOWN = "unknown"
"""The answer of somebody who does not know; it stays visible in a document."""


class Said(NamedTuple):
    """A text, who said it, and when."""

    text: str
    by: str
    at_ms: int


class Proposal(NamedTuple):
    """What an action will do: canonical data, its digest, and who proposed it."""

    action: str
    digest: str
    content: Mapping[str, Any]
    by: str
    at_ms: int


class Note(NamedTuple):
    """A line that is no event: what a person noted, ran by hand, or the host has to tell."""

    seq: int
    at_ms: int
    what: str
    by: str
    text: str
    data: Mapping[str, Any]


class Issued(NamedTuple):
    """A dispatch in flight and when it was first issued."""

    command: co.Dispatch
    at_ms: int


class Kept(NamedTuple):
    """What a command has done that lasts so long, and is renewed until the run or stage is over."""

    command: co.Dispatch
    lasts_ms: int
    until: str


class RunView:
    """Everything that is known of one run."""

    def __init__(self, header: Mapping[str, Any], plan: Plan | None = None) -> None:
        self.header = header
        self.plan = plan or load_plan(canonical(header["plan"]))
        self.run: str = header.get("run", "")
        self.zero_ms: int = header.get("zero_ms", 0)
        self.state: State = initial(self.plan)
        self.at_ms = 0
        self.seq = 1
        self.batches: list[Batch] = []
        self.notes: list[Note] = []
        self.values: dict[str, Said] = {}
        self.outputs: dict[str, Said] = {}
        self.partial: dict[str, dict[str, Said]] = {}
        self.proposals: dict[str, Proposal] = {}
        self.remembered: dict[str, Mapping[str, Any]] = {}
        self.kept: dict[str, Kept] = {}
        self.asked_ms: dict[str, int] = {}
        self.issued: dict[str, Issued] = {}
        self.held_up: dict[str, str] = {}
        self.unsent: dict[str, co.Page | co.Notify] = {}
        self.responders: dict[str, None] = {}
        self.authors: dict[str, str] = {}
        self.commander: str = ""
        self.shift_ms = 0
        self._replayer = Replayer(self.plan)
        declared: Mapping[str, Any] = header.get("declared", {})
        for name, text in declared.get("values", {}).items():
            self.values[name] = Said(text, declared.get("by", ""), 0)
        # an alert declares, and commands nothing: that takes a person
        self.commander = declared.get("by", "") if declared.get("person", True) else ""

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> RunView:
        """The view of a journal's entries, the header first.

        Raises ``BrokenJournal``; ``ValueError`` for a run that another version wrote.
        """
        found = iter(entries)
        header = next(found).payload
        if header.get("format") != JOURNAL_FORMAT:
            raise ValueError(f"it is of journal format {header.get('format')}")
        view = cls(header)
        for entry in found:
            view.take(entry)
        return view

    # --- folding ------------------------------------------------------------------------------

    def take(self, entry: Entry) -> None:
        """Follow one entry that somebody else has written."""
        self.seq = entry.seq + 1
        self.at_ms = max(self.at_ms, entry.at_ms)
        if entry.kind == "note":
            self.note(entry.seq, entry.at_ms, entry.payload)
            return
        batch = self._replayer.take(entry)
        if batch is not None:
            self.fold(batch)

    def replayed(self) -> Replayed:
        """Where the entries that were taken leave the kernel."""
        return self._replayer.replayed()

    def fold(self, batch: Batch) -> None:
        """Follow one event and its commands."""
        self.batches.append(batch)
        self.state = batch.step.state
        self.at_ms = max(self.at_ms, batch.at_ms)
        if batch.step.verdict != "applied":
            return
        if batch.reading is not None:
            self._read(batch.at_ms, batch.reading)
        event = batch.event
        if isinstance(event, ev.Returned):
            self._keep(event.command_id, (batch.reading or {}).get("keep"))
        if isinstance(event, (ev.Returned, ev.Observed)) and not self._is_open(event.command_id):
            self._forget(event.command_id)
        if isinstance(event, ev.Acknowledged):
            self.commander = str((batch.reading or {}).get("by") or event.by)
        if isinstance(event, ev.Resumed):  # what was not sent before is one current message now
            self.unsent = {k: c for k, c in self.unsent.items() if isinstance(c, co.Notify)}
        for place, command in enumerate(batch.step.commands):
            self._follow(batch.at_ms, command, batch.seq + batch.lead + place)
        for name in [each for each in self.asked_ms if each not in self.state.control.questions]:
            del self.asked_ms[name]

    def note(self, seq: int, at_ms: int, payload: Mapping[str, Any]) -> None:
        """Follow one note."""
        what, by = str(payload.get("what", "")), str(payload.get("by", ""))
        self.notes.append(Note(seq, at_ms, what, by, str(payload.get("text", "")), payload))
        if payload.get("via") in BY_PEOPLE and by:
            self.responders[by] = None
        if what == "hand-over":
            self.commander = str(payload.get("to", ""))
        elif what == "sent":
            self.unsent.pop(str(payload.get("message", "")), None)
        elif what == "answer":
            self._partly(at_ms, by, payload)
        elif what == "watch":
            seen = cast(Mapping[str, Any], payload.get("remember") or {})
            self.remembered[str(payload.get("of", ""))] = seen
        elif what == "kept" and payload.get("over"):
            self.kept.pop(str(payload.get("of", "")), None)
        elif what == "lock":
            self._waits(str(payload.get("of", "")), payload)
        elif what == "clock":
            self.shift_ms += int(payload.get("shift_ms", 0))

    def _keep(self, command_id: str, stated: Any) -> None:
        issued = self.issued.get(command_id)
        if issued is not None and isinstance(stated, dict):
            keep = cast(dict[str, Any], stated)
            lasts_ms, until = int(keep["lasts_ms"]), str(keep["until"])
            self.kept[command_id] = Kept(issued.command, lasts_ms, until)

    def _waits(self, command_id: str, payload: Mapping[str, Any]) -> None:
        """A command waits for what another run holds, or does so no more."""
        if payload.get("runs") and self._is_open(command_id):
            self.held_up[command_id] = str(payload.get("text", ""))
        else:
            self.held_up.pop(command_id, None)

    def _partly(self, at_ms: int, by: str, payload: Mapping[str, Any]) -> None:
        of = str(payload.get("of", ""))
        kept = self.partial.setdefault(of, {})
        self._worked_on(of, by)
        for name, text in cast(dict[str, str], payload.get("values", {})).items():
            kept[name] = self.values[name] = Said(text, by, at_ms)

    def _worked_on(self, command_id: str, by: str) -> None:
        """Remember who had a hand in an action's work: nobody judges their own."""
        action_id, *rest = command_id.rsplit(":", 3)
        if len(rest) == 3 and action_id in self.state.control.actions:
            self.authors[action_id] = by

    def _read(self, at_ms: int, reading: Mapping[str, Any]) -> None:
        by, of = str(reading.get("by", "")), str(reading.get("of", ""))
        if reading.get("via") in BY_PEOPLE and by:
            self.responders[by] = None
            self._worked_on(of, by)
        for name, text in cast(dict[str, str], reading.get("values", {})).items():
            self.values[name] = Said(text, by, at_ms)
        if reading.get("text"):
            self.outputs[of] = Said(str(reading["text"]), by, at_ms)
        content = reading.get("proposal")
        if isinstance(content, dict):
            digest = str(reading.get("digest", ""))
            known = cast(dict[str, Any], content)
            self.proposals[of] = Proposal(of, digest, known, by, at_ms)

    def _follow(self, at_ms: int, command: co.Command, seq: int) -> None:
        match command:
            case co.Dispatch(command_id=command_id):
                self.issued.setdefault(command_id, Issued(command, at_ms))
            case co.CancelDispatch(command_id=command_id):
                if not self._is_open(command_id):  # an uncertain one is still to be found out
                    self._forget(command_id)
            case co.AskPerson(question=question):
                self.asked_ms.setdefault(question, at_ms)
            case co.Page() | co.Notify():
                self.unsent[message_key(command, seq)] = command
            case _:
                pass

    def _forget(self, command_id: str) -> None:
        """Nobody waits for the command any more."""
        self.issued.pop(command_id, None)
        self.partial.pop(command_id, None)
        self.held_up.pop(command_id, None)

    def _is_open(self, command_id: str) -> bool:
        return is_open(self.state, command_id)

    # --- reading ------------------------------------------------------------------------------

    @property
    def zone(self) -> ZoneInfo:
        """The plan's time zone; UTC where this machine does not know it."""
        try:
            return ZoneInfo(self.plan.timezone)
        except (KeyError, ValueError, OSError):
            return ZoneInfo("UTC")

    def wall(self, at_ms: int) -> datetime:
        """The wall clock, in UTC, at a time of the run."""
        return datetime.fromtimestamp((self.zero_ms + at_ms) / 1000, UTC)

    @property
    def title(self) -> str:
        """What the incident is called."""
        return str(self.header.get("declared", {}).get("title", "")) or self.plan.name

    @property
    def status(self) -> str:
        """Where the incident stands, in a word."""
        phase = self.state.control.phase
        return outcome_name(self.state) if phase in ("resolved", "closed") else phase

    def names(self) -> dict[str, str]:
        """What templates may read: the run's own names, inputs, what was said, facts."""
        control, registers = self.state
        found = {name: str(value) for name, value in control.facts.items()}
        found.update({name: said.text for name, said in self.values.items()})
        found |= {
            "incident_id": self.run,
            "workflow": self.plan.name,
            "title": self.title,
            "severity": str(control.level or ""),
            "status": self.status,
            "commander": self.commander,
            "date": self._local(registers.declared_ms, "%Y-%m-%d"),
            "declared_at": self._local(registers.declared_ms),
            "resolved_at": self._local(registers.resolved_ms),
            "duration": self._duration(),
            "responders": ", ".join(self.responders),
        }
        return {name: text for name, text in found.items() if text}

    def _local(self, at_ms: int, form: str = "%Y-%m-%d %H:%M %Z") -> str:
        return "" if at_ms < 0 else self.wall(at_ms).astimezone(self.zone).strftime(form)

    def _duration(self) -> str:
        registers = self.state.registers
        ended = max(registers.resolved_ms, registers.closed_ms)
        return "" if ended < 0 else in_words(ended - registers.declared_ms)


def is_open(state: State, command_id: str) -> bool:
    """Whether the kernel still waits for this very attempt."""
    action_id, item_id, _, attempt = command_id.rsplit(":", 3)
    action = state.control.actions.get(action_id)
    for item in action.items if action is not None else ():
        if item.item == item_id and item.status in ("issued", "uncertain"):
            return item.attempt == int(attempt)
    return False


def message_key(command: co.Page | co.Notify, seq: int) -> str:
    """The identity of a message: what it is, and the entry that ordered it."""
    return f"{command.page_id}#{seq}" if isinstance(command, co.Page) else f"notice#{seq}"


def in_words(ms: int) -> str:
    """A span of time for a reader: ``1 h 5 min``, ``12 min``, ``8 s``."""
    seconds = max(0, ms) // 1000
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    if minutes >= 5:
        return f"{minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
