"""Alerts from outside: who may send them, one incident a group, and what a run hears of them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import schemathesis
from asgi import Http
from hypothesis import HealthCheck, given, settings
from inbound_bodies import alert, group, incident
from local_server import Answer, serving
from quiet import Quiet
from small_workflow import WORKFLOW, until

from armada.cli.driving import people_of
from armada.cli.inbound import inbound_or_exit
from armada.cli.main import run
from armada.runtime.acknowledging import Passes
from armada.runtime.api import Api
from armada.runtime.api_table import openapi
from armada.runtime.hooks import BURST, Hooks
from armada.runtime.host import Host
from armada.runtime.inbound_alerts import alertmanager, pagerduty
from armada.runtime.inbound_api import InboundApi
from armada.runtime.inbound_notice import PAUSE_MS, Notices, channel_of
from armada.runtime.inbound_table import PATHS
from armada.runtime.intake import Intake
from armada.runtime.journal import Append, Journal
from armada.runtime.journal_alerts import KEPT_MS
from armada.runtime.journal_lease import Holder
from armada.runtime.redaction import Redactor
from armada.runtime.slack_api import SlackApi
from armada.runtime.tokens import Tokens
from armada.runtime.view import RunView

HOOK, PAGER = "/v1/inbound/alertmanager", "/v1/inbound/pagerduty"
SLACK = "/v1/inbound/slack"
SECRET = {"authorization": "Bearer s3cret"}
NOW_MS = 1_795_487_460_000
PEOPLE = """\
persons:
  ada: {name: Ada, roles: [commander, worker, on-call engineer, team lead, engineering manager]}
  grace: {name: Grace, roles: [commander, worker]}
"""
RULES = """\
alertmanager: {token: "file:token"}
pagerduty: {secrets: ["file:token"], users: {PUSER1: ada, PUSER2: grace}}
rules:
  - when: labels.severity == "critical" or source == "pagerduty"
    spec: small.yaml
    people: people.yaml
    severity: 1
    title: "{{ title }}"
    facts: {recent_deploy: true}
    auto_declare: true
  - when: labels.severity == "warning"
    spec: small.yaml
    people: people.yaml
