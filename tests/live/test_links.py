"""Signed links: bound to a person, used once, and nothing to whoever changes a letter of one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from asgi import Http
from hypothesis import given
from hypothesis import strategies as st
from live_journal import record
from live_script import LiveScript
from local_server import Answer, serving
from quiet import Quiet
from small_workflow import WORKFLOW, until

from armada.cli.driving import people_of
from armada.compiler.compile import compile_source
from armada.dsl.source import SourceFile
from armada.runtime.api import Api
from armada.runtime.binding import bind
from armada.runtime.host import Declaration, Host
from armada.runtime.journal import Journal
from armada.runtime.links import VALID_MS, Links, LinkTrouble, Pass, key_of
from armada.runtime.links_api import LinksApi
from armada.runtime.messenger import owner_of
from armada.runtime.people import People
from armada.runtime.people_file import read_people
from armada.runtime.tokens import Tokens

RUN = "INC-20261124-0231"
BASE = "https://armada.example"
KEY = b"k" * 32
NOW_MS = 1_795_487_460_000
PEOPLE = """\
persons:
  ada: {name: Ada, roles: [commander, worker], channels: [CHANNEL, "#shared"]}
targets:
  "on-call engineer": {person: ada}
  "team lead": {person: ada}
  "engineering manager": {person: ada}
