"""The page behind a signed link: it asks, and acknowledges when the button is pressed.

Looking at it changes nothing, since programs that preview messages look at every link. What is
pressed becomes a letter in the person's name, as if they had typed it.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse
from starlette.routing import Route

from .acknowledging import Passes, Void
from .links import Links, Pass

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from .journal import Journal
    from .people import People, PeopleOf
    from .view import RunView

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<h1>{title}</h1>
<p>{text}</p>
{form}
</html>
"""
FORM = '<form method="post"><button type="submit">Acknowledge</button></form>'


class LinksApi:
    """The page, over one journal."""

    def __init__(
        self,
        links: Links,
        journal: Journal,
        people_of: PeopleOf,
        wall_ms: Callable[[], int],
        wait_s: float = 10.0,
    ) -> None:
        self._links = links
        self._passes = Passes(journal, people_of, wall_ms, wait_s)

    def routes(self) -> list[Route]:
        """The routes; a GET changes nothing."""
        return [
            Route("/v1/ack/{token}", self._answered(self._asks), methods=["GET"]),
            Route("/v1/ack/{token}", self._answered(self._acknowledges), methods=["POST"]),
        ]

    def _answered(self, page: Callable[[str], Response]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            token: str = request.path_params["token"]
            try:
                return await run_in_threadpool(page, token)
            except Void as void:
                return _page(void.status, "This link does nothing", void.said)

        return answer

    def _opened(self, token: str) -> tuple[Pass, RunView, People]:
        """What a link is for, if it still is; raises ``Void``."""
        found = self._links.read(token)
        if found is None:
            raise Void(404, "It is not one of ours, or was cut off on the way.")
        self._passes.still_counts(found)
        view, people = self._passes.run_of(found)
        if people is None or people.person(found.person) is None:
            raise Void(410, f"The people file of {found.run} has no {found.person}.")
        return found, view, people

    def _asks(self, token: str) -> Response:
        found, view, _ = self._opened(token)
        by = view.state.control.acknowledged
        said = f" {by} has acknowledged it already." if by else ""
        text = f"{view.title} ({found.run}): {view.status}.{said} You are {found.person}."
        return _page(200, f"Acknowledge for {found.target}?", text, FORM)

    def _acknowledges(self, token: str) -> Response:
        found, view, people = self._opened(token)
        verdict = self._passes.use(found, view, people, found.person, "link")
        if verdict.outcome == "refused":
            return _page(409, "Nothing was acknowledged", verdict.said)
        status = 200 if verdict.outcome == "taken" else 202
        return _page(status, "Thank you", verdict.said)


def _page(status: int, title: str, text: str, form: str = "") -> Response:
    page = PAGE.format(title=escape(title), text=escape(text), form=form)
    return HTMLResponse(page, status, {"referrer-policy": "no-referrer"})
