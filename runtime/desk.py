"""The desk: everything that a run waits for from people, as requests with typed answers.

A request is derived from the kernel's state and who carries what out; nothing is kept beside the
journal, so a crash neither loses a request nor asks an answered one again. Owns the words of a
request and which answers it admits; what an answer means for the kernel is for letters.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..compiler.plan import Action, Item, Kind, Plan, Stage
from .kernel import Timer
from .kernel.index import index_of
from .kernel.questions import options
from .kernel.state import Question
from .rendering import blanks, fill
from .request import Field, Form, Option, Request
from .view import Issued, RunView

if TYPE_CHECKING:
    from .binding import Carrier

HOST = "host"
"""The instance of what the host carries out itself: rendering documents."""


Carriers = Mapping[tuple[str, str], "Carrier"]


def requests(view: RunView, carriers: Carriers) -> tuple[Request, ...]:
    """Everything that is open, the kernel's questions and votes first, then work in plan order."""
    found = [*_questions(view), *_votes(view)]
    order = index_of(view.plan)
    flying = sorted(
        view.issued.items(), key=lambda each: (order.ordinal(each[1].command.action), each[0])
    )
    for command_id, issued in flying:
        request = work_request(view, carriers, command_id, issued)
        if request is not None:
            found.append(request)
    return tuple(found)


def find(found: tuple[Request, ...], name: str) -> tuple[Request, ...]:
    """The requests that a person may mean by a name: the exact one, else all that end in it."""
    exact = [each for each in found if name in (each.id, each.command_id)]
    if exact:
        return tuple(exact[:1])
    return tuple(
        each
        for each in found
        if each.id.endswith(("." + name, ":" + name))
        or each.subject == name
        or each.id.startswith(name + ".")
    )


def by_people(carriers: Carriers, action_id: str, item: str) -> bool:
    """Whether people carry this item or phase out."""
    carrier = carriers.get((action_id, item))
    return carrier is None or not carrier.instance


def request_id(action_id: str, item: str) -> str:
    """The name of a request for work: the action's, with the item where it has several."""
    return action_id if item == "do" else f"{action_id}.{item}"


# --- the kernel's questions -----------------------------------------------------------------------


def _questions(view: RunView) -> Iterator[Request]:
    control, registers = view.state
    index = index_of(view.plan)
    for name in sorted(control.questions):
        question = control.questions[name]
        admitted = options(index, control, question)
        value = question.about == "fact"
        yield Request(
            name,
            "value" if value else "choice",
            _words(view, question),
            question.to,
            question.subject,
            view.asked_ms.get(name, view.at_ms),
            options=tuple(
                Option(each, _MEANINGS.get(each.partition(":")[0], "")) for each in admitted
            ),
            detail=_about(view, question),
            until_ms=registers.timers.get(Timer("patience", name)),
        )


_MEANINGS = {
    "retry": "carry it out again",
    "skip": "go on without it",
    "done": "it was done by hand",
    "goto": "begin again from that stage",
    "compensate": "undo what this stage did, then ask again",
    "abort": "stop the automation",
    "happened": "it took effect",
    "not-happened": "it did not: carry it out once more",
    "cannot-tell": "nobody can tell: decide by hand",
    "confirm": "take the proposed level",
    "keep": "keep the level that stands",
    "resolve": "the incident is over",
    "engage": "bring this agent in",
    "close": "close it as this",
    "start": "let it run beside the rest",
    "omit": "go on without this stage",
    "undo": "undo it now",
    "leave": "leave it as it is",
    "true": "it is so",
    "false": "it is not",
    "unknown": "you do not know",
}


def _words(view: RunView, question: Question) -> str:
    subject = question.subject
    match question.about:
        case "fact":
            return f"is it so that {subject.replace('_', ' ')}?"
        case "decide":
            return f"{subject} has failed and its stage is blocked: what now?"
        case "outcome":
            action = subject.rsplit(":", 3)[0]
            return f"did {action} happen? Armada cannot tell, and will not repeat it"
        case "severity":
            policy = view.plan.severity(int(subject)) if subject.isdecimal() else None
            return f"{policy.name if policy else subject} is proposed: take it?"
        case "idle":
            return "nothing is left to do, and the incident is not over: what now?"
        case "overlap":
            return (
                f"stage {subject} came back; what builds on it is under way: start it all the same?"
            )
        case "staff":
            return f"the agent of stage {subject} does not work at this level: bring it in?"
        case _:
            return f"undo {subject}?"


