"""Questions to people, facts they supply, and patience.

Owns which questions are open and which answers each admits. A question is about something that
has a name, so that asking it again is the same question.
"""

from __future__ import annotations

from collections.abc import Callable

from ...compiler.plan import Comparison, Guard, Junction, Negation, Stage, Value
from . import commands as co
from .decision import Decision, RefusedError
from .guards import SEVERITY, names, unknown_names
from .index import Index
from .state import Control, Question

QUESTIONS: dict[str, str] = {
    "fact": "a guard needs a fact that nobody has stated",
    "decide": "an action has failed and the stage is blocked",
    "outcome": "nobody knows whether an unsafe command happened",
    "severity": "a level was proposed that needs a person's word",
    "idle": "nothing is left to do and the incident is not over",
    "overlap": "a revived stage would run beside what already builds on it",
    "staff": "the stage's agent is not engaged at this level",
    "undo": "what was done is about to be undone",
}


def question_id(about: str, subject: str) -> str:
    """The identity of a question."""
    return f"{about}:{subject}"


def ask(d: Decision, about: str, subject: str, to: tuple[str, ...]) -> None:
    """Open a question, or repeat it to more people."""
    question = Question(about, subject, to)
    name = question_id(about, subject)
    d.questions = d.questions.set(name, question)
    d.emit(co.AskPerson(name, about, subject, to, options(d.index, d, question)))
    d.arm("patience", name, d.index.plan.patience_ms)


def withdraw(d: Decision, name: str) -> None:
    """Close a question that nobody needs to answer any more."""
    if name in d.questions:
        close(d, name)
        d.emit(co.WithdrawQuestion(name))


def close(d: Decision, name: str) -> None:
    """A question is answered."""
    d.questions = d.questions.delete(name)
    d.disarm("patience", name)
    d.disarm("idle", name)


def grow_impatient(d: Decision, name: str) -> None:
    """A request has waited long enough: the coordinator and the current rung hear of it."""
    question = d.questions.get(name)
    if question is None:
        return
    coordinator = d.index.coordinator
    if question.about == "fact" and coordinator not in question.to:
        ask(d, question.about, question.subject, (*question.to, coordinator))
        return
    d.notify("unanswered", name)


# --- the options of each question -----------------------------------------------------------------


def options(index: Index, control: Control | Decision, question: Question) -> tuple[str, ...]:
    """The answers a question admits, in order; empty where any value will do."""
    return _OPTIONS[question.about](index, control, question)


def _fact_options(index: Index, control: Control | Decision, question: Question) -> tuple[str, ...]:
    for subject in control.waiting.get(question.subject, ()):
        place = index.actions.get(subject)
        guard = place.action.when if place is not None else index.stages[subject].when
        if _compared(guard, question.subject):
            return ()
    return ("true", "false", "unknown")


def _compared(guard: Guard | None, name: str) -> bool:
    match guard:
        case Comparison():
            return guard.name == name
        case Negation(operand=operand):
            return _compared(operand, name)
        case Junction(operands=operands):
            return any(_compared(operand, name) for operand in operands)
        case _:
            return False


def _decide_options(index: Index, control: Control | Decision, q: Question) -> tuple[str, ...]:
    stage = index.actions[q.subject].stage
    undo = any(
        action.compensate and (found := control.actions.get(action.id)) and found.status == "done"
        for action in stage.actions
    )
    return (
        "retry",
        "skip",
        "done",
        *_goto_options(index, control, stage.id),
        *(("compensate",) if undo else ()),
        "abort",
    )


def _goto_options(index: Index, control: Control | Decision, last: str | None) -> tuple[str, ...]:
    """Stages that may be gone to: those before and including ``last``, with passes left."""
    if control.phase != "open":
        return ()
    found: list[str] = []
    for stage in index.plan.stages if last is None else _upstream(index, last):
        now = control.stages.get(stage.id)
        passes = now.passes if now is not None else 0
        if not stage.closing and passes + 1 < index.plan.max_passes:
            found.append(f"goto:{stage.id}")
    return tuple(found)


def _upstream(index: Index, last: str) -> list[Stage]:
    seen = {last: None}
    queue = [last]
    while queue and len(seen) < _NEAREST:
        for need in index.stages[queue.pop(0)].needs:
            if need not in seen:
                seen[need] = None
                queue.append(need)
    return [index.stages[stage] for stage in sorted(seen, key=index.ordinals.__getitem__)]


