"""Commands that change less, more or something else than they look like.

Owns what deletes all there is of a kind, what is never carried out (a dry run), what becomes
something else tomorrow (an image by a name that moves), and what nobody has read (a script from
the network).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...dsl.diagnostics import Label
from ..findings import Findings
from ..lexicon import words
from ..plan import Effect, Kind, Plan
from ..sites import Workflow
from .processes import Process, option, processes

_SHELLS = words("sh bash zsh dash ksh ash fish python python3 perl ruby node php pwsh")
_FETCHERS = words("curl wget http https xh aria2c")


def downloaded(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM517: what was fetched is run at once, and nobody has read it."""
    fetched: Process | None = None
    for process in processes(workflow):
        if process.program in _FETCHERS:
            fetched = process
        elif fetched and process.command is fetched.command and _runs_input(process):
            findings.add(
                "ARM517",
                f"'{process.program}' runs whatever '{fetched.program}' fetches",
                process.span,
                label="nobody has read it",
                secondary=(Label(fetched.span, "it comes from here"),),
                help="keep the script with the workflow, and run it from there",
            )


def _runs_input(process: Process) -> bool:
    """A shell or an interpreter without a script of its own reads one from its input."""
    if process.program not in _SHELLS:
        return False
    rest = process.argv[1:]
    if "-s" in rest or "-" in rest:
        return True
    return all(word.startswith("-") and word not in ("-c", "-m", "-e", "-f") for word in rest)


# --- a dry run ------------------------------------------------------------------------------------

_DRY: dict[str, tuple[str, ...]] = {
    "kubectl": ("--dry-run",),
    "oc": ("--dry-run",),
    "helm": ("--dry-run",),
    "git": ("--dry-run",),
    "rsync": ("-n", "--dry-run"),
    "apt-get": ("-s", "--simulate", "--dry-run", "--just-print"),
    "ansible-playbook": ("-C", "--check"),
    "argocd": ("--dry-run",),
    "istioctl": ("--dry-run",),
}