"""


@dataclass
class Inbound:
    """The endpoints of an inbound file over a journal that no host drives."""

    folder: Path
    journal: Journal
    api: Api
    intake: Intake
    http: Http
    app: Any
    now_ms: int = NOW_MS
    said: list[str] = field(default_factory=list[str])
    failing: int = 0

    def alertmanager(self, body: Any, headers: dict[str, str] = SECRET) -> httpx.Response:
        return self.http.post(HOOK, json=body, headers=headers)

    def pagerduty(self, body: dict[str, Any], secret: str = "s3cret") -> httpx.Response:
        data = json.dumps(body).encode()
        signed = "v1=" + hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()
        headers = {"x-pagerduty-signature": signed, "content-type": "application/json"}
        return self.http.post(PAGER, content=data, headers=headers)

    def letters(self, verb: str) -> list[dict[str, Any]]:
        """The letters of a verb that wait, as they were put."""
        return [x.payload for x in self.journal.pending() if x.payload["verb"] == verb]

    @property
    def runs(self) -> list[str]:
        return [row.run for row in self.journal.runs()]


@contextmanager
def inbound(folder: Path, rules: str = RULES) -> Iterator[Inbound]:
    for name, text in (
        ("small.yaml", WORKFLOW),
        ("people.yaml", PEOPLE),
        ("token", "s3cret\n"),
        ("alerts.yaml", rules),
    ):
        (folder / name).write_text(text, "utf-8")
    journal = Journal.open(folder / "journal.db", create=True)
    tokens = Tokens(folder / "tokens")
    token = tokens.add("ada")
    model, ready = inbound_or_exit(str(folder / "alerts.yaml"))
    redactor = Redactor()
    made: list[Inbound] = []

    def wall_ms() -> int:
        return made[0].now_ms if made else NOW_MS

    def people(header: Any) -> Any:
        if made and made[0].failing:
            made[0].failing -= 1
            raise OSError("the disk is gone")
        return people_of(header)

    def secret(text: str) -> str:
        return (folder / text.partition(":")[2]).read_text().strip()

    said: list[str] = []
    intake = Intake(journal, model, ready, redactor, wall_ms, people, said.append)
    hooks = Hooks(secret)
    passes = Passes(journal, people, wall_ms, 0.1)
    slack = SlackApi(
        model.model.slack, "alerts.yaml", folder, hooks, intake, passes, wall_ms, said.append
    )
    more = InboundApi(intake, journal, hooks, redactor, wall_ms, people).routes() + slack.routes()
    api = Api(
        journal,
        tokens,
        people_of=people,
        wall_ms=wall_ms,
        wait_s=0.1,
        more=more,
        more_paths=PATHS,
    )
    app = api.application()
    http = Http(app, {"authorization": f"Bearer {token}"})
    made.append(Inbound(folder, journal, api, intake, http, app, said=said))
    try:
        yield made[0]
    finally:
        journal.close()


# --- who may come in ------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic czNjcmV0", "s3cret"])
def test_without_its_secret_nothing_is_taken(tmp_path: Path, header: str) -> None:
    with inbound(tmp_path) as found:
        answer = found.alertmanager(group(alert("a")), {"authorization": header})
        assert (answer.status_code, found.runs) == (401, [])
        assert found.pagerduty(incident("triggered"), "wrong").status_code == 401
        assert not found.runs and not found.journal.pending()


def test_a_persons_token_is_no_senders_secret_and_the_other_way_round(tmp_path: Path) -> None:
    with inbound(tmp_path) as found:
        assert found.http.post(HOOK, json=group(alert("a"))).status_code == 401
        assert found.http.get("/v1/proposals", headers=SECRET).status_code == 401
        assert found.http.get("/v1/runs", headers=SECRET).status_code == 401


def test_a_sender_that_the_file_does_not_name_is_refused(tmp_path: Path) -> None:
    """Also one that signs with an empty secret."""
    with inbound(tmp_path, RULES.replace("pagerduty: {", "# {", 1)) as found:
        assert found.pagerduty(incident("triggered"), "").status_code == 401


def test_a_secret_that_is_gone_is_said_and_the_sender_tries_again(tmp_path: Path) -> None:
    with inbound(tmp_path) as found:
        (tmp_path / "token").write_text("changed")
        assert found.alertmanager(group(alert("a"))).status_code == 401
        changed = {"authorization": "Bearer changed"}
        again = found.alertmanager(group(alert("a")), changed)
        assert again.status_code == 200, again.text


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        (b"[" * 200_000, 400),
        (b'{"version": "4"}', 400),
        (b'{"x": "' + b"x" * 2_000_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_none_changes_nothing(tmp_path: Path, content: bytes, status: int) -> None:
    with inbound(tmp_path) as found:
        headers = {**SECRET, "content-type": "application/json"}
        answer = found.http.post(HOOK, content=content, headers=headers)
        assert answer.status_code == status and answer.json()["detail"]
        assert not found.runs


def test_what_is_not_json_by_its_type_is_not_read_as_json(tmp_path: Path) -> None:
    with inbound(tmp_path) as found:
        data, form = json.dumps(group(alert("a"))).encode(), "application/x-www-form-urlencoded"
        for media in (form, "text/plain", ""):
            headers = {**SECRET, "content-type": media}
            assert found.http.post(HOOK, content=data, headers=headers).status_code == 415
        headers = {**SECRET, "content-type": "Application/JSON ; charset=utf-8"}
        assert found.http.post(HOOK, content=data, headers=headers).status_code == 200


async def answered(app: Any, path: str, headers: dict[str, str], receive: Any) -> int:
    """The status of a POST whose body arrives as ``receive`` says."""
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(k.encode(), v.encode()) for k, v in {"host": "localhost", **headers}.items()],
    }
    statuses: list[int] = []

    async def send(message: Any) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    await app(scope, receive, send)
    (status,) = statuses
    return status


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (HOOK, {}),
        (HOOK, {"authorization": "Bearer wrong"}),
        (PAGER, {}),
        (PAGER, {"x-pagerduty-signature": "v0=00"}),
        (SLACK, {"x-slack-signature": "v0=" + "0" * 64, "x-slack-request-timestamp": "1"}),
    ],
)
def test_a_stranger_is_refused_before_the_body_is_read(
    tmp_path: Path, path: str, headers: dict[str, str]
) -> None:
    """However much of it is said to come."""

    async def receive() -> Any:
        raise AssertionError("the body was asked for")

    given = {**headers, "content-length": "1000000", "content-type": "application/json"}
    with inbound(tmp_path) as found:
        assert asyncio.run(answered(found.app, path, given, receive)) == 401
        given["content-length"] = "1048577"
        assert asyncio.run(answered(found.app, path, given, receive)) == 413


@pytest.mark.parametrize("how", ["stops", "breaks off", "does not end"])
def test_a_body_that_never_ends_is_no_trouble(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too slow, broken off, longer than it said: an answer, and nothing more is read."""
    monkeypatch.setattr("armada.runtime.hooks.READ_S", 0.1)
    asked: list[int] = []

    async def receive() -> Any:
        asked.append(1)
        if how == "stops" and len(asked) > 1:
            await asyncio.Event().wait()
        if how == "breaks off" and len(asked) > 1:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"x" * 100_000, "more_body": True}

    headers = {**SECRET, "content-type": "application/json"}
    with inbound(tmp_path) as found:
        status = asyncio.run(answered(found.app, HOOK, headers, receive))
    assert status == {"stops": 408, "breaks off": 400, "does not end": 413}[how]
    assert len(asked) <= 11


