"""A verb imports what it needs. Each test names what was imported for nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "asyncio",
    "concurrent.futures",
    "email",
    "http",
    "hypothesis",
    "importlib.metadata",
    "jinja2",
    "kubernetes",
    "lark",
    "multiprocessing",
    "networkx",
    "numpy",
    "pydantic",
    "rich",
    "setuptools",
    "sqlite3",
    "ssl",
    "unittest",
    "urllib.request",
    "xml",
)

NEEDED = {
    "--version": (),
    "--help": (),
    "lint": ("lark",),
    "compile": ("lark",),
    "show": ("lark",),
    "graph": ("lark",),
    "rule": (),
}
"""For every command line, the heavy modules that it does need."""

PROGRAM = """
import sys
sys.argv = ["armada", *sys.argv[1:]]
from armada.cli.main import main
try:
    main()
finally:
    print("\\n".join(sys.modules), file=open(3, "w"))
"""


def modules_after(*arguments: str) -> set[str]:
    """Every module in a process that carried out this command line."""
    import os

    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", f"import os; os.dup2({writing}, 3)\n" + PROGRAM, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(writing,),
    )
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        loaded = set(pipe.read().split())
    assert process.wait() == 0
    return loaded


@pytest.mark.parametrize("verb", NEEDED)
def test_a_verb_imports_nothing_heavy_for_nothing(verb: str, root: Path) -> None:
    """What is not needed is named; ``--version`` must not even load a verb."""
    takes_spec = not verb.startswith("-") and verb != "rule"
    seed = [str(root / "specs/incident-response.md")] if takes_spec else []
    loaded = modules_after(verb, *seed)
    for_nothing = [
        name
        for name in HEAVY
        if name not in NEEDED[verb] and any(m == name or m.startswith(name + ".") for m in loaded)
    ]
    assert not for_nothing
    if verb.startswith("-"):
        parts = {m for m in loaded if m.startswith(("armada.dsl.", "armada.compiler"))}
        assert parts <= {"armada.dsl.version"}


CLIENTS = ("httpx", "kubernetes", "urllib3")
SEED, BINDINGS = "specs/incident-response.md", "specs/bindings/kubernetes.yaml"


@pytest.mark.parametrize(
    "line",
    [
        f"lint {SEED}",
        f"lint --bindings {BINDINGS} {SEED}",
        f"compile {SEED}",
        f"show {SEED} --automation {BINDINGS}",
        f"sim {SEED} --scenario outage",
        f"rbac {SEED} --bindings {BINDINGS} --subject user:armada",
    ],
)
def test_what_reaches_no_server_imports_no_client(line: str, root: Path) -> None:
    """Not even where bindings name a cluster: what it needs is data beside the operation."""
    words = [str(root / word) if word.startswith("specs/") else word for word in line.split()]
    loaded = modules_after(*words)
    assert "armada.cli.main" in loaded
    assert not [name for name in CLIENTS if name in loaded]
