"""The YAML surface of a workflow (``*.armada.yaml``): the same document, written as data.

``stages`` is a list of mappings or a mapping by name; ``severities`` likewise; ``escalation`` is a
list of rungs, or a mapping whose ``rungs`` are. A rung is a line as in Markdown
(``0-15 min: on-call engineer``) or a mapping. All top-level keys stay in ``front``; a stage keeps
all of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from .codes import report
from .diagnostics import Diagnostic
from .ignores import read_ignores
from .levels import read_level
from .rung import divide, empty_rung, rung_entry, unread_window
from .severity_row import severity_row
from .source import SourceFile, Span
from .syntax import (
    Document,
    Ladder,
    RungEntry,
    SeverityRow,
    SeverityTable,
    StageBlock,
    StageTitle,
    Text,
    Window,
    YamlMapping,
    YamlNode,
    YamlScalar,
    YamlSequence,
)
from .timing import read_window
from .yaml_nodes import read_yaml

Found = list[Diagnostic]

_STAGE_NAMES = ("name", "title", "id")
_TITLE_ALONE = ("title", "ordinal")
_LEVELS = ("level", "name", "severity")
_CRITERIA = ("criteria", "description", "definition")
_RESPONSES = ("respond_within", "response_time", "response", "acknowledge_within")
_ENGAGED = ("agents", "engaged", "engages")
_WINDOWS = ("window", "after", "at", "when")
_PAGES = ("targets", "target", "page", "who")
_NOTICES = ("notify",)
_GUARDS = ("only_at", "severity", "level")


def read_surface(source: SourceFile) -> tuple[Document, Found]:
    """The document that a YAML file states."""
    start = 1 if source.text.startswith("\ufeff") else 0
    whole = source.span(0, len(source.text))
    block = read_yaml(source, start, len(source.text))
    found = list(block.diagnostics)
    ignores, problems = read_ignores(source, (), (whole,))
    found.extend(problems)
    front = block.node if isinstance(block.node, YamlMapping) else None
    if front is None and not block.diagnostics:
        span = block.node.span if block.node is not None else source.span(0, 0)
        found.append(_expected(span, "the file holds no keys", "write `name: …` and other keys"))
    document = replace(read_model(front, whole, found), ignores=ignores)
    return document, found


def read_model(front: YamlMapping | None, span: Span, found: Found) -> Document:
    """The document that keys and values state; what is wrong with them goes to ``found``."""
    return Document(
        front=front,
        sections=(),
        stages=_stages(front, found) if front else (),
        flows=(),
        severities=_severities(front, found) if front else (),
        ladders=_ladders(front, found) if front else (),
        invocations=(),
        ignores=(),
        span=span,
    )


# --- stages ---


def _stages(front: YamlMapping, found: Found) -> tuple[StageBlock, ...]:
    return tuple(
        StageBlock(_title(key, entry), _fields(entry), entry.span)
        for key, entry in _entries(front.get("stages"), "a stage", found)
    )


def _fields(entry: YamlMapping) -> tuple[tuple[YamlScalar, YamlNode], ...]:
    """The keys that are not of the title alone, as a heading's block of YAML has them."""
    return tuple(each for each in entry.entries if each[0].raw not in _TITLE_ALONE)


def _title(key: YamlScalar | None, entry: YamlMapping) -> StageTitle:
    title = _first(entry, _STAGE_NAMES) or (_text(key) if key else None)
    return StageTitle(
        _first(entry, ("ordinal",)),
        title or Text("", entry.span),
        _first(entry, ("agent",)),
        title.span if title else entry.span,
    )


# --- severities ---


def _severities(front: YamlMapping, found: Found) -> tuple[SeverityTable, ...]:
    node = front.get("severities")
    rows = [_severity(key, entry, found) for key, entry in _entries(node, "a severity", found)]
    return (SeverityTable(tuple(rows), node.span),) if node is not None and rows else ()


def _severity(key: YamlScalar | None, entry: YamlMapping, found: Found) -> SeverityRow:
    name = (_text(key) if key else None) or _first(entry, _LEVELS) or Text("", entry.span)
    row = severity_row(
        name, _first(entry, _CRITERIA), _first(entry, _RESPONSES), _first(entry, _ENGAGED), found
    )
    agents = _node(entry, _ENGAGED)
    if isinstance(agents, YamlSequence):
        row = replace(row, agents=tuple(_texts(agents)))
    return replace(row, span=entry.span)