def test_a_flood_is_told_to_come_again(tmp_path: Path) -> None:
    """503, which both senders try again; the runs are not disturbed."""
    with inbound(tmp_path) as found:
        answers = [found.alertmanager({}).status_code for _ in range(int(BURST) + 40)]
        assert set(answers) == {400, 503} and answers[:50] == [400] * 50


# --- one incident a group -------------------------------------------------------------------------


def test_two_notifications_of_a_group_are_one_incident(tmp_path: Path) -> None:
    """The second one says what has changed; one that says nothing new is told to nobody."""
    with inbound(tmp_path) as found:
        first = found.alertmanager(group(alert("a"))).json()
        assert (first["outcome"], [first["run"]]) == ("declared", found.runs)
        (row,) = found.journal.runs()
        assert row.title == "the shop is down"
        assert RunView.of(found.journal.entries(row.run)).commander == "", "no person declared it"
        assert found.letters("fact")[0] | {"name": "recent_deploy"} == found.letters("fact")[0]
        second = found.alertmanager(group(alert("a"), alert("b"))).json()
        assert (second["outcome"], second["run"]) == ("told", first["run"])
        assert "2 firing, 0 resolved" in found.letters("note")[-1]["text"]
        before = len(found.journal.pending())
        assert found.alertmanager(group(alert("b"), alert("a"))).json()["outcome"] == "known"
        assert (len(found.journal.pending()), len(found.runs)) == (before, 1)
        other = found.alertmanager(group(alert("c"), key="another"))
        assert other.json()["outcome"] == "declared" and len(found.runs) == 2


def test_what_comes_at_once_is_one_incident(tmp_path: Path) -> None:
    """Two Alertmanagers, and as many threads as there are."""
    with inbound(tmp_path) as found, ThreadPoolExecutor(8) as many:
        said = alertmanager(group(alert("a")))
        outcomes = [taken.outcome for taken in many.map(found.intake.take, [said] * 24)]
        assert sorted(set(outcomes)) == ["declared", "known"]
        assert outcomes.count("declared") == 1 and len(found.runs) == 1
        assert found.intake.counts == {"declared": 1, "known": 23}


