"""What Armada knows of a run whatever its document asks for: the postmortem's appendix.

Everything is read from the kernel's steps and the notes; nothing is judged but the response
deadline. Each part is a heading with a table, left out where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from .journal_replay import Batch
from .kernel import commands as co
from .kernel import events as ev
from .kernel.index import index_of
from .plain_text import cell
from .timeline import level_name, short
from .view import UNKNOWN, RunView, in_words

Row = tuple[str, ...]


class Part(NamedTuple):
    """One part of the appendix."""

    title: str
    header: Row
    rows: tuple[Row, ...]


def appendix(view: RunView) -> tuple[str, ...]:
    """The parts that have something to say, as Markdown."""
    made = (part(view) for part in PARTS)
    shown = [_markdown(part) for part in made if part.rows]
    return ("---", f"## Appendix: what the journal says\n\nTimes are in {view.zone.key}.", *shown)


def facts(view: RunView) -> dict[str, list[dict[str, str]]]:
    """The same as plain data, by the parts' titles."""
    made = (part(view) for part in PARTS)
    return {
        part.title: [dict(zip(part.header, row, strict=True)) for row in part.rows] for part in made
    }


def _markdown(part: Part) -> str:
    lines = [part.header, tuple("---" for _ in part.header), *part.rows]
    rows = ("| " + " | ".join(cell(each) for each in line) + " |" for line in lines)
    return f"### {part.title}\n\n" + "\n".join(rows)


def _clock(view: RunView, at_ms: int) -> str:
    return view.wall(at_ms).astimezone(view.zone).strftime("%Y-%m-%d %H:%M:%S")


# --- durations ------------------------------------------------------------------------------------


def _durations(view: RunView) -> Part:
    registers = view.state.registers
    rows = [
        ("Time to acknowledge", *_since(view, registers.acknowledged_ms)),
        ("Time to mitigate", *_since(view, registers.mitigated_ms)),
        ("Time to resolve", *_since(view, registers.resolved_ms)),
    ]
    if registers.closed_ms >= 0:
        rows.append(("Time to close", *_since(view, registers.closed_ms)))
    if registers.reopened_ms >= 0:
        rows.append(("Reopened", *_since(view, registers.reopened_ms)))
    rows.append(("Response deadline", *_deadline(view)))
    rows.append(("Outcome", view.status, ""))
    return Part("Durations", ("Phase", "Took", "At"), tuple(rows))


def _since(view: RunView, at_ms: int) -> tuple[str, str]:
    declared_ms = view.state.registers.declared_ms
    if at_ms < 0 or declared_ms < 0:
        return "not recorded", ""
    return in_words(at_ms - declared_ms), _clock(view, at_ms)


def _deadline(view: RunView) -> tuple[str, str]:
    """Met or broken, and by how much, at the level that stood when it was acknowledged."""
    found = _first(view, "acknowledged")
    level = found[0].step.state.control.level if found else view.state.control.level
    within_ms = index_of(view.plan).deadlines.get(level)
    name = level_name(view.plan, level)
    if within_ms is None:
        return f"{name} states none", ""
    start_ms = view.state.registers.declared_ms
    promise = f"{name} within {in_words(within_ms)}"
    if found is None:
        return f"{promise}: broken, nobody acknowledged", ""
    left_ms = start_ms + within_ms - found[0].at_ms
    if left_ms >= 0:
        return f"{promise}: met with {in_words(left_ms)} to spare", _clock(view, found[0].at_ms)
    return f"{promise}: broken by {in_words(-left_ms)}", _clock(view, found[0].at_ms)


# --- the ladder and severity ----------------------------------------------------------------------


def _rungs(view: RunView) -> Part:
    undelivered = _undelivered(view)
    rows: list[Row] = []
    for batch, page in _commands(view, co.Page):
        again = " again" if page.repeat else ""
        verb = ("paged" if page.mode == "page" else "notified") + again
        late = f"{in_words(page.late_ms)} late" if page.late_ms >= 1000 else "on time"
        failed = [f"{t} not reached" for t in page.targets if (page.page_id, t) in undelivered]
        rows.append(
            (
                str(page.rung + 1),
                _clock(view, batch.at_ms),
                f"{verb} {', '.join(page.targets)}",
                "; ".join(("" if page.repeat else late, *failed)).strip("; "),
            )
        )
    rungs = view.plan.escalation.rungs
    fired = {page.rung for _, page in _commands(view, co.Page)}
    for at, rung in enumerate(rungs):
        if at not in fired:
            rows.append((str(at + 1), "", f"{', '.join(rung.targets)} not told", ""))
    return Part("Escalation", ("Rung", "At", "Who was told", "How late"), tuple(rows))


def _undelivered(view: RunView) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for note in view.notes:
        if note.what == "sent":
            page = str(note.data.get("message", "")).partition("#")[0]
            failed = cast(Mapping[str, str], note.data.get("failed") or {})
            found.update((page, target) for target in failed)
    return found


