"""A severity level on the command line: ``1``, ``SEV-1``, ``sev1``, ``P1`` and ``S1`` are one."""

from __future__ import annotations

import re
from typing import Any

import click

_LEVEL = re.compile(r"\s*(?:(?:SEV(?:ERITY)?|PRIORITY|P|S)[\s_-]?)?([0-9]{1,3})\s*", re.IGNORECASE)


def parse_level(text: str) -> int | None:
    """The level that ``text`` names, or None where it names none."""
    match = _LEVEL.fullmatch(text)
    return int(match[1]) if match else None


class LevelType(click.ParamType):  # pyright: ignore[reportMissingTypeArgument]
    """Turns the spelling of a level into its number."""

    name = "level"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        level = parse_level(str(value))
        if level is None:
            self.fail(f"{value!r} is no severity level; write 1, SEV-1 or P1", param, ctx)
        return level


LEVEL = LevelType()
