"""Every module is loaded under one name, ``armada.…``, so every class is one class."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

PROGRAM = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(sorted(sys.modules)))
"""
BARE = {"dsl", "compiler", "runtime", "simulator", "cli"}


def loaded_after_importing_all(modules: Mapping[str, Path], folder: Path) -> set[str]:
    """The names in ``sys.modules`` of a process, started in ``folder``, that imports everything."""
    names = [name for name in modules if not name.endswith("__main__")]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(names)],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    return set(json.loads(done.stdout))


def test_no_package_is_loaded_under_a_bare_name(
    modules: Mapping[str, Path], root: Path, tmp_path: Path
) -> None:
    """Not even where the checkout itself is on the path, as it is for a process started there."""
    for folder in (root, tmp_path):
        loaded = loaded_after_importing_all(modules, folder)
        assert not {name for name in loaded if name.partition(".")[0] in BARE}
        assert set(modules) - {n for n in modules if n.endswith("__main__")} <= loaded


def test_this_test_process_has_no_bare_name_either() -> None:
    """Collecting tests from a root that is a package loads none of its parts a second time."""
    assert not {name for name in sys.modules if name.partition(".")[0] in BARE}


def test_the_public_names_are_there_and_loaded_on_use() -> None:
    """``import armada`` is free; each public name comes from where it is defined."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import armada, sys; print(*sorted(m for m in sys.modules if 'armada.' in m))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not [name for name in done.stdout.split() if name.startswith("armada.")]
    import armada

    for name in armada.__all__:
        assert getattr(armada, name) is not None
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = armada.nothing_here
