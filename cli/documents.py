"""A workflow document of the command line, read and compiled.

Owns the way from a path to a ``Compilation`` and, for the verbs that need a plan, the way out when
there is none: the findings on standard error and status 1.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import click

from ..compiler.compile import compile_source
from ..compiler.plan import Plan
from ..dsl.diagnostics import Diagnostic, Level
from ..dsl.parse import parse_bytes
from ..dsl.source import SourceFile, decode
from .exits import Exit
from .inputs import read_bytes
from .options import STDIN_NAME
from .terminal import PIPED_WIDTH, screen

NOT_UTF8 = "ARM001"


@dataclass(frozen=True, slots=True)
class Compilation:
    """A document's text, its plan where it has one, and all that was found."""

    source: SourceFile
    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]


def compile_path(path: str, stdin_filename: str = STDIN_NAME) -> Compilation:
    """Read and compile one document; ``-`` is standard input, called ``stdin_filename``."""
    name = stdin_filename if path == "-" else path
    data = read_bytes(path)
    source, wrong = decode(name, data)
    compiled = compile_source(source)
    if wrong is None:
        return Compilation(source, compiled.plan, compiled.diagnostics)
    undecoded = [found for found in parse_bytes(name, data)[1] if found.code == NOT_UTF8]
    found = sorted((*undecoded, *compiled.diagnostics), key=lambda d: d.order)
    return Compilation(source, None, tuple(found))


def plan_or_exit(path: str, stdin_filename: str = STDIN_NAME) -> Plan:
    """The plan of a document; without one the errors are printed and the command ends."""
    compiled = compile_path(path, stdin_filename)
    if compiled.plan is None:
        errors = [d for d in compiled.diagnostics if d.level is Level.ERROR]
        print_findings([compiled.source], errors)
        click.echo(f"{compiled.source.name} has no plan: {counted(errors)}", err=True)
        raise click.exceptions.Exit(Exit.FINDINGS)
    return compiled.plan


def print_findings(sources: Sequence[SourceFile], diagnostics: Sequence[Diagnostic]) -> None:
    """Findings as text on standard error."""
    from ..dsl.render import render_text

    looks = screen(sys.stderr)
    width = looks.width if looks.interactive else PIPED_WIDTH
    files = {source.name: source for source in sources}
    text = render_text(files, diagnostics, color=looks.color, width=width)
    click.echo(text, err=True, nl=False, color=looks.color)


def counted(diagnostics: Sequence[Diagnostic]) -> str:
    """``1 error, 20 warnings, 3 notes``; levels with nothing are left out."""
    parts: list[str] = []
    for level in Level:
        count = sum(1 for diagnostic in diagnostics if diagnostic.level is level)
        if count:
            parts.append(f"{count} {level.value}{'' if count == 1 else 's'}")
    return ", ".join(parts) or "no findings"