def test_the_run_and_what_it_is_told_at_once_are_written_together(tmp_path: Path) -> None:
    """A host that dies in between leaves no run without its facts."""
    with inbound(tmp_path) as found:
        found.journal._writer.execute(  # pyright: ignore[reportPrivateUsage]
            "CREATE TRIGGER full BEFORE INSERT ON letters BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        assert found.alertmanager(group(alert("a"))).status_code == 503
        assert not found.runs
        found.journal._writer.execute("DROP TRIGGER full")  # pyright: ignore[reportPrivateUsage]
        assert found.alertmanager(group(alert("a"))).json()["outcome"] == "declared"
        assert len(found.letters("fact")) == 1


def test_resolved_alerts_are_a_fact_and_end_nothing(tmp_path: Path) -> None:
    with inbound(tmp_path) as found:
        run = found.alertmanager(group(alert("a"))).json()["run"]
        found.alertmanager(group(alert("a", "resolved")))
        found.alertmanager(group(alert("a", starts="2026-11-24T03:00:00Z")))
        told = [x["value"] for x in found.letters("fact") if x["name"] == "alert_resolved"]
        assert told == ["true", "false"]
        assert not next(row for row in found.journal.runs() if row.run == run).finished
        late = found.alertmanager(group(alert("z", "resolved"), key="never seen"))
        assert late.json()["outcome"] == "ignored"


# --- proposals ------------------------------------------------------------------------------------


def warned(found: Inbound, *names: str) -> dict[str, Any]:
    body = group(*(alert(name) for name in names or ("a",)), severity="warning")
    answer: dict[str, Any] = found.alertmanager(body).json()
    return answer


def test_a_proposal_is_made_once_and_declared_by_a_person(tmp_path: Path) -> None:
    with inbound(tmp_path) as found:
        assert warned(found)["outcome"] == "proposed" and not found.runs
        assert warned(found)["outcome"] == "known"
        (shown,) = found.http.get("/v1/proposals").json()
        declared = found.http.post(f"/v1/proposals/{shown['id']}/declare")
        assert declared.status_code == 201 and found.runs == [declared.json()["run"]]
        view = RunView.of(found.journal.entries(found.runs[0]))
        assert view.header["declared"]["by"] == "ada"
        again = found.http.post(f"/v1/proposals/{shown['id']}/declare")
        assert again.status_code == 409 and len(found.runs) == 1
        assert warned(found, "a", "b")["outcome"] == "told"


def test_a_proposal_expires_after_its_last_alert(tmp_path: Path) -> None:
    with inbound(tmp_path) as found:
        warned(found)
        found.now_ms += 3 * 3_600_000
        warned(found)
        found.now_ms += 3 * 3_600_000
        assert len(found.http.get("/v1/proposals").json()) == 1
        found.now_ms += 2 * 3_600_000
        assert found.http.get("/v1/proposals").json() == []
        assert found.http.post("/v1/proposals/1/declare").status_code == 409
        assert warned(found)["proposal"] == 2


def finish(found: Inbound, run: str, how: str) -> None:
    """Say of a run in the journal that it is over, or open again."""
    token = found.journal.lease(run, Holder.me(), NOW_MS)
    found.journal.commit([Append(run, token, (), finished=how)])
    found.journal.release(run, token)


def test_a_group_whose_run_is_over_is_proposed_as_long_as_it_stands(tmp_path: Path) -> None:
    """A reminder that alerts still fire begins no second incident by itself; news does."""
    with inbound(tmp_path) as found:
        run = found.alertmanager(group(alert("a"))).json()["run"]
        finish(found, run, "false-alarm")
        assert found.alertmanager(group(alert("a"))).json()["outcome"] == "proposed"
        finish(found, run, "")
        assert found.http.get("/v1/proposals").json() == []
        assert found.alertmanager(group(alert("a"))).json()["outcome"] == "known"
        finish(found, run, "resolved")
        found.alertmanager(group(alert("a", "resolved")))
        assert found.alertmanager(group(alert("a"))).json()["outcome"] == "declared"
        shown = found.intake.alerts.proposals(found.now_ms, everything=True)
        assert [(each.state, each.run) for each in shown] == [("declared", found.runs[1])]


def test_a_dismissed_group_is_not_proposed_again_until_it_is_news(tmp_path: Path) -> None:
    with inbound(tmp_path) as found:
        number = warned(found)["proposal"]
        assert found.http.post(f"/v1/proposals/{number}/dismiss").status_code == 200
        assert warned(found)["outcome"] == "known"
        assert warned(found, "a", "b")["outcome"] == "proposed"


def test_what_is_open_is_shown(tmp_path: Path) -> None:
    """In ``armada status`` beside the runs, and as counts over HTTP, to people alone."""
    with inbound(tmp_path) as found:
        found.now_ms = 4_000_000_000_000
        warned(found)
        warned(found)
        shown = printed("status", "--journal", str(tmp_path / "journal.db"))
        assert shown.exit_code == 0 and "proposed: 1  the shop is down" in shown.output
        shown = printed("status", "--journal", str(tmp_path / "journal.db"), "--format", "json")
        (proposed,) = json.loads(shown.output)["proposals"]
        assert (proposed["id"], proposed["title"]) == (1, "the shop is down")
        counts = found.http.get("/v1/inbound").json()
        assert counts == {"taken": {"known": 1, "proposed": 1}, "acknowledgements_kept": 0}
        assert found.http.get("/v1/inbound", headers=SECRET).status_code == 401


def test_a_rebuilt_journal_keeps_what_alerts_have_said(tmp_path: Path) -> None:
    """Groups keep their runs, proposals their numbers, deliveries stay known, answers wait."""
    with inbound(tmp_path) as found:
        found.pagerduty(incident("triggered"))
        found.pagerduty(incident("acknowledged", delivery="event-2"))
        warned(found)
    path = tmp_path / "journal.db"
    os.truncate(path, path.stat().st_size - 1)
    with inbound(tmp_path) as found:
        assert found.journal.dropped
        assert [each.id for each in found.intake.alerts.proposals(NOW_MS)] == [1]
        assert [each.who for each in found.intake.alerts.kept()] == ["ada"]
        assert found.pagerduty(incident("triggered")).json()["outcome"] == "repeated"
        again = found.pagerduty(incident("reopened", delivery="event-3")).json()
        assert (again["outcome"], len(found.runs)) == ("known", 1)


def test_what_alerts_have_said_and_cannot_be_read_is_said_to_be_lost(tmp_path: Path) -> None:
    with inbound(tmp_path) as found:
        found.pagerduty(incident("triggered"))
        warned(found)
        with found.journal.transaction() as db:
            db.execute("UPDATE proposals SET payload = 7 || x'00', until_ms = 'soon'")
    path = tmp_path / "journal.db"
    os.truncate(path, path.stat().st_size - 1)
    with inbound(tmp_path) as found:
        assert any("proposals may be missing" in each for each in found.journal.dropped)
        assert not found.intake.alerts.proposals(NOW_MS)


def test_every_endpoint_is_in_the_document(tmp_path: Path) -> None:
    with inbound(tmp_path) as found:
        paths = found.http.get("/v1/openapi.json").json()["paths"]
        assert set(PATHS) <= set(paths)
        for path, operations in PATHS.items():
            for method in operations:
                answer = found.http.request(method, path.replace("{id}", "1"))
                assert answer.status_code in (200, 401, 404), (path, answer.text)
                assert "no proposal" in answer.text or answer.status_code != 404


@pytest.mark.slow
def test_no_input_breaks_it(tmp_path: Path) -> None:
    """Schemathesis against the document of these endpoints: never a 5xx but the flood's 503."""
    with inbound(tmp_path) as found:
        schema = schemathesis.openapi.from_dict(openapi(PATHS))
        schema.app = found.app
        for operation in (each.ok() for each in schema.get_all_operations()):
            if operation.path not in PATHS:
                continue

            @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy())
            def call(case: Any) -> None:
                hook = case.path.startswith("/v1/inbound/")
                headers = SECRET if hook else found.http.headers
                answer = case.call(
                    base_url="http://127.0.0.1", headers={**headers, "host": "127.0.0.1"}
                )
                assert answer.status_code in (200, 201, 400, 401, 404, 405, 409, 415, 503)

            call()


