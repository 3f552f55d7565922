"""Answers: what people say to a request, as the event that its form makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..compiler.plan import Kind
from .desk import find, item_of, requests
from .hearing import (
    HELPS,
    REASONS,
    USAGE,
    Heard,
    Payload,
    Refusal,
    Setting,
    nearest,
    optional,
    parse_level,
    text_of,
    texts_of,
)
from .kernel import events as ev
from .kernel import finished
from .kernel.index import index_of
from .request import Request
from .view import UNKNOWN, RunView


def answer(setting: Setting, payload: Payload, at_ms: int) -> Heard:
    name = text_of(payload, "request", "what is answered")
    open_ = requests(setting.view, setting.carriers)
    found = find(open_, name)
    if not found:
        if finished(setting.view.state):
            raise Refusal(REASONS["finished"], HELPS["finished"])
        known = [each.id for each in open_]
        if _was_asked(setting.view, name):
            raise Refusal(f"{name} is not asked now", f"open now: {', '.join(known) or 'nothing'}")
        raise Refusal(f"nothing called {name!r} is asked", nearest(name, known), USAGE)
    request, *others = found
    if others:
        listed = ", ".join(each.id for each in found)
        raise Refusal(f"{name!r} may be any of {listed}", "name one", USAGE)
    if request.form == "vote":
        raise Refusal(f"{request.subject} wants a vote", request.line, USAGE)
    said = optional(payload, "answer")
    fields = texts_of(payload, "fields")
    if request.command_id:
        return _work(setting, request, payload, said, fields, at_ms)
    return _question(request, payload, said, at_ms)


def _was_asked(view: RunView, name: str) -> bool:
    index = index_of(view.plan)
    action_id = name if name in index.actions else name.rpartition(".")[0]
    return action_id in index.actions


def _question(request: Request, payload: Payload, answer: str, at_ms: int) -> Heard:
    by = text_of(payload, "by", "your name")
    if not answer:
        raise Refusal(f"the answer to {request.id} is missing", f"one of: {request.answer}", USAGE)
    admitted = [option.id for option in request.options]
    if admitted:
        answer = _YES_NO.get(answer.lower(), answer.lower()) if request.form == "value" else answer
        if answer not in admitted:
            raise Refusal(
                f"{answer!r} is no answer to {request.id}", nearest(answer, admitted), USAGE
            )
    event = ev.Answered(at_ms, request.id, answer, by)
    reading = {"of": request.id, "text": optional(payload, "reason")}
    return Heard(f"{request.id}: {answer}", (event,), reading)


_YES_NO = {"yes": "true", "y": "true", "no": "false", "n": "false", "dunno": "unknown"}


def _work(
    setting: Setting,
    request: Request,
    payload: Payload,
    answer: str,
    fields: dict[str, str],
    at_ms: int,
) -> Heard:
    """An answer to work: what came of it, in the form that its kind takes."""
    by = text_of(payload, "by", "your name")
    values = texts_of(payload, "set")
    if request.form == "fields":
        return _fill_in(setting, request, payload, answer, fields, at_ms)
    if fields:
        raise Refusal(f"{request.id} has no blanks to fill in", f"answer: {request.answer}", USAGE)
    if not answer:
        raise Refusal(f"the answer to {request.id} is missing", f"answer: {request.answer}", USAGE)
    reply = _REPLIES[request.form](setting, request, answer)
    reason = reply.text or optional(payload, "reason")
    values |= _named_by(setting.view, request, reply.text)
    event = ev.Returned(
        at_ms, request.command_id, reply.result, by, reply.chosen, reply.level, True
    )
    reading = {"of": request.command_id, "text": reason, "values": values}
    return Heard(f"{request.id}: {answer}", (event,), reading)


class Reply(NamedTuple):
    """An answer as the kernel takes it."""

    result: str = "ok"
    text: str = ""
    chosen: tuple[str, ...] = ()
    level: int | None = None


def _reply_text(_setting: Setting, _request: Request, answer: str) -> Reply:
    return Reply(text=answer)


def _reply_level(setting: Setting, _request: Request, answer: str) -> Reply:
    return Reply(level=parse_level(setting, answer))


def _reply_choice(setting: Setting, request: Request, answer: str) -> Reply:
    head, _, reason = answer.partition(":")
    if head.strip().lower() == "none":
        return Reply(text=reason.strip() or "none")
    words = {option.words.lower(): option.id for option in request.options}
    known = {option.id: option.id for option in request.options if option.id != "none"}
    chosen: list[str] = []
    whole = words.get(answer.strip().lower())
    parts = [whole] if whole else [p for p in answer.replace(",", " ").split() if p]
    if not whole and "," in answer and not all(part in known for part in parts):
        parts = [words.get(p.strip().lower(), p.strip()) for p in answer.split(",")]
    for part in parts:
        if part not in known:
            options = ", ".join(f"{o.id} ({o.words})" for o in request.options)
            raise Refusal(f"{part!r} is not one of the options", f"choose of: {options}", USAGE)
        chosen.append(part)
    action = index_of(setting.view.plan).actions[request.subject].action
    texts = [item.text for name in chosen if (item := item_of(action, name)) is not None]
    return Reply(text=", ".join(texts), chosen=tuple(dict.fromkeys(chosen)))


def _reply_task(_setting: Setting, request: Request, answer: str) -> Reply:
    head, _, rest = answer.partition(":")
    word = head.strip().lower()
    if word in ("done", "ok", "yes"):
        return Reply(text=rest.strip())
    if word in ("failed", "no", "cannot"):
        return Reply("permanent", rest.strip() or "failed")
    raise Refusal(f"{answer!r} does not say whether it is done", f"answer: {request.answer}", USAGE)


_CHECKS = {
    "yes": "ok",
    "true": "ok",
    "holds": "ok",
    "good": "ok",
    "no": "false",
    "false": "false",
    "bad": "false",
    "unknown": "failed",
}


def _reply_check(_setting: Setting, request: Request, answer: str) -> Reply:
    head, _, rest = answer.partition(":")
    result = _CHECKS.get(head.strip().lower())
    if result is None:
        raise Refusal(
            f"{answer!r} does not say whether it holds", f"answer: {request.answer}", USAGE
        )
    return Reply(result, rest.strip())


def _reply_alert(_setting: Setting, request: Request, answer: str) -> Reply:
    head, _, rest = answer.partition(":")
    if head.strip().lower() != "alert":
        raise Refusal(f"{answer!r} is no alert", f"answer: {request.answer}", USAGE)
    return Reply("alert", rest.strip() or "alert")


_REPLIES: Mapping[str, Callable[[Setting, Request, str], Reply]] = {
    "text": _reply_text,
    "level": _reply_level,
    "choose": _reply_choice,
    "task": _reply_task,
    "check": _reply_check,
    "alert": _reply_alert,
}


def _named_by(view: RunView, request: Request, text: str) -> dict[str, str]:
    """A question that has the very name of a blank in it answers that blank.

    ``What services are affected?`` supplies ``services``, where nobody has yet.
    """
    if request.form != "text" or not text:
        return {}
    words = {word.strip("?.,;:!\"'()").lower() for word in request.question.split()}
    wanted = {
        name
        for stage in view.plan.stages
        for action in stage.actions
        for name in (*action.reads, *action.owes)
    }
    return {name: text for name in sorted(wanted & words) if name not in view.names()}


def _fill_in(
    setting: Setting,
    request: Request,
    payload: Payload,
    answer: str,
    fields: dict[str, str],
    at_ms: int,
) -> Heard:
    """Some or all blanks of a form; the last one completes it."""
    by = text_of(payload, "by", "your name")
    wanted = [field.name for field in request.fields]
    blank = [field.name for field in request.fields if not field.known]
    action = index_of(setting.view.plan).actions[request.subject].action
    extra = [*action.owes, *action.reads]
    if answer and len(blank) == 1 and not fields:
        fields = {blank[0]: answer}
    elif answer.lower() == UNKNOWN:
        fields = dict.fromkeys(blank, UNKNOWN) | fields
    elif answer:
        raise Refusal(f"{request.id} has blanks to fill in", request.line, USAGE)
    if not fields:
        raise Refusal(f"nothing is filled in of {request.id}", request.line, USAGE)
    for name, text in fields.items():
        if name not in wanted and name not in extra:
            raise Refusal(f"{request.id} has no blank {name!r}", nearest(name, wanted), USAGE)
        if not text.strip():
            raise Refusal(f"{name} is empty", "write unknown where nobody knows", USAGE)
    left = [name for name in blank if name not in fields]
    if left or not _completes(setting, request, action.kind):
        note = {"what": "answer", "of": request.command_id, "values": fields}
        rest = f"; still blank: {', '.join(left)}" if left else ""
        return Heard(f"{request.id}: {', '.join(fields)} filled in{rest}", note=note)
    event = ev.Returned(at_ms, request.command_id, "ok", by, person=True)
    reading = {"of": request.command_id, "values": fields}
    return Heard(f"{request.id} is filled in", (event,), reading)


def _completes(setting: Setting, request: Request, kind: Kind) -> bool:
    """Whether the person's last word ends the work: what the host or a tool does goes on itself."""
    item = request.command_id.rsplit(":", 3)[1]
    carrier = setting.carriers.get((request.subject, item))
    return kind is not Kind.DOCUMENT and (carrier is None or not carrier.instance)
