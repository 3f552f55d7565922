"""What the shell adapter is told: its settings, and the arguments of its operations.

A pipeline is a list of argument lists. There is no way to give it a line of text, so there is
nothing in it that a shell would see as more than one argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import BaseModel, Field, field_validator, model_validator

from ...compiler.plan import Effect
from .arguments import Duration, Given, Size
from .contract import Description, Operation
from .permissions import Ask, Needs, told

PASSED_THROUGH = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")
"""What a process gets of Armada's own environment when nothing else is said."""

Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=256)]
ExitCode = Annotated[int, Field(ge=0, le=255)]
Arguments = Annotated[list[str], Field(min_length=1, max_length=10_000)]


class Settings(Given):
    """How its processes run: which variables they get, where, for how long, how much they say."""

    env: list[Variable] = Field(
        default_factory=list,
        description="Names of variables passed through besides PATH, HOME, LANG, LC_ALL and TZ.",
    )
    cwd: str | None = Field(None, description="The working directory; else that of Armada.")
    max_output: Size = Field("64KiB", description="What is kept of each stream, head and tail.")
    timeout: Duration = Field("5m", description="How long a process may run when nothing is said.")
    message: Arguments | None = Field(
        None,
        description="A program that is given messages: subject and body on its standard input.",
    )


class Expected(Given):
    """Which exit codes are an answer."""

    ok: list[ExitCode] = Field(default_factory=lambda: [0])
    false: list[ExitCode] = Field(default_factory=list[int])


class Run(Given):
    """What to run. ``argv`` is one process, ``pipeline`` several, each reading the one before."""

    argv: Arguments | None = Field(None, description="One process: program and arguments.")
    pipeline: Annotated[list[Arguments], Field(min_length=1, max_length=64)] | None = Field(
        None, description="Several processes, each reading what the one before it writes."
    )
    cwd: str | None = Field(None, description="The working directory.")
    env: dict[Variable, str] = Field(
        default_factory=dict,
        description="Variables set for it; `env:NAME` and `file:PATH` are looked up.",
    )
    stdin: str = Field("", description="Its standard input; may be `env:NAME` or `file:PATH`.")
    timeout: Duration | None = Field(None, description="How long it may run.")
    expect: Expected | None = Field(None, description="Exit codes: `{ok: [0], false: [1]}`.")
    false_on: list[ExitCode] | None = Field(
        None, description="Exit codes that answer `false`; short for `expect`."
    )

    @field_validator("argv")
    @classmethod
    def _named(cls, argv: list[str] | None) -> list[str] | None:
        if argv is not None and not argv[0]:
            raise ValueError("begins with no program")
        return argv

    @field_validator("pipeline")
    @classmethod
    def _all_named(cls, pipeline: list[list[str]] | None) -> list[list[str]] | None:
        if pipeline is not None and not all(each[0] for each in pipeline):
            raise ValueError("has a part that begins with no program")
        return pipeline

    @model_validator(mode="after")
    def _one_of(self) -> Run:
        if (self.argv is None) == (self.pipeline is None):
            raise ValueError("give exactly one of argv and pipeline")
        if self.expect is not None and self.false_on is not None:
            raise ValueError("give at most one of expect and false_on")
        return self

    @property
    def processes(self) -> list[list[str]]:
        """The pipeline, of one process where ``argv`` is given."""
        return self.pipeline if self.pipeline is not None else [self.argv or []]


def codes(given: Mapping[str, Any], operation: str) -> Expected:
    """Which exit codes answer ``ok`` and ``false``, from arguments that are valid or not at all."""
    try:
        run = Run.model_validate(dict(given))
    except ValueError:
        return Expected()
    if run.expect is not None:
        return run.expect
    if run.false_on is not None:
        return Expected(ok=[code for code in (0,) if code not in run.false_on], false=run.false_on)
    return Expected(false=[1] if operation == "check" else [])


def _needs(ask: Ask) -> Needs:
    given = cast(Run, ask.arguments)
    programs = dict.fromkeys(argv[0] for argv in given.processes)
    return told(*(f"the program {each}, and whatever that needs" for each in programs))


def _for_messages(settings: BaseModel) -> Needs:
    program = cast(Settings, settings).message
    return told(f"the program {program[0]}, and whatever that needs") if program else Needs()


def _runs(name: str, summary: str, effect: Effect, model: type[Given]) -> Operation:
    return Operation(name, summary, effect, model, needs=_needs)


DESCRIPTION = Description(
    "shell",
    "Processes on this machine, started without a shell.",
    Settings,
    (
        _runs("run", "Run processes; what they do is up to them.", Effect.UNSAFE, Run),
        _runs("apply", "Run processes that may be run again.", Effect.IDEMPOTENT, Run),
        _runs("read", "Run processes that change nothing.", Effect.READ, Run),
        _runs("check", "Ask by exit code: 0 is yes, 1 is no.", Effect.READ, Run),
    ),
    runs_lines=True,
    messages=True,
    needs=_for_messages,
)
