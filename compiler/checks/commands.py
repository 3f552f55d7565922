"""Commands: prose in their place, forms that fail, shells, and effects nobody approved."""

from __future__ import annotations

from collections.abc import Iterator

from ...dsl.source import Span
from ...dsl.syntax import YamlMapping, YamlScalar
from ..commands import Word
from ..effects import failing_form, unpinned_rollback
from ..findings import Findings
from ..plan import Effect, Kind, Plan
from ..sites import ActionSite, ItemSite, StageSite, Workflow

_COMMAND_KEYS = ("command", "commands")


def items(workflow: Workflow) -> Iterator[tuple[StageSite, ActionSite, ItemSite]]:
    """Every item with its stage and its action, in the order of the stages."""
    for stage in workflow.stages:
        for site in stage.actions:
            for item in site.items:
                yield stage, site, item


def place(item: ItemSite, start: int, end: int) -> Span:
    """The span of a part of an item's text."""
    left = len(item.node.raw) - len(item.node.raw.lstrip())
    return item.node.place(left + start, left + end)


def whole(item: ItemSite) -> Span:
    """The span of an item's text."""
    return place(item, 0, len(item.text))


def prose(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM502: prose under ``command`` or ``commands`` is work for a person."""
    for stage, site, item in items(workflow):
        if item.command is None and under_command(site.fields, item.node):
            findings.add(
                "ARM502",
                f"'{item.text}' is prose, so '{site.action.agent or stage.name}' is asked to do it",
                whole(item),
                help="write the command to run, or move it to `queries:` or `constraints:`",
            )


def under_command(fields: YamlMapping | None, node: YamlScalar) -> bool:
    """Whether a text stands where a command is expected."""
    for key in _COMMAND_KEYS:
        value = fields.get(key) if fields is not None else None
        if value is not None and value.span.start <= node.span.start < max(
            value.span.end, value.span.start + 1
        ):
            return True
    return False


def forms(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM501: fails as written. ARM504: no revision. ARM509: a shell. ARM510: needs a shell."""
    for _, _, item in items(workflow):
        command = item.command
        if command is None:
            continue
        if command.pipeline[:1] and command.pipeline[0][:2] == ("sh", "-c"):
            findings.add(
                "ARM509",
                "the command is handed to a shell",
                whole(item),
                help="write a plain command, or a pipeline of plain commands",
            )
            continue
        if command.shell_at is not None:
            _shell_syntax(item, command.shell_at, findings)
        for process in command.processes:
            _process(item, process, findings)


def _shell_syntax(item: ItemSite, at: tuple[int, int], findings: Findings) -> None:
    found = item.text[at[0] : at[1]]
    what = "is never closed" if found in ("'", '"', "\\") else "needs a shell, and none reads it"
    findings.add(
        "ARM510",
        f"'{found}' {what}",
        place(item, *at),
        help="split the command in two, or state `shell: true`",
    )


def _process(item: ItemSite, process: tuple[Word, ...], findings: Findings) -> None:
    argv = [word.text for word in process]
    failing = failing_form(argv)
    if failing is not None:
        span = place(item, process[0].start, process[-1].end)
        findings.add("ARM501", f"this command fails: {failing.reason}", span, help=failing.help)
    unpinned = unpinned_rollback(argv)
    if unpinned is not None:
        last, help = unpinned
        findings.add(
            "ARM504",
            f"'{argv[last]}' is rolled back to whatever came before",
            place(item, process[0].start, process[last].end),
            label="no revision",
            help=help,
        )


def unapproved(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM503: an unsafe command runs without a gate on it, before it or in a stage before."""
    gated: dict[str, bool] = {}
    for stage in workflow.stages:
        open_gate = any(gated[need] for need in stage.needs)
        for site in stage.actions:
            if site.kind is Kind.APPROVE:
                open_gate = True
            if not open_gate and site.gate is None:
                _unapproved(site, findings)
        gated[stage.id] = open_gate


def _unapproved(site: ActionSite, findings: Findings) -> None:
    for item in site.items:
        if item.command is not None and item.effect is Effect.UNSAFE:
            findings.add(
                "ARM503",
                f"'{item.text}' is unsafe and needs no approval",
                whole(item),
                label="runs unasked",
                help="add `approval: 1`, or declare `effect: idempotent` where that is true",
            )
