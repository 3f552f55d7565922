"""Commands that never end by themselves, so that their action ends only by running out of time.

A program is in the table with the way to find the word that makes it go on for ever. What a stated
time bounds (``timeout 30s …``), or what writes to a process that stops reading (``head``,
``grep -m``), ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ...dsl.diagnostics import Fix
from ..findings import Findings
from ..plan import Plan
from ..sites import Workflow
from .processes import Process, option, processes

_NUMBER = r"\d+(?:\.\d+)?"


def forever(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM513: a command goes on until somebody stops it."""
    for process in processes(workflow):
        finder = ENDLESS.get(process.program)
        if finder is None or process.bounded or any(map(_stops_reading, process.after)):
            continue
        at = finder(process)
        if at is not None:
            word = process.argv[at]
            findings.add(
                "ARM513",
                "this command never ends",
                process.place(at),
                label="nobody is there to stop it",
                help=f"remove '{word}'" if at and word.startswith("-") else _BOUND,
                fix=_fix(process, at),
            )


Finder = Callable[[Process], int | None]
"""Finds the word by which a program goes on for ever, or says that it ends."""

_BOUND = "bound it, such as `timeout 30s …`, or say how much it reads"
_ALONE = r"-[fFw]|--(?:follow|watch)(?:=true)?"


def _fix(process: Process, at: int) -> Fix | None:
    word = process.words[at].text
    return process.removal(at, f"Remove '{word}'") if at and re.fullmatch(_ALONE, word) else None


def _stops_reading(argv: list[str]) -> bool:
    program = argv[0].rpartition("/")[2]
    if program == "head":
        return True
    if program in ("grep", "egrep", "fgrep", "zgrep", "rg"):
        stops = ("-m", "-q", "--max-count", "--quiet", "--silent")
        return option(argv, *stops, values="efABC") is not None
    return program == "sed" and any(re.search(r"\d*q\b", word) for word in argv[1:])


# --- the table ------------------------------------------------------------------------------------


def _follows(*names: str, values: str = "", unless: tuple[str, ...] = ()) -> Finder:
    """One of these options, and none of those that end it again."""

    def find(process: Process) -> int | None:
        if unless and option(process.argv, *unless, values=values) is not None:
            return None
        return option(process.argv, *names, values=values)

    return find


def _unless(*names: str, values: str = "") -> Finder:
    """The program itself, where none of these options bounds it."""
    return lambda process: None if option(process.argv, *names, values=values) else 0


def _verb_unless(*names: str) -> Finder:
    """The verb itself, where none of these options bounds it."""
    return lambda process: None if option(process.argv, *names) else process.operands()[0]


def _word(*known: str) -> Finder:
    """The first of these words."""
    return lambda process: next((at for at, said in enumerate(process.argv) if said in known), None)


def _by_verb(verbs: Mapping[str, Finder | None]) -> Finder:
    """As the first operands say; a verb with no way of its own goes on for ever by itself."""

    def find(process: Process) -> int | None:
        said = process.verbs(3)
        for length in (2, 1):
            key = " ".join(said[:length])
            if key in verbs:
                finder = verbs[key]
                return finder(process) if finder else process.operands()[0]
        return None

    return find


def _interval(process: Process) -> int | None:
    """``vmstat 5``: an interval, and not how often."""
    argv = process.argv
    found = [at for at in range(1, len(argv)) if re.fullmatch(_NUMBER, argv[at])]
    return found[0] if len(found) == 1 else None


_WATCHED = _follows("-w", "--watch", "--watch-only", values="nlosv")
_KUBECTL = _by_verb(
    {
        "logs": _follows("-f", "--follow", values="nlcsv"),
        "get": _WATCHED,
        "events": _WATCHED,
        "port-forward": None,
        "proxy": None,
    }
)
_LOGS = _follows("-f", "--follow", values="n")
_CONTAINERS = _by_verb(
    {
        "logs": _LOGS,
        "container logs": _LOGS,
        "compose logs": _LOGS,
        "service logs": _LOGS,
        "stats": _verb_unless("--no-stream"),
        "events": _verb_unless("--until"),
    }
)

ENDLESS: Mapping[str, Finder] = {
    "tail": _follows("-f", "-F", "--follow", values="cns", unless=("--pid",)),
    "journalctl": _follows("-f", "--follow", values="DMTUcinoptu"),
    "dmesg": _follows("-w", "-W", "--follow", "--follow-new", values="lfns"),
    "kubectl": _KUBECTL,
    "oc": _KUBECTL,
    "docker": _CONTAINERS,
    "podman": _CONTAINERS,
    "docker-compose": _by_verb({"logs": _LOGS}),
    "stern": _unless("--no-follow"),
    "argocd": _by_verb({"app logs": _LOGS}),
    "flux": _by_verb({"logs": _LOGS, "get": _WATCHED, "events": _WATCHED}),
    "aws": _by_verb({"logs tail": _follows("--follow")}),
    "heroku": _by_verb({"logs": _follows("-t", "--tail", values="adnps")}),
    "ping": _unless("-c", "-w", "--count", values="IMQSTWipst"),
    "ping6": _unless("-c", "-w", values="IMQSTWipst"),
    "mtr": _unless("-r", "-w", "-c", "-C", "-j", "-x", "-l", "--report", "--report-wide", "--csv"),
    "tcpdump": _unless("-c", "-r", "-D", values="BCEFGMTVWijrswyzZ"),
    "tshark": _unless("-c", "-r", "-D", "-a", values="BXYefioswT"),
    "vmstat": _interval,
    "iostat": _interval,
    "sar": _interval,
    "sleep": _word("infinity", "inf"),
    "kafka-console-consumer": _unless("--max-messages", "--timeout-ms"),
    "redis-cli": _word("monitor", "MONITOR", "subscribe", "SUBSCRIBE", "psubscribe"),
}
"""Programs by name, each with the word by which it goes on for ever, if it does."""
