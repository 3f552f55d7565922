"""``armada sim``: drill a workflow in the deterministic simulator.

The drill itself has no clock: ``--speed`` only paces what is printed. The exit status is the
drill's own: 0 where every expectation held, 1 where one failed or the run ended otherwise, 4 where
it waits.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

import click

from .documents import compiled_or_exit, counted, expectation_findings, print_findings
from .exits import Exit
from .inputs import SEED, Unreadable, configured_spec, package_path, read_bytes
from .levels import LEVEL
from .options import STDIN_FILENAME, STDIN_NAME, output_format
from .terminal import screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..compiler.plan import Plan
    from ..dsl.diagnostics import Diagnostic
    from ..dsl.source import SourceFile
    from ..simulator.drill import DrillResult
    from ..simulator.scenario import Scenario
    from .views.drill import Shown

EXAMPLES = """\b
Examples:
  armada sim --list                                 the scenarios that ship
  armada sim incident.md --scenario outage
  armada sim incident.md --scenario on-call-no-show --severity SEV-2 --seed 8
  armada sim incident.md --scenario game-day.yaml --format json
  armada sim incident.md --speed 600                ten minutes of incident a second
  armada sim --crash-at 40:after --journal run.jsonl    the coordinator dies there
  armada sim --resume run.jsonl                         and a new one goes on
"""


Moment = Literal["before", "after"]


class CrashPlace(click.ParamType):  # pyright: ignore[reportMissingTypeArgument]
    """A journal entry and a side of its effect: ``40``, ``40:before`` or ``40:after``."""

    name = "ENTRY[:before|after]"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, Moment]:
        entry, _, when = str(value).partition(":")
        if not entry.isdecimal() or when not in ("", "before", "after"):
            self.fail(f"{value!r} is no place in a journal; write 40 or 40:after", param, ctx)
        return int(entry), "after" if when == "after" else "before"


CRASH = CrashPlace()


@dataclass(frozen=True, slots=True)
class Request:
    """One drill as the command line asks for it. ``bundled``: no spec was named anywhere."""

    spec: str
    bundled: bool
    scenario: str
    seed: int | None
    trial: int
    severity: int | None
    stdin_filename: str
    crash: tuple[int, Moment] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is drilled. ``remarks``: what the scenario speaks of and this plan lacks."""

    plan: Plan
    scenario: Scenario
    remarks: tuple[str, ...]


@click.command(epilog=EXAMPLES)
@click.argument("spec", required=False, metavar="[SPEC]")
@click.option(
    "-s",
    "--scenario",
    default="outage",
    show_default=True,
    metavar="NAME|FILE",
    help="A shipped scenario, or a scenario file.",
)
@click.option("--list", "listing", is_flag=True, help="List the scenarios that ship.")
@click.option(
    "--seed", type=click.IntRange(0, (1 << 64) - 1), help="The scenario's own if left out."
)
@click.option(
    "--trial", type=click.IntRange(0, (1 << 62) - 1), default=0, help="Which trial of the seed."
)
@click.option("--severity", type=LEVEL, help="Declare this level, confirmed: 1, SEV-1 or P1.")
@click.option(
    "--speed", type=click.FloatRange(0, min_open=True), help="Simulated seconds a second."
)
@click.option("--trace", is_flag=True, help="Print the journal's entries instead of the timeline.")
@click.option("--journal", metavar="FILE", help="Write the journal to FILE.")
@click.option(
    "--crash-at",
    type=CRASH,
    help="End the coordinator at this journal entry, before (the default) or after its effect.",
)
@click.option(
    "--resume", "resumed", metavar="FILE", help="Go on from the journal of a drill that died."
)
@click.option(
    "--check-determinism",
    is_flag=True,
    help="Drill in two fresh processes with different hash seeds and compare.",
)
@STDIN_FILENAME
@output_format("text", "json")
def command(
    spec: str | None,
    scenario: str,
    listing: bool,
    seed: int | None,
    trial: int,
    severity: int | None,
    speed: float | None,
    trace: bool,
    journal: str | None,
    crash_at: tuple[int, Moment] | None,
    resumed: str | None,
    check_determinism: bool,
    stdin_filename: str,
    form: str,
) -> int:
    """Drill a workflow in the deterministic simulator.

    Without SPEC it drills the document that the configuration names, else the bundled example, and
    says so. The last lines reproduce the drill.
    """
    if listing:
        return _list(form)
    if resumed is not None:
        return _go_on(resumed, journal, form, trace, speed)
    named = spec or configured_spec()
    request = Request(
        named or package_path(SEED),
        named is None,
        scenario,
        seed,
        trial,
        severity,
        stdin_filename,
        crash_at,
    )
    subject = _subject(request)
    result = _drill(request, subject)
    if journal is not None:
        _write_journal(journal, result.journal or "")
    if check_determinism:
        return _check_determinism(request, subject)
    if result.status == "stopped":
        return _died(journal)
    from .views.drill import Shown

    spec_shown = None if request.bundled else request.spec
    _show(Shown(result, spec_shown, scenario, subject.remarks, trace), form, speed)
    return result.exit_code


