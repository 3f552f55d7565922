"""The options that several verbs share, spelled once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

STDIN_NAME = "<stdin>"
Decorated = TypeVar("Decorated", bound=Callable[..., Any])

SPEC = click.argument("spec", required=False, metavar="[SPEC]")

STDIN_FILENAME = click.option(
    "--stdin-filename",
    default=STDIN_NAME,
    metavar="NAME",
    help="What to call the document read from `-`; its ending says Markdown or YAML.",
)


def output_format(*choices: str) -> Callable[[Decorated], Decorated]:
    """``--format``, the first choice being the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="How to print the answer.",
    )
