"""The timeline: what a run's events and commands were, for a reader.

Owns the words, the same for a drill and for a live run. One line a happening, in the order of the
journal; what repeats unchanged (pages, readings that still fail) is told once and counted. Nobody
is blamed: lines speak of tasks and conditions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from ..compiler.plan import Plan
from .journal_replay import Batch
from .kernel import commands as co
from .kernel import events as ev

Tone = Literal["plain", "good", "bad", "people", "milestone"]


class Line(NamedTuple):
    """One line. ``subject``: the stage or action it is about; ``more``: how often it came again.

    ``seq`` is the journal entry that it tells of.
    """

    at_ms: int
    text: str
    tone: Tone = "plain"
    subject: str = ""
    more: int = 0
    seq: int = 0


Told = tuple[str, Line]
"""A line and its key; lines of one non-empty key say the same thing again."""


def joined(lines: Iterable[Told]) -> list[Line]:
    """Lines of one non-empty key are told once, where they first stand."""
    told: dict[str, int] = {}
    found: list[Line] = []
    for key, line in lines:
        at = told.get(key) if key else None
        if at is not None:
            found[at] = found[at]._replace(more=found[at].more + 1)
            continue
        if key:
            told[key] = len(found)
        found.append(line)
    return found


def level_name(plan: Plan, level: int) -> str:
    """``SEV-1``, or what the plan calls it."""
    policy = plan.severity(level)
    return policy.name if policy is not None else f"SEV-{level}"


_LEVEL = re.compile(r"level (\d+)")


class Teller:
    """Turns batches into lines; remembers which stages run. ``title``: what the incident is."""

    @property
    def records(self) -> dict[str, Worded]:
        """The records that are told."""
        return RECORDS

    def __init__(self, plan: Plan, title: str = "") -> None:
        self._plan = plan
        self._title = title
        self._running: dict[str, None] = {}
        self._titles = {stage.id: stage.title for stage in plan.stages}
        self._actions = {action.id: action for stage in plan.stages for action in stage.actions}

    def tell(self, batch: Batch) -> Iterator[Told]:
        """The lines of one event and its commands."""
        seq = batch.seq + (batch.reading is not None)
        if batch.step.verdict == "applied":
            for key, line in self._event(batch):
                yield key, line._replace(seq=seq)
        first = batch.seq + batch.lead
        for place, command in enumerate(batch.step.commands):
            for key, line in self._command(batch, command):
                yield key, line._replace(seq=first + place)

    # --- events -------------------------------------------------------------------------------

    def _event(self, batch: Batch) -> Iterator[Told]:
        at_ms, event = batch.at_ms, batch.event
        match event:
            case ev.Returned(command_id=command_id, result=result):
                yield from self._returned(batch, command_id, result)
            case ev.Observed(command_id=command_id, happened=happened):
                found = {True: "it happened", False: "it did not happen", None: "cannot tell"}
                text = f"looked whether {short(command_id)} happened: {found[happened]}"
                yield "", Line(at_ms, text, "plain", action_of(command_id))
            case ev.Answered(question=question, answer=answer, by=by):
                yield "", Line(at_ms, f"{by} answers {question}: {answer}", "people")
            case ev.FactRecorded(name=name, value=value, by=by):
                yield "", Line(at_ms, f"{by} states {name} = {value}", "people")
            case ev.SeveritySet(level=level, by=by):
                yield "", Line(at_ms, f"{by} sets {level_name(self._plan, level)}", "people")
            case ev.TargetUnreachable(target=target):
                yield "", Line(at_ms, f"{target} cannot be reached", "bad")
            case _:
                return

    def _returned(self, batch: Batch, command_id: str, result: str) -> Iterator[Told]:
        action = action_of(command_id)
        if result == "false":
            key = f"false:{command_id.rsplit(':', 1)[0]}"
            text = f"{short(command_id)} does not hold: {self._item_text(command_id)}"
            yield key, Line(batch.at_ms, text, "bad", action)
        elif result != "ok":
            yield "", Line(batch.at_ms, f"{short(command_id)}: {result}", "bad", action)
        phase = command_id.rsplit(":", 3)[1]
        if result == "ok" and phase in ("canary", "promote", "revert", "compensate"):
            words = {
                "canary": "canary is out",
                "promote": "promoted to all",
                "revert": "reverted",
                "compensate": "undone",
            }
            yield "", Line(batch.at_ms, f"{action}: {words[phase]}", "plain", action)
        yield from self._read(batch, action, phase)

    def _read(self, _batch: Batch, _action_id: str, _phase: str) -> Iterator[Told]:
        """What was measured or said beside an answer."""
        yield from ()

    def _item_text(self, command_id: str) -> str:
        action_id, item_id, *_ = command_id.rsplit(":", 3)
        action = self._actions.get(action_id)
        items = action.items if action is not None else ()
        return next((item.text for item in items if item.id == item_id), item_id)

    def _chosen(self, record: co.Record) -> str:
        """The words of the options taken."""
        ids = record.detail.split(", ")
        return ", ".join(self._item_text(f"{record.subject}:{item}:0:1") for item in ids)

    # --- commands -----------------------------------------------------------------------------

    def _command(self, batch: Batch, command: co.Command) -> Iterator[Told]:
        at_ms = batch.at_ms
        match command:
            case co.Record():
                yield from self._record(batch, command)
            case co.Page():
                yield self._page(at_ms, command)
            case co.AskPerson(question=question, to=to, options=options):
                choices = f" ({', '.join(options)})" if options and command.about != "fact" else ""
                text = f"asked {', '.join(to)}: {question}{choices}"
                yield f"ask:{question}:{','.join(to)}", Line(at_ms, text, "people")
            case co.RequestApproval(action=action, approvers=approvers, quorum=quorum):
                text = f"{action}: {quorum} approval wanted of {', '.join(approvers)}"
                yield "", Line(at_ms, text, "people", action)
            case co.Notify(about=about, subject=subject, to=to):
                text = f"told {', '.join(to)}: {about} {subject}".rstrip()
                yield f"notify:{about}:{subject}", Line(at_ms, text, "people")
            case _:
                return

    def _page(self, at_ms: int, page: co.Page) -> Told:
        verb = "paged" if page.mode == "page" else "notified"
        late = f", {page.late_ms // 60_000} min late" if page.late_ms >= 60_000 else ""
        text = f"{verb} {' + '.join(page.targets)} (rung {page.rung + 1}{late})"
        key = f"page:{page.rung}:{page.loop}" if page.repeat else ""
        text = text + " again" if page.repeat else text
        return key, Line(at_ms, text, "people")

    def _record(self, batch: Batch, record: co.Record) -> Iterator[Told]:
        if record.what in ("stage-done", "stage-skipped", "stage-aborted", "stage-failed"):
            self._running.pop(record.subject, None)
        if record.what == "stage-started":
            self._running[record.subject] = None
        told = self.records.get(record.what)
        if told is None:
            return
        words, tone = told
        beside = [s for s in self._running if s != record.subject]
        named = _LEVEL.sub(lambda m: level_name(self._plan, int(m[1])), record.detail)
        if record.what == "declared" and self._title:
            named += f": {self._title}"
        record = record._replace(detail=named)
        if record.what == "chosen":
            record = record._replace(detail=self._chosen(record))
        line = words(record, self._titles.get(record.subject, record.subject))
        if record.what == "stage-started" and beside:
            line += f" ∥ {', '.join(self._titles[stage] for stage in beside)}"
        yield "", Line(batch.at_ms, line, tone, record.subject)


def with_detail(words: str) -> Callable[[co.Record, str], str]:
    """Words with the record's detail, if any, in parentheses."""

    def say(record: co.Record, title: str) -> str:
        detail = f" ({record.detail})" if record.detail else ""
        return words.format(title=title, subject=record.subject) + detail

    return say


