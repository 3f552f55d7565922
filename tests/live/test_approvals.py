"""Approvals of a live run: bound to what was shown, by somebody else, and not for ever."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from live_host import driven
from probe import Probe, probed
from quiet import Quiet
from small_workflow import WORKFLOW, plan_of, until

from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order
from armada.runtime.binding import Bound, bind, with_actions
from armada.runtime.desk import Request, requests
from armada.runtime.host import Declaration, Host
from armada.runtime.journal import Letter
from armada.runtime.live_run import LiveRun
from armada.runtime.modes import confirmed
from armada.runtime.slots import actions_of
from armada.runtime.view import Said

ACTION, DRAFT = "mend.roll_back", "mend.write_fix"
WITH_DRAFT = WORKFLOW.replace(
    "      - roll_back:",
    '      - write_fix: {output_template: "Fix {{ patch }}"}\n      - roll_back:',
)


class Kept(Probe):
    """Remembers the arguments that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.arguments: list[Mapping[str, Any]] = []

    async def dispatch(self, order: Order) -> Any:
        if order.action == ACTION:
            self.arguments.append(order.arguments)
        return await super().dispatch(order)


def bound(expires_ms: int | None = None, proposes: bool = False) -> Bound:
    """The small workflow in confirm mode: a gate before the rollback of a named release."""
    text = WITH_DRAFT if proposes else WORKFLOW
    plan = plan_of(text)
    found = probed(plan, Effect.UNSAFE)
    people = bind(plan, None, {}).carriers
    carriers = {
        key: replace(each, arguments={"argv": ["helm", "rollback", "{{ release }}"]})
        if key[0] == ACTION
        else replace(each, effect=Effect.READ)
        for key, each in found.carriers.items()
    }
    carriers |= {key: each for key, each in people.items() if key[0] == DRAFT}
    gated = confirmed(plan, carriers)
    if proposes:
        actions = {each.id: each for each in actions_of(gated)}
        gated = with_actions(gated, {ACTION: replace(actions[ACTION], proposes=DRAFT)})
    if expires_ms is not None:
        changed = {
            each.id: replace(each, approval=replace(each.approval, expires_ms=expires_ms))
            for each in actions_of(gated)
            if each.approval is not None
        }
        gated = with_actions(gated, changed)
    return replace(found, plan=gated, carriers=carriers)


def hosted(
    folder: Path,
    probe: Probe,
    work: Callable[[Host, LiveRun], Coroutine[Any, Any, None]],
    expires_ms: int | None = None,
    proposes: bool = False,
) -> Quiet:
    declared = Declaration("ada", "", 1, values={"release": "41; rm -rf / $(reboot) \"'\n"})
    found = bound(expires_ms, proposes)
    return driven(folder, probe, found, lambda h, run: work(h, h.runs[run]), declared)[0]


def vote(live: LiveRun) -> Request | None:
    return next((r for r in requests(live.view, live.carriers) if r.form == "vote"), None)


async def told(host: Host, live: LiveRun, **payload: Any) -> Letter:
    """Send a letter; the host's answer to it."""
    number = host.journal.put(live.view.run, {"by": "grace", "via": "cli", **payload}, 0)

    def answered() -> bool:
        letter = host.journal.letter(number)
        return letter is not None and bool(letter.verdict)

    await until(answered)
    letter = host.journal.letter(number)
    assert letter is not None
    return letter


def test_inputs_that_changed_since_they_were_shown_are_not_approved(tmp_path: Path) -> None:
    """The old digest is refused and the action shown anew; what is approved is what is done."""
    probe = Kept()

    async def work(host: Host, live: LiveRun) -> None:
        await until(lambda: vote(live) is not None)
        shown = vote(live)
        assert shown is not None and "rm -rf" in "\n".join(shown.detail)
        live.view.values["release"] = Said("42", "ada", 0)
        live.crew.reconsider()
        await until(lambda: (now := vote(live)) is not None and now.digest != shown.digest)
        stale = await told(host, live, verb="approve", action=ACTION, digest=shown.digest)
        assert stale.verdict == "refused" and "changed since you were shown" in stale.reason
        assert not probe.arguments
        fresh = vote(live)
        assert fresh is not None
        taken = await told(host, live, verb="approve", action=ACTION, digest=fresh.digest)
        assert taken.verdict == "taken"
        await until(lambda: live.finished)

    hosted(tmp_path, probe, work)
    assert probe.arguments == [{"argv": ["helm", "rollback", "42"]}]


def test_a_value_of_a_template_stays_one_argument(tmp_path: Path) -> None:
    """Whatever it holds: shell words, quotes, line feeds."""
    probe = Kept()

    async def work(host: Host, live: LiveRun) -> None:
        await until(lambda: vote(live) is not None)
        request = vote(live)
        assert request is not None
        await told(host, live, verb="approve", action=ACTION, digest=request.digest)
        await until(lambda: live.finished)

    hosted(tmp_path, probe, work)
    (given,) = probe.arguments
    assert given["argv"] == ["helm", "rollback", "41; rm -rf / $(reboot) \"'\n"]


def test_an_approval_that_nobody_gives_expires_and_asks_more(tmp_path: Path) -> None:
    """Others are told, and the call is repeated; nothing is done meanwhile."""
    probe = Kept()

    async def work(host: Host, live: LiveRun) -> None:
        def notices() -> list[str]:
            return [m.subject for m in probe.messages if "has expired" in m.subject]

        await until(lambda: bool(notices()))
        assert vote(live) is not None
        assert not probe.arguments

    hosted(tmp_path, probe, work, expires_ms=300)


def test_nobody_approves_what_they_proposed(tmp_path: Path) -> None:
    """Whoever wrote the fix is asked for somebody else; anybody else may."""
    probe = Kept()

    async def work(host: Host, live: LiveRun) -> None:
        def task() -> Request | None:
            found = requests(live.view, live.carriers)
            return next((r for r in found if r.form == "fields"), None)

        await until(lambda: task() is not None)
        asked = task()
        assert asked is not None
        done = await told(host, live, verb="answer", request=asked.id, answer="patch 7", by="ada")
        assert done.verdict == "taken", done.reason
        await until(lambda: vote(live) is not None)
        shown = vote(live)
        assert shown is not None
        given = {"verb": "approve", "action": ACTION, "digest": shown.digest}
        own = await told(host, live, **given, by="ada")
        assert own.verdict == "refused" and "you proposed it" in own.reason
        assert not probe.arguments
        assert (await told(host, live, **given)).verdict == "taken"
        await until(lambda: live.finished)

    hosted(tmp_path, probe, work, proposes=True)
    assert len(probe.arguments) == 1


def test_a_short_or_missing_digest_is_no_approval(tmp_path: Path) -> None:
    """Whoever votes says what was seen."""
    probe = Kept()

    async def work(host: Host, live: LiveRun) -> None:
        await until(lambda: vote(live) is not None)
        for digest in ("", "abc", "0" * 12):
            refused = await told(host, live, verb="approve", action=ACTION, digest=digest)
            assert refused.verdict == "refused"
        assert not probe.arguments

    hosted(tmp_path, probe, work)
