"""Watches: what a cluster says of some objects, as it happens, until nobody wants to know.

Owns the ways in which a watch goes on: from the last version that was seen when a connection ends,
by a new list where that version is gone (410), after a pause where the cluster cannot be reached.
Bookmarks move the version on while nothing happens. What cannot pass is told once, and ends it.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from .kubernetes_refusals import GONE, Failure, lost, refusal

if TYPE_CHECKING:
    from .kubernetes_client import Client

LIMIT_S = 60
"""How long one connection is used; the server ends it then, and the next goes on."""
AGAIN_S = 1.0
BREATH_S = 0.05
"""Between connections that end at once, so that a broken proxy is not flooded."""
Object = dict[str, Any]


class Seen(NamedTuple):
    """What a watch tells: ``all`` of its objects after a list, else one that is new or ``gone``.

    ``trouble``: it sees nothing at present. With none of them it sees again.
    """

    all: tuple[Object, ...] | None = None
    one: Object | None = None
    gone: bool = False
    trouble: Failure | None = None


class Stream:
    """The events of one connection, each with ``type`` and ``object``."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[Object]:
        """The events until the connection ends; raises ``Failure`` where it breaks."""
        rest = b""
        try:
            for part in self._answer.stream(amt=None, decode_content=False):
                *lines, rest = (rest + part).split(b"\n")
                yield from (cast(Object, json.loads(line)) for line in lines if line.strip())
        except ValueError as error:
            raise Failure("failed", f"the cluster sends what is no JSON: {error}") from None
        except Exception as error:  # the connection broke, in whatever way urllib3 says so
            raise lost(error, False) from None

    def close(self) -> None:
        """End it; whoever reads it in another thread is woken."""
        connection = getattr(self._answer, "connection", None) or self._answer
        with suppress(Exception):
            connection.sock.shutdown(socket.SHUT_RDWR)
        with suppress(Exception):
            self._answer.close()


class Watch:
    """One kind of object, followed in a thread of its own until it is closed.

    ``method`` lists them and ``given`` picks; ``tell`` is called in that thread.
    """

    def __init__(
        self,
        client: Client,
        method: Callable[..., Any],
        namespace: str,
        given: dict[str, str],
        tell: Callable[[Seen], None],
        again_s: float = AGAIN_S,
    ) -> None:
        self._client = client
        self._method = method
        self._namespace = namespace
        self._given = given
        self._tell = tell
        self._again_s = again_s
        self._version = ""
        self._blind = False
        self._stopped = threading.Event()
        self._stream: Stream | None = None
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End it, wherever it is."""
        self._stopped.set()
        if self._stream is not None:
            self._stream.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if not self._version:
                    self._list()
                self._follow()
                self._stopped.wait(BREATH_S)
            except Failure as failure:
                if failure.status == GONE:
                    self._version = ""
                    self._stopped.wait(BREATH_S)
                    continue
                if self._stopped.is_set():
                    return
                self._blind = True
                self._tell(Seen(trouble=failure))
                if failure.answer != "failed":
                    return
                self._stopped.wait(self._again_s)

    def _list(self) -> None:
        listed: Object = self._client.call(self._method, self._namespace, **self._given)
        self._version = str(listed.get("metadata", {}).get("resourceVersion", ""))
        self._tell(Seen(all=tuple(cast(list[Object], listed.get("items") or []))))
        self._blind = False

    def _follow(self) -> None:
        stream = self._client.stream(
            self._method,
            self._namespace,
            limit_s=LIMIT_S,
            resource_version=self._version,
            **self._given,
        )
        self._stream = stream
        try:
            if self._blind:
                self._blind = False
                self._tell(Seen())
            for event in stream:
                if self._stopped.is_set():
                    return
                self._take(event)
        finally:
            self._stream = None
            stream.close()

    def _take(self, event: Object) -> None:
        found: Object = event.get("object") or {}
        kind = event.get("type")
        if kind == "ERROR":
            raise refusal(int(found.get("code") or 0), str(found.get("message") or "no reason"))
        self._version = str(found.get("metadata", {}).get("resourceVersion") or self._version)
        if kind != "BOOKMARK":
            self._tell(Seen(one=found, gone=kind == "DELETED"))