def _rung(words: str) -> Callable[[co.Record, str], str]:
    def say(record: co.Record, _title: str) -> str:
        detail = f": {record.detail}" if record.detail else ""
        return words.format(number=int(record.subject) + 1) + detail

    return say


Worded = tuple[Callable[[co.Record, str], str], Tone]
"""How a kind of record is told: its words, of the record and its stage's title, and the tone."""

RECORDS: dict[str, Worded] = {
    "declared": (with_detail("INCIDENT DECLARED"), "milestone"),
    "acknowledged": (with_detail("ACKNOWLEDGED"), "milestone"),
    "mitigated": (with_detail("MITIGATED"), "milestone"),
    "resolved": (with_detail("RESOLVED"), "milestone"),
    "reopened": (with_detail("REOPENED"), "milestone"),
    "closed": (with_detail("CLOSED as {subject}"), "milestone"),
    "finished": (with_detail("FINISHED: {subject}"), "milestone"),
    "aborted": (with_detail("AUTOMATION ABORTED"), "milestone"),
    "acknowledgement-expired": (with_detail("the acknowledgement expired"), "bad"),
    "deadline-broken": (with_detail("response deadline broken"), "bad"),
    "severity-set": (with_detail("severity"), "people"),
    "severity-proposed": (with_detail("another severity is proposed"), "people"),
    "engaged": (with_detail("{subject} engaged"), "people"),
    "stage-started": (with_detail("stage {title} starts"), "plain"),
    "stage-done": (with_detail("stage {title} done"), "good"),
    "stage-omitted": (with_detail("stage {title} omitted"), "bad"),
    "stage-skipped": (with_detail("stage {title} skipped"), "plain"),
    "stage-blocked": (with_detail("stage {title} BLOCKED"), "bad"),
    "stage-failed": (with_detail("stage {title} failed"), "bad"),
    "stage-revived": (with_detail("stage {title} joins the run"), "good"),
    "stage-aborted": (with_detail("stage {title} aborted"), "plain"),
    "action-started": (with_detail("  {subject} starts"), "plain"),
    "action-done": (with_detail("  {subject} done"), "good"),
    "action-skipped": (with_detail("  {subject} skipped"), "plain"),
    "action-failed": (with_detail("  {subject} FAILED"), "bad"),
    "action-unknown": (with_detail("  {subject}: outcome unknown"), "bad"),
    "chosen": (with_detail("  {subject}: chosen"), "plain"),
    "approval-given": (with_detail("  {subject}: approved"), "good"),
    "approval-waived": (with_detail("  {subject}: approval waived, a review is owed"), "people"),
    "approval-rejected": (with_detail("  {subject}: approval rejected"), "bad"),
    "approval-expired": (with_detail("  {subject}: approval expired"), "bad"),
    "rung-fired": (_rung("escalation rung {number}"), "people"),
    "rung-held": (_rung("escalation rung {number} held"), "plain"),
    "ladder-stopped": (with_detail("escalation ends"), "plain"),
    "ladder-suspended": (with_detail("escalation suspended"), "plain"),
    "ladder-resumed": (with_detail("escalation resumed"), "plain"),
    "ladder-exhausted": (with_detail("ESCALATION EXHAUSTED"), "bad"),
    "ladder-repeated": (with_detail("escalation starts again"), "bad"),
    "idle": (with_detail("nothing is left to do, and it is not over"), "bad"),
    "resumed": (with_detail("coordinator back after a crash"), "bad"),
}


def action_of(command_id: str) -> str:
    """The action that a command is of."""
    return command_id.rsplit(":", 3)[0]


def short(command_id: str) -> str:
    """A command for a reader: the action, with the item where it has several."""
    action, item, *_ = command_id.rsplit(":", 3)
    return action if item == "do" else f"{action} ({item})"