def _about(view: RunView, question: Question) -> tuple[str, ...]:
    if question.about == "outcome":
        return unknown_outcome(view, question.subject)
    if question.about in ("decide", "undo"):
        said = [view.outputs[of] for of in view.outputs if of.startswith(f"{question.subject}:")]
        return tuple(f"{each.by}: {first_line(each.text)}" for each in said[-3:])
    return ()


def unknown_outcome(view: RunView, command_id: str) -> tuple[str, ...]:
    """What ran, when, and what to look at, for whoever has to say whether it happened."""
    action_id, item_id, _, attempt = command_id.rsplit(":", 3)
    issued = view.issued.get(command_id)
    at = view.wall(issued.at_ms).astimezone(view.zone) if issued else None
    ran = describe(view, action_id, item_id)
    lines = [f"what ran: {ran}"]
    if at is not None:
        lines.append(f"when: {at:%Y-%m-%d %H:%M:%S %Z} (attempt {attempt})")
    lines.append("look at the system itself: has it taken effect, wholly, partly or not at all?")
    return tuple(lines)


def describe(view: RunView, action_id: str, item_id: str) -> str:
    """What an item does, as it was proposed or as the document words it."""
    proposal = view.proposals.get(action_id)
    items: Mapping[str, Any] = proposal.content.get("items", {}) if proposal else {}
    shown: Mapping[str, Any] = items.get(item_id, {})
    if "shown" in shown:
        return str(shown["shown"])
    action = index_of(view.plan).actions[action_id].action
    item = item_of(action, item_id)
    return item.text if item is not None else f"{action_id} ({item_id})"


def first_line(text: str) -> str:
    """The first line that says something, cut for a screen."""
    line = next((each.strip() for each in text.splitlines() if each.strip()), "")
    return line if len(line) <= 160 else line[:159] + "…"


# --- votes ----------------------------------------------------------------------------------------


def _votes(view: RunView) -> Iterator[Request]:
    control, registers = view.state
    index = index_of(view.plan)
    for action_id in sorted(control.actions, key=index.ordinal):
        if control.actions[action_id].gate != "pending":
            continue
        action = index.actions[action_id].action
        approval = action.approval
        approvers = approval.approvers if approval and approval.approvers else (index.coordinator,)
        quorum = approval.quorum if approval else 1
        cast = registers.votes.get(action_id, ())
        digest, proposer = registers.proposals.get(action_id, ("", ""))
        proposal = view.proposals.get(action_id)
        yield Request(
            f"approve:{action_id}",
            run=view.run,
            form="vote",
            question=f"approve {action_id}? {quorum - len(cast)} of {quorum} still wanted",
            to=approvers,
            subject=action_id,
            since_ms=proposal.at_ms if proposal else view.at_ms,
            options=(Option("approve", "let it be done"), Option("reject", "do not")),
            detail=(
                *shown_proposal(proposal.content if proposal else {}),
                f"proposed by {proposer}",
            ),
            until_ms=registers.timers.get(Timer("expiry", action_id)),
            digest=digest,
        )


def shown_proposal(content: Mapping[str, Any]) -> tuple[str, ...]:
    """A proposal's lines for a person: what exactly will be done, in the order of the plan."""
    items: Mapping[str, Mapping[str, Any]] = content.get("items", {})
    lines = [str(what.get("shown", dict(what))) for what in items.values()]
    if content.get("text"):
        lines.extend(str(content["text"]).splitlines()[:20])
    return tuple(lines)


# --- work -----------------------------------------------------------------------------------------


def work_request(
    view: RunView, carriers: Carriers, command_id: str, issued: Issued
) -> Request | None:
    """The request for one dispatch, None where no person has anything to do for it."""
    command = issued.command
    place = index_of(view.plan).actions[command.action]
    action, stage = place.action, place.stage
    if _doubted(view, command_id):
        return None
    blank = missing(view, carriers, action, command.item)
    if not by_people(carriers, action.id, command.item) and not blank:
        return None
    if by_people(carriers, action.id, command.item) and action.kind is Kind.NOTIFY:
        return None
    form = _form(action, command.item, bool(blank))
    kept = view.partial.get(command_id, {})
    known = [Field(name, said.text) for name, said in kept.items() if name not in blank]
    timers = view.state.registers.timers
    dues = [timers.get(Timer(kind, command_id)) for kind in ("timeout", "patience")]
    return Request(
        request_id(action.id, command.item),
        form,
        _work_words(view, stage, action, command.item),
        (command.agent,),
        action.id,
        issued.at_ms,
        command_id=command_id,
        options=_work_options(view, action, command.item, form),
        fields=(*(Field(name) for name in blank), *known) if form == "fields" else (),
        detail=tuple(_work_detail(view, action, command.item)),
        until_ms=min((due for due in dues if due is not None), default=None),
        waits=form != "alert",
    )