# --- escalation ---


def _ladders(front: YamlMapping, found: Found) -> tuple[Ladder, ...]:
    key, node = front.key("escalation"), front.get("escalation")
    rungs = node.get("rungs") if isinstance(node, YamlMapping) else node
    if key is None or not isinstance(rungs, YamlSequence):
        return ()
    entries = tuple(_rung(item, found) for item in rungs.items)
    found.extend(empty_rung(entry) for entry in entries if not entry.targets)
    return (Ladder(entries, key.span, rungs.span),)


def _rung(node: YamlNode, found: Found) -> RungEntry:
    if not isinstance(node, YamlMapping):
        line = _text(node) or Text("", node.span)
        window, rest = divide(line)
        if window is None:
            found.append(unread_window(line))
        return rung_entry(window, rest, line)
    if len(node.entries) == 1 and (window := read_window(_placed(node.entries[0][0]))):
        return _rung_of(window, node, [node.entries[0][1]], "page")
    notices, pages = _node(node, _NOTICES), _node(node, _PAGES)
    targets = [part for part in (pages, notices) if part is not None]
    mode: Literal["page", "notify"] = "page" if pages is not None else "notify"
    return _rung_of(_window(node, found), node, targets, mode)


def _rung_of(
    window: Window | None,
    node: YamlMapping,
    targets: list[YamlNode],
    mode: Literal["page", "notify"],
) -> RungEntry:
    guard = _first(node, _GUARDS)
    level = read_level(guard.value) if guard else None
    only_at = (level, guard) if guard and level is not None else None
    names: list[Text] = []
    for target in targets:
        for text in _texts(target):
            entry = rung_entry(window, text, text)
            names.extend(entry.targets)
            only_at = only_at or entry.only_at
            mode = "notify" if entry.mode == "notify" else mode
    return RungEntry(window, tuple(names), only_at, mode, Text("", node.span), node.span)


def _window(node: YamlMapping, found: Found) -> Window | None:
    start, end = _first(node, ("from",)), _first(node, ("to",))
    text = _first(node, _WINDOWS) or start
    window = read_window(text) if text else None
    until = read_window(end) if end else None
    if window is None:
        found.append(unread_window(text or Text("", node.span)))
        return None
    if end is not None and until is None:
        found.append(unread_window(end))
    return replace(window, to_ms=until.from_ms) if until and window.to_ms is None else window


# --- parts ---


def _entries(
    node: YamlNode | None, kind: str, found: Found
) -> Iterator[tuple[YamlScalar | None, YamlMapping]]:
    """The mappings of a list, or of a mapping by name."""
    if isinstance(node, YamlMapping):
        pairs: list[tuple[YamlScalar | None, YamlNode]] = list(node.entries)
    elif isinstance(node, YamlSequence):
        pairs = [(None, item) for item in node.items]
    else:
        return
    for key, entry in pairs:
        if isinstance(entry, YamlMapping):
            yield key, entry
        else:
            span = entry.span if entry.span.end > entry.span.start or key is None else key.span
            found.append(_expected(span, f"{kind} is a mapping", "write keys and values"))


def _node(entry: YamlMapping, names: tuple[str, ...]) -> YamlNode | None:
    return next((node for name in names if (node := entry.get(name)) is not None), None)


def _first(entry: YamlMapping, names: tuple[str, ...]) -> Text | None:
    """The text of the first of these keys that has one."""
    return next((text for name in names if (text := _text(entry.get(name)))), None)


def _text(node: YamlNode | None) -> Text | None:
    return _placed(node) if isinstance(node, YamlScalar) and node.raw.strip() else None


def _placed(node: YamlScalar) -> Text:
    raw = node.raw.strip()
    start = node.raw.find(raw)
    return Text(raw, node.place(start, start + len(raw)))


def _texts(node: YamlNode) -> Iterator[Text]:
    items = node.items if isinstance(node, YamlSequence) else (node,)
    for item in items:
        text = _text(item)
        if text is not None:
            yield text


def _expected(span: Span, message: str, help: str) -> Diagnostic:
    return report("ARM014", span, message, help=help)