def test_only_a_person_of_the_people_file_settles_a_proposal(tmp_path: Path) -> None:
    """Over HTTP and in a terminal; declaring and dismissing alike."""
    with inbound(tmp_path) as found:
        number = warned(found)["proposal"]
        token = Tokens(tmp_path / "tokens").add("mallory")
        stranger = {"authorization": f"Bearer {token}"}
        for verb in ("declare", "dismiss"):
            answer = found.http.post(f"/v1/proposals/{number}/{verb}", headers=stranger)
            assert answer.status_code == 403 and "mallory" in answer.json()["detail"]
            done = typed(tmp_path, verb, str(number), "--as", "mallory")
            assert done.exit_code == 2 and "mallory" in done.output
        assert found.http.post(f"/v1/proposals/{number}/dismiss").status_code == 200
        assert found.http.post("/v1/proposals/99/dismiss").status_code == 404
        assert found.http.post("/v1/proposals/x/declare").status_code == 404
        assert not found.runs


class Typed(NamedTuple):
    exit_code: int
    output: str


def printed(*words: str) -> Typed:
    """How a command line ends, and what it prints, both streams together."""
    found = io.StringIO()
    with redirect_stdout(found), redirect_stderr(found):
        code = run([*words])
    return Typed(code, found.getvalue())


