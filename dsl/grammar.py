"""The Lark grammars of this package, each loaded once and only when it is first needed.

Building a grammar costs several times more than reading a whole document with it, so the tables
that Lark would build are shipped as literals in ``dsl/tables`` (made by
``python -m armada.dsl.tables``). They belong to one release of Lark: under another the grammar is
built from its ``.lark`` file, which gives the same parser, later.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Transformer

GRAMMARS: Mapping[str, tuple[str, ...]] = {
    "document": ("start",),
    "heading": ("start",),
    "expression": ("start",),
    "timing": ("duration", "response", "window"),
    "invocation": ("start",),
}
"""Each grammar's name and the rules it can start from."""


def build(name: str, transformer: Transformer[Any, Any] | None = None) -> Lark:
    """The parser built from the grammar file."""
    text = Path(__file__).with_name(f"{name}.lark").read_text("utf-8")
    return Lark(
        text,
        start=list(GRAMMARS[name]),
        parser="lalr",
        lexer="contextual",
        maybe_placeholders=False,
        transformer=transformer,
    )


def digest(name: str) -> str:
    """SHA-256 of the grammar file, line endings left out."""
    from hashlib import sha256

    text = Path(__file__).with_name(f"{name}.lark").read_text("utf-8")
    return sha256(text.encode("utf-8")).hexdigest()


def load(name: str, transformer: Transformer[Any, Any] | None = None) -> Lark:
    """The parser from its shipped tables; ``transformer`` runs as the text is reduced."""
    tables = import_module(f".tables.{name}", __package__)
    if tables.LARK != lark.__version__:
        return build(name, transformer)
    state: dict[str, Any] = {"data": tables.DATA, "memo": tables.MEMO}
    parser = Lark.__new__(Lark)
    parser._load(state, transformer=transformer)  # pyright: ignore[reportPrivateUsage]
    return parser


@lru_cache(maxsize=None)
def parser(name: str) -> Lark:
    """The parser of a grammar that returns plain trees."""
    return load(name)
