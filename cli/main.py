"""The command ``armada``: which verbs there are, and how a process of it begins and ends.

Owns the list of verbs, the streams (always UTF-8) and the way out: every verb returns an
``Exit``, every foreseen trouble is a ``click.ClickException`` with a status of its own, and
nothing a user can do ends in a traceback. A verb's module is imported when the verb is called:
``armada lint`` pays for lint alone, and ``armada --help`` for none.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NamedTuple, TextIO, cast

import click

from .. import __version__
from .exits import Exit


class Verb(NamedTuple):
    """A subcommand: the job it belongs to, its name, which is also its module's, and one line."""

    job: str
    name: str
    summary: str


VERBS = (
    Verb("Author", "lint", "Find what is wrong in workflow documents."),
    Verb("Author", "read", "Print what is understood of any Markdown, workflow or not."),
    Verb("Author", "fmt", "Write workflow documents in canonical form."),
    Verb("Author", "compile", "Print the plan of a document as canonical JSON."),
    Verb("Author", "show", "Show what a document means: stages, severities, escalation."),
    Verb("Author", "graph", "Draw the stages as text, Mermaid or DOT."),
    Verb("Author", "schema", "Print the JSON Schema of a workflow written as YAML."),
    Verb("Author", "rule", "Explain a finding by its code."),
    Verb("Author", "new", "Write a small workflow document to start from."),
    Verb("Drill", "sim", "Drill a workflow in the deterministic simulator."),
    Verb("Respond", "run", "Declare an incident and carry its plan out."),
    Verb("Respond", "resume", "Go on with a run whose host is gone."),
    Verb("Respond", "serve", "Drive every open run of a journal in one process."),
    Verb("Respond", "doctor", "Say whether a run would work here."),
    Verb("Respond", "rbac", "Print the least Kubernetes roles that the bindings need."),
    Verb("Respond", "journal", "Check, show, export and import runs of a journal."),
    Verb("Respond", "token", "Give and revoke tokens of the HTTP API."),
    Verb("Respond", "proposals", "Show, declare and dismiss the incidents that alerts propose."),
    Verb("Speak", "ack", "Acknowledge: you are on it."),
    Verb("Speak", "answer", "Answer a question, or report a task as done."),
    Verb("Speak", "approve", "Approve an action as you were shown it."),
    Verb("Speak", "reject", "Reject an action as you were shown it."),
    Verb("Speak", "set-severity", "Set the severity, confirmed by you."),
    Verb("Speak", "engage", "Bring an agent in now."),
    Verb("Speak", "escalate", "Tell a rung of the escalation now."),
    Verb("Speak", "skip", "Pass work over."),
    Verb("Speak", "retry", "Try what has failed again."),
    Verb("Speak", "fact", "State a fact that decisions rest on."),
    Verb("Speak", "note", "Write something into the journal."),
    Verb("Speak", "did", "Write down what you ran by hand."),
    Verb("Speak", "review", "Give the review that a waived approval owes."),
    Verb("Speak", "hand-over", "Hand the command over to somebody."),
    Verb("Speak", "mitigated", "The harm has stopped."),
    Verb("Speak", "resolve", "It is over: people say so."),
    Verb("Speak", "reopen", "It is not over after all."),
    Verb("Speak", "close", "End it without a resolution."),
    Verb("Speak", "stop", "Stop the automation; change nothing more."),
    Verb("Speak", "compensate", "Stop, and undo what was done, asking before each."),
    Verb("Respond", "status", "Show where a run stands, on one screen."),
    Verb("Respond", "why", "Say what a run waits for, on whom, until when."),
    Verb("Respond", "log", "Print what happened in a run, as it happens if asked."),
    Verb("Respond", "postmortem", "Fill the postmortem of a run from its journal."),
    Verb("Respond", "export", "Give a run to OpenTelemetry, or its follow-ups to a calendar."),
    Verb("Respond", "replay", "Step a journal again, by its own plan or by another."),
    Verb("Respond", "who", "Say who works, who is told when, and who may approve."),
)

SPEAK = "Speak"
"""The job whose verbs are all made from one table, in saying.py."""

JOBS = {
    "Author": "write the document, see what it means",
    "Drill": "rehearse it, with no risk",
    "Respond": "carry it out in an incident",
    "Speak": "tell a run something, from any terminal",
}

EXAMPLES = """\b
Examples:
  armada new checkout-outage                   a document to start from
  armada lint checkout-outage.md               what is wrong with it
  armada sim checkout-outage.md --scenario outage
  armada rule ARM301                           what a finding means

\b
Exit status: 0 done, 1 findings or a failed expectation, 2 usage or an
unreadable file, 3 refused, 4 waiting for a decision nobody gave.
"""


class Armada(click.Group):
    """A group whose verbs are loaded on demand and listed by job."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [verb.name for verb in VERBS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        if cmd_name in {verb.name for verb in VERBS if verb.job == SPEAK}:
            return import_module(".saying", __package__).command_of(cmd_name)
        return cast(click.Command, import_module(f".{cmd_name}", __package__).command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            ctx.fail(f"there is no verb {name!r}{nearest(name, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for job, purpose in JOBS.items():
            rows = [(verb.name, verb.summary) for verb in VERBS if verb.job == job]
            if rows:
                with formatter.section(f"{job} ({purpose})"):
                    formatter.write_dl(rows, col_max=12)


def nearest(name: str, known: list[str]) -> str:
    """The end of an error message: the nearest known name, or all of them."""
    from difflib import get_close_matches

    close = get_close_matches(name, known, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(known)}"


@click.group(
    cls=Armada,
    help="Compile, drill and run incident workflow documents.",
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", message="armada %(version)s")
def armada() -> None:
    """Hold the verbs; the group does nothing itself."""


def run(args: list[str]) -> int:
    """Carry out one command line and return its exit status; only a bug of ours raises."""
    try:
        with armada.make_context("armada", list(args)) as context:
            return int(armada.invoke(context) or Exit.DONE)
    except click.exceptions.Exit as way_out:
        return way_out.exit_code
    except click.ClickException as trouble:
        trouble.show()
        return trouble.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return Exit.INTERRUPTED
    except Exception as error:
        return _journal_trouble(error)


def _journal_trouble(error: Exception) -> int:
    """A journal that failed while it was read or written, in words; any other error goes on."""
    from ..runtime.journal_faults import JournalTrouble

    if not isinstance(error, JournalTrouble):
        raise error
    click.echo(f"Error: {error.message}; {error.help}", err=True)
    return Exit.USAGE


def utf8(stream: TextIO) -> None:
    """Make a standard stream UTF-8, whatever the locale says."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="backslashreplace")


def main() -> None:
    """Run this process's command line and end the process."""
    for stream in (sys.stdout, sys.stderr):
        utf8(stream)
    if "_ARMADA_COMPLETE" in os.environ:
        armada.main(prog_name="armada")
    try:
        status = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered has nowhere to go; without this the interpreter complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = Exit.BROKEN_PIPE
    sys.exit(int(status))