def typed(folder: Path, *words: str) -> Typed:
    return printed("proposals", *words, "--journal", str(folder / "journal.db"))


def test_proposals_in_a_terminal(tmp_path: Path) -> None:
    with inbound(tmp_path) as found:
        found.now_ms = 4_000_000_000_000
        assert "nothing is proposed" in typed(tmp_path, "list").output
        warned(found)
        assert "armada proposals declare 1" in typed(tmp_path, "list").output
        done = typed(tmp_path, "declare", "1", "--as", "grace")
        assert done.exit_code == 0 and found.runs[0] in done.output
        assert typed(tmp_path, "dismiss", "1", "--as", "grace").exit_code == 3
        assert typed(tmp_path, "list").output == "nothing is proposed\n"
        assert "declared by grace" in typed(tmp_path, "list", "--all").output
        (data,) = json.loads(typed(tmp_path, "list", "--all", "--format", "json").output)
        assert (data["state"], data["run"]) == ("declared", found.runs[0])


def test_people_are_told_of_a_proposal_until_the_channel_has_taken_it(tmp_path: Path) -> None:
    """A channel that fails is tried again, after a restart too, and a proposal is told once."""
    with serving(lambda seen: Answer(400 if len(server.seen) < 2 else 200)) as server:
        notify = f"notify: {{adapter: webhook, url: '{server.url}'}}\n"
        with inbound(tmp_path, RULES + notify) as found:
            warned(found)

            def tell() -> None:
                stated = found.intake.inbound.model.notify
                assert stated is not None
                channel = channel_of(stated, tmp_path, tmp_path, Redactor())
                alerts = found.intake.alerts
                notices = Notices(alerts, channel, lambda: found.now_ms, found.said.append)

                async def whole() -> None:
                    await notices.tell()
                    await notices.tell()
                    await notices.close()

                asyncio.run(whole())

            tell()
            assert len(server.seen) == 1 and "nobody was told" in found.said[-1]
            found.now_ms += PAUSE_MS
            tell()
            tell()
            assert len(server.seen) == 2
            assert "armada proposals declare 1" in server.seen[1].body.decode()


# --- answered elsewhere ---------------------------------------------------------------------------


def test_a_delivery_is_handled_once(tmp_path: Path) -> None:
    """Sent again it changes nothing; one from before memory is not admitted."""
    with inbound(tmp_path) as found:
        assert found.pagerduty(incident("triggered")).json()["outcome"] == "declared"
        before = len(found.journal.pending())
        assert found.pagerduty(incident("triggered")).json()["outcome"] == "repeated"
        found.now_ms += KEPT_MS + 60_000
        old = incident("resolved", delivery="event-2")
        assert found.pagerduty(old).json()["outcome"] == "repeated"
        assert len(found.journal.pending()) == before


