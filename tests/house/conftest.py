"""The checkout that the house tests look at."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("dsl", "compiler", "runtime", "simulator", "cli")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root, which is the package `armada`."""
    return ROOT


def _modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(
        [*ROOT.glob("*.py"), *(p for k in PACKAGES for p in (ROOT / k).rglob("*.py"))]
    ):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(("armada", *parts)).removesuffix(".__init__"), path


@pytest.fixture(scope="session")
def modules() -> Mapping[str, Path]:
    """Every module of the package by its dotted name."""
    return MappingProxyType(dict(_modules()))


@pytest.fixture(scope="session")
def trees(modules: Mapping[str, Path]) -> Mapping[str, ast.Module]:
    """Every module's syntax tree."""
    return MappingProxyType(
        {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in modules.items()}
    )
