"""Rollouts and actions that look like a safeguard and are none: canaries, and empty actions."""

from __future__ import annotations

from ...dsl.diagnostics import Label
from ...dsl.syntax import YamlNode, YamlScalar, YamlSequence
from ..findings import Findings
from ..plan import Kind, Plan, Rollout
from ..sites import ActionSite, Workflow


def canaries(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM523: a canary is nobody or everybody. ARM524: a canary that nobody watches."""
    for stage in workflow.stages:
        for site in stage.actions:
            if site.action.rollout is not None and site.fields is not None:
                _canary(site, site.action.rollout, findings)


def _canary(site: ActionSite, rollout: Rollout, findings: Findings) -> None:
    assert site.fields is not None
    percent, strategy = site.fields.get("canary_percent"), site.fields.get("strategy")
    if percent is not None and rollout.canary_percent == 100:
        _no_canary(findings, percent, "a canary of 100 % is everybody")
    elif not rollout.canary_percent and "canary" in rollout.strategy.lower():
        stated = percent is not None
        what = "a canary of 0 % is nobody" if stated else "the canary has no share"
        _no_canary(findings, percent or strategy or site.key, f"{what}: all get it at once")
    elif percent is not None and rollout.canary_percent and not rollout.watch_ms:
        findings.add(
            "ARM524",
            "nobody watches the canary: it is judged as soon as it runs",
            percent.span,
            label="not watched",
            help="add `monitor_duration:`, such as 10m",
        )


def _no_canary(findings: Findings, node: YamlNode, message: str) -> None:
    findings.add(
        "ARM523",
        message,
        node.span,
        label="no canary",
        help="state the share that gets it first: `canary_percent: 10`",
    )


# --- actions without content ----------------------------------------------------------------------

_EMPTY: dict[Kind, tuple[tuple[str, ...], str, str]] = {
    Kind.VERIFY: (("checks",), "does not say what is checked", "list its `checks:`"),
    Kind.ASK: (("questions",), "asks no question", "list its `questions:`"),
    Kind.OBSERVE: (("queries", "commands", "command"), "looks at nothing", "list its `queries:`"),
    Kind.CHOOSE: (("options",), "offers no option", "list its `options:`"),
    Kind.RUN: (("command", "commands"), "does not say what to run", "write its `command:`"),
    Kind.NOTIFY: (("template",), "says nothing but its name", "write its `template:`"),
}  # fmt: skip
"""The keys that say what an action does, what it is without them, and what to write."""


def without_content(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM522: an action does not say what it does, but for its name."""
    for stage in workflow.stages:
        for site in stage.actions:
            if site.kind not in _EMPTY or site.fields is None:
                continue
            keys, what, help = _EMPTY[site.kind]
            nodes = [node for key in keys if (node := site.fields.get(key)) is not None]
            if all(_is_empty(node) for node in nodes):
                findings.add(
                    "ARM522",
                    f"'{site.action.name}' {what}",
                    nodes[0].span if nodes else site.key.span,
                    label="nothing here" if nodes else "nothing below",
                    secondary=(Label(site.key.span, "the action"),) if nodes else (),
                    help=help,
                )


def _is_empty(node: YamlNode) -> bool:
    if isinstance(node, YamlScalar):
        return isinstance(node.value, str) and not node.raw.strip()
    return isinstance(node, YamlSequence) and not node.items
