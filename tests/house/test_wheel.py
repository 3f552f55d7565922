"""What is built works where there is no checkout.

The wheel is built from a copy of the tree, installed into a fresh environment and used from a
folder elsewhere. Its dependencies are the ones of this environment, so the test needs no network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "venv", "build", "dist", "*.egg-info", "__pycache__", ".hypothesis", ".*_cache"
)


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without leaving anything in the checkout."""
    copy = tmp_path_factory.mktemp("build") / "any-name"
    shutil.copytree(root, copy, ignore=LEFT_OUT)
    out = copy / "out"
    program = (
        "import sys; from setuptools import build_meta as b; print(b.build_wheel(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(out)], cwd=copy, check=True, capture_output=True
    )
    (built,) = out.glob("armada-*.whl")
    return built


@pytest.fixture(scope="module")
def armada(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, installed from the wheel."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    (site,) = (home / "lib").glob("python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # After this environment's own packages, so the checkout cannot come first; a path file in the
    # other environment, as an editable install has, is not read through this line.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = home / "bin" / "armada"
    command.write_text(
        f"#!{home}/bin/python\nfrom armada.cli.main import main\nmain()\n", encoding="utf-8"
    )
    command.chmod(0o755)
    return command


def run(command: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in ``folder``, with nothing of this process's Python settings."""
    outside = ("PYTHON", "VIRTUAL_ENV")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(outside)}
    return subprocess.run(
        [str(command), *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path, root: Path) -> None:
    """Grammars, specs, scenarios and rule pages are in it; tests, benchmarks and CI are not."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.startswith("armada/")}
        tops = {name.split("/")[0] for name in archive.namelist()}
    shipped = [
        *root.glob("dsl/*.lark"),
        *root.glob("specs/*.md"),
        *root.glob("specs/scenarios/*.yaml"),
        *root.glob("specs/bindings/*.yaml"),
        *root.glob("docs/rules/*.md"),
        root / "cli/new.md",
        root / "py.typed",
    ]
    missing = {f"armada/{path.relative_to(root).as_posix()}" for path in shipped} - names
    assert not missing
    assert {top.partition("-")[0] for top in tops} == {"armada"}
    folders = {name.split("/")[1] for name in names if name.count("/") > 1}
    assert folders == {"cli", "compiler", "docs", "dsl", "runtime", "simulator", "specs"}


def test_the_installed_command_lints_compiles_and_drills_elsewhere(
    armada: Path, root: Path, tmp_path: Path
) -> None:
    """The shipped example, with no checkout near."""
    seed = tmp_path / "seed.md"
    shutil.copyfile(root / "specs/incident-response.md", seed)
    program = "import armada; print(armada.__file__)"
    where = run(armada.parent / "python", tmp_path, "-c", program)
    assert str(armada.parents[1]) in where.stdout
    linted = run(armada, tmp_path, "lint", "seed.md")
    assert (linted.returncode, "Traceback" in linted.stderr) == (0, False), linted.stderr
    compiled = run(armada, tmp_path, "compile", "seed.md")
    assert compiled.returncode == 0, compiled.stderr
    assert json.loads(compiled.stdout)["name"] == "incident-response"
    drilled = run(armada, tmp_path, "sim", "--scenario", "outage")
    assert drilled.returncode == 0, drilled.stderr
    assert "bundled example" in drilled.stdout.splitlines()[0].lower()


def test_a_new_document_is_clean_and_drills_elsewhere(armada: Path, tmp_path: Path) -> None:
    """What ``armada new`` writes is a workflow one can start from."""
    assert run(armada, tmp_path, "new", "checkout-outage").returncode == 0
    linted = run(armada, tmp_path, "lint", "--strict", "checkout-outage.md")
    assert linted.returncode == 0, linted.stdout
    drilled = run(armada, tmp_path, "sim", "checkout-outage.md", "--scenario", "outage")
    assert drilled.returncode == 0, drilled.stdout
