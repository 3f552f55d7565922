"""The Alertmanager adapter: short silences that are renewed, and which alerts are firing.

A silence is found again by a mark of its key in its comment, whatever its matchers; so one key is
one silence, also after a crash. It is short, and whoever renews it has to be alive: a host that
died leaves at most that much quiet behind. One that a person has ended stays ended. Read and
written with httpx (the extra ``http``) through the API v2.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, NamedTuple, cast
from urllib.parse import quote, urlencode

from .alertmanager_arguments import DESCRIPTION, Alerts, Settings, Silence, Unsilence
from .alertmanager_foresight import foreseen
from .alerts import Firing, judged
from .arguments import milliseconds, validated
from .contract import Answer, Check, Description, Keep, Order, Result, Surroundings, Use
from .matchers import Matcher
from .service import UNUSABLE, Refused, Service, lost
from .web import Reply, Trouble

BY = "armada"
BY_HAND = timedelta(seconds=1)
"""A silence that was changed last when it ended was ended; one that lapsed had been left alone."""


class Found(NamedTuple):
    """A silence that is there, or was; times are the server's."""

    id: str
    state: str
    starts: str
    ends: datetime
    changed: datetime
    matchers: tuple[Matcher, ...]
    comment: str

    @property
    def over(self) -> bool:
        """It hides nothing any more."""
        return self.state == "expired"

    @property
    def ended(self) -> bool:
        """Somebody has ended it before its time."""
        return self.over and abs(self.ends - self.changed) <= BY_HAND


class Alertmanager(Service):
    """Asks an Alertmanager, and keeps silences in it."""

    NAME, TITLE = "alertmanager", "Alertmanager"

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        super().__init__(surroundings, settings.url, settings.timeout, settings.headers)
        self._one_at_a_time = asyncio.Lock()

    @classmethod
    def describe(cls) -> Description:
        """Its operations and settings."""
        return DESCRIPTION

    async def _try(self) -> None:
        await self._ask("GET", "/status")

    async def foresee(self, uses: tuple[Use, ...]) -> tuple[Check, ...]:
        """The matchers are taken, the alert that always fires does, silences can be read."""
        return await foreseen(uses, self._firing, self._silences, self._said)

    async def dispatch(self, order: Order) -> Result:
        """Read alerts, or see to it that the silence of this key is there."""
        operation = DESCRIPTION.operation(order.operation)
        if operation is None:
            return self._no_operation(order)
        try:
            given = validated(operation.arguments, order.arguments, order.operation)
            match given:
                case Alerts():
                    return await self._alerts(given, order.seen)
                case Silence():
                    return await self._silence(order, given)
                case _:
                    return await self._unsilence(order, cast(Unsilence, given))
        except UNUSABLE as error:
            return self.answered(error)

    async def observe(self, order: Order) -> bool | None:
        """Whether there is, or was, a silence of this key."""
        if order.operation != "silence":
            return None
        try:
            _, found = await self._silences()
        except UNUSABLE:
            return None
        return _of(found, order.key) is not None

    async def renew(self, order: Order, lasts_ms: int) -> Result:
        """Have the silence of this key last so long from now, unless somebody has ended it."""
        try:
            return await self._kept(order, None, lasts_ms)
        except UNUSABLE as error:
            return self.answered(error)

    async def release(self, order: Order) -> Result:
        """End the silence of this key."""
        try:
            _, found = await self._silences()
            own = _of(found, order.key)
            if own is not None and not own.over:
                await self._end(own)
        except UNUSABLE as error:
            return self.answered(error)
        return Result("ok", "the silence is over")

    # --- silences -----------------------------------------------------------------------------

    async def _silence(self, order: Order, given: Silence) -> Result:
        lasts_ms = milliseconds(given.lasts)
        kept = await self._kept(order, given, lasts_ms)
        text = f"{kept.text}; renewed while the {given.until} goes on"
        return Result(kept.answer, text, kept.values, keep=Keep(lasts_ms, given.until))

    async def _kept(self, order: Order, given: Silence | None, lasts_ms: int) -> Result:
        """Make the silence of a key last so long from now; raises ``Refused``, ``ValueError``."""
        async with self._one_at_a_time:
            now, found = await self._silences()
            own = _of(found, order.key)
            if own is not None and own.ended:
                raise Refused("permanent", f"somebody has ended the silence {own.id}")
            if own is None:
                given = given or validated(Silence, order.arguments, order.operation)
                matchers, comment = given.selection, _comment(order, given.comment)
            else:
                matchers, comment = own.matchers, own.comment
            ends = now + timedelta(milliseconds=lasts_ms)
            body: dict[str, Any] = {
                "matchers": [_as_data(each) for each in matchers],
                "startsAt": own.starts if own is not None and not own.over else _stamp(now),
                "endsAt": _stamp(ends),
                "createdBy": BY,
                "comment": comment,
            }
            if own is not None and not own.over:
                body["id"] = own.id
            _, made = await self._ask("POST", "/silences", body)
        known = cast("dict[str, Any]", made) if isinstance(made, dict) else {}
        if not (name := str(known.get("silenceID") or "")):
            raise Refused("unknown", "the answer names no silence")
        what = ", ".join(each.text for each in matchers)
        text = f"silenced {what} until {ends:%H:%M:%S} UTC"
        return Result("ok", self._surroundings.redact(text), {"silence_id": name})

    async def _unsilence(self, order: Order, given: Unsilence) -> Result:
        """End those that this run has made, of these matchers where any are given."""
        wanted = set(given.selection)
        _, found = await self._silences()
        own = [
            each
            for each in found
            if not each.over
            and _run_mark(order.run) in each.comment
            and (not wanted or wanted == set(each.matchers))
        ]
        for each in own:
            await self._end(each)
        return Result("ok", f"ended {len(own)} silence{'' if len(own) == 1 else 's'} of this run")

    async def _end(self, found: Found) -> None:
        try:
            await self._ask("DELETE", f"/silence/{quote(found.id, safe='')}")
        except Refused as error:
            if "already expired" not in str(error):  # it ended by itself meanwhile
                raise

    async def _silences(self) -> tuple[datetime, list[Found]]:
        """The server's time, and the silences of ours that it knows of."""
        now, data = await self._ask("GET", "/silences")
        try:
            rows = cast("list[dict[str, Any]]", data)
            return now, [_found(each) for each in rows if each["createdBy"] == BY]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Refused("unknown", "the answer holds no silences") from None

    # --- alerts -------------------------------------------------------------------------------

    async def _alerts(self, given: Alerts, seen: Mapping[str, Any] | None) -> Result:
        if given.alive and not await self._firing([Matcher(*each) for each in given.alive.items()]):
            raise Refused("unknown", "the alert that always fires is not firing: nothing is known")
        return judged(await self._firing(given.selection), seen)

    async def _firing(self, matchers: Any) -> list[Firing]:
        """What fires, also where it is silenced or inhibited: hidden is not over."""
        filters = [("filter", each.text) for each in matchers]
        shown = [(name, "true") for name in ("active", "silenced", "inhibited", "unprocessed")]
        _, data = await self._ask("GET", f"/alerts?{urlencode([*filters, *shown])}")
        try:
            rows = cast("list[dict[str, Any]]", data)
            return [Firing(dict(each["labels"]), str(each["startsAt"])) for each in rows]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Refused("unknown", "the answer holds no alerts") from None

    # --- asking -------------------------------------------------------------------------------

    async def _ask(self, method: str, path: str, body: Any = None) -> tuple[datetime, Any]:
        """The server's time and its answer; raises ``Refused``, ``LookupError`` for a secret."""
        reply = await self._exchange(method, f"/api/v2{path}", body)
        if isinstance(reply, Trouble):
            raise lost(reply)
        if not 200 <= reply.status < 300:
            raise Refused(_word(reply.status), f"Alertmanager refuses: {_said(reply)}")
        return _date(reply), reply.data


