"""Reading inbound files: YAML with places, a validated model, and findings (ARM64x).

Bad input never raises: whatever is wrong becomes a diagnostic at its characters. The documents that
the rules name are not opened here; whoever serves does that before anything is admitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..compiler.conditions import comparisons_of, guard_of, names_of, type_trouble
from ..compiler.plan import Guard
from ..compiler.templates import read_names
from ..dsl.clear_text import is_reference, looks_secret, marked_secret, named_secret
from ..dsl.diagnostics import Diagnostic, Level
from ..dsl.expression import read_condition
from ..dsl.source import SourceFile, Span
from ..dsl.syntax import Condition, YamlMapping
from ..dsl.timing import read_duration
from ..dsl.yaml_model import FileForm, Path, key_place, nearest_or_all, place, plain
from .operations_check import known_adapter
from .rules import RULES

if TYPE_CHECKING:
    from .bindings import Connection
    from .inbound_model import InboundModel, RuleModel, SlackModel

NAMES = ("source", "status", "receiver", "title", "service", "urgency", "url")
"""What may be read of every alert, besides ``labels.NAME`` and ``annotations.NAME``."""
MAPPINGS = ("labels", "annotations")
KEYS = {
    "": ("alertmanager", "pagerduty", "slack", "notify", "expires", "rules"),
    "alertmanager": ("token", "username", "password"),
    "pagerduty": ("secrets", "users"),
    "slack": ("secrets", "users", "responses"),
    "rules": (
        "when",
        "spec",
        "bindings",
        "people",
        "severity",
        "title",
        "facts",
        "resolved_fact",
        "auto_declare",
    ),
    "severity": ("by", "levels", "otherwise"),
}
_FIELD = re.compile(r"(?:labels|annotations)\.\w+(?:[.-]\w+)*")
SECRETS = (
    ("alertmanager", "token"),
    ("alertmanager", "password"),
    ("pagerduty", "secrets"),
    ("slack", "secrets"),
)
HERE = ("localhost", "127.0.0.1", "::1")
_SLACK_USER = re.compile("[UW][A-Z0-9]{2,30}")


@dataclass(frozen=True, slots=True)
class Inbound:
    """An inbound file: its model, the guard of each rule, and when proposals expire."""

    model: InboundModel
    guards: tuple[Guard, ...]
    expires_ms: int


@dataclass(frozen=True, slots=True)
class ReadInbound:
    """What was read (None where it has errors) and what was found."""

    inbound: Inbound | None
    diagnostics: tuple[Diagnostic, ...]


def _known_keys(path: Path) -> list[str]:
    sections = [part for part in path if isinstance(part, str) and part in KEYS]
    return list(KEYS[sections[-1] if sections else ""])


FORM = FileForm(
    RULES,
    ("ARM640", "an inbound file is a mapping of keys and values", "start with rules:"),
    "ARM641",
    lambda _path: "ARM642",
    _known_keys,
    lambda _path: "see docs/inbound.md",
    lambda part: isinstance(part, str) and part in ("LevelsModel", "int", "bool", "str"),
)


def read_inbound(source: SourceFile) -> ReadInbound:
    """The rules of a file."""
    node, found = FORM.read(source)
    if node is None:
        return ReadInbound(None, tuple(found))
    from pydantic import ValidationError

    from .inbound_model import InboundModel

    guards: list[Guard] = []
    model: InboundModel | None = None
    try:
        model = InboundModel.model_validate(plain(node))
    except ValidationError as error:
        found.extend(FORM.findings(map(dict, error.errors(include_url=False)), node))
    else:
        found.extend(_secrets(node))
        if model.slack is not None:
            found.extend(_of_slack(model.slack, node))
        if model.notify is not None:
            found.extend(_of_channel(model.notify, node))
        for at, rule in enumerate(model.rules):
            condition = _condition(rule.when, place(node, ("rules", at, "when")).span)
            if isinstance(condition, Diagnostic):
                found.append(condition)
                continue
            guards.append(guard_of(condition))
            found.extend(_of_condition(condition))
            found.extend(_of_rule(rule, at, node))
    found.sort(key=lambda each: each.order)
    if model is None or any(each.level is Level.ERROR for each in found):
        return ReadInbound(None, tuple(found))
    expires_ms = read_duration(model.expires) or 0
    return ReadInbound(Inbound(model, tuple(guards), expires_ms), tuple(found))


def _condition(text: str, span: Span) -> Condition | Diagnostic:
    """The condition; its findings stand at the value, which YAML may have folded."""
    found = read_condition(text, lambda _start, _end: span)
    if isinstance(found, Diagnostic):
        return FORM.report("ARM643", span, f"when: {found.message}", found.help)
    return found


def _of_condition(condition: Condition) -> Iterator[Diagnostic]:
    for name in names_of(condition):
        if name.name not in NAMES and _FIELD.fullmatch(name.name) is None:
            message = f"an alert has no {name.name!r}"
            known = [*NAMES, "labels.NAME", "annotations.NAME"]
            yield FORM.report("ARM643", name.span, message, nearest_or_all(name.name, known))
    for compare in comparisons_of(condition):
        trouble = type_trouble(compare)
        if trouble is not None:
            yield FORM.report("ARM643", compare.span, trouble, "see docs/inbound.md")


def _of_rule(rule: RuleModel, at: int, node: YamlMapping) -> Iterator[Diagnostic]:
    by = getattr(rule.severity, "by", None)
    if by is not None and by not in NAMES and _FIELD.fullmatch(by) is None:
        span = place(node, ("rules", at, "severity", "by")).span
        help_line = nearest_or_all(by, [*NAMES, "labels.NAME", "annotations.NAME"])
        yield FORM.report("ARM643", span, f"an alert has no {by!r}", help_line)
    if rule.title is None:
        return
    span = place(node, ("rules", at, "title")).span
    uses, error = read_names(rule.title)
    if error is not None:
        yield FORM.report("ARM644", span, f"title: {error}"[:500], "see docs/inbound.md")
    for use in uses:
        if use.name.partition(".")[0] not in (*NAMES, *MAPPINGS):
            help_line = nearest_or_all(use.name, [*NAMES, *MAPPINGS])
            yield FORM.report("ARM644", span, f"an alert has no {use.name!r}", help_line)


def _secrets(node: YamlMapping) -> Iterator[Diagnostic]:
    for path in SECRETS:
        stated = place(node, path)
        values = plain(stated)
        for value in values if isinstance(values, list) else [values]:  # pyright: ignore[reportUnknownVariableType]
            if isinstance(value, str) and not value.startswith(("env:", "file:")):
                yield _in_clear(stated.span)


def _in_clear(span: Span) -> Diagnostic:
    message, help_line = "a secret stands in the file itself", "write env:NAME or file:PATH"
    return FORM.report("ARM645", span, message, help_line, secret=True)


def _of_slack(slack: SlackModel, node: YamlMapping) -> Iterator[Diagnostic]:
    """Users are known by what Slack signs for, and answers go nowhere in the clear."""
    from .adapters.web import urlsplit_or_none

    for user in slack.users:
        if _SLACK_USER.fullmatch(user) is None:
            span = key_place(node, ("slack", "users", user))
            message = f"{user!r} is no id of a Slack user"
            help_line = "copy the member ID from the user's profile, like U012AB3CD"
            yield FORM.report("ARM646", span, message, help_line)
    parts = urlsplit_or_none(slack.responses)
    safe = parts is not None and (parts[0] == "https" or parts[1] in HERE)
    if not safe or slack.responses.rstrip("/").count("/") != 2 or "@" in slack.responses:
        span = place(node, ("slack", "responses")).span
        message = f"answers to Slack may not go to {slack.responses!r}"
        help_line = "give scheme and host alone, as https://hooks.slack.com"
        yield FORM.report("ARM647", span, message, help_line)


def _of_channel(notify: Connection, node: YamlMapping) -> Iterator[Diagnostic]:
    """The adapter that tells people of proposals: there is one, it can, and it is given enough."""
    from .adapters.arguments import validated
    from .adapters.registry import known_adapters

    known, span = known_adapters(), place(node, ("notify", "adapter")).span
    adapter = known_adapter(known, notify.adapter)
    if adapter is None or not adapter.describe().messages:
        can = sorted(name for name, each in known.items() if each.describe().messages)
        why = "there is no adapter" if adapter is None else "no messages are carried by the adapter"
        message = f"notify: {why} {notify.adapter!r}"
        yield FORM.report("ARM642", span, message, f"use one of: {', '.join(can)}")
        return
    model = adapter.describe().settings
    try:
        validated(model, notify.settings, f"notify: settings of {notify.adapter}")
    except ValueError as error:
        yield FORM.report("ARM642", span, str(error)[:2000], "see docs/adapters.md")
    schema = model.model_json_schema()
    for name, value in notify.settings.items():
        held = named_secret(name) or marked_secret(schema, name)
        if isinstance(value, str) and (looks_secret(value) or (held and not is_reference(value))):
            at = place(node, ("notify", name)).span
            yield _in_clear(at)
