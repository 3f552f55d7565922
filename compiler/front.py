"""The front matter: name, agents, coordinator and how the run behaves."""

from __future__ import annotations

from collections.abc import Iterator

from ..dsl.front import FRONT
from ..dsl.source import Span
from ..dsl.syntax import Document, Text, YamlMapping, YamlNode, YamlScalar
from .fields import Fields
from .plan import Input
from .sites import EscalationOptions, Front, InputSite

KEYS: tuple[str, ...] = tuple(key.name for key in FRONT if not key.data)
SURFACE_KEYS: tuple[str, ...] = tuple(key.name for key in FRONT if key.data)
UNSTAFFED: tuple[str, ...] = ("omit", "page", "ask", "error")
CLOCKS: tuple[str, ...] = ("unresolved", "unacknowledged")
ESCALATION_KEYS: tuple[str, ...] = ("while", "repeat", "repage", "ack_expires", "rungs")
_INPUT_KEYS: tuple[str, ...] = ("type", "default", "description")
_IMMEDIATE_MS, _PATIENCE_MS = 300_000, 600_000


def read_front(document: Document, fields: Fields) -> Front:
    """What the front matter states, defaults filled in."""
    front = document.front
    if front is None:
        front = YamlMapping((), Span(document.span.file, document.span.start, document.span.start))
    else:
        _check_keys(front, fields)
    name = fields.text(front.get("name"), "the name")
    return Front(
        name=name,
        described=fields.text(front.get("description"), "the description"),
        pattern=fields.text(front.get("pattern"), "the pattern"),
        coordinator=fields.text(front.get("coordinator"), "the coordinator"),
        agents=_agents(front.get("agents"), fields),
        priority=_words(fields.text(front.get("priority"), "the priority")),
        inputs=_inputs(front.get("inputs"), fields),
        timezone=fields.text(front.get("timezone"), "the timezone"),
        unstaffed=fields.word(front.get("unstaffed"), "unstaffed", UNSTAFFED) or "omit",
        immediate_ms=_or(
            fields.duration(front.get("immediate"), "immediate", least_ms=0), _IMMEDIATE_MS
        ),
        patience_ms=_or(fields.duration(front.get("patience"), "patience"), _PATIENCE_MS),
        escalation=_escalation(front, fields),
        span=_place(front, document),
        places=dict(_places(front, "")),
    )


def _places(node: YamlMapping, above: str) -> Iterator[tuple[str, Span]]:
    for key, value in node:
        yield f"{above}{key.raw}", value.span
        if isinstance(value, YamlMapping) and not above:
            yield from _places(value, f"{key.raw}.")


def _words(text: Text | None) -> str:
    return text.value if text is not None else ""


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _place(front: YamlMapping, document: Document) -> Span:
    """Where a finding about the whole front matter points: its first key."""
    if front.entries:
        return front.entries[0][0].span
    start = document.span.start
    return Span(document.span.file, start, min(start + 1, document.span.end))


def _check_keys(front: YamlMapping, fields: Fields) -> None:
    known = (*KEYS, *SURFACE_KEYS)
    for key, _ in front:
        if key.raw not in known:
            fields.unknown_key(key, KEYS, "ARM102", "the front matter")


def _agents(node: YamlNode | None, fields: Fields) -> tuple[Text, ...]:
    """The declared agents, each once; a mapping declares its keys."""
    if isinstance(node, YamlMapping):
        texts = tuple(Text(key.raw, key.span) for key, _ in node)
    else:
        texts = fields.texts(node, "agents")
    return tuple({text.value: text for text in reversed(texts)}.values())[::-1]


def _inputs(node: YamlNode | None, fields: Fields) -> tuple[InputSite, ...]:
    if not isinstance(node, YamlMapping):
        texts = fields.texts(node, "inputs")
        return tuple(InputSite(Input(text.value), text.span) for text in texts)
    return tuple(_input(key, value, fields) for key, value in node)


def _input(key: YamlScalar, node: YamlNode, fields: Fields) -> InputSite:
    name = key.raw
    if isinstance(node, YamlMapping):
        fields.unknown_keys(node, _INPUT_KEYS, "ARM102", "an input")
        default = node.get("default")
        written = default if isinstance(default, YamlScalar) else None
        read = Input(
            name,
            _words(fields.text(node.get("type"), "the type")) or "string",
            written.value if written is not None else None,
            _words(fields.text(node.get("description"), "the description")),
        )
        return InputSite(read, key.span, written)
    if isinstance(node, YamlScalar) and node.value is None:
        return InputSite(Input(name), key.span)
    type = _words(fields.text(node, f"the type of '{name}'")) or "string"
    return InputSite(Input(name, type), key.span)


def _escalation(front: YamlMapping, fields: Fields) -> EscalationOptions:
    flat = fields.word(front.get("escalation.while"), "the escalation clock", CLOCKS)
    node = front.get("escalation")
    if not isinstance(node, YamlMapping):
        return EscalationOptions(flat)
    fields.unknown_keys(node, ESCALATION_KEYS, "ARM102", "escalation")
    return read_options(node, fields, flat)


def read_options(node: YamlMapping, fields: Fields, clock: str | None = None) -> EscalationOptions:
    """``while``, ``repeat``, ``repage`` and ``ack_expires`` of a mapping."""
    return EscalationOptions(
        fields.word(node.get("while"), "the escalation clock", CLOCKS) or clock,
        _or(fields.count(node.get("repeat"), "repeat"), 0),
        _or(fields.duration(node.get("repage"), "repage"), 300_000),
        fields.duration(node.get("ack_expires"), "ack_expires"),
    )
