"""Names and criteria that a template left to be filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dsl.patterns import lazy
from ...dsl.source import Span
from ...dsl.syntax import Text, YamlScalar
from ..fields import text_of
from ..findings import Findings
from ..plan import Plan
from ..sites import StageSite, Workflow

_WHOLE = lazy(
    r"(?:todo|tbd|tba|tbc|fixme|xxx+|\?\?+|\.\.\.|\u2026|placeholder|lorem ipsum\b.*"
    r"|(?:change|replace|fill)[-_ ]?(?:me|this|in)(?:[-_ ]in)?)[.:!]?"
    r"|<[a-z][^<>]*>|\[[a-z][^\[\]]*\]"
    r"|[@#]?your[-_][\w-]+|[@#]your \w+|[@#]?(?:channel|team|user|person|agent|service)[-_]name"
    r"|\S+@example\.(?:com|org|net)",
    re.IGNORECASE,
)
"""A name that is nothing but a blank; the last are addresses that reach nobody (RFC 2606)."""

_CHANNEL = lazy(r"(?<![\w/&])[#@](?:your|my)[-_][\w-]+|#channel[-_]name\b", re.IGNORECASE)
"""A channel in the text of a message."""


def names(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM327: a name, a criterion or a channel was to be filled in."""
    for text in _texts(workflow):
        if _WHOLE.fullmatch(text.value.strip("*_` ")):
            _add(text.value, text.span, findings)
    for node in _messages(workflow.stages):
        for found in _CHANNEL.finditer(node.raw):
            _add(found[0], node.place(*found.span()), findings)


def _add(words: str, span: Span, findings: Findings) -> None:
    findings.add(
        "ARM327",
        f"'{words}' was to be filled in",
        span,
        label="a placeholder",
        help="write what it stands for",
    )


def _texts(workflow: Workflow) -> Iterator[Text]:
    front = workflow.front
    yield from (text for text in (front.name, front.coordinator, front.described) if text)
    yield from front.agents
    for row in workflow.rows:
        yield from (row.agents or ())
        yield from (row.criteria,) if row.criteria else ()
    for rung in workflow.rungs:
        yield from rung.targets
    for stage in workflow.stages:
        yield from (stage.agent,) if stage.agent else ()
        for site in stage.actions:
            yield from site.reviewers or ()
            yield from (text_of(words) for _, _, words in site.criteria)
            yield from (text_of(item.node) for item in site.items if item.command is None)


def _messages(stages: list[StageSite]) -> Iterator[YamlScalar]:
    sites = (site for stage in stages for site in stage.actions)
    return (site.template.node for site in sites if site.template is not None)
