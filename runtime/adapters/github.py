"""The GitHub adapter: the pull request of a hotfix.

One branch has one pull request: where one is open for the same two branches it is taken, and what
it lacks of labels and reviewers is added. So it may be asked for again, after a crash and by a
retry. Spoken with httpx (the extra ``http``) to the REST API, whose refusals are told in its own
words.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlencode

from .arguments import validated
from .contract import Check, Description, Order, Result, Surroundings, Use
from .github_arguments import BODY_MOST, DESCRIPTION, TITLE_MOST, CreatePr, Settings
from .messaging import sendable, shortened
from .permissions import is_open
from .service import UNUSABLE, Refused, Service, lost
from .web import MISSING, Reply, Trouble, installed

VERSION = "2022-11-28"


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request that is open."""

    number: int
    url: str
    author: str
    labels: frozenset[str]
    asked: frozenset[str]
    """Who is asked for a review: users, and teams with ``@`` before their names."""


class Github(Service):
    """Opens pull requests."""

    NAME, LARGEST = "github", 8 << 20

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        super().__init__(surroundings, settings.url, settings.timeout)
        self._settings = settings
        self._one_at_a_time = asyncio.Lock()

    @classmethod
    def describe(cls) -> Description:
        """Its operation and settings."""
        return DESCRIPTION

    async def check(self) -> tuple[Check, ...]:
        """The token is there, and sees the repository."""
        if not installed():
            return (Check(False, "package httpx", MISSING),)
        try:
            self._surroundings.secret(self._settings.token)
        except LookupError as error:
            return (Check(False, str(error.args[0]), "set it where Armada runs"),)
        name = self._settings.repository
        if not name:
            return (Check(True, "the token is there; no repository is set to try it on"),)
        try:
            await self._ask("GET", f"/repos/{name}")
        except (Refused, LookupError) as error:
            return (
                Check(
                    False, self._said(error, name), "see token, url and repository in the settings"
                ),
            )
        return (Check(True, f"the token sees {name}"),)

    async def foresee(self, uses: tuple[Use, ...]) -> tuple[Check, ...]:
        """The repositories that the bindings name besides that of the settings are seen."""
        named = (str(use.arguments.get("repository") or "") for use in uses)
        found: list[Check] = []
        for name in dict.fromkeys(each for each in named if each and not is_open(each)):
            try:
                await self._ask("GET", f"/repos/{name}")
            except (Refused, LookupError) as error:
                help = "see its name, and what the token may see"
                found.append(Check(False, self._said(error, name), help))
            else:
                found.append(Check(True, f"the token sees {name}"))
        return tuple(found)

    async def prepare(self, order: Order) -> Mapping[str, Any]:
        """The repository, the branch it is for, the text and the labels as they will be."""
        if order.operation != "create_pr":
            return dict(order.arguments)
        given = dict(order.arguments)
        if not given.get("repository"):
            given["repository"] = self._settings.repository
        if given.get("body") is None:
            given["body"] = order.document
        if given.get("labels") is None:
            given["labels"] = list(order.labels)
        if not given.get("base") and isinstance(given["repository"], str):
            try:
                stated = validated(CreatePr, given, "github.create_pr")
            except ValueError:  # that is said when it is to be done
                return given
            try:
                given["base"] = await self._default_branch(stated)
            except (Refused, LookupError) as error:
                passing = isinstance(error, Refused) and error.answer != "permanent"
                kind = ConnectionError if passing else ValueError
                raise kind(self._said(error)) from None
        return given

    async def dispatch(self, order: Order) -> Result:
        """See to it that the pull request is open, with its labels and reviewers."""
        if DESCRIPTION.operation(order.operation) is None:
            return self._no_operation(order)
        try:
            whole = await self.prepare(order)
            given = validated(CreatePr, whole, "github.create_pr")
            async with self._one_at_a_time:
                return await self._open(given)
        except UNUSABLE as error:
            return self.answered(error)

    async def observe(self, order: Order) -> bool | None:
        """False where no pull request of this branch is open; else nobody can tell whose it is."""
        try:
            given = validated(CreatePr, await self.prepare(order), "github.create_pr")
            return False if await self._found(given) is None else None
        except UNUSABLE:
            return None

    # --- the pull request ---------------------------------------------------------------------

    async def _open(self, given: CreatePr) -> Result:
        if not given.repository:
            raise ValueError("github.create_pr: give the repository, here or in the settings")
        found = await self._found(given)
        pull = found or await self._made(given)
        values = {"pr_url": pull.url, "pr_number": str(pull.number), "link": pull.url}
        try:
            await self._complete(given, pull)
        except Refused as error:
            text = f"pull request {pull.number} is open ({pull.url}) and lacks: {error.text}"
            return Result(error.answer, self._surroundings.redact(text), values)
        word = "was open already" if found else "is open"
        text = f"pull request {pull.number} {word}: {pull.url}"
        return Result("ok", text, values, detail={"number": pull.number, "new": found is None})

    async def _found(self, given: CreatePr) -> Pull | None:
        """The open pull request of these two branches."""
        owner = given.repository.partition("/")[0]
        head = given.head if ":" in given.head else f"{owner}:{given.head}"
        query = urlencode({"state": "open", "head": head, "base": given.base})
        rows: Any = await self._ask("GET", f"/repos/{given.repository}/pulls?{query}")
        return _pull(rows[0]) if isinstance(rows, list) and rows else None

    async def _made(self, given: CreatePr) -> Pull:
        body = {
            "title": shortened(sendable(given.title), TITLE_MOST),
            "head": given.head,
            "base": given.base,
            "body": shortened(sendable(given.body or ""), BODY_MOST),
            "draft": given.draft,
        }
        try:
            return _pull(await self._ask("POST", f"/repos/{given.repository}/pulls", body))
        except Refused as error:
            if error.status == 422 and "already exists" in error.text:  # somebody was quicker
                found = await self._found(given)
                if found is not None:
                    return found
            raise

    async def _complete(self, given: CreatePr, pull: Pull) -> None:
        """Add the labels and ask the reviewers that it lacks."""
        root = f"/repos/{given.repository}"
        labels = [each for each in given.labels or () if each.casefold() not in pull.labels]
        if labels:
            await self._ask("POST", f"{root}/issues/{pull.number}/labels", {"labels": labels})
        users = [
            each
            for each in given.reviewers
            if each.casefold() not in pull.asked and each.casefold() != pull.author
        ]
        teams = [each for each in given.teams if f"@{each.casefold()}" not in pull.asked]
        asked = {"reviewers": users, "team_reviewers": teams}
        wanted = {name: each for name, each in asked.items() if each}
        if wanted:
            await self._ask("POST", f"{root}/pulls/{pull.number}/requested_reviewers", wanted)

    async def _default_branch(self, given: CreatePr) -> str:
        if not given.repository:
            return ""
        found: Any = await self._ask("GET", f"/repos/{given.repository}")
        name = cast("dict[str, Any]", found).get("default_branch") if isinstance(found, dict) else 0
        if not isinstance(name, str) or not name:
            raise Refused("permanent", f"{given.repository} has no default branch")
        return name

    # --- asking -------------------------------------------------------------------------------

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer as data; raises ``Refused``, and ``LookupError`` for the secret."""
        reply = await self._exchange(method, quote(path, safe="/?=&%+:"), body)
        if isinstance(reply, Trouble):
            raise lost(reply, "failed" if method == "GET" else "unknown")
        if not 200 <= reply.status < 300:
            raise _refusal(reply, method)
        return reply.data

    def _headers(self) -> Mapping[str, str]:
        return {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._surroundings.secret(self._settings.token)}",
            "User-Agent": "armada",
            "X-GitHub-Api-Version": VERSION,
        }


def _refusal(reply: Reply, method: str) -> Refused:
    status, said = reply.status, _said(reply)
    limited = reply.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in reply.headers
    if status == 429 or (status == 403 and (limited or "rate limit" in said.lower())):
        return Refused("failed", f"GitHub limits the rate{_again(reply)}: {said}", status)
    if status >= 500:
        return Refused("failed" if method == "GET" else "unknown", said, status)
    words = {
        401: "GitHub does not take the token",
        403: "the token may not do this",
        404: "there is no such repository, or the token does not see it",
        422: "GitHub refuses",
    }
    return Refused("permanent", f"{words.get(status, 'GitHub refuses')}: {said}", status)


def _again(reply: Reply) -> str:
    """When it may be tried again, in words."""
    if reply.retry_after_s is not None:
        return f", again in {reply.retry_after_s:g} s"
    reset = reply.headers.get("x-ratelimit-reset", "")
    if reset.isascii() and reset.isdecimal() and len(reset) < 12:
        return f", again in {max(0, int(reset) - int(time.time()))} s"
    return ""


def _said(reply: Reply) -> str:
    """GitHub's own words: its message, and what it says of each field."""
    data: Any = reply.data
    known = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    parts = [str(known.get("message") or f"HTTP {reply.status}")]
    errors: Any = known.get("errors")
    for each in cast("list[Any]", errors) if isinstance(errors, list) else ():
        parts.append(_field_words(each))
    return "; ".join(part for part in parts if part)[:1_000]


def _field_words(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    known = cast("dict[str, Any]", error)
    if known.get("message"):
        return str(known["message"])
    words = (known.get("resource"), known.get("field"), known.get("code"))
    return " ".join(str(each) for each in words if each)


def _pull(data: Any) -> Pull:
    try:
        known = cast("dict[str, Any]", data)
        users = {str(each["login"]).casefold() for each in known.get("requested_reviewers") or ()}
        teams = {f"@{str(each['slug']).casefold()}" for each in known.get("requested_teams") or ()}
        author = cast("dict[str, Any]", known.get("user") or {})
        return Pull(
            int(known["number"]),
            str(known["html_url"]),
            str(author.get("login", "")).casefold(),
            frozenset(str(each["name"]).casefold() for each in known.get("labels") or ()),
            frozenset(users | teams),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused("unknown", "the answer holds no pull request") from None
