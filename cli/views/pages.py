"""A Markdown page for a terminal."""

from __future__ import annotations

from ..terminal import Screen

READABLE = 100


def markdown(text: str, screen: Screen) -> str:
    """The page with headings, lists and code set off, within the width."""
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(
        width=min(screen.width, READABLE),
        force_terminal=True,
        color_system="standard" if screen.color else None,
    )
    with console.capture() as captured:
        console.print(Markdown(text, code_theme="ansi_dark"))
    return captured.get().rstrip("\n")
