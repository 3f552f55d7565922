"""The timeline of a live run: events, commands, and what people said and did beside them.

Owns the words that only a live run needs: who it really was that spoke for a role, what an answer
or a program's output began with, notes, commands run by hand, the clock and the host. Text that
others wrote is shown on one line and made fit to be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import merge
from typing import Any, cast

from ..compiler.plan import Kind
from .desk import first_line, shown_proposal
from .journal_replay import Batch
from .kernel import commands as co
from .kernel import events as ev
from .plain_text import one_line, printable
from .timeline import (
    RECORDS,
    Line,
    Teller,
    Told,
    Worded,
    joined,
    level_name,
    short,
    with_detail,
)
from .view import BY_PEOPLE, Note, RunView, in_words

TEXT_LIMIT = 300
"""Where a text of somebody's is cut in the timeline; the journal has all of it."""
LATE_MS = 5_000
"""A page that comes later than this is called late."""

LIVE_RECORDS: dict[str, Worded] = {
    **RECORDS,
    "resumed": (with_detail("a host takes the run up again"), "plain"),
    "new-pass": (with_detail("begins again from {subject}"), "plain"),
    "effect-unknown": (with_detail("  nobody knows whether {subject} happened"), "bad"),
    "stage-timeout": (with_detail("stage {title} has taken too long"), "bad"),
    "action-undone": (with_detail("  {subject} undone"), "good"),
    "undo-failed": (with_detail("  {subject}: undoing it failed"), "bad"),
    "undo-left": (with_detail("  {subject}: left as it is"), "plain"),
    "option-failed": (with_detail("  {subject}: an option failed"), "bad"),
    "severity-kept": (with_detail("severity kept"), "plain"),
}

NOTICES: Mapping[str, str] = {
    "blocked": "{subject} has failed and waits for a decision",
    "unanswered": "nobody has answered {subject} yet",
    "approval-expired": "nobody approved {subject} in time",
    "deadline-broken": "the response deadline is broken",
    "exhausted": "everybody has been told and nobody has answered",
    "nobody-reached": "nobody of a rung could be reached",
    "idle": "nothing is left to do, and it is not over",
    "undo-failed": "undoing {subject} failed",
    "reopened": "the incident is open again",
}


def timeline(view: RunView) -> tuple[Line, ...]:
    """Everything that happened, what repeats unchanged told once."""
    return tuple(joined(LiveTeller(view).more()))


