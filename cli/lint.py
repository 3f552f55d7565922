"""``armada lint``: what is wrong in workflow documents.

Notes never fail; warnings fail under ``--strict``; errors always do. The findings go to standard
output, the summary to standard error, so that a pipe carries findings alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from ..dsl.diagnostics import Diagnostic, Level
from .documents import Compilation, compile_path, counted, plan_or_exit
from .exits import Exit
from .inputs import Listing, listing, spec_or_configured
from .options import STDIN_FILENAME, output_format
from .terminal import PIPED_WIDTH, screen

EXAMPLES = """\b
Examples:
  armada lint runbooks/                   every workflow below a directory
  armada lint --strict incident.md        warnings fail too
  armada lint --select ARM3 incident.md   policy findings alone
  armada lint --format github incident.md annotations on a pull request
  armada lint --bindings b.yaml incident.md  a bindings file, against the document
  cat incident.md | armada lint - --stdin-filename incident.md
"""


@click.command(epilog=EXAMPLES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--strict", is_flag=True, help="End with 1 when there are warnings, too.")
@click.option("--select", multiple=True, metavar="CODE", help="Only codes that begin so.")
@click.option("--ignore", multiple=True, metavar="CODE", help="No codes that begin so.")
@click.option("--statistics", is_flag=True, help="Print how often each code was found instead.")
@click.option("--bindings", metavar="FILE", help="Check this bindings file against PATH instead.")
@STDIN_FILENAME
@output_format("text", "json", "github")
def command(
    paths: tuple[str, ...],
    bindings: str | None,
    strict: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    statistics: bool,
    stdin_filename: str,
    form: str,
) -> int:
    """Find what is wrong in workflow documents.

    PATH is a file, a directory or `-` for standard input; without one, the document that the
    configuration names. Errors end with status 1, warnings and notes do not.
    """
    if bindings is not None:
        compiled = [_bindings(bindings, paths, stdin_filename)]
        files = Listing((bindings,))
    else:
        files = listing(paths or (spec_or_configured(None),))
        compiled = []
    if not files.paths:
        raise click.UsageError(f"no workflow document found{_passed_over(files)}")
    wanted, unwanted = _codes(select), _codes(ignore)
    compiled = compiled or [compile_path(path, stdin_filename) for path in files.paths]
    found = [d for one in compiled for d in one.diagnostics if _kept(d.code, wanted, unwanted)]
    click.echo(_rendered(form, compiled, found, statistics), nl=False, color=screen().color)
    if form == "text":
        click.echo(_summary(files, found), err=True)
    failing = (Level.ERROR, Level.WARNING) if strict else (Level.ERROR,)
    return Exit.FINDINGS if any(d.level in failing for d in found) else Exit.DONE


def _bindings(path: str, paths: tuple[str, ...], stdin_filename: str) -> Compilation:
    """What is wrong with a bindings file, seen from the one document it binds."""
    from .bindings import check_path

    if len(paths) > 1:
        raise click.UsageError("--bindings takes one document")
    plan = plan_or_exit(paths[0] if paths else spec_or_configured(None), stdin_filename)
    checked = check_path(path, plan)
    return Compilation(checked.source, plan, checked.diagnostics)


def _codes(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(code.strip().upper() for each in given for code in each.split(",") if code.strip())


def _kept(code: str, wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> bool:
    return (not wanted or code.startswith(wanted)) and not code.startswith(unwanted or ("\0",))


def _rendered(
    form: str, compiled: Sequence[Compilation], found: Sequence[Diagnostic], statistics: bool
) -> str:
    from ..dsl.render import as_github, as_json, render_text

    if statistics:
        return _counts(form, found)
    files = {one.source.name: one.source for one in compiled}
    if form == "json":
        return _json({"findings": as_json(files, found), "files": len(files), **_levels(found)})
    if form == "github":
        return as_github(files, found)
    looks = screen(sys.stdout)
    width = looks.width if looks.interactive else PIPED_WIDTH
    return render_text(files, found, color=looks.color, width=width)


def _levels(found: Sequence[Diagnostic]) -> dict[str, int]:
    return {f"{level.value}s": sum(d.level is level for d in found) for level in Level}


def _json(data: dict[str, Any]) -> str:
    import json

    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _counts(form: str, found: Sequence[Diagnostic]) -> str:
    counts: dict[str, int] = {}
    for diagnostic in found:
        counts[diagnostic.code] = counts.get(diagnostic.code, 0) + 1
    if form == "json":
        return _json(dict(sorted(counts.items())))
    return "".join(f"{count:5}  {code}\n" for code, count in sorted(counts.items()))


def _summary(files: Listing, found: Sequence[Diagnostic]) -> str:
    number = len(files.paths)
    return f"{counted(found)} in {number} file{'' if number == 1 else 's'}{_passed_over(files)}"


def _passed_over(files: Listing) -> str:
    number = files.passed_over
    if not number:
        return ""
    return f"; {number} Markdown file{'' if number == 1 else 's'} without front matter passed over"
