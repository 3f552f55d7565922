"""The endpoints for what comes from outside: webhooks, and the proposals that they make.

A webhook is admitted by its sender's own secret before anything in its body is looked at; how much
of it is taken, and how often, is bounded. Proposals are read, declared and dismissed with a
person's token, by the Guard of the API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from .api_faults import Problem
from .hooks import JSON, Hooks
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
from .inbound_runs import Stranger, admit, settle
from .intake import Busy
from .journal_alerts import Claimed, Proposal, Settled

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from .binding import Bound
    from .intake import Intake
    from .journal import Journal
    from .people import PeopleOf
    from .redaction import Redactor

Reader = Callable[[Mapping[str, Any]], Notification]


class InboundApi:
    """Endpoints over one intake, behind the door of all webhooks."""

    def __init__(
        self,
        intake: Intake,
        journal: Journal,
        hooks: Hooks,
        redactor: Redactor,
        wall_ms: Callable[[], int],
        people_of: PeopleOf,
    ) -> None:
        self._intake = intake
        self._people_of = people_of
        self._journal = journal
        self._hooks = hooks
        self._redactor = redactor
        self._wall_ms = wall_ms

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
        header, known = request.headers.get("authorization", ""), self._hooks.known
        good = False
        if stated is not None and stated.token is not None:
            good = is_bearer(header, known(stated.token))
        if stated is not None and stated.username is not None and stated.password is not None:
            good |= is_basic(header, known(stated.username), known(stated.password))
        self._hooks.judge(good)
        self._hooks.count()
        return await self._taken(await self._hooks.read(request, JSON), alertmanager)

    async def _pagerduty(self, request: Request) -> Response:
        stated = self._intake.inbound.model.pagerduty
        header = request.headers.get("x-pagerduty-signature", "")
        secrets = self._hooks.all_known(stated.secrets) if stated is not None else []
        self._hooks.judge(bool(secrets) and "v1=" in header)
        body = await self._hooks.read(request, JSON)
        self._hooks.judge(is_signed(header, body, secrets))
        self._hooks.count()
        return await self._taken(body, pagerduty)

    async def _taken(self, body: bytes, read: Reader) -> Response:
        try:
            said = read(read_json(body))
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
