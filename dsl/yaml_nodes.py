"""YAML values that keep their exact places in the file they are embedded in.

The text is read as a stream of PyYAML events and put together without recursion. Only what a
workflow needs is kept of YAML: anchors, aliases and tags are refused, a key is a scalar and stands
once, a block holds one document, and nesting has a limit. Whatever is wrong becomes a diagnostic,
and what was read up to there is returned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from .codes import report
from .diagnostics import Diagnostic, Label
from .patterns import lazy
from .source import SourceFile, Span
from .syntax import YamlMapping, YamlNode, YamlScalar, YamlSequence
from .yaml_problems import describe
from .yaml_scalars import Excerpt, excerpt, flow_pieces, literal_pieces, resolve

MAX_DEPTH = 50
"""How deeply a value may be nested."""

_REFUSED_ASCII = lazy("[^\t\n\r\x20-\x7e]")
_REFUSED = lazy("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_STYLES: dict[str | None, Literal["plain", "single", "double", "literal", "folded"]] = {
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}
_CORE_TAGS = frozenset("tag:yaml.org,2002:" + kind for kind in ("str", "map", "seq"))


@dataclass(frozen=True, slots=True)
class YamlBlock:
    """What was read: the value (None for an empty text) and what is wrong with it."""

    node: YamlNode | None
    diagnostics: tuple[Diagnostic, ...]


def read_yaml(source: SourceFile, start: int, end: int, indent: int = 0) -> YamlBlock:
    """The YAML between two offsets, each line indented by up to ``indent`` blanks."""
    return _Composer(source.name, excerpt(source.text, start, end, indent)).compose()


def parser_class() -> Any:
    """The event parser: libyaml's where PyYAML was built with it, else PyYAML's own."""
    return cast(Any, getattr(yaml, "CLoader", yaml.Loader))


@dataclass(slots=True)
class _Frame:
    """An open collection. In a mapping ``key`` is the key whose value comes next."""

    start: int
    flow: bool
    mapping: bool
    items: list[YamlNode] = field(default_factory=list[YamlNode])
    entries: list[tuple[YamlScalar, YamlNode]] = field(
        default_factory=list[tuple[YamlScalar, YamlNode]]
    )
    seen: dict[str, YamlScalar] = field(default_factory=dict[str, YamlScalar])
    key: YamlScalar | None = None
    keyed: bool = False
    end: int = 0


class _Composer:
    """Puts the events of one block together."""

    def __init__(self, file: str, source: Excerpt) -> None:
        self.file = file
        self.source = source
        self.found: list[Diagnostic] = []
        self.stack: list[_Frame] = []
        self.root: YamlNode | None = None
        self.documents = 0

    def compose(self) -> YamlBlock:
        try:
            for event in self._events():
                if not self._take(event):
                    break
        except yaml.YAMLError as error:
            self._syntax_error(error)
        while self.stack:
            self._close(self.stack[-1].end)
        return YamlBlock(self.root, tuple(self.found))

    def _events(self) -> Iterator[Any]:
        text = self.source.text
        refused = _REFUSED_ASCII if text.isascii() else _REFUSED
        for wrong in refused.finditer(text):
            at = wrong.start()
            message = f"the character U+{ord(wrong[0]):04X} cannot stand in YAML"
            self.found.append(report("ARM004", self._span(at, at + 1), message, help="remove it"))
            break
        clean = refused.sub("\ufffd", text)
        parser = parser_class()(clean)
        try:
            while parser.check_event():
                yield parser.get_event()
        finally:
            parser.dispose()

    def _take(self, event: Any) -> bool:
        """Handle one event; false when the rest is not to be read."""
        mark: Any = event
        if isinstance(event, DocumentStartEvent):
            return self._start_document(event)
        if isinstance(event, AliasEvent):
            self._refuse(event, f"the alias *{event.anchor} is not followed")
            self._attach(self._blank(event), mark.end_mark.index)
        elif isinstance(event, ScalarEvent):
            self._check_properties(event)
            self._scalar(event)
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._check_properties(event)
            return self._open(event)
        elif isinstance(event, CollectionEndEvent):
            self._close(mark.end_mark.index)
        return True

    def _start_document(self, event: Any) -> bool:
        self.documents += 1
        if self.documents == 1:
            return True
        start = event.start_mark.index
        self.found.append(
            report(
                "ARM015",
                self._span(start, start + 3),
                "a second YAML document starts here",
                label="not read from here on",
                help="keep one document in a block",
            )
        )
        return False

    def _check_properties(self, event: Any) -> None:
        if event.anchor is not None:
            self._refuse(event, f"the anchor &{event.anchor} names a value for reuse")
        elif event.tag is not None and event.tag != "!" and event.tag not in _CORE_TAGS:
            self._refuse(event, f"the tag {event.tag} has no meaning here")

    def _refuse(self, event: Any, message: str) -> None:
        at = event.start_mark.index
        width = re.compile(r"\S*").match(self.source.text, at)
        span = self._span(at, width.end() if width else at + 1)
        self.found.append(
            report("ARM008", span, message, help="write the value out where it is used")
        )

    def _scalar(self, event: Any) -> None:
        raw: str = event.value
        start, end = event.start_mark.index, event.end_mark.index
        style = _STYLES.get(event.style, "plain")
        if style in ("literal", "folded"):
            start = self._header(start)
            end = max(start, start + len(self.source.text[start:end].rstrip()))
        pieces = ()
        if style == "plain":
            pieces = flow_pieces(self.source, start, end, raw)
        elif style == "literal":
            pieces = literal_pieces(self.source, start, raw)
        elif style != "folded":
            pieces = flow_pieces(self.source, start + 1, end - 1, raw)
        value = resolve(raw) if style == "plain" and event.tag is None else raw
        self._attach(YamlScalar(value, raw, self._span(start, end), style, pieces), end)

    def _header(self, start: int) -> int:
        """Where the ``|`` or ``>`` of a block scalar stands, its tag passed over."""
        found = re.compile(r"[^|>]*").match(self.source.text, start)
        return found.end() if found else start

    def _blank(self, event: Any) -> YamlScalar:
        return YamlScalar(None, "", self._span(event.start_mark.index, event.end_mark.index))

    def _open(self, event: Any) -> bool:
        start = event.start_mark.index
        if len(self.stack) >= MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} levels deep"
            self.found.append(
                report("ARM009", self._span(start, start + 1), message, help="flatten the value")
            )
            return False
        mapping = isinstance(event, MappingStartEvent)
        self.stack.append(_Frame(start, bool(event.flow_style), mapping, end=start))
        return True

    def _close(self, end: int) -> None:
        frame = self.stack.pop()
        if frame.mapping and frame.key is not None:
            self._enter(frame, frame.key, YamlScalar(None, "", frame.key.span))
        stop = end if frame.flow else frame.end
        span = self._span(frame.start, max(stop, frame.start))
        if frame.mapping:
            self._attach(YamlMapping(tuple(frame.entries), span), stop)
        else:
            self._attach(YamlSequence(tuple(frame.items), span), stop)

    def _attach(self, node: YamlNode, end: int) -> None:
        if not self.stack:
            self.root = node if self.root is None else self.root
            return
        frame = self.stack[-1]
        frame.end = max(frame.end, end)
        if not frame.mapping:
            frame.items.append(node)
        elif frame.keyed:
            self._enter(frame, frame.key, node)
        else:
            self._set_key(frame, node)

    def _set_key(self, frame: _Frame, node: YamlNode) -> None:
        frame.keyed = True
        if isinstance(node, YamlScalar):
            frame.key = node
            return
        frame.key = None
        hint = "quote the text: {{ … }} without quotes is a YAML mapping"
        self.found.append(report("ARM016", node.span, "this key is not a word", help=hint))

    def _enter(self, frame: _Frame, key: YamlScalar | None, node: YamlNode) -> None:
        frame.key, frame.keyed = None, False
        if key is None:
            return
        first = frame.seen.setdefault(key.raw, key)
        if first is key:
            frame.entries.append((key, node))
            return
        self.found.append(
            report(
                "ARM005",
                key.span,
                f"the key {key.raw!r} stands twice",
                label="not read",
                secondary=(Label(first.span, "first here"),),
                help="keep one of the two",
            )
        )

    def _syntax_error(self, error: yaml.YAMLError) -> None:
        problem = describe(error, self.source.text)
        secondary = ()
        if problem.context is not None:
            at = problem.context
            secondary = (Label(self._span(at, at + 1), problem.context_text),)
        self.found.append(
            report(
                "ARM004",
                self._span(problem.start, problem.start + 1),
                problem.message,
                secondary=secondary,
                help=problem.help,
            )
        )

    def _span(self, start: int, end: int) -> Span:
        size = len(self.source.text)
        start, end = min(start, size), min(end, size)
        return Span(self.file, self.source.offset(start), self.source.end(end, start))
