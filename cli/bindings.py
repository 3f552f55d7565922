"""A bindings file of the command line, read and checked against a plan.

Owns the way from a path to findings or a bound plan and, for the verbs that need one, the way out:
the findings on standard error and status 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import click

from ..compiler.plan import Plan
from ..dsl.codes import report
from ..dsl.diagnostics import Diagnostic, Level
from ..dsl.source import SourceFile, decode
from ..runtime.adapters.registry import known_adapters
from ..runtime.binding import Bound, bind
from ..runtime.bindings_check import check_bindings
from ..runtime.bindings_file import ReadBindings, read_bindings
from .documents import counted, print_findings
from .exits import Exit
from .inputs import read_bytes


@dataclass(frozen=True, slots=True)
class CheckedBindings:
    """A bindings file's text, what was read of it, and all that was found."""

    source: SourceFile
    read: ReadBindings
    diagnostics: tuple[Diagnostic, ...]

    @property
    def failed(self) -> bool:
        """Whether an error forbids their use."""
        return any(found.level is Level.ERROR for found in self.diagnostics)


def check_path(path: str, plan: Plan) -> CheckedBindings:
    """Read a bindings file and check it against a plan."""
    source, wrong = decode(path, read_bytes(path))
    read = read_bindings(source)
    found = [*read.diagnostics, *check_bindings(read, plan, known_adapters())]
    if wrong is not None:
        at = min(wrong, len(source.text))
        span = source.span(at, min(at + 1, len(source.text)))
        found.append(report("ARM001", span, "the file is not UTF-8", help="save it as UTF-8"))
    return CheckedBindings(source, read, tuple(sorted(found, key=lambda each: each.order)))


def bound_or_exit(path: str | None, plan: Plan) -> Bound:
    """The plan bound by a file (None: by nothing); its errors are printed and end the command."""
    if path is None:
        return bind(plan, None, known_adapters())
    checked = check_path(path, plan)
    if checked.failed:
        errors = [found for found in checked.diagnostics if found.level is Level.ERROR]
        print_findings([checked.source], errors)
        click.echo(f"{path} does not bind {plan.name}: {counted(errors)}", err=True)
        raise click.exceptions.Exit(Exit.FINDINGS)
    return bind(plan, checked.read.bindings, known_adapters())
