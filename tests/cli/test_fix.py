"""``armada lint --fix`` and ``--diff``: what is mended, what is written, and how it ends."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from armada.compiler.compile import compile_source
from armada.dsl.diagnostics import Diagnostic, Edit, Fix, Level
from armada.dsl.fixes import apply_fixes
from armada.dsl.source import SourceFile

Call = Callable[..., "tuple[int, str, str]"]


def escaped(text: str) -> str:
    return text.replace("```", "\\`\\`\\`")


def digest(text: str) -> str:
    plan = compile_source(SourceFile("x.md", text)).plan
    assert plan is not None
    return plan.digest


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_escaped_fences_are_mended_to_the_same_plan(
    call: Call, seed: Path, tmp_path: Path, ending: str, mark: str
) -> None:
    text = mark + seed.read_text("utf-8").replace("\n", ending)
    path = tmp_path / "workflow.md"
    path.write_bytes(escaped(text).encode())
    path.chmod(0o640)
    assert call("lint", path)[0] == 1
    status, _, err = call("lint", "--fix", path)
    assert (status, "1 fix applied" in err) == (0, True)
    assert path.read_bytes() == text.encode()
    assert digest(path.read_text("utf-8")) == digest(seed.read_text("utf-8"))
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["workflow.md"]


def test_a_diff_writes_nothing_and_is_what_fix_would_do(
    call: Call, seed: Path, tmp_path: Path
) -> None:
    path = tmp_path / "workflow.md"
    path.write_text(escaped(seed.read_text("utf-8")), "utf-8")
    before = path.read_bytes()
    status, out, _ = call("lint", "--diff", path)
    assert (status, path.read_bytes()) == (1, before)
    subprocess.run(["patch", "-s", str(path)], input=out.encode(), check=True)
    assert path.read_bytes() == seed.read_bytes()
    assert call("lint", "--diff", path)[:2] == (0, "")
    assert call("lint", "--diff", "--exit-zero", path)[0] == 0


def test_standard_input_is_mended_to_standard_output(armada: Call, seed: Path) -> None:
    given = escaped(seed.read_text("utf-8")).encode()
    status, out, err = armada("lint", "--fix", "-", stdin=given)  # type: ignore[call-arg]
    assert (status, out) == (0, seed.read_text("utf-8"))
    assert "warning[ARM" in err


def test_a_file_that_is_not_utf8_is_left_alone(call: Call, seed: Path, tmp_path: Path) -> None:
    path = tmp_path / "workflow.md"
    data = escaped(seed.read_text("utf-8")).encode() + b"\xff\n"
    path.write_bytes(data)
    assert call("lint", "--fix", path)[0] == 1
    assert path.read_bytes() == data


def test_a_fix_that_is_ignored_is_not_applied(call: Call, seed: Path, tmp_path: Path) -> None:
    path = tmp_path / "workflow.md"
    path.write_text(escaped(seed.read_text("utf-8")), "utf-8")
    assert call("lint", "--diff", "--ignore", "escaped-fence", path)[:2] == (0, "")
    assert call("lint", "--diff", "--ignore", "escaped-fense", path)[0] == 2


def test_unused_ignores_go_and_used_ones_stay(call: Call, seed: Path, tmp_path: Path) -> None:
    text = seed.read_text("utf-8")
    codes = {one.code for one in compile_source(SourceFile("x.md", text)).diagnostics}
    assert "ARM316" in codes
    heading = re.search(r"^#+ Escalation.*$", text, re.MULTILINE)
    assert heading is not None
    used = "<!-- armada: ignore[ARM316] the ladder stops by hand -->\n"
    half = "<!-- armada: ignore[ARM316, ARM201] the ladder stops by hand -->\n"
    at = heading.start()
    path = tmp_path / "workflow.md"
    gone = "<!-- armada: ignore[ARM201] no such thing -->\n"
    path.write_text(text[:at] + half + text[at:] + gone, "utf-8")
    call("lint", "--fix", path)
    assert path.read_text("utf-8") == text[:at] + used + text[at:]


def found(*edits: tuple[int, int, str]) -> Diagnostic:
    spans = [Edit(SourceFile("x", "").span(start, end), text) for start, end, text in edits]
    first = spans[0].span
    return Diagnostic("ARM000", Level.NOTE, "", first, fix=Fix("Mend it", tuple(spans)))


def test_of_two_fixes_that_touch_one_is_applied() -> None:
    source = SourceFile("x", "abcdef")
    assert apply_fixes(source, [found((0, 2, "X")), found((1, 3, "Y"))]) == ("Xcdef", 1)
    assert apply_fixes(source, [found((1, 1, "X")), found((1, 1, "Y"))])[1] == 1
    assert apply_fixes(source, [found((0, 1, "X"), (4, 5, "Z")), found((2, 3, "Y"))]) == (
        "XbYdZf",
        2,
    )
    assert apply_fixes(source, [found((0, 4, "X"), (2, 3, "Y"))]) == ("abcdef", 0)