_NEAREST = 24
"""A question offers at most about so many stages to go back to: the nearest."""


def _idle_options(index: Index, control: Control | Decision, _q: Question) -> tuple[str, ...]:
    agents = dict.fromkeys(
        agent for stage in control.omitted if (agent := index.stages[stage].agent)
    )
    done = _goto_options(index, control, None) if len(index.plan.stages) <= _NEAREST else ()
    return (
        "resolve",
        *(f"engage:{agent}" for agent in agents),
        *done,
        "close:false-alarm",
        "close:duplicate",
        "close:aborted",
    )


def _fixed(*answers: str) -> Callable[[Index, Control | Decision, Question], tuple[str, ...]]:
    return lambda _index, _control, _question: answers


_OPTIONS: dict[str, Callable[[Index, Control | Decision, Question], tuple[str, ...]]] = {
    "fact": _fact_options,
    "decide": _decide_options,
    "outcome": _fixed("happened", "not-happened", "cannot-tell"),
    "severity": _fixed("confirm", "keep"),
    "idle": _idle_options,
    "overlap": _fixed("start", "skip"),
    "staff": _fixed("engage", "omit"),
    "undo": _fixed("undo", "leave"),
}


def check_option(d: Decision, question: Question, answer: str) -> None:
    """Refuse an answer that the question does not admit."""
    admitted = options(d.index, d, question)
    if admitted and answer not in admitted:
        raise RefusedError("not-an-option")


# --- facts ----------------------------------------------------------------------------------------


def parse_value(answer: str) -> Value:
    """The value that an answer in words states: true, false, a number, or the words."""
    known: dict[str, Value] = {"true": True, "false": False}
    lowered = answer.strip().lower()
    if lowered in known:
        return known[lowered]
    for read in (int, float):
        try:
            return read(lowered)
        except ValueError:
            continue
    return answer


def await_facts(d: Decision, subject: str, guard: Guard | None, agent: str | None) -> None:
    """Keep a guard watched, and ask for the facts it lacks."""
    watch(d, subject, guard)
    for name in unknown_names(guard, d.facts):
        if question_id("fact", name) not in d.questions:
            ask(d, "fact", name, (agent or d.index.coordinator,))


def watch(d: Decision, subject: str, guard: Guard | None) -> None:
    """Re-evaluate a guard whenever one of its names changes."""
    for name in names(guard):
        known = d.waiting.get(name, ())
        if subject not in known:
            d.waiting = d.waiting.set(name, (*known, subject))


def unwatch(d: Decision, subject: str, guard: Guard | None) -> None:
    """A guard has decided: forget it, and withdraw questions that only it needed."""
    if guard is None or not d.waiting:
        return
    for name in names(guard):
        rest = tuple(each for each in d.waiting.get(name, ()) if each != subject)
        if rest:
            d.waiting = d.waiting.set(name, rest)
        elif name in d.waiting:
            d.waiting = d.waiting.delete(name)
            withdraw(d, question_id("fact", name))


def set_fact(d: Decision, name: str, value: Value | None, valid_ms: int | None) -> None:
    """A fact is stated, or whoever was asked does not know it."""
    question = d.questions.get(question_id("fact", name))
    if value is None:
        coordinator = d.index.coordinator
        if question is not None and coordinator not in question.to:
            ask(d, "fact", name, (*question.to, coordinator))
        forget_fact(d, name)
        return
    d.facts = d.facts.set(name, value)
    if question is not None:
        close(d, question_id("fact", name))
    if valid_ms is None:
        d.disarm("fact", name)
    else:
        d.arm("fact", name, valid_ms)
    reconsider(d, name)


def forget_fact(d: Decision, name: str) -> None:
    """A fact no longer holds."""
    if name in d.facts:
        d.facts = d.facts.delete(name)
        d.disarm("fact", name)
        reconsider(d, name)


def reconsider(d: Decision, name: str = SEVERITY) -> None:
    """Have every undispatched guard that reads this name evaluated again."""
    for subject in d.waiting.get(name, ()):
        d.then("reach" if subject in d.index.actions else "consider", subject)
