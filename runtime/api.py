"""The HTTP API: the verbs of the command line, for programs and pages on this machine.

It listens on loopback, wants a token that speaks for a person, and takes no request that a browser
was sent with from elsewhere (``Host``, ``Origin``). It decides nothing: whatever is said becomes a
letter in the journal's inbox, exactly as at the command line.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from .api_faults import Problem
from .api_table import VERBS, Malformed, checked, openapi
from .carriers import carriers_of
from .journal_entries import BrokenJournal, encode
from .journal_faults import JournalTrouble
from .tokens import Tokens, TokenTrouble
from .view import RunView

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .journal import Journal
    from .people import People

LARGEST = 64 * 1024
LARGEST_HOOK = 1024 * 1024
HOOKS, LINKS = "/v1/inbound/", "/v1/ack/"
"""Below these no person's token is asked for: a sender shows its own secret, and may say more; a
signed link is its own proof, so a page elsewhere that opens it gains nothing."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
OPEN = frozenset({"/v1/health", "/v1/openapi.json"})
"""What is answered without a token."""
TITLES = {
    400: "said wrongly",
    401: "no valid token",
    403: "not allowed",
    404: "not found",
    405: "no such method",
    408: "too slow",
    409: "refused as things stand",
    413: "too large",
    415: "not of the type that is taken",
    503: "the journal cannot be used",
}
STATUS = {"taken": 200, "kept": 202}


def problem(status: int, detail: str, help: str = "") -> Response:
    """A problem as RFC 9457 words it."""
    data = {
        "type": "about:blank",
        "title": TITLES.get(status, "refused"),
        "status": status,
        "detail": detail,
        "help": help,
    }
    return JSONResponse(data, status, media_type="application/problem+json")


