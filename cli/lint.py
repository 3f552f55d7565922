"""``armada lint``: what is wrong in workflow documents.

Notes never fail; warnings fail under ``--strict``; errors always do. The findings go to standard
output, the summary to standard error, so that a pipe carries findings alone. With ``--fix`` what
remains is judged; ``--diff`` writes nothing and fails where ``--fix`` would write.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
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
  armada lint --ignore unstated-clock incident.md   a rule by its name
  armada lint --fix runbooks/             mend what has one safe answer
  armada lint --baseline known.json --write-baseline runbooks/   then only what is new
  armada lint --diff runbooks/            show what --fix would change
  armada lint --format github incident.md annotations on a pull request
  armada lint --bindings b.yaml incident.md  a bindings file, against the document
  cat incident.md | armada lint - --stdin-filename incident.md
"""

_CODE = re.compile(r"A(?:R(?:M\d{0,3})?)?")


@click.command(epilog=EXAMPLES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--strict", is_flag=True, help="End with 1 when there are warnings, too.")
@click.option(
    "--select", multiple=True, metavar="CODE", help="Only rules named so, or whose code begins so."
)
@click.option(
    "--ignore", multiple=True, metavar="CODE", help="No rules named so, or whose code begins so."
)
@click.option("--fix", "fixes", is_flag=True, help="Mend what has one safe answer.")
@click.option("--diff", is_flag=True, help="Print what --fix would change; write nothing.")
@click.option("--baseline", metavar="FILE", help="Leave out the findings this file knows.")
@click.option("--write-baseline", is_flag=True, help="Write what is found into --baseline.")
@click.option("--exit-zero", is_flag=True, help="End with 0 whatever was found.")
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
    fixes: bool,
    diff: bool,
    baseline: str | None,
    write_baseline: bool,
    exit_zero: bool,
    statistics: bool,
    stdin_filename: str,
    form: str,
) -> int:
    """Find what is wrong in workflow documents.

    PATH is a file, a directory or `-` for standard input; without one, the document that the
    configuration names. Errors end with status 1, warnings and notes do not. `--fix -` prints the
    mended text, and the findings on standard error.
    """
    if write_baseline and baseline is None:
        raise click.UsageError("--write-baseline needs --baseline FILE")
    if bindings is not None and (fixes or diff):
        raise click.UsageError("--fix and --diff are for documents, not for --bindings")
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

    def keep(found: Diagnostic) -> bool:
        return _kept(found.code, wanted, unwanted)

    if diff:
        changed = _diff(compiled, keep)
        return Exit.DONE if exit_zero else changed
    mended = 0
    if fixes:
        compiled, mended = _fix(files.paths, compiled, keep)
    found = [d for one in compiled for d in one.diagnostics if keep(d)]
    gone = 0
    if baseline is not None:
        found, gone = _unknown(baseline, write_baseline, compiled, found, wanted, unwanted)
    piped = fixes and "-" in files.paths
    text = _rendered(form, compiled, found, statistics)
    click.echo(text, nl=False, err=piped, color=screen().color)
    if form == "text":
        click.echo(_summary(files, found, mended), err=True)
        if gone:
            click.echo(f"{gone} of the baseline are gone; write it anew", err=True)
    failing = (Level.ERROR, Level.WARNING) if strict else (Level.ERROR,)
    failed = not exit_zero and any(d.level in failing for d in found)
    return Exit.FINDINGS if failed else Exit.DONE


def _unknown(
    path: str,
    anew: bool,
    compiled: Sequence[Compilation],
    found: list[Diagnostic],
    wanted: tuple[str, ...],
    unwanted: tuple[str, ...],
) -> tuple[list[Diagnostic], int]:
    """The findings that a baseline lacks, and how many of its own are gone."""
    from . import baseline

    files = {one.source.name: one.source for one in compiled}
    if anew:
        number = baseline.save(path, files, found)
        click.echo(f"{_plural(number, 'finding')} written to {path}", err=True)
    fresh, gone = baseline.split(path, files, found)
    return fresh, baseline.stale(path, gone, files, lambda code: _kept(code, wanted, unwanted))


def _fix(
    paths: Sequence[str], compiled: Sequence[Compilation], keep: Callable[[Diagnostic], bool]
) -> tuple[list[Compilation], int]:
    """Write the documents whose fixes change them; what they are now, and how many fixes."""
    from .fixing import fix, write

    after: list[Compilation] = []
    applied = 0
    for path, one in zip(paths, compiled, strict=True):
        fixed = fix(one, keep)
        if path == "-":
            click.echo(fixed.after.source.text, nl=False)
        elif fixed.applied:
            write(path, fixed.after.source.text)
        after.append(fixed.after)
        applied += fixed.applied
    return after, applied


def _diff(compiled: Sequence[Compilation], keep: Callable[[Diagnostic], bool]) -> Exit:
    from .fixing import fix, unified

    fixed = [one for each in compiled if (one := fix(each, keep)).applied]
    for one in fixed:
        click.echo(unified(one), nl=False)
    number = sum(one.applied for one in fixed)
    click.echo(f"{_plural(number, 'fix', 'fixes')} in {_plural(len(fixed), 'file')}", err=True)
    return Exit.FINDINGS if fixed else Exit.DONE


def _bindings(path: str, paths: tuple[str, ...], stdin_filename: str) -> Compilation:
    """What is wrong with a bindings file, seen from the one document it binds."""
    from .bindings import check_path

    if len(paths) > 1:
        raise click.UsageError("--bindings takes one document")
    plan = plan_or_exit(paths[0] if paths else spec_or_configured(None), stdin_filename)
    checked = check_path(path, plan)
    return Compilation(checked.source, plan, checked.diagnostics)


def _codes(given: Sequence[str]) -> tuple[str, ...]:
    """The codes, or beginnings of codes, that are meant: by themselves or by a rule's name."""
    words = [word.strip() for each in given for word in each.split(",") if word.strip()]
    return tuple(_code(word) for word in words)


def _code(word: str) -> str:
    from .rule import by_name

    code = word.upper()
    if _CODE.fullmatch(code):
        return code
    named = by_name()
    if word.lower() in named:
        return named[word.lower()]
    close = get_close_matches(word.lower(), named, 1)
    hint = f"; did you mean {close[0]!r}?" if close else "; `armada rule` lists them all"
    raise click.UsageError(f"there is no rule {word!r}{hint}")


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


def _summary(files: Listing, found: Sequence[Diagnostic], mended: int) -> str:
    fixable = sum(one.fix is not None for one in found)
    parts = [f"{counted(found)} in {_plural(len(files.paths), 'file')}"]
    parts += [f"{_plural(mended, 'fix', 'fixes')} applied"] if mended else []
    parts += [f"{fixable} can be mended by --fix"] if fixable else []
    return f"{'; '.join(parts)}{_passed_over(files)}"


def _plural(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _passed_over(files: Listing) -> str:
    number = files.passed_over
    if not number:
        return ""
    return f"; {number} Markdown file{'' if number == 1 else 's'} without front matter passed over"