# --- doing ----------------------------------------------------------------------------------------


def _subject(request: Request) -> Subject:
    """Read what is to be drilled; findings that are errors end the command with 1."""
    from ..dsl.source import decode
    from ..simulator.scenario_file import check_scenario, read_scenario

    plan, compiled = compiled_or_exit(request.spec, request.stdin_filename)
    own = expectation_findings(compiled)
    _end_at_errors(compiled.sources, own)
    path = _scenario_path(request.scenario)
    source, wrong = decode(STDIN_NAME if path == "-" else path, read_bytes(path))
    if wrong is not None:
        raise Unreadable(f"{path} is not UTF-8 (byte {wrong})")
    read = read_scenario(source)
    found = (*read.diagnostics, *check_scenario(read, plan))
    _end_at_errors([source], found)
    assert read.scenario is not None
    stated = [text.value for text in compiled.expectations]
    scenario = read.scenario.model_copy(update={"expect": [*read.scenario.expect, *stated]})
    remarks = dict.fromkeys(finding.message for finding in (*own, *found))
    return Subject(plan, scenario, tuple(remarks))


def _end_at_errors(sources: Sequence[SourceFile], found: Sequence[Diagnostic]) -> None:
    from ..dsl.diagnostics import Level

    errors = [finding for finding in found if finding.level is Level.ERROR]
    if errors:
        print_findings(sources, errors)
        click.echo(f"{sources[0].name} cannot be drilled: {counted(errors)}", err=True)
        raise click.exceptions.Exit(Exit.FINDINGS)


def _drill(request: Request, subject: Subject) -> DrillResult:
    from ..simulator.drill import drill
    from ..simulator.scenario import Crash

    crash = None
    if request.crash is not None:
        crash = Crash(entry=request.crash[0], when=request.crash[1])
    try:
        return drill(
            subject.plan,
            subject.scenario,
            seed=request.seed,
            trial=request.trial,
            severity=request.severity,
            crash=crash,
            stop_at_crash=crash is not None,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _died(journal: str | None) -> int:
    """The coordinator died where it was told to: say how to go on."""
    if journal is None:
        raise click.UsageError("--crash-at needs --journal FILE to leave behind")
    click.echo("the coordinator died; its journal is all that is left of it")
    click.echo(f"go on with: armada sim --resume {journal}")
    return Exit.WAITING


def _go_on(path: str, journal: str | None, form: str, trace: bool, speed: float | None) -> int:
    """A new coordinator takes a drill up from its journal's bytes alone."""
    from ..runtime.journal_entries import BrokenJournal
    from ..simulator.drill import resume
    from .views.drill import Shown

    text = read_bytes(path).decode("utf-8", "replace")
    try:
        result = resume(text)
    except BrokenJournal as error:
        raise Unreadable(f"{path} is no journal to go on from: {error}") from None
    if journal is not None:
        _write_journal(journal, result.journal or "")
    _show(Shown(result, path, result.scenario.name, (), trace, path), form, speed)
    return result.exit_code


def _scenario_path(name: str) -> str:
    from ..simulator.scenario_file import shipped

    scenarios = shipped()
    if name in scenarios:
        return scenarios[name]
    if name == "-" or os.path.exists(name) or os.sep in name or name.endswith((".yaml", ".yml")):
        return name
    close = get_close_matches(name, scenarios, 1)
    hint = f"did you mean {close[0]!r}?" if close else "`armada sim --list` lists what ships"
    raise click.UsageError(f"there is no scenario {name!r}; {hint}")


def _write_journal(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise Unreadable(f"cannot write {path}: {error.strerror}") from None


def _check_determinism(request: Request, subject: Subject) -> int:
    from ..simulator.determinism import check_determinism

    difference = check_determinism(
        subject.plan,
        subject.scenario,
        seed=request.seed,
        trial=request.trial,
        severity=request.severity,
    )
    if difference is not None:
        click.echo(f"not deterministic: {difference}")
        return Exit.FINDINGS
    click.echo(
        "deterministic: two fresh processes with different hash seeds wrote the same journal"
    )
    return Exit.DONE


# --- showing --------------------------------------------------------------------------------------


def _show(shown: Shown, form: str, speed: float | None) -> None:
    from .views import drill as view

    if form == "json":
        click.echo(view.as_json(shown))
        return
    looks = screen()
    for line in view.paced(view.lines(shown, looks.color), speed):
        click.echo(line, color=looks.color)


def _list(form: str) -> int:
    from ..dsl.source import decode
    from ..simulator.scenario_file import read_scenario, shipped

    rows: dict[str, str] = {}
    for name, path in shipped().items():
        read = read_scenario(decode(path, read_bytes(path))[0])
        rows[name] = " ".join(read.scenario.description.split()) if read.scenario else ""
    if form == "json":
        import json

        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return Exit.DONE
    width = max(map(len, rows), default=0)
    for name, description in rows.items():
        first = description.split(". ")[0].rstrip(".")
        click.echo(f"{name:<{width}}  {first}")
    return Exit.DONE
