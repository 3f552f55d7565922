"""The endpoints for what comes from outside: webhooks, and the proposals that they make.

A webhook is admitted by its sender's own secret before anything in its body is looked at; how much
of it is taken, and how often, is bounded. Proposals are read, declared and dismissed with a
person's token, by the Guard of the API.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from .api_faults import Problem
from .inbound_alerts import (
    Notification,
    Unreadable,
    alertmanager,
    is_basic,
    is_bearer,
    is_signed,
    pagerduty,
    read_json,
)
from .inbound_answers import PeopleOf
from .inbound_runs import Stranger, admit, settle
from .intake import Busy
from .journal_alerts import Claimed, Proposal, Settled

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from .binding import Bound
    from .intake import Intake
    from .journal import Journal
    from .redaction import Redactor

BURST, A_SECOND = 100.0, 20.0
Reader = Callable[[Mapping[str, Any]], Notification]


class Bucket:
    """How many notifications are taken: a burst, then so many a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left, self._at = BURST, clock()

    def take(self) -> bool:
        """Whether one more is taken now."""
        now = self._clock()
        self._left = min(BURST, self._left + (now - self._at) * A_SECOND)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class InboundApi:
    """Endpoints over one intake; ``secret`` resolves references."""

    def __init__(
        self,
        intake: Intake,
        journal: Journal,
        secret: Callable[[str], str],
        redactor: Redactor,
        wall_ms: Callable[[], int],
        people_of: PeopleOf,
    ) -> None:
        self._intake = intake
        self._people_of = people_of
        self._journal = journal
        self._secret = secret
        self._redactor = redactor
        self._wall_ms = wall_ms
        self._bucket = Bucket()

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/v1/inbound", self._counts),
            Route("/v1/inbound/alertmanager", self._alertmanager, methods=["POST"]),
            Route("/v1/inbound/pagerduty", self._pagerduty, methods=["POST"]),
            Route("/v1/proposals", self._proposals),
            Route("/v1/proposals/{id}/declare", self._declare, methods=["POST"]),
            Route("/v1/proposals/{id}/dismiss", self._dismiss, methods=["POST"]),
        ]

    # --- webhooks -----------------------------------------------------------------------------

    async def _alertmanager(self, request: Request) -> Response:
        stated = self._intake.inbound.model.alertmanager
        header = request.headers.get("authorization", "")
        good = False
        if stated is not None and stated.token is not None:
            good = is_bearer(header, self._known(stated.token))
        if stated is not None and stated.username is not None and stated.password is not None:
            good |= is_basic(header, self._known(stated.username), self._known(stated.password))
        return await self._admitted(request, good, alertmanager)

    async def _pagerduty(self, request: Request) -> Response:
        stated = self._intake.inbound.model.pagerduty
        header = request.headers.get("x-pagerduty-signature", "")
        secrets = [self._known(each) for each in stated.secrets] if stated is not None else []
        good = is_signed(header, await request.body(), secrets)
        return await self._admitted(request, good, pagerduty)

    def _known(self, reference: str) -> str:
        try:
            return self._secret(reference)
        except LookupError as error:
            raise Problem(503, str(error.args[0])) from None

    async def _admitted(self, request: Request, good: bool, read: Reader) -> Response:
        if not good:
            raise Problem(401, "the sender's secret is missing or wrong", "see docs/inbound.md")
        if not self._bucket.take():  # 503, since both senders try that again
            raise Problem(503, "too many notifications at once; send it again")
        try:
            said = read(read_json(await request.body()))
        except Unreadable as unreadable:
            raise Problem(400, str(unreadable)) from None
        try:
            taken = await run_in_threadpool(self._intake.take, said)
        except Busy:
            raise Problem(503, "the same delivery is being handled; send it again") from None
        return JSONResponse(taken._asdict())

    async def _counts(self, _request: Request) -> Response:
        waiting = await run_in_threadpool(self._intake.alerts.kept)
        counts = dict(sorted(self._intake.counts.items()))
        return JSONResponse({"taken": counts, "acknowledgements_kept": len(waiting)})

    # --- proposals ----------------------------------------------------------------------------

    async def _proposals(self, _request: Request) -> Response:
        found = await run_in_threadpool(self._intake.alerts.proposals, self._wall_ms())
        return JSONResponse([each._asdict() for each in found])

    def _proposal(self, request: Request) -> Proposal:
        stated: str = request.path_params["id"]
        number = int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 19 else 0
        found = self._intake.alerts.proposal(number)
        if found is None:
            raise Problem(404, f"there is no proposal {stated!r}", "armada proposals")
        return found

    def _open(self, request: Request) -> tuple[Proposal, Bound]:
        """A proposal that this person may settle, and what it would be carried out by."""
        found = self._proposal(request)
        bound = self._intake.bound_for(found)
        if bound is None:
            words = "no rule of the inbound file is for it any more"
            raise Problem(409, words, f"armada proposals declare {found.id}")
        try:
            admit(found, bound, request.scope["armada.person"], self._people_of)
        except Stranger as stranger:
            raise Problem(403, str(stranger)) from None
        return found, bound

    async def _declare(self, request: Request) -> Response:
        person: str = request.scope["armada.person"]

        def declare() -> Response:
            found, bound = self._open(request)
            try:
                now_ms = self._wall_ms()
                run = settle(self._journal, found, bound, person, self._redactor, now_ms)
            except (Claimed, Settled) as refused:
                raise Problem(409, str(refused)) from None
            return JSONResponse({"proposal": found.id, "run": run}, 201)

        return await run_in_threadpool(declare)

    async def _dismiss(self, request: Request) -> Response:
        person: str = request.scope["armada.person"]

        def dismiss() -> Response:
            found, _ = self._open(request)
            try:
                self._intake.alerts.dismiss(found.id, person, self._wall_ms())
            except Settled as settled:
                raise Problem(409, str(settled)) from None
            return JSONResponse({"proposal": found.id, "dismissed_by": person})

        return await run_in_threadpool(dismiss)