class Api:
    """The endpoints over one journal."""

    def __init__(
        self,
        journal: Journal,
        tokens: Tokens,
        *,
        people_of: Callable[[Mapping[str, Any]], People | None],
        wall_ms: Callable[[], int],
        wait_s: float = 10.0,
        more: Sequence[Route] = (),
        more_paths: Mapping[str, Any] | None = None,
    ) -> None:
        self._more = more
        self._more_paths = more_paths or {}
        self._journal = journal
        self._tokens = tokens
        self._people_of = people_of
        self._wall_ms = wall_ms
        self._wait_s = wait_s

    def application(self) -> ASGIApp:
        """The ASGI application, guarded."""
        routes = [
            Route("/v1/health", self._health),
            Route("/v1/openapi.json", self._openapi),
            Route("/v1/runs", self._runs),
            Route("/v1/runs/{run}", self._reading(self._status)),
            Route("/v1/runs/{run}/waiting", self._reading(self._waiting)),
            Route("/v1/runs/{run}/timeline", self._reading(self._timeline)),
            Route("/v1/runs/{run}/journal", self._entries),
            Route("/v1/runs/{run}/postmortem", self._postmortem),
            *(Route(f"/v1/runs/{{run}}/{v}", self._verb(v), methods=["POST"]) for v in VERBS),
            *self._more,
        ]
        handlers: dict[Any, Any] = {
            HTTPException: _refused,
            Problem: _problem,
            JournalTrouble: _trouble,
            BrokenJournal: _broken,
        }
        return Guard(Starlette(routes=routes, exception_handlers=handlers), self._tokens)

    # --- reading ------------------------------------------------------------------------------

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _openapi(self, _request: Request) -> Response:
        return JSONResponse(openapi(self._more_paths))

    async def _runs(self, _request: Request) -> Response:
        rows = await run_in_threadpool(self._journal.runs)
        return JSONResponse([row._asdict() for row in rows])

    def _view(self, request: Request) -> RunView:
        run = request.path_params["run"]
        entries = self._journal.entries(run)
        try:
            header = next(entries)
        except (KeyError, StopIteration):
            raise Problem(404, f"the journal has no run {run!r}") from None
        try:
            return RunView.of(chain((header,), entries))
        except BrokenJournal:
            raise
        except (KeyError, TypeError, ValueError):
            words = f"{run} is not a run that this version of Armada can read"
            raise Problem(409, words, "use the version that wrote it") from None

    def _reading(self, of: Callable[[RunView], Any]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            return JSONResponse(await run_in_threadpool(lambda: of(self._view(request))))

        return endpoint

    def _status(self, view: RunView) -> Any:
        from .status import Driver, now_of, status_data

        row = next(each for each in self._journal.runs() if each.run == view.run)
        now_ms = view.at_ms if row.finished else now_of(view, self._wall_ms())
        return status_data(view, carriers_of(view.header), now_ms, Driver(row.holder, row.alive))

    def _waiting(self, view: RunView) -> Any:
        from .desk import requests
        from .status import request_data

        return [request_data(each) for each in requests(view, carriers_of(view.header))]

    def _timeline(self, view: RunView) -> Any:
        from .live_timeline import timeline

        return [
            {"seq": line.seq, "at_ms": line.at_ms, "text": line.text.strip(), "tone": line.tone}
            for line in timeline(view)
        ]

    async def _entries(self, request: Request) -> Response:
        stated = request.query_params.get("since", "0")
        if not stated.isascii() or not stated.isdecimal() or len(stated) > 10:
            raise Problem(400, "since is the number of an entry")

        def text() -> str:
            run = request.path_params["run"]
            try:
                found = self._journal.entries(run, int(stated))
                return "".join(f"{encode(entry)}\n" for entry in found)
            except KeyError:
                raise Problem(404, f"the journal has no run {run!r}") from None

        return Response(await run_in_threadpool(text), media_type="application/jsonl")

    async def _postmortem(self, request: Request) -> Response:
        from .postmortem import postmortem
        from .rendering import CannotRender

        def text() -> str:
            try:
                return postmortem(self._view(request))
            except CannotRender as error:
                raise Problem(409, f"the document cannot be filled in: {error}") from None

        return PlainTextResponse(await run_in_threadpool(text), media_type="text/markdown")

    # --- speaking -----------------------------------------------------------------------------

    def _verb(self, verb: str) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            body = await _body(request)
            person: str = request.scope["armada.person"]
            try:
                given = checked(verb, body)
            except Malformed as malformed:
                raise Problem(400, str(malformed)) from None
            if given.pop("by", person) != person:
                raise Problem(403, f"this token speaks for {person} and nobody else")
            return await run_in_threadpool(self._say, request, verb, given, person)

        return endpoint

    def _say(self, request: Request, verb: str, given: dict[str, Any], person: str) -> Response:
        from .sending import send

        view = self._view(request)
        letter = {**given, "verb": verb, "by": person, "via": "api"}
        people = self._people_of(view.header)
        if people is not None and people.person(person) is None:
            raise Problem(403, f"the people file of {view.run} has no {person!r}")
        verdict = send(
            self._journal,
            view,
            letter,
            people=people,
            wall_ms=self._wall_ms(),
            wait_s=self._wait_s,
        )
        if verdict.outcome == "refused":
            status = 400 if verdict.status == 2 else 409
            raise Problem(status, verdict.said, verdict.help)
        data = {
            "run": view.run,
            "verb": verb,
            "outcome": verdict.outcome,
            "said": verdict.said,
            "letter": verdict.letter,
        }
        return JSONResponse(data, STATUS[verdict.outcome])


async def _body(request: Request) -> Any:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Problem(415, "send a JSON object as application/json")
    try:
        text = (await request.body()).decode("utf-8")
        found: Any = json.loads(text)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None
    return found


async def _refused(_request: Request, error: HTTPException) -> Response:
    return problem(error.status_code, str(error.detail))


async def _problem(_request: Request, error: Problem) -> Response:
    return problem(error.status, error.detail, error.help)


async def _trouble(_request: Request, error: JournalTrouble) -> Response:
    return problem(503, error.message, error.help)


async def _broken(_request: Request, error: BrokenJournal) -> Response:
    return problem(503, str(error), "armada journal verify")


class Guard:
    """Lets a request through that comes from this machine, is small, and has a valid token."""

    def __init__(self, app: ASGIApp, tokens: Tokens) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        try:
            self._admit(scope, headers)
            if scope["path"].startswith(HOOKS):  # its secret is judged before its body is read
                receive = _capped(receive, _most(scope))
            else:
                receive = _again(await _bounded(receive, _most(scope)), receive)
        except Problem as error:
            await problem(error.status, error.detail, error.help)(scope, receive, send)
            return
        await self._app(scope, receive, _hardened(send))

    def _admit(self, scope: Scope, headers: Mapping[str, str]) -> None:
        host = headers.get("host", "")
        if _name(host) not in LOOPBACK:
            raise Problem(403, "this API answers on loopback only")
        origin = headers.get("origin")
        linked = scope["path"].startswith(LINKS)
        if origin is not None and origin.partition("://")[2] != host and not linked:
            raise Problem(403, "a page of another origin may not speak here")
        length = headers.get("content-length", "0")
        if len(length) > 12 or (length.isdecimal() and int(length) > _most(scope)):
            raise Problem(413, f"at most {_most(scope)} bytes")
        if scope["path"] in OPEN or linked or scope["path"].startswith(HOOKS):
            return
        scheme, _, token = headers.get("authorization", "").partition(" ")
        try:
            person = self._tokens.person(token.strip()) if scheme.lower() == "bearer" else None
        except TokenTrouble as trouble:
            raise Problem(503, str(trouble)) from None
        if person is None:
            raise Problem(401, "send a token: Authorization: Bearer …", "armada token add PERSON")
        scope["armada.person"] = person


def _name(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.rpartition(":")[0].lower() if ":" in host else host.lower()


def _most(scope: Scope) -> int:
    return LARGEST_HOOK if scope["path"].startswith(HOOKS) else LARGEST


async def _bounded(receive: Receive, most: int) -> bytes:
    found = b""
    capped = _capped(receive, most)
    while True:
        message = await capped()
        if message["type"] != "http.request":
            return found
        found += message.get("body", b"")
        if not message.get("more_body"):
            return found


def _capped(receive: Receive, most: int) -> Receive:
    """The same body for whoever reads it, who is told where it is too long."""
    seen = 0

    async def give() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b"")) if message["type"] == "http.request" else 0
        if seen > most:
            raise Problem(413, f"at most {most} bytes")
        return message

    return give


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, once more."""
    left = [body]

    async def give() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return give


def _hardened(send: Send) -> Send:
    """Nothing is kept, framed or sniffed."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message["headers"],
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
                (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
            ]
        await send(message)

    return sent


async def serve_api(app: ASGIApp, host: str, port: int, stopping: asyncio.Event) -> None:
    """Answer until ``stopping`` is set; signals stay the host's own."""
    import uvicorn

    config = uvicorn.Config(app, host=host, port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server._serve())  # pyright: ignore[reportPrivateUsage]
    try:
        waiting = asyncio.create_task(stopping.wait())
        await asyncio.wait([waiting, serving], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
    finally:
        server.should_exit = True
        await serving
