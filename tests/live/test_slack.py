"""Buttons in Slack: a press of somebody known acknowledges once, and it is said what came of it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgi import HERE
from live_journal import record
from live_script import LiveScript
from local_server import Answer, Seen, Server, serving
from quiet import Quiet
from slack_side import SIGNING, Sent, interaction, sent, signed
from small_workflow import WORKFLOW, until

from armada.cli.driving import people_of
from armada.compiler.compile import compile_source
from armada.dsl.source import SourceFile
from armada.runtime.acknowledging import Passes
from armada.runtime.api import Api
from armada.runtime.binding import bind
from armada.runtime.doctor import page, proved
from armada.runtime.hooks import Hooks
from armada.runtime.host import Declaration, Host
from armada.runtime.inbound_file import read_inbound
from armada.runtime.intake import Intake
from armada.runtime.journal import Journal
from armada.runtime.links import VALID_MS, Pass
from armada.runtime.people import PeopleOf
from armada.runtime.people_file import read_people
from armada.runtime.redaction import Redactor
from armada.runtime.slack_api import SlackApi
from armada.runtime.slack_presses import WINDOW_S
from armada.runtime.tokens import Tokens

RUN = "INC-20261124-0231"
NOW_MS = 1_795_487_460_000
HOOK = HERE + "/v1/inbound/slack"
PEOPLE = """\
persons:
  ada: {name: Ada, roles: [commander, worker], channels: [CHANNEL]}
  grace: {name: Grace, roles: [worker], channels: ["#shared"]}
targets:
  "on-call engineer": {person: ada}
  "team lead": {person: ada}
  "engineering manager": {person: ada}
"""
RULES = """\
slack:
  secrets: ["env:OLD", "env:SIGNING"]
  users: {U012AB3CD: ada, U0GRACE00: grace, U0GONE000: gone}
  responses: URL
