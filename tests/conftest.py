"""How tests run here: property tests with the same examples every time, goldens beside inputs.

``ARMADA_HYPOTHESIS_PROFILE=nightly`` searches with fresh randomness and many more examples;
``--rewrite-goldens`` writes what is instead of comparing it, to be read before it is committed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "nightly",
    settings.get_profile("steady"),
    derandomize=False,
    max_examples=2_000,
)
settings.load_profile(os.environ.get("ARMADA_HYPOTHESIS_PROFILE", "steady"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one flag of this suite."""
    parser.addoption("--rewrite-goldens", action="store_true", help="write goldens anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """``golden(name, text)``: the text is the one in ``goldens/name`` beside the test."""
    folder = Path(request.path).parent / "goldens"

    def compare(name: str, text: str) -> None:
        path = folder / name
        if request.config.getoption("--rewrite-goldens"):
            folder.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert text == path.read_bytes().decode(), f"{path.name} differs; see --rewrite-goldens"

    return compare
