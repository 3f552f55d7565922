"""Stages side by side that change one thing: which of them has the last word is chance."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dsl.diagnostics import Label
from ..findings import Findings
from ..graph import Order
from ..lexicon import words
from ..plan import Effect, Kind, Plan
from ..sites import StageSite, Workflow
from .processes import Process, option, processes

_NEAREST = 20
"""With so many changes of one thing before it a change is compared, at most."""

_KINDS = {
    "deploy": "deployment",
    "deployments": "deployment",
    "sts": "statefulset",
    "statefulsets": "statefulset",
    "ds": "daemonset",
    "daemonsets": "daemonset",
    "po": "pod",
    "pods": "pod",
    "svc": "service",
    "services": "service",
    "cm": "configmap",
    "configmaps": "configmap",
    "hpa": "horizontalpodautoscaler",
}
_CHANGES = words("scale set patch edit delete restart undo pause resume autoscale")
_HELM = words("rollback upgrade uninstall delete install")
_UNITS = words("start stop restart reload kill enable disable")


_Change = tuple[Process, int]
"""A command that changes something, and the place of the word that names it."""


def races(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM214: two stages side by side change one thing."""
    changes: dict[tuple[str, str, str], list[_Change]] = {}
    for process in processes(workflow):
        if not _is_certain(process) or process.item.effect is not Effect.UNSAFE:
            continue
        for key, at in _changed(process):
            changes.setdefault(key, []).append((process, at))
    several = [
        found for found in changes.values() if len({process.stage.id for process, _ in found}) > 1
    ]
    if not several or workflow.outline.cycle:
        return
    order = Order((need, stage.id) for stage in workflow.stages for need in stage.needs)
    for found in several:
        for at, change in enumerate(found):
            before = found[max(0, at - _NEAREST) : at]
            other = next(
                (one for one in before if _beside(one[0].stage, change[0].stage, order)), None
            )
            if other is not None:
                _race(other, change, findings)


def _is_certain(process: Process) -> bool:
    """The command is carried out whenever its stage is: no condition, no option, no undoing."""
    site = process.site
    guarded = process.stage.guard is not None or site.guard is not None
    own = any(item is process.item for item in site.items)
    return own and not guarded and site.kind is not Kind.CHOOSE


def _beside(one: StageSite, other: StageSite, order: Order) -> bool:
    apart = one is not other
    return apart and not order.has(one.id, other.id) and not order.has(other.id, one.id)


def _race(first: _Change, second: _Change, findings: Findings) -> None:
    (one, here), (other, there) = first, second
    both = f"'{one.stage.name}' and '{other.stage.name}'"
    findings.add(
        "ARM214",
        f"{both}, side by side, both change '{other.argv[there]}'",
        other.place(there),
        label="whichever is later counts",
        secondary=(Label(one.place(here), f"'{one.stage.name}' changes it here"),),
        help="let one stage need the other, or change it in one of them",
    )


def _changed(process: Process) -> Iterator[tuple[tuple[str, str, str], int]]:
    """What a command changes: its kind, its name and where it is; and the word that names it."""
    argv, found = process.argv, process.operands()
    said = [argv[at] for at in found]
    if process.program in ("kubectl", "oc"):
        yield from _resources(process, found, said)
    elif process.program == "helm" and said[:1] and said[0] in _HELM and len(said) > 1:
        yield ("release", said[1], _namespace(argv)), found[1]
    elif process.program == "systemctl" and said[:1] and said[0] in _UNITS and len(said) > 1:
        yield ("unit", said[1].removesuffix(".service"), ""), found[1]


def _resources(
    process: Process, found: list[int], said: list[str]
) -> Iterator[tuple[tuple[str, str, str], int]]:
    verbs = next((at + 1 for at, word in enumerate(said[:2]) if word in _CHANGES), 0)
    if said[:1] == ["set"]:
        verbs = 2  # set image, set env
    rest = list(zip(found[verbs:], said[verbs:], strict=True)) if verbs else []
    where = _namespace(process.argv)
    slashed = [(at, word) for at, word in rest if re.fullmatch(r"[a-z.]+/[\w.-]+", word)]
    for at, word in slashed:
        kind, _, name = word.partition("/")
        yield (_kind(kind), name, where), at
    if not slashed and len(rest) > 1 and rest[0][1].isalpha() and "=" not in rest[1][1]:
        yield (_kind(rest[0][1]), rest[1][1], where), rest[1][0]


def _kind(word: str) -> str:
    word = word.partition(".")[0].lower()
    return _KINDS.get(word, word)


def _namespace(argv: list[str]) -> str:
    at = option(argv, "-n", "--namespace", values="lfoscv")
    if at is None:
        return ""
    if "=" in argv[at]:
        return argv[at].partition("=")[2]
    return argv[at + 1] if at + 1 < len(argv) else ""
