"""``armada lint --baseline``: known findings are silent, wherever their lines have moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Call = Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def known(call: Call, seed: Path, tmp_path: Path) -> tuple[Path, Path]:
    path, baseline = tmp_path / "a.md", tmp_path / "baseline.json"
    path.write_bytes(seed.read_bytes())
    status, _, err = call("lint", "--baseline", baseline, "--write-baseline", path)
    assert status == 0 and "written" in err
    return path, baseline


def test_known_findings_are_silent_where_lines_move(call: Call, known: tuple[Path, Path]) -> None:
    path, baseline = known
    assert call("lint", path)[1] != ""
    assert call("lint", "--strict", "--baseline", baseline, path)[:2] == (0, "")
    text = path.read_text("utf-8")
    path.write_text(text.replace("\n---\n", "\n---\n\nA new line.\n\n", 1), "utf-8")
    assert call("lint", "--strict", "--baseline", baseline, path)[:2] == (0, "")


def test_a_new_finding_is_shown_and_a_gone_one_counted(
    call: Call, known: tuple[Path, Path]
) -> None:
    path, baseline = known
    text = path.read_text("utf-8")
    path.write_text(text.replace("description:", "descriptoin:", 1), "utf-8")
    status, out, _ = call("lint", "--strict", "--baseline", baseline, path)
    assert status == 1 and out.count("[ARM102]") == 1 and out.count("[ARM") == 1
    path.write_text(text, "utf-8")
    data = json.loads(baseline.read_text("utf-8"))
    data["findings"].append({"file": "a.md", "code": "ARM301", "fingerprint": "x", "count": 2})
    data["findings"].append({"file": "b.md", "code": "ARM301", "fingerprint": "x", "count": 1})
    baseline.write_text(json.dumps(data), "utf-8")
    assert "2 of the baseline are gone" in call("lint", "--baseline", baseline, path)[2]
    unlooked = call("lint", "--select", "ARM5", "--baseline", baseline, path)
    assert "gone" not in unlooked[2]


def test_an_error_is_in_no_baseline(call: Call, tmp_path: Path) -> None:
    path, baseline = tmp_path / "a.md", tmp_path / "b.json"
    path.write_text("---\nname: x\nagents: [\n---\n", "utf-8")
    call("lint", "--baseline", baseline, "--write-baseline", path)
    assert call("lint", "--baseline", baseline, path)[0] == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2, "findings": []}', "\udcff"])
def test_what_is_no_baseline_is_said(call: Call, tmp_path: Path, seed: Path, text: str) -> None:
    baseline = tmp_path / "b.json"
    baseline.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert call("lint", "--baseline", baseline, seed)[0] == 2
    assert call("lint", "--write-baseline", seed)[0] == 2
