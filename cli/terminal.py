"""What the other end of a stream can show: colour or not, and how wide.

Owns the reading of ``NO_COLOR``, ``FORCE_COLOR``, ``TERM`` and ``COLUMNS``; nobody else looks at
them. A stream that is no terminal is plain unless ``FORCE_COLOR`` says otherwise.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TextIO

PLAIN_WIDTH = 100
PIPED_WIDTH = 240
"""Where a source line is cut in a log: wide enough for prose, never a megabyte on one line."""


@dataclass(frozen=True, slots=True)
class Screen:
    """``interactive``: a person looks at it; ``width`` in columns."""

    interactive: bool
    color: bool
    width: int


PLAIN = Screen(False, False, PLAIN_WIDTH)
"""What a file can show."""


def screen(stream: TextIO | None = None) -> Screen:
    """What ``stream`` (standard output if None) can show."""
    looked_at = stream or sys.stdout
    interactive = looked_at.isatty()
    return Screen(interactive, _color(interactive), _width(looked_at, interactive))


def _color(interactive: bool) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return interactive and os.environ.get("TERM") != "dumb"


def _width(stream: TextIO, interactive: bool) -> int:
    stated = os.environ.get("COLUMNS", "")
    if stated.isdecimal() and int(stated) > 0:
        return int(stated)
    if not interactive:
        return PLAIN_WIDTH
    try:
        return os.get_terminal_size(stream.fileno()).columns or PLAIN_WIDTH
    except OSError:
        return PLAIN_WIDTH
