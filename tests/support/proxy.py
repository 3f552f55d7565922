"""A TCP proxy that can cut what goes through it, and be away for a while."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Forwards connections on loopback to a port; ``away`` refuses and cuts all of them.

    Answers come ``late_s`` after they were given.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._away = threading.Event()
        self._silent = threading.Event()
        self.late_s = 0.0
        self.accepted = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self._away.is_set():
                client.close()
                continue
            self.accepted += 1
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as server, client:
            self._open |= {client, server}
            with selectors.DefaultSelector() as ready:
                ready.register(client, selectors.EVENT_READ, server)
                ready.register(server, selectors.EVENT_READ, client)
                while True:
                    for key, _ in ready.select():
                        data = key.fileobj.recv(65_536)  # type: ignore[union-attr]
                        if not data:
                            return
                        if key.fileobj is server:
                            time.sleep(self.late_s)
                        if not self._silent.is_set():
                            key.data.sendall(data)

    def cut(self) -> None:
        """Break every connection off."""
        for each in tuple(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody is there for as long as the block takes."""
        self._away.set()
        self.cut()
        try:
            yield
        finally:
            self._away.clear()

    def back(self) -> None:
        """Be there again, before the block of ``away`` ends."""
        self._away.clear()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Connections stand, and nothing comes through; what was said meanwhile is lost."""
        self._silent.set()
        try:
            yield
        finally:
            self._silent.clear()

    def close(self) -> None:
        """Listen no more."""
        self._listening.close()
        self.cut()
