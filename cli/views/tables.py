"""A titled table as text: aligned columns for a pipe, rules and colour for a terminal."""

from __future__ import annotations

from dataclasses import dataclass

from ..terminal import Screen


@dataclass(frozen=True, slots=True)
class Table:
    """``empty`` stands where there is no row."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "none"


def plain(table: Table) -> str:
    """The table for a pipe: every row on one line, two blanks between columns."""
    if not table.rows:
        return f"{table.title}\n  {table.empty}"
    lines = [tuple(name.upper() for name in table.header), *table.rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(table.header))]
    body = (
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return "\n".join((table.title, *body))


def rich(table: Table, screen: Screen) -> str:
    """The table for a terminal: long cells wrap within the width."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    console = Console(
        width=screen.width,
        force_terminal=True,
        color_system="standard" if screen.color else None,
        highlight=False,
    )
    drawn = Drawn(
        box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", title=Text(table.title, "bold")
    )
    for name in table.header:
        drawn.add_column(Text(name), overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in row))
    if not table.rows:
        drawn.show_header = False
        drawn.add_row(Text(table.empty, "dim"))
    with console.capture() as captured:
        console.print(drawn)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()).strip("\n")
