"""Write the parse tables of every grammar as Python literals beside this file.

Lark numbers its states in the order of a set of strings, so the tables are made in a process whose
string hashes are fixed: the same grammar then gives the same bytes. Each module also holds the
SHA-256 of its grammar, by which a test knows that it is fresh.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from pprint import pformat
from typing import Any

import lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from ..grammar import GRAMMARS, build, digest

HEADER = '"""Generated from {name}.lark by ``python -m armada.dsl.tables``; not edited by hand."""\n'


def literal(value: Any) -> str:
    """A Python literal on few lines."""
    return pformat(value, width=4000, compact=True, sort_dicts=False)


def render(name: str) -> str:
    """The source of the tables module of one grammar."""
    data, memo = build(name).memo_serialize([TerminalDef, Rule])
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


def main() -> None:
    """Write every module."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        again = [sys.executable, "-m", "armada.dsl.tables"]
        sys.exit(subprocess.run(again, env={**os.environ, "PYTHONHASHSEED": "0"}).returncode)
    for name in GRAMMARS:
        Path(__file__).with_name(f"{name}.py").write_text(render(name), "utf-8")


if __name__ == "__main__":
    main()
