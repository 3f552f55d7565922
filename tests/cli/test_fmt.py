"""``armada fmt`` on files and standard input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]
SEED = Path(__file__).resolve().parents[2] / "specs" / "incident-response.md"


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A copy of the shipped workflow, as it was written."""
    path = tmp_path / "incident.md"
    path.write_bytes(SEED.read_bytes())
    path.chmod(0o640)
    return path


def test_a_document_is_formatted_in_place(call: Command, document: Path) -> None:
    """Its permissions stay; a second time nothing is said."""
    digest = call("compile", "--digest", document)[1]
    status, out, err = call("fmt", document)
    assert (status, out, err) == (0, "", "reformatted 1 file\n")
    assert document.stat().st_mode & 0o777 == 0o640
    assert call("compile", "--digest", document)[1] == digest
    assert call("fmt", document) == (0, "", "")


def test_check_names_what_would_change_and_changes_nothing(call: Command, document: Path) -> None:
    """Status 1, for a pipeline."""
    before = document.read_bytes()
    status, out, err = call("fmt", "--check", document)
    assert status == 1
    assert out.strip().endswith("incident.md")
    assert err == "1 file would be reformatted\n"
    assert document.read_bytes() == before
    call("fmt", document)
    assert call("fmt", "--check", document) == (0, "", "")


def test_diff_shows_the_change(call: Command, document: Path) -> None:
    """As a unified diff."""
    before = document.read_bytes()
    status, out, _ = call("fmt", "--diff", document)
    assert status == 1
    assert "-| SEV-1 | Complete outage | Immediate | All |\n" in out
    assert document.read_bytes() == before


def test_bytes_that_are_not_utf_8_are_left_alone(call: Command, document: Path) -> None:
    """Nothing is replaced that cannot be read."""
    document.write_bytes(b"---\nname: x\n---\n\xff\n")
    assert call("fmt", document)[0] == 2
    assert document.read_bytes() == b"---\nname: x\n---\n\xff\n"
