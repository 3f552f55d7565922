"""A watcher that keeps what it is told."""

from __future__ import annotations

from armada.runtime.journal_replay import Batch
from armada.runtime.view import RunView


class Quiet:
    """Says nothing; a ``Watcher`` of the host."""

    def __init__(self) -> None:
        self.over: dict[str, str] = {}
        self.troubles: list[str] = []

    def adopted(self, view: RunView) -> None:
        """Look on."""

    def stepped(self, view: RunView, batch: Batch) -> None:
        """Look on."""

    def noted(self, view: RunView) -> None:
        """Look on."""

    def finished(self, view: RunView) -> None:
        self.over[view.run] = view.status

    def trouble(self, text: str) -> None:
        self.troubles.append(text)
