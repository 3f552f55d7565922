"""Imports point one way, and heavy things are imported where they are used.

dsl <- compiler <- runtime.kernel <- {runtime, simulator} <- cli
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

LAYERS: Mapping[str, tuple[str, ...]] = {
    # package: what of Armada it may import besides itself; the longest name that fits counts
    "armada.dsl": (),
    "armada.compiler": ("armada.dsl",),
    "armada.runtime.kernel": ("armada.compiler.plan",),
    "armada.runtime": ("armada.runtime.kernel", "armada.compiler", "armada.dsl"),
    "armada.simulator": (
        "armada.runtime.kernel",
        "armada.runtime.coordinator",
        "armada.runtime.journal_entries",
        "armada.runtime.journal_replay",
        "armada.runtime.timeline",
        "armada.compiler",
        "armada.dsl",
    ),
    "armada.cli": (
        "armada",
        "armada.dsl",
        "armada.compiler",
        "armada.runtime",
        "armada.simulator",
    ),
    "armada.__main__": ("armada.cli",),
    "armada": ("armada.dsl", "armada.compiler"),
}

ONLY_IN: Mapping[str, tuple[str, ...]] = {
    "detect_secrets": ("armada.runtime.redaction",),
    "starlette": (
        "armada.runtime.api",
        "armada.runtime.hooks",
        "armada.runtime.inbound_api",
        "armada.runtime.links_api",
        "armada.runtime.slack_api",
        "armada.cli.serve",
    ),
    "uvicorn": ("armada.runtime.api", "armada.cli.serve"),
    "lark": ("armada.dsl",),
    "yaml": ("armada.dsl",),
    "networkx": ("armada.compiler",),
    "click": ("armada.cli",),
    "pathspec": ("armada.cli.settings",),
    "rich": ("armada.cli",),
    "markdown_it": ("armada.runtime",),
    "jinja2": ("armada.compiler", "armada.runtime", "armada.simulator"),
    "immutables": ("armada.runtime.kernel",),
    "httpx": ("armada.runtime",),
    "icalendar": ("armada.runtime",),
    "opentelemetry": ("armada.runtime.telemetry",),
    "kubernetes": ("armada.runtime.adapters.kubernetes_client",),
    "pydantic": ("armada.compiler.plan", "armada.simulator", "armada.runtime"),
}

LAZY = frozenset(
    {
        *("asyncio", "detect_secrets", "httpx", "jinja2", "kubernetes", "markdown_it", "networkx"),
        "numpy",
        *("pydantic", "rich", "starlette", "uvicorn"),
    }
)

AT_ONCE = frozenset(
    {
        # A scenario is a pydantic model through and through; only drills load it.
        ("armada.simulator.scenario", "pydantic"),
        # Bindings likewise; only what binds a plan loads them.
        ("armada.runtime.bindings", "pydantic"),
        # People likewise.
        ("armada.runtime.people_model", "pydantic"),
        # An adapter's arguments are pydantic models, and its work is waiting; only what carries
        # a plan out in the world loads it, by its name.
        ("armada.runtime.adapters.arguments", "pydantic"),
        ("armada.runtime.adapters.alertmanager", "asyncio"),
        ("armada.runtime.adapters.alertmanager_arguments", "pydantic"),
        ("armada.runtime.adapters.shell_arguments", "pydantic"),
        ("armada.runtime.adapters.shell", "asyncio"),
        ("armada.runtime.adapters.shell_start", "asyncio"),
        ("armada.runtime.adapters.cancelling", "asyncio"),
        ("armada.runtime.adapters.github", "asyncio"),
        ("armada.runtime.adapters.github_arguments", "pydantic"),
        ("armada.runtime.adapters.helm", "asyncio"),
        ("armada.runtime.adapters.helm_arguments", "pydantic"),
        ("armada.runtime.adapters.http", "asyncio"),
        ("armada.runtime.adapters.http_arguments", "pydantic"),
        ("armada.runtime.adapters.kubernetes", "asyncio"),
        ("armada.runtime.adapters.kubernetes_sight", "asyncio"),
        ("armada.runtime.adapters.kubernetes_waits", "asyncio"),
        ("armada.runtime.adapters.kubernetes_arguments", "pydantic"),
        ("armada.runtime.adapters.messaging", "asyncio"),
        ("armada.runtime.adapters.once", "asyncio"),
        ("armada.runtime.adapters.pagerduty", "pydantic"),
        ("armada.runtime.adapters.prometheus_arguments", "pydantic"),
        ("armada.runtime.adapters.slack", "pydantic"),
        ("armada.runtime.adapters.web", "asyncio"),
        ("armada.runtime.adapters.webhook", "pydantic"),
        # The host is waiting through and through; only what drives runs loads it.
        ("armada.cli.driving", "asyncio"),
        ("armada.cli.prompting", "asyncio"),
        ("armada.runtime.api", "asyncio"),
        ("armada.runtime.api", "starlette"),
        ("armada.runtime.hooks", "starlette"),
        ("armada.runtime.inbound_api", "starlette"),
        ("armada.runtime.slack_api", "asyncio"),
        ("armada.runtime.slack_api", "starlette"),
        ("armada.runtime.links_api", "starlette"),
        ("armada.runtime.heartbeat", "asyncio"),
        ("armada.runtime.inbound_model", "pydantic"),
        ("armada.runtime.committer", "asyncio"),
        ("armada.runtime.crew", "asyncio"),
        ("armada.runtime.keeping", "asyncio"),
        ("armada.runtime.host", "asyncio"),
        ("armada.runtime.live_run", "asyncio"),
        ("armada.runtime.locking", "asyncio"),
        ("armada.runtime.workshop", "asyncio"),
    }
)

PURE = ("armada.dsl", "armada.compiler", "armada.runtime.kernel", "armada.simulator")
FORBIDDEN_IN_PURE = frozenset({"random", "secrets", "socket", "time", "threading", "uuid"})


class Import(NamedTuple):
    """One imported module: by whom, which, and whether it happens when the module is loaded."""

    module: str
    target: str
    line: int
    at_load: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def test_packages_of_armada_import_only_the_layers_below(
    trees: Mapping[str, ast.Module], modules: Mapping[str, Path]
) -> None:
    """A layer that looks up makes a circle of the whole house."""
    wrong = [
        str(found)
        for found in all_imports(trees, modules)
        if within(found.target, "armada") and not _allowed(found)
    ]
    assert not wrong


def test_a_dependency_stays_in_its_room(
    trees: Mapping[str, ast.Module], modules: Mapping[str, Path]
) -> None:
    """Each third-party package has one home, so that replacing it touches one package."""
    for found in all_imports(trees, modules):
        top = found.target.partition(".")[0]
        if top in sys.stdlib_module_names or top == "armada":
            continue
        homes = ONLY_IN.get(top)
        assert homes is not None, f"{found}, which is no declared dependency"
        assert any(within(found.module, home) for home in homes), str(found)


def test_heavy_packages_are_not_imported_at_load(
    trees: Mapping[str, ast.Module], modules: Mapping[str, Path]
) -> None:
    """What a verb does not use it does not wait for."""
    wrong = [
        str(found)
        for found in all_imports(trees, modules)
        if found.at_load
        and (top := found.target.partition(".")[0]) in LAZY
        and (found.module, top) not in AT_ONCE
    ]
    assert not wrong


def test_what_decides_imports_no_clock_and_no_randomness(
    trees: Mapping[str, ast.Module], modules: Mapping[str, Path]
) -> None:
    """The same text and the same events give the same answer in every process."""
    wrong = [
        str(found)
        for found in all_imports(trees, modules)
        if found.target.partition(".")[0] in FORBIDDEN_IN_PURE
        and any(within(found.module, package) for package in PURE)
    ]
    assert not wrong


def test_the_list_of_exceptions_is_used(
    trees: Mapping[str, ast.Module], modules: Mapping[str, Path]
) -> None:
    """An exception nobody needs any more is taken off the list."""
    at_load = {
        (found.module, found.target.partition(".")[0])
        for found in all_imports(trees, modules)
        if found.at_load
    }
    assert at_load >= AT_ONCE


# --- reading imports ------------------------------------------------------------------------------


def all_imports(trees: Mapping[str, ast.Module], modules: Mapping[str, Path]) -> Iterator[Import]:
    """Every import of every module, those under ``if TYPE_CHECKING:`` left out."""
    for name, tree in trees.items():
        package = name if modules[name].name == "__init__.py" else name.rpartition(".")[0]
        yield from _imports(name, package, tree, modules, at_load=True)


def _imports(
    name: str, package: str, node: ast.AST, modules: Mapping[str, Path], *, at_load: bool
) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import():
                for alias in child.names:
                    yield Import(name, alias.name, child.lineno, at_load)
            case ast.ImportFrom():
                base = resolved(package, child)
                for alias in child.names:
                    whole = f"{base}.{alias.name}"
                    target = whole if whole in modules else base
                    yield Import(name, target, child.lineno, at_load)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from _imports(
                    name, package, ast.Module(child.orelse, []), modules, at_load=at_load
                )
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from _imports(name, package, child, modules, at_load=False)
            case _:
                yield from _imports(name, package, child, modules, at_load=at_load)


def resolved(package: str, node: ast.ImportFrom) -> str:
    """The absolute name of what a ``from`` import names."""
    if not node.level:
        return node.module or ""
    base = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def within(module: str, package: str) -> bool:
    """Is ``module`` the package or in it?"""
    return module == package or module.startswith(package + ".")


def _allowed(found: Import) -> bool:
    home = max((layer for layer in LAYERS if within(found.module, layer)), key=len)
    if home == "armada":
        return found.target == "armada" or any(within(found.target, p) for p in LAYERS[home])
    own = within(found.target, home) and _home(found.target) == home
    listed = any(
        found.target == p if p == "armada" else within(found.target, p) for p in LAYERS[home]
    )
    return own or listed


def _home(module: str) -> str:
    return max((layer for layer in LAYERS if within(module, layer)), key=len)
