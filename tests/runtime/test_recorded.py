"""Journals that earlier versions wrote: each is read, replayed and told as it was then.

Never write one of them anew to make this pass: a journal that a version has written is a promise.
A kernel that decides otherwise needs another journal format, and says so when it meets these.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from armada.runtime.journal import Journal
from armada.runtime.journal_entries import read_journal
from armada.runtime.kernel import finished
from armada.runtime.live_timeline import timeline
from armada.runtime.postmortem import postmortem
from armada.runtime.view import RunView

RECORDED = sorted((Path(__file__).parent / "journals").glob("*.jsonl"))


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
def test_a_recorded_journal_replays(path: Path, tmp_path: Path) -> None:
    """Every event is decided as it was; the run ends as it ended."""
    text = path.read_text("utf-8")
    view = RunView.of(read_journal(text).entries)
    assert finished(view.state) and view.status == "resolved"
    assert len(list(timeline(view))) > 20 and view.title in postmortem(view)
    journal = Journal.open(tmp_path / "journal.db", create=True)
    try:
        run = journal.import_(text, "resolved")
        assert journal.export(run) == text and not journal.verify()
    finally:
        journal.close()


def test_there_are_recorded_journals() -> None:
    """Else the test above would test nothing."""
    assert RECORDED
