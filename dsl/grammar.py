"""The Lark grammars of this package, each loaded once and only when it is first needed.

Building a grammar costs several times more than reading a whole document with it, so the tables
that Lark would build are shipped as literals in ``dsl/tables`` (made by
``python -m armada.dsl.tables``). They belong to one release of Lark: under another the grammar is
built from its ``.lark`` file, which gives the same parser, later.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Token, Tree

GRAMMARS: Mapping[str, tuple[str, ...]] = {
    "document": ("start",),
    "heading": ("start",),
    "expression": ("start",),
    "timing": ("duration", "response", "window"),
    "invocation": ("start",),
    "mermaid": ("start",),
}
"""Each grammar's name and the rules it can start from."""


def build(name: str) -> Lark:
    """The parser built from the grammar file."""
    text = Path(__file__).with_name(f"{name}.lark").read_text("utf-8")
    return Lark(
        text,
        start=list(GRAMMARS[name]),
        parser="lalr",
        lexer="contextual",
        maybe_placeholders=False,
    )


def digest(name: str) -> str:
    """SHA-256 of the grammar file, line endings left out."""
    from hashlib import sha256

    text = Path(__file__).with_name(f"{name}.lark").read_text("utf-8")
    return sha256(text.encode("utf-8")).hexdigest()


def load(name: str) -> Lark:
    """The parser from its shipped tables, or built where they are another release's."""
    tables = import_module(f".tables.{name}", __package__)
    if lark.__version__ != tables.LARK:
        return build(name)
    # Lark's own standalone parsers load their tables by this same method.
    parser: Any = Lark.__new__(Lark)
    return parser._load({"data": tables.DATA, "memo": tables.MEMO})


@cache
def parser(name: str) -> Any:
    """The parser of a grammar, loaded once."""
    return load(name)


def parse_tree(name: str, text: str, start: str | None = None) -> Tree[Token]:
    """The tree of a text by a grammar, from one of its start rules.

    Raises ``lark.UnexpectedInput`` where the text is not of that form.
    """
    return parser(name).parse(text, start=start)