LINK = "link"
"""The blank of a change: where what was opened can be seen."""


def missing(view: RunView, carriers: Carriers, action: Action, item: str) -> tuple[str, ...]:
    """The names that must be supplied before a dispatch can be carried out.

    A notice never waits: what it lacks shows as a visible blank.
    """
    if action.kind is Kind.NOTIFY or item not in ("do",):
        return ()
    names = view.names()
    wanted = dict.fromkeys((*action.owes, *action.reads) if action.template else action.owes)
    kept = view.partial.get(_flying_id(view, action, item), {})
    run_names = _SUPPLIED_LATER if action.kind is Kind.DOCUMENT else ()
    blank = [n for n in wanted if n not in names and n not in run_names]
    if action.kind is Kind.CHANGE and by_people(carriers, action.id, item) and LINK not in kept:
        blank.append(LINK)
    return tuple(blank)


_SUPPLIED_LATER = ("timeline", "resolved_at", "duration", "responders", "services", "commander")
"""Names of the run itself: where they are not known a document shows a blank, nobody is asked."""


def _flying_id(view: RunView, action: Action, item: str) -> str:
    for command_id, issued in view.issued.items():
        if issued.command.action == action.id and issued.command.item == item:
            return command_id
    return ""


def _doubted(view: RunView, command_id: str) -> bool:
    return f"outcome:{command_id}" in view.state.control.questions


def item_of(action: Action, item_id: str) -> Item | None:
    """The item of this id; the undo for ``compensate``."""
    if item_id == "compensate":
        return action.compensate
    return next((each for each in action.items if each.id == item_id), None)


_FORMS: Mapping[Kind, Form] = {
    Kind.ASK: "text",
    Kind.OBSERVE: "text",
    Kind.CLASSIFY: "level",
    Kind.VERIFY: "check",
    Kind.DOCUMENT: "fields",
    Kind.CHANGE: "fields",
}
_PHASE_FORMS: Mapping[str, Form] = {"choose": "choose", "watch": "alert", "judge": "check"}


def _form(action: Action, item: str, blank: bool) -> Form:
    if blank:
        return "fields"
    return _PHASE_FORMS.get(item) or _FORMS.get(action.kind, "task")


_PHASE_WORDS = {
    "choose": "which of these, if any?",
    "canary": "put the canary out",
    "watch": "watch it, and say when it goes wrong",
    "judge": "is the canary good?",
    "promote": "promote it to all",
    "revert": "take the canary back",
}


def _work_words(view: RunView, stage: Stage, action: Action, item_id: str) -> str:
    item = item_of(action, item_id)
    if item is not None:
        words = fill(item.text, view.names())
        return f"undo {action.name}: {words}" if item_id == "compensate" else words
    if item_id in _PHASE_WORDS:
        return f"{action.name}: {_PHASE_WORDS[item_id]}"
    return {
        Kind.CLASSIFY: "how severe is it?",
        Kind.DOCUMENT: f"what {stage.title} has to say",
        Kind.CHANGE: f"{action.name.replace('_', ' ')}: open it and say where",
    }.get(action.kind, action.name.replace("_", " "))


def _work_options(view: RunView, action: Action, item: str, form: Form) -> tuple[Option, ...]:
    if form == "choose":
        texts = [Option(each.id, each.text) for each in action.items]
        return (*texts, Option("none", "none of them, and why"))
    if form == "level":
        worded = dict(action.criteria)
        return tuple(
            Option(str(p.level), f"{p.name}: {worded.get(p.level) or p.criteria}")
            for p in view.plan.severities
        )
    return ()


def _work_detail(view: RunView, action: Action, item_id: str) -> Iterator[str]:
    if action.kind is Kind.TASK and item_id == "do":
        yield from (f"- [ ] {each.text}" for each in action.items)
    item = item_of(action, item_id)
    if item is not None and item.pipeline and action.kind is not Kind.OBSERVE:
        yield f"by hand: {fill(item.text, view.names())}"
    if action.kind is Kind.CHANGE and action.template:
        yield from blanks(action.template, view.names()).splitlines()
        if action.labels:
            yield f"labels: {', '.join(action.labels)}"


def carried_by(plan: Plan, carriers: Carriers) -> Iterator[tuple[Action, str, str]]:
    """Every action and item with the instance that carries it out, in plan order."""
    for stage in plan.stages:
        for action in stage.actions:
            for (action_id, item), carrier in carriers.items():
                if action_id == action.id:
                    yield action, item, carrier.instance
