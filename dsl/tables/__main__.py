"""Write the parse tables of every grammar as Python literals beside this file.

Lark numbers its states in no fixed order, so a module is written only when it is stale: each holds
the SHA-256 of its grammar and the release of Lark, by which a test too knows that it is fresh.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pprint import pformat
from typing import Any, cast

import lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from ..grammar import GRAMMARS, build, digest

HEADER = (
    '"""Generated from {name}.lark by ``python -m armada.dsl.tables``; not edited by hand."""\n'
)


def literal(value: Any) -> str:
    """A Python literal on few lines."""
    return pformat(value, width=4000, compact=True, sort_dicts=False)


def render(name: str) -> str:
    """The source of the tables module of one grammar."""
    data, memo = cast(Any, build(name)).memo_serialize([TerminalDef, Rule])
    lines = [
        HEADER.format(name=name),
        "# fmt: off",
        "# ruff: noqa: E501",
        "from typing import Any\n",
        f'GRAMMAR = "{digest(name)}"',
        f'LARK = "{lark.__version__}"',
        f"DATA: Any = {literal(data)}",
        f"MEMO: Any = {literal(memo)}",
    ]
    return "\n".join(lines) + "\n"


def fresh(name: str) -> bool:
    """Whether the module of this grammar was made from it as it stands, by this Lark."""
    try:
        tables = import_module(f".{name}", __package__)
    except ModuleNotFoundError:
        return False
    return digest(name) == tables.GRAMMAR and lark.__version__ == tables.LARK


def main() -> None:
    """Write every module that is stale."""
    for name in GRAMMARS:
        if not fresh(name):
            Path(__file__).with_name(f"{name}.py").write_text(render(name), "utf-8")


if __name__ == "__main__":
    main()
