"""People who answer a live run from outside: each request once, as its form wants."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from armada.runtime.carriers import carriers_of
from armada.runtime.desk import requests
from armada.runtime.journal import Journal
from armada.runtime.kernel import finished
from armada.runtime.request import Request
from armada.runtime.sending import Verdict, send
from armada.runtime.view import RunView

ANSWERS = {
    "text": "as far as we can see",
    "level": "1",
    "choose": "1",
    "task": "done",
    "check": "yes",
    "value": "true",
}
REVIEWER = "grace"
"""Who votes: nobody judges what they proposed."""
Stop = Callable[[], bool]


def payload_of(request: Request) -> dict[str, object]:
    """The letter that answers a request."""
    if request.form == "vote":
        role = {"role": request.to[0]}
        vote = {"verb": "approve", "action": request.subject, "digest": request.digest}
        return {**vote, **role, "by": REVIEWER}
    if request.form == "fields":
        blanks = {field.name: f"the {field.name}" for field in request.fields if not field.known}
        return {"verb": "answer", "request": request.id, "fields": blanks}
    answer = ANSWERS.get(request.form) or _choice(request)
    return {"verb": "answer", "request": request.id, "answer": answer}


def _choice(request: Request) -> str:
    """Something that happened stays; whatever failed is tried again."""
    known = [option.id for option in request.options]
    return next((w for w in ("yes", "done", "retry", "continue") if w in known), known[0])


class Responder:
    """Answers all that is asked until the run is over; remembers what it said to what."""

    def __init__(self, path: Path, run: str, by: str = "ada") -> None:
        self.journal = Journal.open(path)
        self.run = run
        self.by = by
        self.said: list[tuple[str, Verdict]] = []

    def view(self) -> RunView:
        """The run as its journal has it now."""
        return RunView.of(self.journal.entries(self.run))

    def tell(self, **payload: object) -> Verdict:
        """Send one letter."""
        letter = {"by": self.by, "via": "cli", **payload}
        now_ms = time.time_ns() // 1_000_000
        return send(self.journal, self.view(), letter, people=None, wall_ms=now_ms, wait_s=20)

    def answer_one(self) -> bool:
        """Answer the first request that waits; whether there was one."""
        view = self.view()
        if view.state.control.told and not view.state.control.acknowledged:
            self.said.append(("ack", self.tell(verb="ack")))
            return True
        for request in requests(view, carriers_of(view.header)):
            if self.wants(request):
                self.said.append((request.id, self.tell(**payload_of(request))))
                return True
        return False

    def wants(self, request: Request) -> bool:
        """Whether it answers this one."""
        return request.waits

    def until_over(self, timeout_s: float = 60, stop: Stop | None = None) -> RunView:
        """Answer until the run is over; the view of it then."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until and not (stop is not None and stop()):
            view = self.view()
            if finished(view.state):
                return view
            if not self.answer_one():
                time.sleep(0.02)
        return self.view()

    def close(self) -> None:
        self.journal.close()