"""


@dataclass
class Slack:
    """The endpoint for Slack's buttons over a journal, and Slack's own side as a real server."""

    journal: Journal
    server: Server
    intake: Intake
    api: SlackApi
    app: Any
    target: str = ""
    now_ms: int = NOW_MS
    said: list[str] = field(default_factory=list[str])

    def value(self, **changed: str | int) -> str:
        given = Pass(RUN, self.target, "", "page:0:0:0", NOW_MS + VALID_MS)
        return given._replace(**changed).text

    def press(self, value: str | None = None, user: str = "U012AB3CD") -> dict[str, Any]:
        """What Slack is told of a press."""
        before = len(self.server.seen)
        payload = interaction(value or self.value(), user, self.server.url + "/actions/1")
        payload["trigger_id"] = f"{before}.1"
        assert self.post(sent(payload, self.now_ms // 1000)).status_code == 200
        (told,) = self.server.seen[before:]
        assert (told.path, told.headers["content-type"].partition(";")[0]) == (
            "/actions/1",
            "application/json",
        )
        return told.json

    def post(self, request: Sent) -> httpx.Response:
        return asyncio.run(self.posted(request))

    async def posted(self, request: Sent, drained: bool = True) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport) as asking:
            answer = await asking.post(HOOK, content=request.body, headers=request.headers)
        if drained:
            await self.api.close()
        return answer

    @property
    def letters(self) -> list[dict[str, Any]]:
        return [dict(letter.payload) for letter in self.journal.pending()]


def made(journal: Journal, server: Server, people: PeopleOf, folder: Path) -> Slack:
    inbound = read_inbound(SourceFile("alerts.yaml", RULES.replace("URL", server.url))).inbound
    assert inbound is not None
    found: list[Slack] = []
    said: list[str] = []

    def wall_ms() -> int:
        return found[0].now_ms if found else NOW_MS

    secrets = {"env:OLD": "old", "env:SIGNING": SIGNING}
    hooks = Hooks(secrets.__getitem__)
    intake = Intake(journal, inbound, (), Redactor(), wall_ms, people, said.append)
    passes = Passes(journal, people, wall_ms, 0.1)
    stated = inbound.model.slack
    api = SlackApi(stated, "alerts.yaml", folder, hooks, intake, passes, wall_ms, said.append)
    tokens = Tokens(folder / "tokens")
    whole = Api(journal, tokens, people_of=people, wall_ms=wall_ms, more=api.routes())
    found.append(Slack(journal, server, intake, api, whole.application(), said=said))
    return found[0]


@contextmanager
def slack(folder: Path, script: LiveScript | None = None) -> Iterator[Slack]:
    """Over one run whose first rung has been told, and that no host drives."""
    script = script or LiveScript(run=RUN).declare().wait(3)
    journal = Journal.open(record(folder / "journal.db", script))
    people = read_people(SourceFile("p", PEOPLE.replace("CHANNEL", '"#own"').split("targets:")[0]))
    with serving(lambda _: Answer(200, "ok")) as server:
        try:
            found = made(journal, server, lambda _: people.people, folder)
            told = script.view.state.control.told
            found.target = told[0] if told else ""
            yield found
        finally:
            journal.close()


# --- who may come in ------------------------------------------------------------------------------


def test_only_what_slack_signed_just_now_is_taken(tmp_path: Path) -> None:
    with slack(tmp_path) as found:
        at_s, payload = NOW_MS // 1000, interaction(found.value())
        good = sent(payload, at_s)
        refused = [
            good._replace(body=good.body + b"&"),
            good._replace(headers={**good.headers, "x-slack-signature": "v0=" + "0" * 64}),
            good._replace(headers={"content-type": good.headers["content-type"]}),
            sent(payload, at_s, "another secret"),
            sent(payload, at_s, ""),
            sent(payload, at_s - WINDOW_S - 1),
            sent(payload, at_s + WINDOW_S + 1),
        ]
        assert [found.post(each).status_code for each in refused] == [401] * len(refused)
        assert not found.letters
        assert found.post(sent(payload, at_s, "old")).status_code == 200, "any of the secrets"
        assert len(found.letters) == 1


def test_a_body_of_another_form_is_said_wrongly(tmp_path: Path) -> None:
    with slack(tmp_path) as found:
        at_s = NOW_MS // 1000
        good = sent(interaction(found.value()), at_s)
        other = good._replace(headers={**good.headers, "content-type": "application/json"})
        assert found.post(other).status_code == 415
        for body in (b"", b"payload={", b"payload=[]", b"a=1", b"\xff", b"payload={}"):
            assert found.post(signed(body, at_s)).status_code == 400
        assert found.post(signed(b"x" * 1_100_000, at_s)).status_code == 413
        assert not found.letters and not found.server.seen


def test_what_else_the_app_sends_is_answered_and_changes_nothing(tmp_path: Path) -> None:
    with slack(tmp_path) as found:
        for payload in ({"type": "shortcut"}, interaction("v", action="another")):
            answer = found.post(sent(payload, NOW_MS // 1000))
            assert (answer.status_code, answer.content) == (200, b"")
        assert not found.letters and not found.server.seen
        assert found.intake.counts == {"ignored": 2}


def test_the_same_request_sent_again_is_nothing(tmp_path: Path) -> None:
    """Whoever recorded it has no second answer of that person."""
    with slack(tmp_path) as found:
        request = sent(interaction(found.value(), answer_url=found.server.url), NOW_MS // 1000)
        url = sent(interaction(found.value(), answer_url=found.server.url + "/"), NOW_MS // 1000)
        assert found.post(url).status_code == 200
        before = (len(found.letters), len(found.server.seen))
        assert before == (1, 1)
        assert found.post(url).status_code == 200
        assert (len(found.letters), len(found.server.seen)) == before
        assert found.post(request).status_code == 200
        assert found.intake.counts["repeated"] == 1


# --- what a press does ----------------------------------------------------------------------------


def test_a_press_is_that_persons_acknowledgement(tmp_path: Path) -> None:
    """The button is gone from the message, in whose place stands what came of it."""
    with slack(tmp_path) as found:
        told = found.press()
        assert found.letters == [{"verb": "ack", "by": "ada", "role": found.target, "via": "slack"}]
        assert told["replace_original"] is True
        assert [each["type"] for each in told["blocks"]] == ["header", "context"]
        assert f"ada acknowledged for {found.target}" in told["text"]
        assert "kept" in told["text"], "no host drives it"


def test_a_used_button_says_so(tmp_path: Path) -> None:
    with slack(tmp_path) as found:
        found.press()
        again = found.press(user="U0GRACE00")
        assert "It was used already" in again["text"] and again["replace_original"] is True
        assert len(found.letters) == 1


def test_an_outdated_button_says_so(tmp_path: Path) -> None:
    with slack(tmp_path) as found:
        found.now_ms += VALID_MS
        told = found.press()
        assert "expired" in told["text"] and told["replace_original"] is True
        assert not found.letters


def test_somebody_unknown_is_told_what_to_add(tmp_path: Path) -> None:
    """And nobody else sees that; the button stays for whoever it is for."""
    with slack(tmp_path) as found:
        told = found.press(user="U0MALLORY")
        assert told["response_type"] == "ephemeral" and told["replace_original"] is False
        assert "add U0MALLORY: PERSON to users: under slack: in alerts.yaml" in told["text"]
        gone = found.press(user="U0GONE000")
        assert "'gone', whom the people file does not have" in gone["text"]
        assert not found.letters
        assert "ada acknowledged" in found.press()["text"], "it is not used up"


def test_a_button_of_one_persons_channel_is_that_persons(tmp_path: Path) -> None:
    with slack(tmp_path) as found:
        told = found.press(found.value(person="grace"))
        assert "went to grace, not to ada" in told["text"] and "blocks" not in told
        assert not found.letters
        found.press(found.value(person="grace"), "U0GRACE00")
        assert [letter["by"] for letter in found.letters] == ["grace"]


def test_what_a_button_holds_is_believed_no_further_than_a_letter_is(tmp_path: Path) -> None:
    """Whoever can post to the channel may write a button of their own."""
    with slack(tmp_path) as found:
        assert "none of Armada's" in found.press("{}")["text"]
        for odd in ('["\\ud800","t","","p",1]', f'["{RUN}","t","","p",{2**70}]', "[" * 1_500, "x"):
            assert "none of Armada's" in found.press(odd)["text"]
        assert "has not been told" in found.press(found.value(target="Executive"))["text"]
        told = found.press(found.value(run="INC-1"))
        assert "INC-1 is not in this journal" in told["text"] and "blocks" not in told
        text = found.press(found.value(target="<!channel>"))["text"]
        assert "&lt;!channel&gt;" in text and "<" not in text
        assert not found.letters


def test_a_run_that_is_over_or_acknowledged_says_so(tmp_path: Path) -> None:
    script = LiveScript(run=RUN).declare().wait(3)
    script.say("bob", "ack", role="On-call engineer")
    with slack(tmp_path, script) as found:
        told = found.press()
        assert f"{RUN} was acknowledged already, for On-call engineer" in told["text"]
        assert "armada.acknowledge" not in json.dumps(told)
    over = LiveScript(run=RUN + "-2").declare().wait(3)
    over.say("bob", "close", **{"as": "false-alarm"})
    with slack(tmp_path, over) as found:
        told = found.press(found.value(run=over.view.run))
        assert f"{RUN}-2 is over: false-alarm" in told["text"] and told["replace_original"] is True
        assert not found.letters


def test_an_answer_goes_nowhere_but_to_slack(tmp_path: Path) -> None:
    """What is pressed counts; where else the answer was wanted is said here, not done."""
    with slack(tmp_path) as found, serving(lambda _: Answer()) as elsewhere:
        port = found.server.url.rpartition(":")[2]
        for number, url in enumerate(
            (elsewhere.url + "/x", f"{found.server.url}@{elsewhere.url[7:]}/", f"file:///{port}")
        ):
            payload = interaction(found.value(page=str(number)), answer_url=url)
            assert found.post(sent(payload, NOW_MS // 1000)).status_code == 200
            assert "does not begin with" in found.said[-1]
        assert not elsewhere.seen and not found.server.seen
        assert len(found.letters) == 3


def test_what_breaks_is_told_and_is_no_acknowledgement(tmp_path: Path) -> None:
    """Slack shows a failure as well: 503."""
    with slack(tmp_path) as found:
        found.journal._writer.execute(  # pyright: ignore[reportPrivateUsage]
            "CREATE TRIGGER full BEFORE INSERT ON letters BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        payload = interaction(found.value(), answer_url=found.server.url + "/actions/1")
        assert found.post(sent(payload, NOW_MS // 1000)).status_code == 503
        assert "Nothing was acknowledged" in found.server.seen[-1].json["text"]
        found.journal._writer.execute("DROP TRIGGER full")  # pyright: ignore[reportPrivateUsage]
        assert "ada acknowledged" in found.press()["text"]


def test_slack_has_its_answer_in_time_whatever_the_run_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came of it is told when it is known."""
    monkeypatch.setattr("armada.runtime.slack_api.WITHIN_S", 0.05)
    with slack(tmp_path) as found:
        slow = found.api._passes.run_of  # pyright: ignore[reportPrivateUsage]
        released = threading.Event()

        def run_of(given: Pass) -> Any:
            assert released.wait(10)
            return slow(given)

        monkeypatch.setattr(found.api._passes, "run_of", run_of)  # pyright: ignore[reportPrivateUsage]

        async def work() -> None:
            payload = interaction(found.value(), answer_url=found.server.url + "/actions/1")
            answer = await found.posted(sent(payload, NOW_MS // 1000), drained=False)
            assert answer.status_code == 200 and not found.server.seen
            released.set()
            await found.api.close()
            assert "ada acknowledged" in found.server.seen[0].json["text"]

        asyncio.run(work())


def test_a_page_of_the_doctor_is_proved_by_its_button(tmp_path: Path) -> None:
    """The whole way there and back, before the night it matters."""
    plan = compile_source(SourceFile("small.armada.yaml", SLOW)).plan
    assert plan is not None
    with slack(tmp_path) as found:
        (tmp_path / "people.yaml").write_text(
            PEOPLE.replace(
                "CHANNEL", f"{{adapter: slack, url: '{found.server.url}/hook', interactive: true}}"
            )
        )
        people = read_people(SourceFile("p", (tmp_path / "people.yaml").read_text())).people
        bound = bind(plan, None, {})
        tests = asyncio.run(page(bound, people, ("team lead",), tmp_path, tmp_path))
        (value,) = buttons(found.server)
        told = found.press(value)
        assert "The test page for team lead arrived, says ada" in told["text"]
        said: list[str] = []
        (finding,) = proved(tmp_path, tests, 5, said.append)
        assert finding.ok and said == ["team lead: acknowledged by ada"]
        assert "nobody waits for it" in found.press(value)["text"]
        assert not found.letters


# --- a whole run ----------------------------------------------------------------------------------


SLOW = (
    WORKFLOW.replace("escalation:\n", "escalation:\n  while: unacknowledged\n  rungs:\n")
    .replace("0-1 sec", "0-3 sec")
    .replace("1-2 sec", "3-4 sec")
    .replace("2+ sec", "4+ sec")
)


def buttons(server: Server) -> list[str]:
    """What the buttons of the pages hold that Slack was sent."""
    found: list[str] = []
    for seen in server.seen:
        for block in seen.json.get("blocks", ()) if seen.path == "/hook" else ():
            found += [e["value"] for e in block.get("elements", ()) if e["type"] == "button"]
    return found


def slack_itself(seen: Seen) -> Answer:
    return Answer(200, "ok")


def test_a_press_stops_the_ladder_of_a_run_that_a_host_drives(tmp_path: Path) -> None:
    """A real host, real messages to a real server; only the first rung is ever told."""
    with serving(slack_itself) as server:
        own = f"{{adapter: slack, url: '{server.url}/hook', interactive: true}}"
        (tmp_path / "people.yaml").write_text(PEOPLE.replace("CHANNEL", own), "utf-8")
        plan = compile_source(SourceFile("small.armada.yaml", SLOW)).plan
        assert plan is not None
        bound = bind(plan, None, {})
        journal = Journal.open(tmp_path / "journal.db", create=True)
        where = str(tmp_path / "people.yaml")

        async def drive() -> None:
            host = Host(journal, tmp_path, Quiet(), people_of=people_of)
            run = host.declare(bound, Declaration("ada", "small", 1, people=where))
            await host.adopt(run)
            going = asyncio.ensure_future(host.serve(forever=True))
            try:
                control = lambda: host.runs[run].view.state.control  # noqa: E731
                await until(lambda: bool(buttons(server)))
                found = made(journal, server, people_of, tmp_path)
                found.now_ms = host.clock.wall_ms()
                (value,) = buttons(server)
                url = server.url + "/actions/1"
                two = [interaction(value, answer_url=url) for _ in range(2)]
                two[1]["trigger_id"] = "another"
                at_s = found.now_ms // 1000
                await asyncio.gather(*(found.posted(sent(each, at_s)) for each in two))
                assert control().acknowledged == "on-call engineer"
                assert control().ladder == "acknowledged"
                told = [seen.json for seen in server.seen if seen.path == "/actions/1"]
                done = [each for each in told if "ada acknowledged for" in each["text"]]
                assert len(told) == 2 and len(done) == 1, "a double click is one acknowledgement"
                assert done[0]["replace_original"] is True
                await asyncio.sleep(3.2 - host.runs[run].view.at_ms / 1000)
                assert [rung for rung in control().rungs if rung == "fired"] == ["fired"]
            finally:
                host.stop()
                await going
                await host.close()

        try:
            asyncio.run(drive())
        finally:
            journal.close()
        assert len(buttons(server)) == 1