def _severities(view: RunView) -> Part:
    kinds = ("declared", "severity-set", "severity-proposed", "severity-kept")
    rows: list[Row] = []
    for batch, record in _records(view, *kinds):
        level = batch.step.state.control.level
        what = record.what.removeprefix("severity-")
        name = level_name(view.plan, level)
        if what == "proposed":
            proposed = record.detail.removeprefix("level ")
            name = level_name(view.plan, int(proposed)) if proposed.isdecimal() else proposed
        standing = batch.step.state.control.standing if what in ("set", "declared") else what
        rows.append((_clock(view, batch.at_ms), name, standing, _by(batch)))
    return Part("Severity", ("At", "Level", "Standing", "By"), tuple(rows))


# --- approvals ------------------------------------------------------------------------------------


def _approvals(view: RunView) -> Part:
    rows: list[Row] = []
    for batch in _applied(view):
        at, event = _clock(view, batch.at_ms), batch.event
        reason = str((batch.reading or {}).get("text", ""))
        if isinstance(event, ev.Voted):
            word = "approved" if event.approve else "rejected"
            who = f"{event.by} ({event.role})"
            rows.append((at, event.action, word, who, event.digest[:12], reason))
        elif isinstance(event, ev.GlassBroken):
            words = "glass broken, review owed"
            rows.append((at, event.action, words, event.by, event.digest[:12], reason))
        for command in batch.step.commands:
            if isinstance(command, co.Record) and command.what in _GATES:
                words = _GATES[command.what]
                rows.append((at, command.subject, words, "", "", command.detail))
    header = ("At", "Action", "What", "Who", "Digest", "Why")
    return Part("Approvals", header, tuple(rows))


_GATES = {
    "approval-waived": "waived, review owed",
    "approval-expired": "expired and asked for again",
}


# --- work -----------------------------------------------------------------------------------------


def _not_done(view: RunView) -> Part:
    rows: list[Row] = []
    for stage in view.plan.stages:
        now = view.state.control.stages.get(stage.id)
        status = now.status if now is not None else "pending"
        if status != "done":
            reason = now.reason if now is not None else ""
            rows.append((f"stage {stage.title}", status, reason, ""))
    for batch, record in _records(view, "action-skipped", "action-failed"):
        status = record.what.removeprefix("action-")
        detail = record.detail or str((batch.reading or {}).get("text", ""))
        rows.append((record.subject, status, detail, _clock(view, batch.at_ms)))
    return Part("Omitted, skipped and failed", ("What", "Status", "Why", "At"), tuple(rows))


def _unknowns(view: RunView) -> Part:
    rows: list[Row] = []
    for batch in _applied(view):
        at, event = _clock(view, batch.at_ms), batch.event
        for command in batch.step.commands:
            if isinstance(command, co.AskPerson) and command.about == "outcome":
                rows.append(
                    (at, short(command.subject), "nobody could tell whether it happened", "")
                )
        if isinstance(event, ev.Answered) and event.question.startswith("outcome:"):
            subject = short(event.question.removeprefix("outcome:"))
            rows.append((at, subject, event.answer, event.by))
        elif isinstance(event, ev.Observed):
            words = {True: "it happened", False: "it did not happen", None: "cannot tell"}
            found = f"looked: {words[event.happened]}"
            rows.append((at, short(event.command_id), found, _by(batch)))
    return Part("Outcomes that were unknown", ("At", "Action", "What", "Who"), tuple(rows))


def _by_hand(view: RunView) -> Part:
    rows = tuple((_clock(view, n.at_ms), n.by, n.text) for n in view.notes if n.what == "did")
    return Part("Run by hand", ("At", "Who", "What"), rows)


def _open(view: RunView) -> Part:
    """What somebody still has to look at."""
    control = view.state.control
    reviewed = {str(n.data.get("of", "")) for n in view.notes if n.what == "review"}
    rows: list[Row] = [
        ("review", f"the approval of {action} was waived or the glass was broken")
        for action in control.reviews
        if action not in reviewed
    ]
    rows += [("question", name) for name in sorted(control.questions)]
    rows += [
        ("undo", f"{record.subject}: {_UNDONE[record.what]}")
        for _, record in _records(view, *_UNDONE)
    ]
    rows += [
        ("unknown", f"nobody knew {name.replace('_', ' ')}")
        for name, said in view.values.items()
        if said.text.strip().lower() == UNKNOWN
    ]
    return Part("Open", ("Kind", "What"), tuple(rows))


_UNDONE = {"undo-left": "left as it is", "undo-failed": "undoing it failed"}

PARTS = (_durations, _rungs, _severities, _approvals, _not_done, _unknowns, _by_hand, _open)


# --- reading batches ------------------------------------------------------------------------------


def _applied(view: RunView) -> Iterator[Batch]:
    return (batch for batch in view.batches if batch.step.verdict == "applied")


def _records(view: RunView, *kinds: str) -> Iterator[tuple[Batch, co.Record]]:
    for batch in view.batches:
        for command in batch.step.commands:
            if isinstance(command, co.Record) and command.what in kinds:
                yield batch, command


def _commands(view: RunView, kind: type[co.Page]) -> Iterable[tuple[Batch, co.Page]]:
    for batch in view.batches:
        for command in batch.step.commands:
            if isinstance(command, kind):
                yield batch, command


def _first(view: RunView, kind: str) -> tuple[Batch, co.Record] | None:
    return next(_records(view, kind), None)


def _by(batch: Batch) -> str:
    said = str((batch.reading or {}).get("by", ""))
    return said or str(getattr(batch.event, "by", ""))
