"""The verbs with which people speak to a run, made from one table.

Each builds a letter and has it sent; what the letter means and why it may be refused is not known
here. The table is all that one verb differs from another in.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from .journals import journal_option, open_journal
from .options import output_format
from .runs import chosen, named, view_of

if TYPE_CHECKING:
    from ..runtime.journal import Journal, RunRow
    from ..runtime.sending import Verdict
    from ..runtime.view import RunView

Given = dict[str, Any]
Parameter = Callable[[Any], Any]


class Saying(NamedTuple):
    """One verb: its help, its own parameters in order, and an example.

    ``safe``: without a run named, the only open one is meant. ``over``: a finished run may be
    meant as well.
    """

    help: str
    parameters: tuple[Parameter, ...]
    example: str
    safe: bool = True
    over: bool = False


def _words(name: str, metavar: str) -> Parameter:
    return click.argument(name, nargs=-1, required=True, metavar=metavar)


REASON = click.option("--reason", "--why", metavar="TEXT", help="Why, for the journal.")
ROLE = click.option("--role", metavar="ROLE", help="In which role you speak.")
DIGEST = click.option("--digest", metavar="DIGITS", help="What you were shown: its first digits.")
SUBJECT = click.argument("subject", metavar="STAGE|ACTION")
VOTE = (click.argument("action", nargs=-1, required=True, metavar="[RUN] ACTION"), DIGEST, ROLE)
BREAK_GLASS = click.option(
    "--break-glass", is_flag=True, help="Do it without the approval; a review is owed."
)

SAYINGS: Mapping[str, Saying] = {
    "ack": Saying(
        "Acknowledge: you are on it.",
        (
            click.argument("named_run", required=False, metavar="[RUN]"),
            ROLE,
            click.option("--page", metavar="CODE", help="A test page of `armada doctor` arrived."),
        ),
        "armada ack --as ada",
    ),
    "answer": Saying(
        "Answer a question, or report a task as done.",
        (
            click.argument("request", metavar="REQUEST"),
            _words("answer", "ANSWER | NAME=VALUE…"),
            REASON,
        ),
        'armada answer triage.assess_impact.1 "the checkout is down"',
    ),
    "approve": Saying(
        "Approve an action as you were shown it.",
        (*VOTE, REASON, BREAK_GLASS),
        "armada approve mitigate.rollback --run INC-20261124-0231 --digest 1f0c3a9b7e22",
        safe=False,
    ),
    "reject": Saying(
        "Reject an action as you were shown it.",
        (*VOTE, REASON),
        "armada reject mitigate.rollback --run INC-20261124-0231 --digest 1f0c3a9b7e22",
        safe=False,
    ),
    "set-severity": Saying(
        "Set the severity, confirmed by you.",
        (click.argument("level", metavar="LEVEL"),),
        "armada set-severity SEV-1",
    ),
    "engage": Saying(
        "Bring an agent in now.", (click.argument("agent", metavar="AGENT"),), "armada engage coder"
    ),
    "escalate": Saying(
        "Tell a rung of the escalation now.",
        (click.option("--to", required=True, metavar="TARGET|RUNG", help="Whom."),),
        'armada escalate --to "Team lead"',
    ),
    "skip": Saying("Pass work over.", (SUBJECT, REASON), "armada skip diagnose.check_metrics"),
    "retry": Saying("Try what has failed again.", (SUBJECT, REASON), "armada retry mitigate"),
    "fact": Saying(
        "State a fact that decisions rest on.",
        (click.argument("name", metavar="NAME"), click.argument("value", metavar="VALUE")),
        "armada fact recent_deploy true",
    ),
    "note": Saying(
        "Write something into the journal.",
        (_words("text", "TEXT"),),
        'armada note "the vendor confirms an outage"',
        over=True,
    ),
    "did": Saying(
        "Write down what you ran by hand.",
        (_words("text", "COMMAND"),),
        'armada did "kubectl delete pod api-3"',
        over=True,
    ),
    "review": Saying(
        "Give the review that a waived approval owes.",
        (click.argument("action", metavar="ACTION"), _words("text", "TEXT")),
        'armada review mitigate.rollback "right, and in time"',
        over=True,
    ),
    "hand-over": Saying(
        "Hand the command over to somebody.",
        (
            click.option("--to", required=True, metavar="PERSON", help="Who commands now."),
            click.argument("text", nargs=-1, metavar="[TEXT]"),
        ),
        'armada hand-over --to grace "the rollback is through"',
    ),
    "mitigated": Saying("The harm has stopped.", (REASON,), "armada mitigated"),
    "resolve": Saying("It is over: people say so.", (REASON,), "armada resolve"),
    "reopen": Saying("It is not over after all.", (REASON,), "armada reopen", over=True),
    "close": Saying(
        "End it without a resolution. Who you are is said with --by or ARMADA_ME.",
        (
            click.option(
                "--as",
                "verdict",
                multiple=True,
                metavar="VERDICT",
                help="What it was: false-alarm, duplicate or aborted.",
            ),
            REASON,
        ),
        "armada close --as false-alarm --by ada",
        safe=False,
    ),
    "stop": Saying("Stop the automation; change nothing more.", (REASON,), "armada stop"),
    "compensate": Saying(
        "Stop, and undo what was done, asking before each.",
        (click.argument("subject", required=False, metavar="[ACTION]"), REASON),
        "armada compensate",
    ),
}


def command_of(verb: str) -> click.Command:
    """The command of a verb."""
    saying = SAYINGS[verb]

    def call(
        run: str | None,
        journal: str | None,
        acting: str | None,
        people: str | None,
        wait: float,
        form: str,
        **given: Any,
    ) -> int:
        return _say(verb, saying, Letter(run, journal, acting, people, wait, form), given)

    found: Any = call
    names = ("--by", "--as") if verb != "close" else ("--by",)
    wait = click.FloatRange(0, 3600)
    options = (
        click.option("--run", metavar="RUN", help="Which run, where several are open."),
        click.option(*names, "acting", metavar="PERSON", help="Who you are; else ARMADA_ME."),
        click.option("--people", metavar="FILE", help="The people file, if not the run's own."),
        journal_option,
        click.option(
            "--wait",
            type=wait,
            default=10.0,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait for the run to hear it.",
        ),
        output_format("text", "json"),
    )
    for decorate in reversed((*saying.parameters, *options)):
        found = decorate(found)
    epilog = f"\b\nExamples:\n  {saying.example}\n\n\b\n{STATUSES}"
    return click.command(verb, help=saying.help, epilog=epilog)(found)


STATUSES = """\
Exit status: 0 taken, 2 said wrongly or no such run, 3 refused as things
stand, 4 kept in the journal for a host to take."""


class Letter(NamedTuple):
    """What every verb is given."""

    run: str | None
    journal: str | None
    acting: str | None
    people: str | None
    wait: float
    form: str


def _say(verb: str, saying: Saying, letter: Letter, given: Given) -> int:
    from ..runtime.journal_faults import JournalTrouble
    from ..runtime.sending import send
    from .inputs import Unreadable

    if given.get("page"):
        return _arrived(letter, given["page"])
    given.pop("page", None)
    opened = open_journal(letter.journal)
    try:
        row = _run(opened, verb, saying, letter, given)
        view = view_of(opened, row.run)
        payload = _payload(verb, view, given)
        people = _people(view, letter.people)
        actor = _actor(letter, given, people)
        now_ms = time.time_ns() // 1_000_000
        verdict = send(
            opened,
            view,
            {**payload, "by": actor, "via": "cli"},
            people=people,
            wall_ms=now_ms,
            wait_s=letter.wait,
        )
    except JournalTrouble as trouble:
        raise Unreadable(f"{trouble.message}; {trouble.help}") from None
    finally:
        opened.close()
    _report(verb, row.run, verdict, letter.form)
    return verdict.status


def _arrived(letter: Letter, code: str) -> int:
    """A test page has come; whoever types its code proves it."""
    from ..runtime.doctor import acknowledge
    from .actors import actor_or_exit
    from .inputs import Unreadable
    from .journals import journal_path

    by = actor_or_exit(letter.acting, None, datetime.now(UTC)).id
    target = acknowledge(journal_path(letter.journal).parent, code, by)
    if target is None:
        raise Unreadable(f"no test page has the code {code!r}")
    click.echo(f"{by} acknowledged the test page to {target}")
    return 0


def _run(journal: Journal, verb: str, saying: Saying, letter: Letter, given: Given) -> RunRow:
    """The run that is meant: stated, else the only open one where a guess does no harm."""
    rows = journal.runs()
    stated = letter.run or given.pop("named_run", None)
    if verb in ("approve", "reject"):
        words: tuple[str, ...] = given["action"]
        *before, given["action"] = words
        if len(before) > 1:
            raise click.UsageError(f"write: armada {verb} RUN ACTION --digest …")
        stated = stated or (before[0] if before else None)
    if stated is not None:
        return named(rows, stated)
    if not saying.safe:
        raise click.UsageError(f"{verb}: name the run; `armada status` lists them")
    open_ = tuple(row for row in rows if not row.finished)
    return chosen(rows if saying.over else open_ or rows, None, verb)


def _payload(verb: str, view: RunView, given: Given) -> dict[str, Any]:
    payload: dict[str, Any] = {"verb": verb}
    for name, value in given.items():
        if isinstance(value, tuple):
            value = " ".join(cast(tuple[str, ...], value))
        if value and name != "named_run":
            payload[name] = value
    if verb == "close":
        payload.pop("verdict", None)
        payload["as"] = _verdict(given["verdict"])
    elif verb == "answer":
        _as_asked(view, payload, given["answer"])
    if payload.get("text") == "-":
        payload["text"] = sys.stdin.read()
    return payload


def _verdict(stated: Sequence[str]) -> str:
    from ..runtime.letters import VERDICTS

    return next((each for each in stated if each in VERDICTS), stated[0] if stated else "")


def _as_asked(view: RunView, payload: dict[str, Any], words: Sequence[str]) -> None:
    """An answer in the form of what is asked: blanks take names with values."""
    from ..runtime.carriers import carriers_of
    from ..runtime.desk import find, requests

    found = find(requests(view, carriers_of(view.header)), payload["request"])
    pairs = [word.partition("=") for word in words]
    if len(found) == 1 and found[0].form == "fields" and all(equals for _, equals, _ in pairs):
        payload.pop("answer", None)
        payload["fields"] = {name: value for name, _, value in pairs}
    elif words == ("-",):
        payload["answer"] = sys.stdin.read().strip()


def _people(view: RunView, stated: str | None) -> Any:
    from .actors import people_or_exit
    from .driving import people_of

    return people_or_exit(stated, view.plan) if stated else people_of(view.header)


def _actor(letter: Letter, given: Given, people: Any) -> str:
    from ..runtime.letters import VERDICTS
    from .actors import actor_or_exit

    others = [each for each in given.get("verdict", ()) if each not in VERDICTS]
    stated = letter.acting or (others[0] if others else None)
    return actor_or_exit(stated, people, datetime.now(UTC)).id


def _report(verb: str, run: str, verdict: Verdict, form: str) -> None:
    if form == "json":
        import json

        data = {"run": run, "verb": verb, **verdict._asdict()}
        click.echo(json.dumps(data, ensure_ascii=False))
        return
    if verdict.outcome == "taken":
        click.echo(verdict.said)
        return
    click.echo(f"armada {verb}: {verdict.said}", err=True)
    if verdict.help:
        click.echo(f"  {verdict.help}", err=True)
