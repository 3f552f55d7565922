"""Watches, against an API that ends, breaks and forgets them."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from armada.runtime.adapters.kubernetes_client import Client
from armada.runtime.adapters.kubernetes_watch import Seen, Watch

Step = dict[str, Any] | int | str
"""An object to send, a status to answer with, or ``break``."""


class Api:
    """Answers lists and watches of pods with what the test has written down, one by one."""

    def __init__(self) -> None:
        self.lists: list[Any] = []
        self.watches: list[list[Step]] = []
        self.asked: list[str] = []
        self.gone_on = threading.Event()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                api.answer(self, parse_qs(urlsplit(self.path).query))

            def log_message(self, format: str, *args: Any) -> None:
                del format, args

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, to: BaseHTTPRequestHandler, query: dict[str, list[str]]) -> None:
        if "watch" not in query:
            self.asked.append("list")
            found = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
            self.whole(to, found)
            return
        self.asked.append(f"watch {query['resourceVersion'][0]}")
        steps = self.watches.pop(0) if self.watches else ["wait"]
        if isinstance(steps[0], int):
            self.whole(to, steps[0])
            return
        to.send_response(200)
        to.send_header("Transfer-Encoding", "chunked")
        to.end_headers()
        for step in steps:
            if step == "break":
                to.wfile.write(b"20\r\n{")
                to.wfile.flush()
                to.connection.shutdown(2)
                return
            if step == "wait":
                self.gone_on.wait(5)
                continue
            data = json.dumps(step).encode() + b"\n"
            for part in (data[:7], data[7:]):
                to.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                to.wfile.flush()
        to.wfile.write(b"0\r\n\r\n")

    def whole(self, to: BaseHTTPRequestHandler, found: Any) -> None:
        status = found if isinstance(found, int) else 200
        body = {"message": "said so"} if isinstance(found, int) else found
        data = json.dumps(body).encode()
        to.send_response(status)
        to.send_header("Content-Type", "application/json")
        to.send_header("Content-Length", str(len(data)))
        to.end_headers()
        to.wfile.write(data)


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()
    yield found
    found.gone_on.set()
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def client(api: Api, tmp_path: Path) -> Client:
    server = {"server": f"http://127.0.0.1:{api.server.server_address[1]}"}
    config = {
        "clusters": [{"name": "t", "cluster": server}],
        "users": [{"name": "t", "user": {}}],
        "contexts": [{"name": "t", "context": {"cluster": "t", "user": "t", "namespace": "n"}}],
        "current-context": "t",
    }
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))
    return Client(str(path), "", "", 2.0)


def pod(uid: str, version: int) -> dict[str, Any]:
    return {"metadata": {"name": uid, "uid": uid, "resourceVersion": str(version)}}


def pods(version: int, *names: str) -> dict[str, Any]:
    items = [pod(name, version) for name in names]
    return {"metadata": {"resourceVersion": str(version)}, "items": items}


def event(kind: str, found: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "object": found}


GONE = event("ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})


class Told:
    """What a watch tells, in order."""

    def __init__(self, client: Client) -> None:
        self.queue: queue.Queue[Seen] = queue.Queue()
        self.watch = Watch(
            client, client.core.list_namespaced_pod, "n", {}, self.queue.put, again_s=0.05
        )
        self.watch.start()

    def next(self) -> Seen:
        return self.queue.get(timeout=5)

    def names(self, count: int) -> list[str]:
        """The next things told, in words."""
        return [words(self.next()) for _ in range(count)]


def words(seen: Seen) -> str:
    if seen.trouble is not None:
        return f"trouble {seen.trouble.answer}"
    if seen.all is not None:
        return "all " + ",".join(each["metadata"]["uid"] for each in seen.all)
    if seen.one is not None:
        return ("gone " if seen.gone else "one ") + seen.one["metadata"]["uid"]
    return "seen again"


def test_a_watch_that_ends_goes_on_from_the_last_version(api: Api, client: Client) -> None:
    """The version of the last event or bookmark, without a second list."""
    api.lists = [pods(10, "a")]
    api.watches = [
        [event("ADDED", pod("b", 11)), event("BOOKMARK", pod("", 15))],
        [event("DELETED", pod("a", 16)), "wait"],
    ]
    told = Told(client)
    assert told.names(3) == ["all a", "one b", "gone a"]
    told.watch.close()
    assert api.asked == ["list", "watch 10", "watch 15"]


@pytest.mark.parametrize("gone", [[GONE], [410]])
def test_a_version_that_is_gone_is_listed_anew(api: Api, client: Client, gone: list[Step]) -> None:
    """410, as an event or as the answer itself."""
    api.lists = [pods(10, "a"), pods(90, "a", "c")]
    api.watches = [[event("ADDED", pod("b", 11))], gone, ["wait"]]
    told = Told(client)
    assert told.names(3) == ["all a", "one b", "all a,c"]
    told.watch.close()
    assert api.asked[:4] == ["list", "watch 10", "watch 11", "list"]


def test_a_connection_that_breaks_is_told_and_made_again(api: Api, client: Client) -> None:
    """In the middle of an event; nothing half is told."""
    api.lists = [pods(10, "a")]
    api.watches = [[event("ADDED", pod("b", 11)), "break"], [event("ADDED", pod("c", 12)), "wait"]]
    told = Told(client)
    assert told.names(5) == ["all a", "one b", "trouble failed", "seen again", "one c"]
    told.watch.close()
    assert api.asked == ["list", "watch 10", "watch 11"]


def test_a_server_in_trouble_is_asked_again_and_one_that_refuses_is_not(
    api: Api, client: Client
) -> None:
    """503 passes; 403 is told once and ends it."""
    api.lists = [503, pods(10, "a")]
    api.watches = [[429], [403]]
    told = Told(client)
    want = ["trouble failed", "all a", "trouble failed", "trouble permanent"]
    assert told.names(4) == want
    told.watch._thread.join(5)  # pyright: ignore[reportPrivateUsage]
    assert not told.watch._thread.is_alive()  # pyright: ignore[reportPrivateUsage]


def test_closing_wakes_a_watch_in_which_nothing_happens(api: Api, client: Client) -> None:
    """At once, not when the server ends the connection."""
    api.lists, api.watches = [pods(10)], [[event("ADDED", pod("b", 11)), "wait"]]
    told = Told(client)
    assert told.names(2) == ["all ", "one b"]
    told.watch.close()
    told.watch._thread.join(2)  # pyright: ignore[reportPrivateUsage]
    assert not told.watch._thread.is_alive()  # pyright: ignore[reportPrivateUsage]
