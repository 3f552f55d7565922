"""Many documents at once: the same answer as one by one, in the same order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rule_pages import examples, files, page

from armada.cli.catalogue import CATALOGUE
from armada.cli.many import FEW, compile_paths
from armada.compiler.compile import Compiled
from armada.compiler.rules import RULES as COMPILER
from armada.dsl.codes import RULES as SYNTAX
from armada.dsl.render import render_text

Call = Callable[..., "tuple[int, str, str]"]
ROOT = Path(__file__).resolve().parents[2]


def corpus() -> list[str]:
    """Everything of ours that has ever been a document, well-formed or not."""
    kinds = ("*.md", "*.mmd", "*.yaml", "*.txt")
    folders = (ROOT / "tests", ROOT / "specs")
    return sorted(str(path) for root in folders for kind in kinds for path in root.rglob(kind))


def rule_examples(folder: Path) -> list[str]:
    """The bad examples of all pages as files, so that each rule has something to find."""
    paths: list[str] = []
    for code in CATALOGUE:
        bad = [example for example in examples(page(code)) if example.title == "Bad"]
        for at, example in enumerate(bad):
            place = folder / f"{code}-{at}"
            kind = "armada.yaml" if example.language == "yaml" else "md"
            own = {f"example.{kind}": example.text}
            for name, text in (own | files(example.files)).items():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).write_text(text, "utf-8")
                paths.append(str(place / name))
    return paths


def text(found: list[Compiled]) -> list[str]:
    return [
        render_text({one.source.name: one.source}, one.diagnostics, color=False, width=None)
        for one in found
    ]


def test_two_processes_find_what_one_finds_document_by_document(tmp_path: Path) -> None:
    paths = corpus() + rule_examples(tmp_path)
    assert len(paths) > 2 * FEW
    alone = [next(compile_paths([path], "-", processes=1)) for path in paths]
    together = list(compile_paths(paths, "-", processes=2))
    assert text(together) == text(alone)
    assert [one.source.name for one in together] == paths
    assert [one.diagnostics for one in together] == [one.diagnostics for one in alone]
    assert text(list(compile_paths(paths[::-1], "-", processes=1))) == text(alone)[::-1]
    codes = {found.code for one in alone for found in one.diagnostics}
    assert codes >= {code for code in (*SYNTAX, *COMPILER) if code != "ARM001"}


@pytest.fixture
def many(tmp_path: Path, seed: Path) -> Path:
    """More documents than are linted in one process, one of them with an error."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(2 * FEW):
        (folder / f"{number:03}.md").write_bytes(seed.read_bytes())
    (folder / "007.md").write_text("---\nname: [\nagents: [a]\n---\n")
    return folder


def test_a_directory_of_many_is_linted_in_the_order_of_its_names(
    armada: Call, many: Path, seed: Path
) -> None:
    one_by_one = "\n".join(
        armada("lint", path)[1] for path in (many / "006.md", many / "007.md", many / "008.md")
    )
    status, out, err = armada("lint", many)
    assert (status, one_by_one in out) == (1, True)
    assert f"in {2 * FEW} files" in err
    data = seed.read_bytes()
    assert armada("lint", "-", many, stdin=data)[1].startswith("<stdin>:")  # type: ignore[call-arg]


def test_many_are_mended(call: Call, many: Path, seed: Path) -> None:
    for number in range(2 * FEW):
        (many / f"{number:03}.md").write_text(seed.read_text("utf-8").replace("```", "\\`\\`\\`"))
    status, _, err = call("lint", "--fix", many)
    assert (status, f"{2 * FEW} fixes applied" in err) == (0, True)
    assert {path.read_bytes() for path in many.iterdir()} == {seed.read_bytes()}


def test_a_file_that_cannot_be_read_is_said_from_any_process(call: Call, many: Path) -> None:
    paths = [*sorted(many.iterdir()), many / "gone.armada.yaml"]
    status, out, err = call("lint", *paths)
    assert (status, out) == (2, "")
    assert "cannot read" in err and "gone.armada.yaml" in err


def test_ctrl_c_ends_all_processes(many: Path, seed: Path) -> None:
    """Without a traceback, and soon."""
    for number in range(1500):
        (many / f"more-{number:04}.md").write_bytes(seed.read_bytes())
    process = subprocess.Popen(
        [sys.executable, "-m", "armada", "lint", str(many)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    time.sleep(2.5)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, b"Traceback" in err) == (130, False)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
