"""A workflow document of the command line, read and compiled.

Owns the way from a path to what the compiler makes of it and, for the verbs that need a plan, the
way out when there is none: the findings on standard error and status 1.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import click

from ..compiler.compile import Compiled, check_source, compile_source
from ..compiler.extending import Load
from ..compiler.plan import Plan
from ..dsl.diagnostics import Diagnostic, Level
from ..dsl.parse import parse_bytes
from ..dsl.source import SourceFile, decode
from .exits import Exit
from .inputs import read_bytes
from .loading import load_file
from .options import STDIN_NAME
from .terminal import PIPED_WIDTH, screen

NOT_UTF8 = "ARM001"


def compile_path(path: str, stdin_filename: str = STDIN_NAME) -> Compiled:
    """Read and compile one workflow; ``-`` is standard input, called ``stdin_filename``."""
    return _compiled(compile_source, path, stdin_filename)


def check_path(path: str, stdin_filename: str = STDIN_NAME) -> Compiled:
    """Read one document, workflow or shared policy, and find what is wrong with it."""
    compiled = _compiled(check_source, path, stdin_filename)
    found = expectation_findings(compiled)
    whole = sorted((*compiled.diagnostics, *found), key=lambda d: d.order)
    return replace(compiled, diagnostics=tuple(whole)) if found else compiled


def expectation_findings(compiled: Compiled) -> tuple[Diagnostic, ...]:
    """What is wrong with the expectations of a document; a run does not depend on them."""
    if compiled.plan is None or not compiled.expectations:
        return ()
    from ..simulator.scenario_file import check_expectations

    return check_expectations(compiled.plan, compiled.expectations)


def _compiled(
    compile: Callable[[SourceFile, Load], Compiled], path: str, stdin_filename: str
) -> Compiled:
    name = stdin_filename if path == "-" else path
    data = read_bytes(path)
    source, wrong = decode(name, data)
    compiled = compile(source, load_file)
    if wrong is None:
        return compiled
    undecoded = [found for found in parse_bytes(name, data)[1] if found.code == NOT_UTF8]
    found = sorted((*undecoded, *compiled.diagnostics), key=lambda d: d.order)
    return replace(compiled, plan=None, diagnostics=tuple(found))


def plan_or_exit(path: str, stdin_filename: str = STDIN_NAME) -> Plan:
    """The plan of a document; without one the errors are printed and the command ends."""
    return compiled_or_exit(path, stdin_filename)[0]


def compiled_or_exit(path: str, stdin_filename: str = STDIN_NAME) -> tuple[Plan, Compiled]:
    """The same with what it was compiled from."""
    compiled = compile_path(path, stdin_filename)
    if compiled.plan is None:
        errors = [d for d in compiled.diagnostics if d.level is Level.ERROR]
        print_findings(compiled.sources, errors)
        click.echo(f"{compiled.source.name} has no plan: {counted(errors)}", err=True)
        raise click.exceptions.Exit(Exit.FINDINGS)
    return compiled.plan, compiled


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
