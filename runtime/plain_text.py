"""Text that people and programs wrote, made fit to be shown.

Owns what a reader's terminal, table or document never gets from a value: control characters,
direction overrides, half characters, line endings of other systems. Nothing is lost that can be
read; what is escaped reads the same.
"""

from __future__ import annotations

import re

_LINE_ENDINGS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_ESCAPES = re.compile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[@-Z\\\\-_])")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_HALVES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


def printable(text: str) -> str:
    """The text with ``\\n`` for every line ending and nothing that cannot be seen."""
    lines = _LINE_ENDINGS.sub("\n", _ESCAPES.sub("", text))
    return _HALVES.sub("\ufffd", _UNSEEN.sub("", lines))


def one_line(text: str, limit: int = 0) -> str:
    """The text on one line, cut with ``…`` where it is longer than ``limit`` (0: never)."""
    line = _SPACES.sub(" ", printable(text)).strip()
    return line if not limit or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def cell(text: str) -> str:
    """The text as one cell of a Markdown table; its lines are joined with `` / ``."""
    lines = (_SPACES.sub(" ", line).strip() for line in printable(text).split("\n"))
    return _TAG.sub("&lt;", _pipes(" / ".join(line for line in lines if line)))


def _pipes(text: str) -> str:
    """Pipes escaped; a backslash that would take an escape away, or the cell's end, is spelled."""
    spelled = re.sub(r"\\(?=\\*(?:\||$))", "&#92;", text)
    return spelled.replace("|", r"\|")


def inline(text: str) -> str:
    """The text as part of a line of Markdown: no line break, no HTML."""
    return _TAG.sub("&lt;", one_line(text))


def block(text: str) -> str:
    """The text as paragraphs of Markdown: no HTML, and a fence that it opens it closes."""
    lines = _TAG.sub("&lt;", printable(text)).rstrip().split("\n")
    fence = ""
    for line in lines:
        found = _FENCE.fullmatch(line)
        if found is None:
            continue
        if not fence:
            fence = "" if "`" in found[2] and found[1][0] == "`" else found[1]
        elif found[1].startswith(fence) and not found[2].strip():
            fence = ""
    return "\n".join((*lines, fence) if fence else lines)
