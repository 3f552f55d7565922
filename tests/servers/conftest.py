"""Servers for a session of tests, each skipped by name where it cannot be had."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Cluster, cluster, or_left_out

NUMBERS = itertools.count(1)
USERS = ("reader", "drill")
"""Users of the cluster that may do nothing until a test gives them a role."""


@pytest.fixture(scope="session")
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A control plane for the whole session."""
    with or_left_out(), cluster(tmp_path_factory.mktemp("kube"), USERS) as found:
        yield found


@pytest.fixture
def namespace(kube: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"test-{next(NUMBERS)}"
    kube.kubectl("create", "namespace", name)
    yield name
    kube.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """For what an adapter keeps."""
    return tmp_path / "adapter"
