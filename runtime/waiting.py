"""What a run waits for, in words: stage by stage, on whom, since when and until when.

The kernel says what is waited for; this owns how it reads, with who carries it out and the line
that would answer it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from ..compiler.plan import Stage
from .desk import Carriers, describe, request_id, requests
from .kernel import Waiting, why
from .kernel import commands as co
from .kernel.index import index_of
from .plain_text import one_line
from .request import Request
from .view import RunView

_ITEM = re.compile(r"(?P<action>\S+) \((?P<item>.+), attempt \d+, (?P<status>issued|waiting)\)")


class Wait(NamedTuple):
    """One thing that is waited for. ``line``: what a person types to end the wait, if one can."""

    stage: str
    status: str
    what: str
    on: tuple[str, ...]
    since_ms: int | None
    until_ms: int | None
    line: str = ""


class UnknownName(LookupError):
    """The plan has no stage or action of this name; the message says what there is."""


def waits(view: RunView, carriers: Carriers) -> tuple[Wait, ...]:
    """Everything that unsettled stages and the incident wait for, in plan order."""
    asked = requests(view, carriers)
    by_id = {request.id: request for request in asked}
    return tuple(_wait(view, carriers, by_id, each) for each in why(view.plan, view.state))


def _wait(
    view: RunView, carriers: Carriers, asked: Mapping[str, Request], waiting: Waiting
) -> Wait:
    found = _ITEM.fullmatch(waiting.what)
    if found is not None:
        return _item_wait(view, carriers, asked, waiting, found["action"], found["item"])
    since_ms = started_ms(view).get(waiting.stage)
    kind, _, rest = waiting.what.partition(" ")
    if waiting.what.startswith("stages: "):
        titles = {stage.id: stage.title for stage in view.plan.stages}
        names = waiting.what.removeprefix("stages: ").split(", ")
        what = "stage " + ", ".join(titles.get(name, name) for name in names)
        return Wait(waiting.stage, waiting.status, what, (), None, None)
    name = rest.removeprefix("answer to ") if kind == "an" else ""
    if kind == "approval":
        name = f"approve:{rest.removeprefix('of ')}"
    request = asked.get(name)
    if request is None:
        request = _incident_request(asked, waiting)
    if request is not None:
        return _asked(waiting, request)
    return Wait(waiting.stage, waiting.status, waiting.what, waiting.on, since_ms, waiting.until_ms)


def _incident_request(asked: Mapping[str, Request], waiting: Waiting) -> Request | None:
    if waiting.stage:
        return None
    kind = waiting.status
    return next((r for n, r in asked.items() if n == kind or n.startswith(f"{kind}:")), None)


def _asked(waiting: Waiting, request: Request) -> Wait:
    what = f"an answer: {one_line(request.question)}"
    if request.form == "vote":
        what = f"approval: {one_line(request.question)}"
    until_ms = waiting.until_ms if waiting.until_ms is not None else request.until_ms
    return Wait(
        waiting.stage,
        waiting.status,
        what,
        request.to,
        request.since_ms,
        until_ms,
        request.line,
    )


def _item_wait(
    view: RunView,
    carriers: Carriers,
    asked: Mapping[str, Request],
    waiting: Waiting,
    action: str,
    item: str,
) -> Wait:
    request = asked.get(request_id(action, item))
    if request is not None and not waiting.what.endswith("waiting)"):
        return _asked(waiting, request)
    carrier = carriers.get((action, item))
    shown = carrier.shown if carrier is not None else describe(view, action, item)
    by = (carrier.instance,) if carrier is not None and carrier.instance else waiting.on
    again = "the next attempt of " if waiting.what.endswith("waiting)") else ""
    flying = [i.at_ms for i in view.issued.values() if i.command[2:4] == (action, item)]
    what = f"{again}{request_id(action, item)}: {one_line(shown)}"
    held_up = [
        view.held_up[name]
        for name, i in view.issued.items()
        if name in view.held_up and i.command[2:4] == (action, item)
    ]
    if held_up:
        what = f"{request_id(action, item)}: {one_line(held_up[0])}"
    return Wait(
        waiting.stage, waiting.status, what, by, flying[0] if flying else None, waiting.until_ms
    )


def started_ms(view: RunView) -> dict[str, int]:
    """When each stage came to stand as it does."""
    found: dict[str, int] = {}
    for batch in view.batches:
        for command in batch.step.commands:
            if isinstance(command, co.Record) and command.what.startswith("stage-"):
                found[command.subject] = batch.at_ms
    return found


# --- one name -------------------------------------------------------------------------------------


def chain(view: RunView, carriers: Carriers, name: str) -> tuple[Wait, ...]:
    """What a stage or action waits for, and what that waits for, nearest first."""
    stage = _stage_of(view, name)
    found = waits(view, carriers)
    order = [stage, *_unsettled_ancestors(view, stage)]
    mine = [wait for each in order for wait in found if wait.stage == each]
    return tuple(mine)


def _stage_of(view: RunView, name: str) -> str:
    index = index_of(view.plan)
    if name in index.stages:
        return name
    if name in index.actions:
        return index.actions[name].stage.id
    same = [a for a in index.actions if a.rpartition(".")[2] == name or a.startswith(f"{name}.")]
    titled = [s.id for s in view.plan.stages if name.lower() in (s.title.lower(), s.ordinal)]
    if titled or len(same) == 1:
        return titled[0] if titled else index.actions[same[0]].stage.id
    known = [*index.stages, *index.actions]
    close = get_close_matches(name, known, 1, 0.5)
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(index.stages)}"
    raise UnknownName(f"the plan has no stage or action {name!r}; {hint}")


def _unsettled_ancestors(view: RunView, stage: str) -> Iterator[str]:
    """The stages that a stage needs, directly or not, nearest first."""
    stages: Mapping[str, Stage] = index_of(view.plan).stages
    seen: dict[str, None] = {}
    layer = list(stages[stage].needs)
    while layer:
        fresh = [name for name in layer if name not in seen]
        seen.update(dict.fromkeys(fresh))
        layer = [need for name in fresh for need in stages[name].needs]
    yield from seen


def settled_words(view: RunView, name: str) -> str:
    """How a stage or action that waits for nothing stands."""
    stage = _stage_of(view, name)
    now = view.state.control.stages.get(stage)
    status = now.status if now is not None else "pending"
    reason = f" ({now.reason})" if now is not None and now.reason else ""
    action = view.state.control.actions.get(name)
    what = f"stage {stage} is {status}{reason}"
    return f"{name} is {action.status}; {what}" if action is not None else what
