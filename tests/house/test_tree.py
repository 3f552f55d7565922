"""What stands in the tree belongs there."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from armada.dsl.patterns import Lazy

SEED_SHA256 = "d7a71cccd161b257c17ada3204a3a4718a14214d5c1534a90df6dd545462bd95"
LONGEST_MODULE = 450
LONGEST_FUNCTION = 70
UNFINISHED = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK|[Ff]or no[w]|simpl[i]fied)\b")
PLACES = re.compile(r"/home/[a-z]|/Users/[a-z]|/r[o]ot/|/tm[p]/v/|/w[o]rk/")
ABOUT_WORDS = (
    "compiler/checks/unattended.py",
    "docs/rules/ARM327.md",
    "docs/rules/ARM511.md",
    "tests/compiler/test_unattended.py",
)
"""Where such words are the subject: the rules that find them."""
DEAD = ("*.orig", "*.rej", "*.bak", "*.swp", "*~", ".DS_Store", "Thumbs.db")
ENTRY_POINTS = {"armada.__main__", "armada.dsl.tables.__main__"}


@pytest.fixture(scope="session")
def files(root: Path) -> tuple[Path, ...]:
    """The files of the project: the tracked ones in a clone, else all that are not left-overs."""
    if (root / ".git").exists():
        done = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            capture_output=True,
            check=True,
        )
        paths = [root / name for name in done.stdout.decode().split("\0") if name]
        return tuple(path for path in paths if path.is_file())
    return tuple(path for path in root.rglob("*") if path.is_file() and ".venv" not in path.parts)


@pytest.fixture(scope="session")
def project(root: Path) -> dict[str, Any]:
    """The tables of pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def texts(files: tuple[Path, ...]) -> Iterator[tuple[Path, str]]:
    for path in files:
        if path.suffix in {".py", ".md", ".yaml", ".yml", ".toml", ".lark", ".in"}:
            yield path, path.read_bytes().decode("utf-8", "replace")


def test_the_package_list_is_the_packages_there_are(root: Path, project: dict[str, Any]) -> None:
    """A folder with ``__init__.py`` that is not listed would be missing in the wheel."""
    folders = {
        "armada." + ".".join(init.parent.relative_to(root).parts)
        for package in ("dsl", "compiler", "runtime", "simulator", "cli")
        for init in (root / package).rglob("__init__.py")
    }
    assert set(project["tool"]["setuptools"]["packages"]) == folders | {"armada"}
    assert not list((root / "tests").rglob("__init__.py"))
    assert not (root / "conftest.py").exists()


def test_every_dependency_is_imported(
    project: dict[str, Any], trees: Mapping[str, ast.Module]
) -> None:
    """What nobody imports is nobody's dependency."""
    imported = {
        (node.module or "").partition(".")[0]
        if isinstance(node, ast.ImportFrom)
        else alias.name.partition(".")[0]
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    stated = {re.split(r"[<>=!~ \[]", line)[0] for line in project["project"]["dependencies"]}
    named = {"pyyaml": "yaml", "markdown-it-py": "markdown_it", "detect-secrets": "detect_secrets"}
    assert named.keys() <= stated
    data = {"tzdata"}  # time zones for zoneinfo, where the system has none
    assert {named.get(name, name) for name in stated - data} <= imported


def test_every_module_is_reached(
    trees: Mapping[str, ast.Module], modules: Mapping[str, Path]
) -> None:
    """A module that nobody imports is dead, or a verb, or a program."""
    from armada.cli.main import VERBS

    used = ENTRY_POINTS | {f"armada.cli.{verb.name}" for verb in VERBS}
    for name, tree in trees.items():
        package = name if modules[name].name == "__init__.py" else name.rpartition(".")[0]
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                parts = package.split(".")
                base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
                whole = ".".join(part for part in (base, node.module or "") if part)
                used |= {whole, *(f"{whole}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(f"{package}{node.value}" if node.value.startswith(".") else "")
    dead = {n for n in modules if modules[n].name != "__init__.py"} - used
    assert not {name for name in dead if not name.startswith("armada.dsl.tables.")}


def test_nothing_unfinished_and_no_place_of_one_machine(
    files: tuple[Path, ...], root: Path
) -> None:
    """A note to oneself belongs in the issue tracker; a path of one's own machine nowhere."""
    found = [
        f"{path.relative_to(root)}: {match[0]}"
        for path, text in texts(files)
        for match in [UNFINISHED.search(text) or PLACES.search(text)]
        if match and not str(path).endswith(ABOUT_WORDS)
    ]
    assert not found


def test_no_left_overs(files: tuple[Path, ...], root: Path) -> None:
    """No back-up, merge remnant or empty file, other than the ones that mark something."""
    for path in files:
        relative = path.relative_to(root).as_posix()
        assert not any(path.match(pattern) for pattern in DEAD), relative
        if path.name not in {"__init__.py", "py.typed"} and "tests/" not in relative:
            assert path.stat().st_size, f"{relative} is empty"


def test_modules_open_with_what_they_own_and_stay_readable(
    trees: Mapping[str, ast.Module], modules: Mapping[str, Path]
) -> None:
    """A module states itself, is shorter than 450 lines, and so are its functions than 70."""
    for name, tree in trees.items():
        path = modules[name]
        if path.name == "__init__.py" or ".tables." in name:
            continue
        assert ast.get_docstring(tree), f"{name} has no docstring"
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE, name
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= LONGEST_FUNCTION, f"{name}.{node.name} has {length} lines"


def test_no_test_is_skipped_or_mocked(files: tuple[Path, ...], root: Path) -> None:
    """A test that does not run, or runs against a double of what it tests, proves nothing.

    Only where a real server cannot be had is a test left out, and it says which.
    """
    unwanted = re.compile(r"unittest\.m[o]ck|(?:pytest|mark)\.(?:sk[i]p|xf[a]il)|importor[s]kip")
    tests = [p for p in files if p.suffix == ".py" and "tests" in p.relative_to(root).parts]
    tests = [p for p in tests if p.name != "servers.py"]
    assert not [str(p) for p in tests if unwanted.search(p.read_text(encoding="utf-8"))]


def test_the_seed_is_untouched(root: Path) -> None:
    """The shipped example is the user's document, byte for byte."""
    data = (root / "specs/incident-response.md").read_bytes()
    assert hashlib.sha256(data).hexdigest() == SEED_SHA256


def test_every_pattern_that_is_made_later_can_be_made(modules: Mapping[str, Path]) -> None:
    """A pattern that is compiled at its first use is wrong there, far from where it is written."""
    made = 0
    for name in modules:
        if name.startswith(("armada.dsl", "armada.compiler")) and ".tables." not in name:
            for value in vars(import_module(name)).values():
                if isinstance(value, Lazy):
                    value.search("")
                    made += 1
    assert made > 100
