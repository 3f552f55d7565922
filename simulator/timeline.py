"""The timeline: what a drill's events and commands were, for a reader.

Owns the words. One line a happening, in the order of the journal; what repeats unchanged (pages,
readings that still fail) is told once and counted. Nobody is blamed: lines speak of tasks and
conditions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..compiler.plan import Plan
from ..runtime.journal_replay import Batch
from ..runtime.kernel import commands as co
from ..runtime.kernel import events as ev

if TYPE_CHECKING:
    from .drill import DrillResult

Tone = Literal["plain", "good", "bad", "people", "milestone"]


class Line(NamedTuple):
    """One line. ``subject``: the stage or action it is about; ``more``: how often it came again."""

    at_ms: int
    text: str
    tone: Tone = "plain"
    subject: str = ""
    more: int = 0


def timeline(result: DrillResult) -> tuple[Line, ...]:
    """The lines of a drill that kept its journal; none where it did not."""
    return tuple(_joined(_Teller(result).tell()))


def _joined(lines: Iterator[tuple[str, Line]]) -> list[Line]:
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


class _Teller:
    """Turns batches into lines; remembers which stages run."""

    def __init__(self, result: DrillResult) -> None:
        self._result = result
        self._plan = result.plan
        self._running: dict[str, None] = {}
        self._titles = {stage.id: stage.title for stage in result.plan.stages}

    def tell(self) -> Iterator[tuple[str, Line]]:
        for batch in self._result.batches:
            if batch.step.verdict == "applied":
                yield from self._event(batch)
            for command in batch.step.commands:
                yield from self._command(batch.at_ms, command)

    # --- events -------------------------------------------------------------------------------

    def _event(self, batch: Batch) -> Iterator[tuple[str, Line]]:
        at_ms, event = batch.at_ms, batch.event
        match event:
            case ev.Returned(command_id=command_id, result=result):
                yield from self._returned(batch, command_id, result)
            case ev.Observed(command_id=command_id, happened=happened):
                found = {True: "it happened", False: "it did not happen", None: "cannot tell"}
                text = f"looked whether {_short(command_id)} happened: {found[happened]}"
                yield "", Line(at_ms, text, "plain", _action(command_id))
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

    def _returned(self, batch: Batch, command_id: str, result: str) -> Iterator[tuple[str, Line]]:
        action = _action(command_id)
        if result == "false":
            key = f"false:{command_id.rsplit(':', 1)[0]}"
            text = f"{_short(command_id)} does not hold: {self._item_text(command_id)}"
            yield key, Line(batch.at_ms, text, "bad", action)
        elif result != "ok":
            yield "", Line(batch.at_ms, f"{_short(command_id)}: {result}", "bad", action)
        phase = command_id.rsplit(":", 3)[1]
        if result == "ok" and phase in ("canary", "promote", "revert", "compensate"):
            words = {
                "canary": "canary is out",
                "promote": "promoted to all",
                "revert": "reverted",
                "compensate": "undone",
            }
            yield "", Line(batch.at_ms, f"{action}: {words[phase]}", "plain", action)
        reading = batch.reading
        if reading is None:
            return
        before, after = reading["error_rate"]
        if before != after or (phase != "choose" and self._changes(action)):
            text = f"{action}: error rate {percent(before)} → {percent(after)}"
            tone: Tone = "good" if after < before else "bad" if after > before else "plain"
            yield "", Line(batch.at_ms, text, tone, action)

    def _changes(self, action_id: str) -> bool:
        for stage in self._plan.stages:
            for action in stage.actions:
                if action.id == action_id:
                    return action.kind in ("run", "choose", "rollout")
        return False

    def _item_text(self, command_id: str) -> str:
        action_id, item_id, *_ = command_id.rsplit(":", 3)
        for stage in self._plan.stages:
            for action in stage.actions:
                if action.id == action_id:
                    return next((i.text for i in action.items if i.id == item_id), item_id)
        return item_id

    def _chosen(self, record: co.Record) -> str:
        """The words of the options taken."""
        ids = record.detail.split(", ")
        return ", ".join(self._item_text(f"{record.subject}:{item}:0:1") for item in ids)

    # --- commands -----------------------------------------------------------------------------

    def _command(self, at_ms: int, command: co.Command) -> Iterator[tuple[str, Line]]:
        match command:
            case co.Record():
                yield from self._record(at_ms, command)
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

    def _page(self, at_ms: int, page: co.Page) -> tuple[str, Line]:
        verb = "paged" if page.mode == "page" else "notified"
        late = f", {page.late_ms // 60_000} min late" if page.late_ms >= 60_000 else ""
        text = f"{verb} {' + '.join(page.targets)} (rung {page.rung + 1}{late})"
        key = f"page:{page.rung}:{page.loop}" if page.repeat else ""
        text = text + " again" if page.repeat else text
        return key, Line(at_ms, text, "people")

    def _record(self, at_ms: int, record: co.Record) -> Iterator[tuple[str, Line]]:
        if record.what in ("stage-done", "stage-skipped", "stage-aborted", "stage-failed"):
            self._running.pop(record.subject, None)
        if record.what == "stage-started":
            self._running[record.subject] = None
        told = _RECORDS.get(record.what)
        if told is None:
            return
        words, tone = told
        beside = [s for s in self._running if s != record.subject]
        named = _LEVEL.sub(lambda m: level_name(self._plan, int(m[1])), record.detail)
        if record.what == "declared" and self._result.scenario.declared.title:
            named += f": {self._result.scenario.declared.title}"
        record = record._replace(detail=named)
        if record.what == "chosen":
            record = record._replace(detail=self._chosen(record))
        line = words(record, self._titles.get(record.subject, record.subject))
        if record.what == "stage-started" and beside:
            line += f" ∥ {', '.join(self._titles[stage] for stage in beside)}"
        yield "", Line(at_ms, line, tone, record.subject)


def _with_detail(words: str) -> Callable[[co.Record, str], str]:
    def say(record: co.Record, title: str) -> str:
        detail = f" ({record.detail})" if record.detail else ""
        return words.format(title=title, subject=record.subject) + detail

    return say


def _rung(words: str) -> Callable[[co.Record, str], str]:
    def say(record: co.Record, _title: str) -> str:
        detail = f": {record.detail}" if record.detail else ""
        return words.format(number=int(record.subject) + 1) + detail

    return say


_RECORDS: dict[str, tuple[Callable[[co.Record, str], str], Tone]] = {
    "declared": (_with_detail("INCIDENT DECLARED"), "milestone"),
    "acknowledged": (_with_detail("ACKNOWLEDGED"), "milestone"),
    "mitigated": (_with_detail("MITIGATED"), "milestone"),
    "resolved": (_with_detail("RESOLVED"), "milestone"),
    "reopened": (_with_detail("REOPENED"), "milestone"),
    "closed": (_with_detail("CLOSED as {subject}"), "milestone"),
    "finished": (_with_detail("FINISHED: {subject}"), "milestone"),
    "aborted": (_with_detail("AUTOMATION ABORTED"), "milestone"),
    "acknowledgement-expired": (_with_detail("the acknowledgement expired"), "bad"),
    "deadline-broken": (_with_detail("response deadline broken"), "bad"),
    "severity-set": (_with_detail("severity"), "people"),
    "severity-proposed": (_with_detail("another severity is proposed"), "people"),
    "engaged": (_with_detail("{subject} engaged"), "people"),
    "stage-started": (_with_detail("stage {title} starts"), "plain"),
    "stage-done": (_with_detail("stage {title} done"), "good"),
    "stage-omitted": (_with_detail("stage {title} omitted"), "bad"),
    "stage-skipped": (_with_detail("stage {title} skipped"), "plain"),
    "stage-blocked": (_with_detail("stage {title} BLOCKED"), "bad"),
    "stage-failed": (_with_detail("stage {title} failed"), "bad"),
    "stage-revived": (_with_detail("stage {title} joins the run"), "good"),
    "stage-aborted": (_with_detail("stage {title} aborted"), "plain"),
    "action-started": (_with_detail("  {subject} starts"), "plain"),
    "action-done": (_with_detail("  {subject} done"), "good"),
    "action-skipped": (_with_detail("  {subject} skipped"), "plain"),
    "action-failed": (_with_detail("  {subject} FAILED"), "bad"),
    "action-unknown": (_with_detail("  {subject}: outcome unknown"), "bad"),
    "chosen": (_with_detail("  {subject}: chosen"), "plain"),
    "approval-given": (_with_detail("  {subject}: approved"), "good"),
    "approval-waived": (_with_detail("  {subject}: approval waived, a review is owed"), "people"),
    "approval-rejected": (_with_detail("  {subject}: approval rejected"), "bad"),
    "approval-expired": (_with_detail("  {subject}: approval expired"), "bad"),
    "rung-fired": (_rung("escalation rung {number}"), "people"),
    "rung-held": (_rung("escalation rung {number} held"), "plain"),
    "ladder-stopped": (_with_detail("escalation ends"), "plain"),
    "ladder-suspended": (_with_detail("escalation suspended"), "plain"),
    "ladder-resumed": (_with_detail("escalation resumed"), "plain"),
    "ladder-exhausted": (_with_detail("ESCALATION EXHAUSTED"), "bad"),
    "ladder-repeated": (_with_detail("escalation starts again"), "bad"),
    "idle": (_with_detail("nothing is left to do, and it is not over"), "bad"),
    "resumed": (_with_detail("coordinator back after a crash"), "bad"),
}


def percent(rate: float) -> str:
    """An error rate for a reader."""
    return f"{100 * rate:.1f} %"


def _action(command_id: str) -> str:
    return command_id.rsplit(":", 3)[0]


def _short(command_id: str) -> str:
    action, item, *_ = command_id.rsplit(":", 3)
    return action if item == "do" else f"{action} ({item})"