def _word(status: int) -> Answer:
    return "failed" if status in (408, 429) or status >= 500 else "permanent"


def _said(reply: Reply) -> str:
    """Its own words: a JSON text, an object with a message, or the status."""
    said: Any = reply.data
    if isinstance(said, dict):
        said = cast(dict[str, Any], said).get("message")
    return f"HTTP {reply.status}{f': {said}' if isinstance(said, str) and said else ''}"


def _date(reply: Reply) -> datetime:
    """The server's clock, which is the one that silences end by."""
    try:
        return parsedate_to_datetime(reply.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return datetime.now(UTC)


def _stamp(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _mark(key: str) -> str:
    return f"[key {sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}]"


def _run_mark(run: str) -> str:
    return f"(run {run})"


def _comment(order: Order, why: str) -> str:
    text = why or order.text or order.action or "silenced"
    whole = f"{text[:1_000]} {_run_mark(order.run)} {_mark(order.key)}"
    return whole.encode("utf-8", "replace").decode("utf-8")


def _of(found: list[Found], key: str) -> Found | None:
    """The silence of a key: the one that is not over, else the one that ended last."""
    own = [each for each in found if each.comment.endswith(_mark(key))]
    return max(own, key=lambda each: (not each.over, each.ends), default=None)


def _found(data: Mapping[str, Any]) -> Found:
    return Found(
        str(data["id"]),
        str(data["status"]["state"]),
        str(data["startsAt"]),
        datetime.fromisoformat(str(data["endsAt"])),
        datetime.fromisoformat(str(data["updatedAt"])),
        tuple(
            Matcher(each["name"], each["value"], each["isRegex"], each.get("isEqual", True))
            for each in data["matchers"]
        ),
        str(data["comment"]),
    )


def _as_data(each: Matcher) -> dict[str, Any]:
    return {"name": each.name, "value": each.value, "isRegex": each.regex, "isEqual": each.equal}
