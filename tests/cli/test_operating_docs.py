"""Every command that docs/operating.md shows does what it says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from live_journal import record
from live_script import LiveScript, triaged

from armada.cli.main import VERBS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/operating.md").read_text("utf-8")
SHOWN = re.findall(r"^\$ (armada .+)$", TEXT, re.MULTILINE)


def test_every_verb_that_it_speaks_of_exists() -> None:
    """In the table, in the text and in the examples."""
    spoken = set(re.findall(r"(?:`|^|\$ )armada ([a-z]+(?:-[a-z]+)*)", TEXT, re.MULTILINE))
    assert spoken <= {verb.name for verb in VERBS}


@pytest.mark.parametrize("line", [each for each in SHOWN if "replay drill" not in each])
def test_a_shown_command_runs(
    line: str, call: Callable[..., tuple[int, str, str]], tmp_path: Path, seed: Path
) -> None:
    """On a journal with one open run, beside the document it was compiled from."""
    journal = record(tmp_path / "armada.db", triaged(LiveScript()))
    (tmp_path / "incident.md").write_bytes(seed.read_bytes())
    words = shlex.split(line)[1:]
    looked_at = [] if words[0] == "sim" else ["--journal", str(journal)]
    status, out, err = call(*words, *looked_at)
    assert (status, err) == (0, "")
    assert out or "--since 10m" in line  # the run is older than that


def test_a_drill_and_its_replay(call: Callable[..., tuple[int, str, str]], seed: Path) -> None:
    """The last example, both lines in order."""
    Path("incident.md").write_bytes(seed.read_bytes())
    for line in SHOWN[-2:]:
        status, _, err = call(*shlex.split(line)[1:])
        assert (status, err) == (0, "")