def only_tried(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM518: a command only says what it would do, and none after it does it."""
    found = list(processes(workflow))
    done = {_meant(process) for process in found if _dry(process) is None}
    for process in found:
        at = _dry(process)
        carried_out = process.site.kind in (Kind.RUN, Kind.CHOOSE)
        if at is None or not carried_out or process.item.effect is Effect.READ:
            continue
        if process.read or _prints(process) or _meant(process) in done:
            continue
        findings.add(
            "ARM518",
            f"'{process.argv[at]}' changes nothing, and no other command does it",
            process.place(at),
            label="only tried",
            help=f"remove '{process.argv[at]}', or declare `effect: read`",
        )


def _prints(process: Process) -> bool:
    """The command is there for what it prints."""
    printing = process.program in ("kubectl", "oc", "helm")
    return printing and option(process.argv, "-o", "--output", values="nf") is not None


def _dry(process: Process) -> int | None:
    """The place of the option that makes a command change nothing."""
    at = option(process.argv, *_DRY.get(process.program, ()), values="efotu")
    return None if at is None or process.argv[at] == "--dry-run=none" else at


def _meant(process: Process) -> tuple[str, ...]:
    """The program and its verbs: what a command is about, whatever its options."""
    number = 1 if process.program in ("rsync", "ansible-playbook") else 3
    return process.program, *process.verbs(number)


# --- all of a kind --------------------------------------------------------------------------------

_ROOTS = r"/|~/?|\.|\./|\.\./?|/(?:etc|usr|var|home|root|boot|lib)/?"
_DROP = r"(?i)\bdrop\s+(database|schema)\b"
_GONE, _AT_ONCE = "nothing brings it back", "all at once"


def wide_deletions(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM516: a command deletes all there is of a kind."""
    for process in processes(workflow):
        for at, what, label in _deletes(process):
            findings.add(
                "ARM516",
                f"this deletes {what}",
                process.place(at),
                label=label,
                help="name what is to go, or choose it by a selector",
            )


def _deletes(process: Process) -> Iterator[tuple[int, str, str]]:
    """The word that makes a deletion wide, what goes, and why that matters; once a command."""
    argv, program = process.argv, process.program
    if program in ("kubectl", "oc"):
        yield from _kubectl_deletes(process)
    elif program == "rm" and option(argv, "-r", "-R", "--recursive") is not None:
        found = [at for at in process.operands() if re.fullmatch(_ROOTS, argv[at])]
        yield from ((at, f"all below '{argv[at]}'", _GONE) for at in found[:1])
    elif program == "redis-cli":
        found = [at for at, word in enumerate(argv) if word.lower() in ("flushall", "flushdb")]
        yield from ((at, "every key", _GONE) for at in found[:1])
    elif program in ("terraform", "tofu", "pulumi"):
        if process.verbs(1) == ("destroy",) and not _targets(argv):
            yield process.operands()[0], "everything that it has made", _GONE
    elif program in ("psql", "mysql", "cqlsh"):
        for at, word in enumerate(argv):
            if at and (dropped := re.search(_DROP, word)):
                yield at, f"a {dropped[1].lower()} and everything in it", _GONE


def _targets(argv: Sequence[str]) -> bool:
    return option(argv, "-target", "--target", "-t", "-help") is not None


_WHOLE = {
    **dict.fromkeys(("ns", "namespace", "namespaces"), "a namespace and everything in it"),
    **dict.fromkeys(
        ("crd", "crds", "customresourcedefinition", "customresourcedefinitions"),
        "a kind of resource and all there is of it",
    ),
}


def _kubectl_deletes(process: Process) -> Iterator[tuple[int, str, str]]:
    argv, found = process.argv, process.operands()
    said = [argv[at] for at in found]
    narrowed = option(argv, "-l", "--selector", "--field-selector", values="nfo") is not None
    if said[:1] != ["delete"] or len(said) < 2 or narrowed:
        return
    kind = said[1].partition("/")[0].lower()
    everything = option(argv, "--all")
    if everything is not None:
        pods = kind in ("po", "pod", "pods")
        yield everything, f"every one of '{said[1]}'", _AT_ONCE if pods else _GONE
    elif kind in _WHOLE:
        yield found[1], _WHOLE[kind], _GONE


# --- what moves -----------------------------------------------------------------------------------

_IMAGE = r"(?P<name>(?:[\w.-]+(?::\d+)?/)*[\w.-]+)(?::(?P<tag>[\w.-]+))?"
_SET_TAG = r"(?s)(?:.*[.,])?(?:image\.)?(?:imageT|t)ag=latest(?:,.*)?"


def moving_images(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM520: an image is named by a tag that means something else tomorrow, or by none."""
    for process in processes(workflow):
        for at, what in _moving(process):
            findings.add(
                "ARM520",
                f"{what} is whatever was pushed last",
                process.place(at),
                label="not the same tomorrow",
                help="name the tag of a release, or a digest",
            )


def _moving(process: Process) -> Iterator[tuple[int, str]]:
    said = process.verbs(2)
    if process.program in ("kubectl", "oc") and said == ("set", "image"):
        for at in process.operands()[2:]:
            _, equals, image = process.argv[at].partition("=")
            if equals and (moving := _moves(image)):
                yield at, moving
    elif process.program == "helm" and said[:1] in (("upgrade",), ("install",)):
        for at, word in enumerate(process.argv):
            if at and re.fullmatch(_SET_TAG, word):
                yield at, "the tag 'latest'"


def _moves(image: str) -> str:
    found = re.fullmatch(_IMAGE, image)
    if found is None:
        return ""
    if found["tag"] is None:
        return f"'{image}', which has no tag,"
    return f"'{image}'" if found["tag"] == "latest" else ""


def revision_zero(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM521: revision 0 is no revision; it means whatever came before."""
    for process in processes(workflow):
        argv, found = process.argv, process.operands()
        said = [argv[at] for at in found]
        at = None
        if process.program == "helm" and said[:1] == ["rollback"] and said[2:3] == ["0"]:
            at = found[2]
        elif process.program in ("kubectl", "oc") and said[:2] == ["rollout", "undo"]:
            at = next((n for n, word in enumerate(argv) if word == "--to-revision=0"), None)
        if at is not None:
            findings.add(
                "ARM521",
                "revision 0 means whatever came before",
                process.place(at),
                label="no revision",
                help="name the revision that is known to work",
            )
