"""An inbound file of the command line: its findings, and its rules made ready to declare."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from ..compiler.compile import Compiled
from ..dsl.codes import report
from ..dsl.diagnostics import Level
from ..dsl.source import decode
from ..runtime.inbound_file import read_inbound
from .actors import people_or_exit
from .bindings import bound_or_exit
from .documents import counted, plan_or_exit, print_findings
from .exits import Exit
from .inputs import Unreadable, read_bytes

if TYPE_CHECKING:
    from ..compiler.plan import Plan
    from ..runtime.inbound_file import Inbound
    from ..runtime.inbound_model import RuleModel
    from ..runtime.intake import Ready


def checked(path: str) -> tuple[Compiled, Inbound | None]:
    """An inbound file as a linted document has it, and its rules where there is no error."""
    source, wrong = decode(path, read_bytes(path))
    read = read_inbound(source)
    found = list(read.diagnostics)
    if wrong is not None:
        at = min(wrong, len(source.text))
        span = source.span(at, min(at + 1, len(source.text)))
        found.append(report("ARM001", span, "the file is not UTF-8", help="save it as UTF-8"))
    inbound = read.inbound if wrong is None else None
    return Compiled(None, tuple(sorted(found, key=lambda d: d.order)), (source,)), inbound


def inbound_or_exit(path: str) -> tuple[Inbound, tuple[Ready, ...]]:
    """The rules of a file, each with its plan bound; whatever is wrong ends the command."""
    compiled, inbound = checked(path)
    if inbound is None:
        errors = [d for d in compiled.diagnostics if d.level is Level.ERROR]
        print_findings([compiled.source], errors)
        click.echo(f"{path} cannot be used: {counted(errors)}", err=True)
        raise click.exceptions.Exit(Exit.FINDINGS)
    folder = os.path.dirname(path)
    rules = enumerate(inbound.model.rules, 1)
    return inbound, tuple(_ready(f"{path}: rule {at}", folder, rule) for at, rule in rules)


def _ready(where: str, folder: str, rule: RuleModel) -> Ready:
    spec, bindings, people = (
        None if each is None else os.path.join(folder, each)
        for each in (rule.spec, rule.bindings, rule.people)
    )
    found = made_ready(str(spec), bindings, people)
    plan = found.bound.plan
    known = {policy.level for policy in plan.severities}
    strange = [level for level in _levels(rule) if level not in known]
    if strange:
        listed = ", ".join(str(level) for level in sorted(known))
        raise Unreadable(f"{where}: {plan.name} has no severity {strange[0]}; there are: {listed}")
    return found


def made_ready(spec: str, bindings: str | None, people: str | None) -> Ready:
    """A document, bound as a run would be; whatever is wrong ends the command."""
    from ..runtime.intake import Ready
    from .run import absolute, driven, refuse_secrets, stated_people

    plan: Plan = plan_or_exit(spec)
    refuse_secrets(spec, plan)
    bound = bound_or_exit(bindings, plan)
    people = people or stated_people(bound, bindings)
    if people is not None:
        people_or_exit(people, plan)
    return Ready(driven(bound, False), absolute(spec), absolute(bindings), absolute(people))


def _levels(rule: RuleModel) -> list[int]:
    stated = rule.severity
    if stated is None:
        return []
    if isinstance(stated, int):
        return [stated]
    return [*stated.levels.values(), *([] if stated.otherwise is None else [stated.otherwise])]