"""


@dataclass
class Pages:
    """The page of links over a journal with one run, whose first rung has been told."""

    journal: Journal
    http: Http
    links: Links
    target: str
    now_ms: int = NOW_MS

    def path(self, **changed: str | int) -> str:
        given = Pass(RUN, self.target, "ada", "page-1", NOW_MS + VALID_MS)
        return self.links.made(given._replace(**changed)).removeprefix(BASE)


@contextmanager
def pages(folder: Path) -> Iterator[Pages]:
    script = LiveScript(run=RUN).declare().wait(3)
    journal = Journal.open(record(folder / "journal.db", script))
    text = PEOPLE.replace("CHANNEL", '"#own"').split("targets:")[0]
    known: list[People] = [found for found in [read_people(SourceFile("p", text)).people] if found]
    made: list[Pages] = []
    links = Links(BASE, KEY)
    more = LinksApi(links, journal, lambda _: known[0], lambda: made[0].now_ms, 0.1).routes()
    tokens = Tokens(folder / "tokens")
    api = Api(journal, tokens, people_of=lambda _: None, wall_ms=lambda: 0, more=more)
    told = script.view.state.control.told
    made.append(Pages(journal, Http(api.application(), {}), links, told[0] if told else ""))
    try:
        yield made[0]
    finally:
        journal.close()


def test_looking_at_it_changes_nothing_and_pressing_acknowledges_once(tmp_path: Path) -> None:
    """Programs that preview messages open every link; only the button is an answer."""
    with pages(tmp_path) as found:
        for _ in range(3):
            page = found.http.get(found.path())
            assert page.status_code == 200 and '<form method="post">' in page.text
            assert page.headers["referrer-policy"] == "no-referrer"
            assert page.headers["cache-control"] == "no-store"
        assert not found.journal.pending()
        pressed = found.http.post(found.path(), headers={"origin": "null"})
        assert pressed.status_code == 202
        (letter,) = found.journal.pending()
        assert letter.payload == {
            "verb": "ack",
            "by": "ada",
            "role": found.target,
            "via": "link",
        }
        again = found.http.post(found.path())
        assert again.status_code == 410 and "used already" in again.text
        assert found.http.get(found.path()).status_code == 410
        assert len(found.journal.pending()) == 1


def test_a_link_expires(tmp_path: Path) -> None:
    with pages(tmp_path) as found:
        path = found.path()
        found.now_ms += VALID_MS - 1
        assert found.http.get(path).status_code == 200
        found.now_ms += 1
        for answer in (found.http.get(path), found.http.post(path)):
            assert answer.status_code == 410 and "expired" in answer.text
        assert not found.journal.pending()


def test_a_link_is_bound_to_its_run_person_and_target(tmp_path: Path) -> None:
    """Those of another run, a stranger or a target that was not told do nothing."""
    with pages(tmp_path) as found:
        assert found.http.post(found.path(run="INC-1")).status_code == 410
        assert found.http.post(found.path(person="mallory")).status_code == 410
        refused = found.http.post(found.path(target="Executive"))
        assert refused.status_code == 409 and "has not been told" in refused.text
        again = found.http.post(found.path(target="Executive"))
        assert again.status_code == 409, "what was refused is not used up"
        assert not found.journal.pending()


def test_what_was_made_with_another_key_does_nothing(tmp_path: Path) -> None:
    with pages(tmp_path) as found:
        found.links = Links(BASE, b"x" * 32)
        assert found.http.post(found.path()).status_code == 404
        assert found.http.post("/v1/ack/x").status_code == 404
        assert found.http.get("/v1/ack/" + "x" * 5_000).status_code == 404
        assert not found.journal.pending()


def test_what_stands_on_the_page_is_text(tmp_path: Path) -> None:
    with pages(tmp_path) as found:
        page = found.http.get(found.path(target="<script>alert(1)</script>"))
        assert "<script>" not in page.text and "&lt;script&gt;" in page.text


PASSES = st.builds(
    Pass, st.text(max_size=20), st.text(max_size=20), st.text(), st.text(), st.integers(0, 2**53)
)


@given(PASSES, st.integers(0, 10_000), st.characters(codec="ascii"))
def test_no_changed_letter_of_a_link_is_read(given_: Pass, place: int, letter: str) -> None:
    """What was made is read as it was; what was changed anywhere is nothing."""
    links = Links(BASE, KEY)
    token = links.made(given_).rpartition("/")[2]
    assert len(token) > 2_000 or links.read(token) == given_
    at = place % len(token)
    changed = token[:at] + letter + token[at + 1 :]
    assert changed == token or links.read(changed) is None


@given(st.text(max_size=60))
def test_no_text_raises(token: str) -> None:
    assert Links(BASE, KEY).read(token) is None


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "links.key"
    key = key_of(path)
    assert key_of(path) == key and path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(LinkTrouble, match="chmod 600"):
        key_of(path)
    path.chmod(0o600)
    path.write_bytes(b"")
    with pytest.raises(LinkTrouble, match="holds no key"):
        key_of(path)


def linked(text: str) -> list[str]:
    return re.findall(rf"{BASE}/v1/ack/[\w.-]+", text)


def test_a_page_to_a_persons_own_channel_carries_a_link_that_stops_the_ladder(
    tmp_path: Path,
) -> None:
    """A real host and real messages; what is no page carries none."""
    with serving(lambda _: Answer()) as server:
        own = f"{{adapter: webhook, url: '{server.url}/own'}}"
        (tmp_path / "people.yaml").write_text(PEOPLE.replace("CHANNEL", own), "utf-8")
        plan = compile_source(SourceFile("small.armada.yaml", WORKFLOW)).plan
        assert plan is not None
        bound, links = bind(plan, None, {}), Links(BASE, KEY)
        journal = Journal.open(tmp_path / "journal.db", create=True)
        where = str(tmp_path / "people.yaml")

        async def drive() -> None:
            host = Host(journal, tmp_path, Quiet(), people_of=people_of, links=links)
            run = host.declare(bound, Declaration("ada", "small", 1, people=where))
            await host.adopt(run)
            serving = asyncio.ensure_future(host.serve(forever=True))
            try:
                await until(lambda: {"page", "question"} <= {s.json["kind"] for s in server.seen})
                shown = [x for seen in server.seen for x in linked(seen.body.decode())]
                kinds = [seen.json["kind"] for seen in server.seen if linked(seen.body.decode())]
                assert set(kinds) == {"page"}
                more = LinksApi(links, journal, people_of, host.clock.wall_ms).routes()
                tokens = Tokens(tmp_path / "tokens")
                api = Api(journal, tokens, people_of=people_of, wall_ms=lambda: 0, more=more)
                http = Http(api.application(), {})
                path = shown[0].removeprefix(BASE)
                pressed = await asyncio.to_thread(http.post, path)
                assert pressed.status_code == 200 and "ada acknowledged" in pressed.text
                assert host.runs[run].view.state.control.acknowledged == "on-call engineer"
            finally:
                host.stop()
                await serving
                await host.close()

        try:
            asyncio.run(drive())
        finally:
            journal.close()


def test_a_channel_that_others_read_carries_no_link() -> None:
    assert owner_of("person:ada:0") == "ada"
    assert owner_of("person:a:b:1") == "a:b"
    for shared in ("#shared", "console", "agent:person", "personal:ada:0", "target:lead:0"):
        assert owner_of(shared) == ""
