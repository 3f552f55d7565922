"""Lines that only a shell could carry out: each command here is a process of its own."""

from __future__ import annotations

import re

from ..commands import is_runnable
from ..findings import Findings
from ..plan import Plan
from ..sites import Workflow
from .commands import items, place, under_command
from .processes import by_shell

_ASSIGNED = r"(?:[A-Za-z_]\w*=\S*\s+)+"
_BUILT_IN = (
    r"(?P<cd>(?:cd|pushd)\s+(?=\S*[~/])[~./\w-]+|cd\s+\.\.|popd)"
    r"|(?P<name>(?:export\s+)?[A-Za-z_]\w*=\S*|export\s+[A-Z_]\w*|unset\s+[A-Z_]\w*)"
    r"|(?P<read>(?:source|\.)\s+[~./\w-]+)"
    r"|(?P<mode>set\s+[-+][a-z]+(?:\s+pipefail)?|shopt\s+-\w\s+\w+|ulimit\s+-\w.*|alias\s+\w+=.*)"
)
"""Lines that change the shell they run in, by what they change."""

_LOST = {
    "cd": "no command after it runs there",
    "name": "no command after it sees the name",
    "read": "no command after it sees what it reads",
    "mode": "no command after it runs so",
}
_HELP = {
    "cd": "write whole paths, or the program's own option for the folder",
    "name": "write the value where it is used, or `env NAME=VALUE …`",
    "read": "write the values where they are used",
    "mode": "remove it",
}


def built_in(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM534: a line only changes the shell it would run in, and there is none."""
    for _, site, item in items(workflow):
        if by_shell(item.command) or not under_command(site.fields, item.node):
            continue
        found = re.fullmatch(_BUILT_IN, item.text)
        if found is not None and found.lastgroup is not None:
            findings.add(
                "ARM534",
                f"no shell reads this line: {_LOST[found.lastgroup]}",
                place(item, 0, len(item.text)),
                label="changes nothing",
                help=_HELP[found.lastgroup],
            )
            continue
        assigned = re.match(_ASSIGNED, item.text)
        if item.command is None and assigned and is_runnable(item.text[assigned.end() :]):
            findings.add(
                "ARM534",
                "no shell reads this line, so it is no command",
                place(item, 0, len(assigned[0].rstrip())),
                label="only a shell sets a name so",
                help=f"write `env {' '.join(assigned[0].split())} …`",
            )
