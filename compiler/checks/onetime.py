"""Words of a command that were right once: pods of a past rollout, containers, hours long gone.

A line copied from the terminal of one incident names what is not there in the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..findings import Findings
from ..lexicon import words
from ..plan import Plan
from ..sites import Workflow
from .processes import Process, processes

_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
_POD = rf"(?:pods?/)?[a-z][a-z0-9.-]*-(?=[a-z]*\d)(?=\d*[a-z]){_SAFE}{{7,10}}-{_SAFE}{{5}}"
"""The pod of a ReplicaSet: its name, a hash and five letters, both of letters that form no word.

Source: k8s.io/apimachinery, ``util/rand``, whose alphabet leaves out vowels and 0, 1 and 3.
"""
_CONTAINER = r"(?=[a-f]*\d)(?=\d*[a-f])(?:[0-9a-f]{12}|[0-9a-f]{64})"
_TIME = r"(?:--?[\w-]+=)?(\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?)"
_OF_TIME = (
    r"--?(?:since|since-time|until|until-time|start|start-time|end|end-time|from|to|after|before)\b"
)
_CONTAINERS = words("docker podman crictl nerdctl")


def gone(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM533: a command names what is gone the next time."""
    for process in processes(workflow):
        for at, what, help in _once(process):
            findings.add(
                "ARM533",
                f"'{process.argv[at]}' names {what}",
                process.place(at),
                label="not there the next time",
                help=help,
            )


def _once(process: Process) -> Iterator[tuple[int, str, str]]:
    argv = process.argv
    for at in range(1, len(argv)):
        if process.program in ("kubectl", "oc") and re.fullmatch(_POD, argv[at]):
            yield at, "one pod of one rollout", "name its deployment, or select its pods with -l"
        elif process.program in _CONTAINERS and re.fullmatch(_CONTAINER, argv[at]):
            yield at, "one container by its id", "call the container by its name"
        elif _is_time(argv, at):
            yield at, "one moment", "say how long ago, or take the time from an input"


def _is_time(argv: list[str], at: int) -> bool:
    """A date as the value of an option that bounds a time."""
    if argv[at].count("-") < 2 or re.fullmatch(_TIME, argv[at]) is None:
        return False
    option = argv[at] if argv[at].startswith("-") else argv[at - 1]
    return re.match(_OF_TIME, option) is not None
