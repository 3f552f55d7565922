"""docs/adapters.md says what the adapters say; its example is an adapter that passes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from adapter_contract import AdapterContract, Case
from adapter_tables import tables

from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order
from armada.runtime.adapters.registry import BUILT_IN, known_adapters

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "adapters.md"


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_the_tables_are_what_it_says_of_itself(name: str, request: pytest.FixtureRequest) -> None:
    """``--rewrite-goldens`` writes them."""
    text = DOCUMENT.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    (written,) = re.findall(f"{begin}(.*?){end}", text, re.DOTALL)
    expected = tables(known_adapters()[name].describe())
    expected += "\n" if expected else ""
    if request.config.getoption("--rewrite-goldens"):
        new = text.replace(begin + written + end, begin + expected + end)
        DOCUMENT.write_text(new, encoding="utf-8")
        written = expected
    assert written == expected


class TestTheExample(AdapterContract):
    """The adapter that the document shows how to write."""

    @pytest.fixture
    def case(self, tmp_path: Path) -> Case:
        (program,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
        module: dict[str, object] = {"__name__": "example"}
        exec(compile(program, str(DOCUMENT), "exec"), module)
        board = tmp_path / "board"
        board.mkdir()

        def order(key: str) -> Order:
            arguments = {"name": "status", "text": "degraded"}
            return Order("r", "c", key, "put", arguments, Effect.IDEMPOTENT, timeout_ms=5_000)

        return Case(
            module["Board"],  # type: ignore[arg-type]
            {"folder": str(board)},
            tmp_path,
            order,
            count=lambda: len(list(board.iterdir())),
        )
