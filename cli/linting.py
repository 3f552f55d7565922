"""Linting the files of one command line: compile, mend, compare with the baseline, print, judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from ..compiler.compile import Compiled, check_source
from ..dsl.diagnostics import Diagnostic
from ..dsl.source import SourceFile
from .choice import Choice, Wanted, wanted
from .documents import plan_or_exit
from .exits import Exit
from .files import Listing, listing
from .inputs import spec_or_configured
from .loading import load_file
from .many import compile_paths
from .settings import settings
from .terminal import PLAIN, screen
from .views.findings import passed_over, plural, rendered, statistics, summary
from .writing import write


def lint(choice: Choice) -> Exit:
    """Carry out ``armada lint``; the status it ends with."""
    stated = settings()
    keep = wanted(choice, stated)
    baseline = choice.baseline or stated.baseline
    if choice.write_baseline and baseline is None:
        raise click.UsageError("--write-baseline needs --baseline FILE")
    files = _files(choice)
    if not files.paths:
        if choice.skip_others:
            return Exit.DONE
        raise click.UsageError(f"no workflow document found{passed_over(files)}")
    compiled = _compiled(choice, files)
    if choice.diff:
        changed = _diff(compiled, keep)
        return Exit.DONE if choice.exit_zero else changed
    mended = 0
    if choice.fixes:
        compiled, mended = _fix(files.paths, compiled, keep)
    found = [one for one in _distinct(compiled) if keep(one)]
    gone = 0
    if baseline is not None:
        found, gone = _unknown(baseline, choice.write_baseline, compiled, found, keep)
    _print(choice, files, compiled, found, mended)
    if gone and choice.form == "text" and not choice.quiet:
        click.echo(f"{gone} of the baseline are gone; write it anew", err=True)
    failed = not choice.exit_zero and any(one.level in keep.failing for one in found)
    return Exit.FINDINGS if failed else Exit.DONE


def _distinct(compiled: Sequence[Compiled]) -> Iterable[Diagnostic]:
    """Every finding once: one in a shared file comes with each document that extends it."""
    return dict.fromkeys(one for each in compiled for one in each.diagnostics)


def _sources(compiled: Sequence[Compiled]) -> dict[str, SourceFile]:
    """All files that findings may point into."""
    return {source.name: source for each in compiled for source in each.sources}


def _files(choice: Choice) -> Listing:
    if choice.bindings is not None:
        return Listing((choice.bindings,))
    if choice.inbound is not None:
        return Listing((choice.inbound,))
    if not choice.paths:
        return Listing((spec_or_configured(None),))
    return listing(choice.paths, skip_others=choice.skip_others)


def _compiled(choice: Choice, files: Listing) -> list[Compiled]:
    if choice.bindings is not None:
        return [_bindings(choice.bindings, choice.paths, choice.stdin_filename)]
    if choice.inbound is not None:
        from .inbound import checked

        return [checked(choice.inbound)[0]]
    return list(compile_paths(files.paths, choice.stdin_filename))


def _bindings(path: str, paths: tuple[str, ...], stdin_filename: str) -> Compiled:
    """What is wrong with a bindings file, seen from the one document it binds."""
    from .bindings import check_path

    if len(paths) > 1:
        raise click.UsageError("--bindings takes one document")
    plan = plan_or_exit(paths[0] if paths else spec_or_configured(None), stdin_filename)
    checked = check_path(path, plan)
    return Compiled(plan, checked.diagnostics, (checked.source,))


def _print(
    choice: Choice,
    files: Listing,
    compiled: Sequence[Compiled],
    found: Sequence[Diagnostic],
    mended: int,
) -> None:
    """The findings; beside mended standard input they go to standard error."""
    looks = screen() if choice.output_file is None else PLAIN
    if choice.statistics:
        text = statistics(choice.form, found)
    else:
        text = rendered(choice.form, _sources(compiled), found, looks, len(compiled))
    if choice.output_file is not None:
        write(choice.output_file, text)
    else:
        piped = choice.fixes and "-" in files.paths
        click.echo(text, nl=False, err=piped, color=looks.color)
    if choice.form == "text" and not choice.quiet:
        names = {one.source.name for one in compiled}
        click.echo(summary(files, names, found, mended), err=True)


def _unknown(
    path: str, anew: bool, compiled: Sequence[Compiled], found: list[Diagnostic], keep: Wanted
) -> tuple[list[Diagnostic], int]:
    """The findings that a baseline lacks, and how many of its own are gone."""
    from . import baseline

    files = _sources(compiled)
    if anew:
        number = baseline.save(path, files, found)
        click.echo(f"{plural(number, 'finding')} written to {path}", err=True)
    fresh, gone = baseline.split(path, files, found)
    return fresh, baseline.stale(path, gone, files, keep.base.code)


def _fix(
    paths: Sequence[str], compiled: Sequence[Compiled], keep: Wanted
) -> tuple[list[Compiled], int]:
    """Write the documents whose fixes change them; what they are now, and how many fixes."""
    from .fixing import fix

    after: list[Compiled] = []
    mended: set[str] = set()
    applied = 0
    for path, one in zip(paths, compiled, strict=True):
        fixed = fix(one, keep)
        if path == "-":
            click.echo(fixed.after.source.text, nl=False)
        elif fixed.applied:
            write(path, fixed.after.source.text)
        after.append(fixed.after)
        applied += fixed.applied
        mended |= {fixed.after.source.name} if fixed.applied else set()
    return [_anew(one, mended) for one in after], applied


def _anew(one: Compiled, mended: set[str]) -> Compiled:
    """A document as it is now that files which it extends were mended, too."""
    stale = any(source.name in mended for source in one.sources[1:])
    return check_source(one.source, load_file) if stale else one


def _diff(compiled: Sequence[Compiled], keep: Wanted) -> Exit:
    from .fixing import fix, unified

    fixed = [one for each in compiled if (one := fix(each, keep)).applied]
    for one in fixed:
        click.echo(unified(one), nl=False)
    number = sum(one.applied for one in fixed)
    click.echo(f"{plural(number, 'fix', 'fixes')} in {plural(len(fixed), 'file')}", err=True)
    return Exit.FINDINGS if fixed else Exit.DONE
