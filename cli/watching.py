"""What a terminal shows while runs are driven: every line as it happens, and the way out.

Owns the words at the beginning and the end of a driven run, and writes the closing document where
a run is over. Lines go to standard output, trouble and remarks to standard error.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .log import as_json, as_text
from .terminal import screen

if TYPE_CHECKING:
    from ..runtime.journal_replay import Batch
    from ..runtime.live_timeline import LiveTeller
    from ..runtime.view import RunView


class Watching:
    """Prints what happens in runs; a ``Watcher`` of the host."""

    def __init__(self, documents: Path, form: str, several: bool) -> None:
        self._documents = documents
        self._form = form
        self._several = several
        self._tellers: dict[str, LiveTeller] = {}
        self.over: dict[str, str] = {}
        self.views: dict[str, RunView] = {}

    def adopted(self, view: RunView) -> None:
        """Show a run from here on; what its journal says already is known."""
        from ..runtime.live_timeline import LiveTeller

        teller = LiveTeller(view)
        for _ in teller.more():
            pass
        self._tellers[view.run], self.views[view.run] = teller, view

    def stepped(self, view: RunView, batch: Batch) -> None:
        """Show an event and its commands."""
        del batch
        self._show(view)

    def noted(self, view: RunView) -> None:
        """Show a note."""
        self._show(view)

    def finished(self, view: RunView) -> None:
        """Write the closing document and say how it ended."""
        self.over[view.run] = view.status
        path, trouble = write_document(view, self._documents)
        data = {"run": view.run, "finished": view.status, "postmortem": path}
        if self._form == "json":
            self._line(_dumped(data))
        else:
            self._line(f"{view.run} is over: {view.status} after {_lasted(view)}")
            if path:
                self._line(f"postmortem: {path}")
        if trouble:
            self.trouble(trouble)

    def trouble(self, text: str) -> None:
        """Say something that is no part of an incident."""
        click.echo(f"armada: {text}", err=True)

    def _show(self, view: RunView) -> None:
        teller = self._tellers[view.run]
        for _, line in teller.more():
            if self._form == "json":
                self._line(as_json(view, line))
            else:
                run = f"{view.run}  " if self._several else ""
                self._line(run + as_text(view, line, screen().color))

    def _line(self, text: str) -> None:
        """Print a line; a reader that has gone away does not end an incident."""
        try:
            click.echo(text)
            sys.stdout.flush()
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def write_document(view: RunView, folder: Path) -> tuple[str, str]:
    """Write a run's postmortem; returns its path, or why there is none."""
    from ..runtime.postmortem import postmortem
    from ..runtime.rendering import CannotRender

    path = folder / f"{view.run}.md"
    begun = path.with_suffix(".md.part")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        begun.write_text(postmortem(view), "utf-8", errors="backslashreplace", newline="")
        os.replace(begun, path)
    except CannotRender as error:
        return "", f"the postmortem of {view.run} cannot be filled in: {error}"
    except OSError as error:
        reason = error.strerror or str(error)
        return "", f"the postmortem of {view.run} cannot be written to {path}: {reason}"
    return str(path), ""


def _lasted(view: RunView) -> str:
    from ..runtime.view import in_words

    registers = view.state.registers
    return in_words(max(registers.resolved_ms, registers.closed_ms, 0) - registers.declared_ms)


def _dumped(data: dict[str, Any]) -> str:
    import json

    return json.dumps(data, ensure_ascii=False)