def test_a_delivery_that_failed_on_the_way_is_taken_when_it_comes_again(tmp_path: Path) -> None:
    """An acknowledgement is never lost to a fault in between."""
    with inbound(tmp_path) as found:
        found.pagerduty(incident("triggered"))
        acknowledged = incident("acknowledged", delivery="event-2")
        found.failing = 1
        assert found.pagerduty(acknowledged).status_code == 500
        assert not found.intake.alerts.kept()
        assert found.pagerduty(acknowledged).json()["outcome"] == "kept"
        assert [x.who for x in found.intake.alerts.kept()] == ["ada"]


async def driven(found: Inbound, work: Any) -> None:
    """Drive the journal's open runs while ``work`` goes on."""
    host = Host(found.journal, found.folder, Quiet(), people_of=people_of)
    await host.adopt_all()
    serving = asyncio.ensure_future(host.serve(forever=True, everything=True))
    try:
        await work(host)
    finally:
        host.stop()
        await serving
        await host.close()


def test_an_acknowledgement_before_anybody_was_told_counts_once_somebody_is(
    tmp_path: Path,
) -> None:
    """Kept, noted, and given as the person's own: the ladder stops at its first rung."""
    with inbound(tmp_path) as found:
        run = found.pagerduty(incident("triggered")).json()["run"]
        kept = found.pagerduty(incident("acknowledged", delivery="event-2")).json()
        assert kept["outcome"] == "kept" and "counts as soon as" in kept["said"]
        found.intake.answers.again()
        assert [x.run for x in found.intake.alerts.kept()] == [run]

        async def work(host: Host) -> None:
            control = host.runs[run].view.state.control
            await until(lambda: bool(host.runs[run].view.state.control.told))
            while found.intake.alerts.kept():
                await asyncio.to_thread(found.intake.answers.again)
            control = host.runs[run].view.state.control
            assert control.acknowledged == "on-call engineer"

        asyncio.run(driven(found, work))
        notes = [e.payload for e in found.journal.entries(run) if e.kind == "note"]
        assert any("counts as soon as" in str(note) for note in notes)


def test_an_acknowledgement_that_is_taken_back_waits_no_more(tmp_path: Path) -> None:
    with inbound(tmp_path) as found:
        found.pagerduty(incident("triggered"))
        found.pagerduty(incident("acknowledged", delivery="event-2"))
        assert len(found.intake.alerts.kept()) == 1
        found.pagerduty(incident("unacknowledged", delivery="event-3"))
        assert not found.intake.alerts.kept()


def test_an_answer_to_the_runs_own_page_stops_its_ladder(tmp_path: Path) -> None:
    """By the page's ``dedup_key``; in the name of whoever PagerDuty's user is."""
    with inbound(tmp_path) as found:
        run = found.alertmanager(group(alert("a"))).json()["run"]
        key = f"{run}/on-call engineer"

        async def work(host: Host) -> None:
            await until(lambda: bool(host.runs[run].view.state.control.told))
            own = pagerduty(incident("triggered", key=key, delivery="event-0"))
            assert found.intake.take(own).outcome == "ignored"
            stranger = incident("acknowledged", key=key, delivery="event-1", user="PUSER9")
            stranger["event"]["agent"]["summary"] = "Mallory"
            said = await asyncio.to_thread(found.intake.take, pagerduty(stranger))
            assert "the people file does not have" in said.said
            assert not host.runs[run].view.state.control.acknowledged
            event = pagerduty(incident("acknowledged", key=key, delivery="event-2"))
            taken = await asyncio.to_thread(found.intake.take, event)
            assert taken.outcome == "acknowledged", taken
            assert host.runs[run].view.state.control.acknowledged == "on-call engineer"

        asyncio.run(driven(found, work))
        assert len(found.runs) == 1


def test_a_resolution_in_pagerduty_is_a_fact_and_ends_nothing(tmp_path: Path) -> None:
    with inbound(tmp_path) as found:
        run = found.alertmanager(group(alert("a"))).json()["run"]
        found.pagerduty(incident("resolved", key=f"{run}/team lead", delivery="event-2"))
        assert {"name": "pagerduty_resolved", "value": "true"}.items() <= (
            found.letters("fact")[-1].items()
        )
        assert "armada resolve" in found.letters("note")[-1]["text"]
