"""The endpoint behind the buttons of Slack: a press becomes an acknowledgement in a person's name.

Slack wants its answer within three seconds and shows none of it, so what came of a press is told
where Slack says (``response_url``): in place of the message where its button is used up, else to
the person alone. Who pressed is known by the id that Slack signs for, never by a name.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from .acknowledging import Passes, Void
from .adapters.messaging import delivered
from .adapters.slack_blocks import answered, whispered
from .adapters.web import Call, Reply, Web
from .api_faults import Problem
from .doctor import RUN as TEST
from .doctor import acknowledge as proved_by
from .hooks import FORM, Hooks
from .inbound_alerts import Unreadable
from .links import pass_of
from .slack_presses import Press, is_plausible, is_signed, person_of, pressed

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from .inbound_model import SlackModel
    from .intake import Intake
    from .links import Pass
    from .people import People
    from .view import RunView

WITHIN_S = 2.0
"""How long Slack waits for what came of a press; the rest of its three seconds is the network's."""
TELLING_S = 10.0
SLACK = "slack"


class Outcome(NamedTuple):
    """What came of a press: a word, a sentence, and whether its button can be pressed again."""

    word: str
    said: str = ""
    used_up: bool = False


class SlackApi:
    """The endpoint; ``file`` names the inbound file for whoever has to add to it.

    ``folder`` is that of the journal, where the test pages of ``armada doctor`` wait.
    """

    def __init__(
        self,
        stated: SlackModel | None,
        file: str,
        folder: Path,
        hooks: Hooks,
        intake: Intake,
        passes: Passes,
        wall_ms: Callable[[], int],
        say: Callable[[str], None],
    ) -> None:
        self._stated = stated
        self._file = file
        self._folder = folder
        self._hooks = hooks
        self._intake = intake
        self._passes = passes
        self._wall_ms = wall_ms
        self._say = say
        self._web = Web()
        self._telling: set[asyncio.Future[None]] = set()

    def routes(self) -> list[Route]:
        """The route; Slack sends every interaction of an app to one address."""
        return [Route("/v1/inbound/slack", self._interaction, methods=["POST"])]

    async def close(self) -> None:
        """Let answers that are on their way arrive, and let the connection go."""
        if self._telling:
            await asyncio.wait(self._telling, timeout=TELLING_S)
        await self._web.close()

    async def _interaction(self, request: Request) -> Response:
        press = await self._admitted(request)
        if press is None:
            self._intake.count("ignored")
            return Response()
        deciding = asyncio.ensure_future(run_in_threadpool(self._decided, press))
        telling = asyncio.ensure_future(self._told(press, deciding))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        await asyncio.wait([deciding], timeout=WITHIN_S)
        if deciding.done() and deciding.result().word == "failed":
            raise Problem(503, deciding.result().said)
        return Response()

    async def _admitted(self, request: Request) -> Press | None:
        """The press, once it is certain that Slack sent it; None: no button of ours."""
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        secrets = self._hooks.all_known(self._stated.secrets if self._stated is not None else ())
        now_s = self._wall_ms() / 1000
        self._hooks.judge(bool(secrets) and is_plausible(timestamp, signature, now_s))
        body = await self._hooks.read(request, FORM)
        self._hooks.judge(is_signed(timestamp, signature, body, secrets))
        self._hooks.count()
        try:
            return pressed(body, signature)
        except Unreadable as unreadable:
            raise Problem(400, str(unreadable)) from None

    # --- what comes of it ---------------------------------------------------------------------

    def _decided(self, press: Press) -> Outcome:
        """What comes of a press; never raises, since somebody waits for the answer."""
        try:
            outcome = self._pressed(press)
        except Void as void:
            outcome = Outcome("refused", f"This button does nothing any more. {void.said}", True)
        except Exception as error:  # whatever broke, the person has to hear that it did not count
            why = self._intake.line(f"{type(error).__name__}: {error}")
            outcome = Outcome("failed", f"Nothing was acknowledged: {why}")
        self._intake.count(outcome.word)
        if outcome.said:
            self._tell_here(press, outcome.said)
        return outcome

    def _tell_here(self, press: Press, said: str) -> None:
        self._say(self._intake.line(f"{SLACK}: {_user(press)}: {said}"))

    def _pressed(self, press: Press) -> Outcome:
        alerts = self._intake.alerts
        if not alerts.remember(SLACK, press.delivery, self._wall_ms()):
            return Outcome("repeated")
        found = pass_of(press.value)
        if found is None:
            return Outcome("refused", "Nothing was acknowledged: the button is none of Armada's.")
        if found.run == TEST:
            return self._tested(found, press)
        try:
            view, people = self._passes.run_of(found)
        except Void as void:  # perhaps another host's, who may yet be asked: the button stays
            return Outcome("refused", f"Nothing was acknowledged: {void.said}")
        person = person_of(press.user, self._users, people)
        if not person:
            return Outcome("refused", self._unknown(press))
        if found.person not in ("", person):
            said = f"Nothing was acknowledged: this page went to {found.person}, not to {person}."
            return Outcome("refused", said)
        return self._acknowledged(found, view, people, person)

    def _acknowledged(
        self, found: Pass, view: RunView, people: People | None, person: str
    ) -> Outcome:
        control = view.state.control
        if control.verdict:
            return Outcome("refused", f"{found.run} is over: {control.verdict}.", True)
        if control.acknowledged:
            said = f"{found.run} was acknowledged already, for {control.acknowledged}."
            return Outcome("known", said, True)
        self._passes.still_counts(found)
        verdict = self._passes.use(found, view, people, person, SLACK)
        if verdict.outcome == "refused":
            return Outcome("refused", f"Nothing was acknowledged: {verdict.said}.")
        word = "acknowledged" if verdict.outcome == "taken" else "kept"
        return Outcome(word, f"{verdict.said} ({found.run})", True)

    def _tested(self, found: Pass, press: Press) -> Outcome:
        """A page of ``armada doctor``: that it arrived is proved by whoever presses."""
        who = person_of(press.user, self._users, None) or _user(press)
        target = proved_by(self._folder, found.page, who)
        if target is None:
            said = "This was a test page, and nobody waits for it any more."
            return Outcome("refused", said, True)
        return Outcome("acknowledged", f"The test page for {target} arrived, says {who}.", True)

    @property
    def _users(self) -> dict[str, str]:
        return self._stated.users if self._stated is not None else {}

    def _unknown(self, press: Press) -> str:
        """Whom Slack's user would have to be; what to add, and where."""
        stated, user = self._users.get(press.user), _user(press)
        if stated is not None:
            why = f"{self._file} takes Slack's user {user} for {stated!r}"
            return f"Nothing was acknowledged: {why}, whom the people file does not have."
        add = f"add {press.user}: PERSON to users: under slack: in {self._file}"
        return f"Nothing was acknowledged: nobody knows who Slack's user {user} is; {add}."

    # --- telling it ---------------------------------------------------------------------------

    async def _told(self, press: Press, deciding: asyncio.Future[Outcome]) -> None:
        outcome = await deciding
        if not outcome.said or not press.answer_url:
            return
        base = self._stated.responses.rstrip("/") + "/" if self._stated is not None else ""
        if not base or not press.answer_url.startswith(base):
            self._tell_here(press, f"the address for an answer does not begin with {base}")
            return
        inplace = outcome.used_up and bool(press.blocks)
        body: dict[str, Any] = (
            answered(press.blocks, outcome.said) if inplace else whispered(outcome.said)
        )
        headers = {"Content-Type": "application/json; charset=utf-8"}
        call = Call("POST", press.answer_url, headers, json.dumps(body).encode())
        reply = await delivered(self._web, call, TELLING_S)
        if not isinstance(reply, Reply) or reply.status >= 300:
            why = reply.reason if not isinstance(reply, Reply) else f"HTTP {reply.status}"
            self._tell_here(press, f"was not told what came of it: {why}")


def _user(press: Press) -> str:
    return f"{press.user} ({press.name})" if press.name else press.user
