"""``armada read`` on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Command = Callable[..., tuple[int, str, str]]

TEXT = "# X\n\n```\n+---+   +---+\n| A |-->| B |\n+---+   +---+\n```\n"


def test_files_directories_and_patterns_are_read_each_once(call: Command, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/one.md").write_text(TEXT)
    (tmp_path / "a/two.md").write_text("nothing")
    status, out, _ = call("read", "a", "a/*.md", "a/one.md", "--format", "json")
    assert status == 0
    assert [entry["file"] for entry in json.loads(out)] == ["a/one.md", "a/two.md"]


def test_text_is_a_summary_for_people(call: Command, tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text(TEXT)
    status, out, _ = call("read", "one.md")
    assert status == 0
    assert out == "one.md\n  drawing, lines 3-7, read: exact\n    A -> B\n"


def test_standard_input_has_a_name(armada: Command) -> None:
    status, out, _ = armada("read", "-", "--stdin-filename", "x.md", stdin=TEXT.encode())
    assert status == 0 and out.startswith("x.md\n  drawing")


def test_nothing_to_read_is_status_2(call: Command, tmp_path: Path) -> None:
    assert call("read", "none.md")[0] == 2
    assert call("read", "*.md")[0] == 2
    assert call("read")[0] == 2
