"""What is wrong with a piece of YAML, in plain words.

libyaml and PyYAML's own parser describe the same mistakes differently; a table of the phrases both
use gives one sentence and one line of help for each.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake at ``start``; ``context`` is where what it stands in began."""

    start: int
    message: str
    help: str
    context: int | None = None
    context_text: str = ""


_PHRASES: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a second `: ` makes this line ambiguous",
        "put the value in quotes",
    ),
    (
        "unexpected end of stream",
        "the text ends inside a quoted value",
        "close the quote",
    ),
    (
        "unexpected document separator",
        "the text ends inside a quoted value",
        "close the quote",
    ),
    (
        "that cannot start any token",
        "no value can start with {character}",
        "put the value in quotes",
    ),
    (
        "unknown escape character",
        "{character} is no escape inside double quotes",
        "write a backslash twice, or use single quotes",
    ),
    (
        "',' or ']'",
        "a `,` or the closing `]` was expected here",
        "close the list",
    ),
    (
        "',' or '}'",
        "a `,` or the closing `}` was expected here",
        "close the mapping, or put the value in quotes",
    ),
    (
        "expected ':'",
        "a `:` after this key was expected",
        "write `key: value`, or line the text up with the block it belongs to",
    ),
    (
        "'-' indicator",
        "this line is not an item of the list it stands in",
        "line it up with the list's items, or indent it further",
    ),
    (
        "expected <block end>",
        "this line does not line up with the block it stands in",
        "give every key of one mapping the same indentation",
    ),
    (
        "expected key",
        "this line does not line up with the block it stands in",
        "give every key of one mapping the same indentation",
    ),
    (
        "block sequence entries are not allowed",
        "a list cannot start here",
        "start the list on the next line",
    ),
    (
        "expected the node content",
        "a value was expected here",
        "give the key a value",
    ),
    (
        "leading space",
        "a blank first line of this block is indented deeper than its text",
        "indent the block's lines alike",
    ),
)


def describe(error: yaml.YAMLError, text: str) -> Problem:
    """The problem that the parser's error speaks of."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    start = min(int(mark.index), max(len(text) - 1, 0)) if mark is not None else 0
    words = str(getattr(error, "problem", None) or error)
    message, help = _sentence(words, text[start : start + 1])
    context = getattr(error, "context_mark", None)
    if context is None or int(context.index) == start:
        return Problem(start, message, help)
    return Problem(start, message, help, int(context.index), _context(error))


def _sentence(words: str, character: str) -> tuple[str, str]:
    if character == "\t" and "cannot start any token" in words:
        return "a tab cannot indent YAML", "indent with spaces"
    for phrase, message, help in _PHRASES:
        if phrase in words:
            shown = f"`{character}`" if character.strip() else "this"
            return message.replace("{character}", shown), help
    return "this is not YAML", "check quotes, colons and indentation"


def _context(error: yaml.YAMLError) -> str:
    words = str(getattr(error, "context", "") or "")
    for kind in ("mapping", "sequence", "quoted scalar", "key", "block scalar"):
        if kind in words:
            return f"in the {kind.replace('sequence', 'list').replace('scalar', 'text')} from here"
    return "in what starts here"