class LiveTeller(Teller):
    """Tells a view's batches and notes in the order of the journal, each once."""

    def __init__(self, view: RunView) -> None:
        super().__init__(view.plan, one_line(view.title, TEXT_LIMIT))
        self._view = view
        self._batches = 0
        self._notes = 0

    @property
    def records(self) -> dict[str, Worded]:
        """The records that are told."""
        return LIVE_RECORDS

    def more(self) -> Iterator[Told]:
        """The lines of what the view has taken since the last call."""
        batches = self._view.batches[self._batches :]
        notes = self._view.notes[self._notes :]
        self._batches += len(batches)
        self._notes += len(notes)
        both = merge(batches, notes, key=lambda each: each.seq)
        for each in both:
            told = self._note(each) if isinstance(each, Note) else self.tell(each)
            for key, line in told:
                yield key, line._replace(text=_shown(line.text))

    # --- events -------------------------------------------------------------------------------

    def _event(self, batch: Batch) -> Iterator[Told]:
        at_ms, event = batch.at_ms, batch.event
        reason = _because(batch.reading)
        match event:
            case ev.Voted(action=action, by=by, role=role, approve=approve, digest=digest):
                word, tone = ("approves", "good") if approve else ("REJECTS", "bad")
                text = f"  {by} ({role}) {word} {action} as shown, {digest[:12]}{reason}"
                yield "", Line(at_ms, text, tone, action)  # type: ignore[arg-type]
            case ev.GlassBroken(action=action, by=by):
                text = f"  {by} BREAKS THE GLASS for {action}{reason}; a review is owed"
                yield "", Line(at_ms, text, "bad", action)
            case ev.Proposed(action=action, digest=digest, by=by):
                yield "", Line(at_ms, self._proposal(batch, action, digest, by), "plain", action)
            case ev.Escalated(rung=rung, by=by):
                yield "", Line(at_ms, f"{by} escalates to rung {rung + 1}{reason}", "people")
            case ev.AgentEngaged(agent=agent, by=by):
                yield "", Line(at_ms, f"{by} engages {agent}{reason}", "people")
            case ev.SeveritySet(level=level, by=by, person=person):
                verb = "sets" if person else "proposes"
                text = f"{by} {verb} {level_name(self._plan, level)}{reason}"
                yield "", Line(at_ms, text, "people")
            case _:
                for key, line in super()._event(batch):
                    if isinstance(event, ev.Answered):
                        line = line._replace(text=line.text + reason)
                    yield key, line

    def _proposal(self, batch: Batch, action: str, digest: str, by: str) -> str:
        content: Any = (batch.reading or {}).get("proposal")
        known = cast(dict[str, object], content) if isinstance(content, dict) else {}
        shown = "; ".join(one_line(each, TEXT_LIMIT) for each in shown_proposal(known)[:3])
        what = f": {shown}" if shown else ""
        return f"  {action} is proposed by {by}{what} (digest {digest[:12]})"

    def _read(self, batch: Batch, action_id: str, phase: str) -> Iterator[Told]:
        """What was said or printed, by whom."""
        event, reading = batch.event, batch.reading or {}
        if not isinstance(event, ev.Returned):
            return
        by = str(reading.get("by", event.by))
        person = reading.get("via") in BY_PEOPLE
        printed = printable(str(reading.get("text", "")))
        text = one_line(printed if person else first_line(printed), TEXT_LIMIT)
        values = cast(dict[str, str], reading.get("values") or {})
        about = self._about(action_id, phase, event.command_id)
        if phase == "choose":
            return
        if text:
            yield "", Line(batch.at_ms, f"  {by}: {about} → {text}", _tone(person), action_id)
        elif person and values:
            text = f"  {by} fills in {', '.join(values)} of {action_id}"
            yield "", Line(batch.at_ms, text, "people", action_id)
        elif person and event.result == "ok":
            text = f"  {by}: {about} → {self._well(action_id, event.level)}"
            yield "", Line(batch.at_ms, text, "people", action_id)

    def _about(self, action_id: str, phase: str, command_id: str) -> str:
        if phase == "do":
            return action_id
        asked = self._item_text(command_id)
        return f"{action_id} ({phase})" if asked == phase else one_line(asked, TEXT_LIMIT)

    def _well(self, action_id: str, level: int | None) -> str:
        if level is not None:
            return level_name(self._plan, level)
        action = self._actions.get(action_id)
        return "holds" if action is not None and action.kind is Kind.VERIFY else "done"

    # --- commands -----------------------------------------------------------------------------

    def _command(self, batch: Batch, command: co.Command) -> Iterator[Told]:
        if isinstance(command, co.Notify):
            subject = _subject(command.subject)
            words = NOTICES.get(command.about, f"{command.about} {{subject}}")
            text = f"told {', '.join(command.to)}: {words.format(subject=subject)}".rstrip()
            key = f"notify:{command.about}:{command.subject}"
            yield key, Line(batch.at_ms, text, "people", subject)
            return
        yield from super()._command(batch, command)

    def _page(self, at_ms: int, page: co.Page) -> Told:
        key, line = super()._page(at_ms, page._replace(late_ms=0))
        if page.late_ms < LATE_MS:
            return key, line
        late = f"{in_words(page.late_ms)} LATE; nobody was told for {in_words(page.untold_ms)}"
        return key, line._replace(text=f"{line.text}, {late}", tone="bad")

    def _record(self, batch: Batch, record: co.Record) -> Iterator[Told]:
        reading = batch.reading or {}
        by = str(reading.get("by", ""))
        if record.what == "acknowledged" and by and by != record.detail:
            record = record._replace(detail=f"{by} for {record.detail}")
        elif record.what == "severity-set":
            said = f" by {by}" if by and record.detail.endswith("confirmed") else ""
            record = record._replace(detail=record.detail.replace(" to ", " to level ") + said)
        elif record.what in ("resolved", "closed", "reopened", "aborted", "mitigated"):
            record = record._replace(detail=record.detail + _because(reading))
        elif record.what == "chosen" and by:
            yield "", self._choice(batch.at_ms, record, by)
            return
        elif record.what == "action-unknown":
            record = record._replace(detail="")
        elif record.what == "effect-unknown":
            record = record._replace(subject=short(record.detail or record.subject), detail="")
        yield from super()._record(batch, record)

    def _choice(self, at_ms: int, record: co.Record, by: str) -> Line:
        words = "none of them" if record.detail == "none" else self._chosen(record)
        return Line(
            at_ms, f"  {by} chooses for {record.subject}: {words}", "people", record.subject
        )

    # --- notes --------------------------------------------------------------------------------

    def _note(self, note: Note) -> Iterator[Told]:
        text = one_line(note.text, TEXT_LIMIT)
        by = note.by or "somebody"
        match note.what:
            case "note":
                line = Line(note.at_ms, f"{by} notes: {text}", "people")
            case "did":
                line = Line(note.at_ms, f"{by} ran by hand: {text}", "people")
            case "review":
                line = Line(note.at_ms, f"{by} reviews: {text}", "people")
            case "hand-over":
                to = one_line(str(note.data.get("to", "")), TEXT_LIMIT)
                line = Line(note.at_ms, f"{by} hands over to {to}{_colon(text)}", "milestone")
            case "answer":
                values = cast(dict[str, str], note.data.get("values") or {})
                of = short(str(note.data.get("of", "")))
                line = Line(note.at_ms, f"  {by} fills in {', '.join(values)} of {of}", "people")
            case "sent":
                yield from self._sent(note, text)
                return
            case "clock":
                line = Line(note.at_ms, _clock(note, text), "bad")
            case _:
                line = Line(note.at_ms, text)
        if line.text.strip():
            yield "", line._replace(seq=note.seq)

    def _sent(self, note: Note, text: str) -> Iterator[Told]:
        """Whom a message reached, and whom it did not."""
        if text:
            yield "", Line(note.at_ms, f"  reached {text}", seq=note.seq)
        failed = cast(dict[str, str], note.data.get("failed") or {})
        for target, why in failed.items():
            words = f"  {target} was not reached: {one_line(str(why), TEXT_LIMIT)}"
            yield "", Line(note.at_ms, words, "bad", seq=note.seq)


def _shown(text: str) -> str:
    """One line, its indentation kept."""
    return text[: len(text) - len(text.lstrip(" "))] + one_line(text)


def _tone(person: bool) -> Any:
    return "people" if person else "plain"


def _because(reading: Mapping[str, Any] | None) -> str:
    return _colon(one_line(str((reading or {}).get("text", "")), TEXT_LIMIT))


def _colon(text: str) -> str:
    return f": {text}" if text else ""


def _subject(subject: str) -> str:
    """A command's or question's name for a reader."""
    return short(subject) if subject.count(":") >= 3 else subject


def _clock(note: Note, text: str) -> str:
    shift_ms = note.data.get("shift_ms")
    if not isinstance(shift_ms, int) or text:
        return text
    way = "forward" if shift_ms > 0 else "back"
    return f"the machine's clock was put {way} by {in_words(abs(shift_ms))}"


def local_lines(view: RunView, lines: tuple[Line, ...], form: str) -> tuple[tuple[str, Line], ...]:
    """The lines with the time of day in the plan's zone, in ``strftime`` form."""
    return tuple(
        (view.wall(each.at_ms).astimezone(view.zone).strftime(form), each) for each in lines
    )
