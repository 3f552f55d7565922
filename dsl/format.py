"""How a document is written: edits that bring it into canonical form and change no meaning.

Front matter in the order in which people look for its keys, tables with their columns beneath each
other, the lists of a ladder numbered, drawings made right, one line feed at the end. What is broken
is left to the linter. Each kind of edit is a family, so that a caller can leave one out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from .canvas import width
from .diagnostics import Edit
from .front import FRONT
from .patterns import lazy
from .redraw import redraw
from .source import SourceFile, Span
from .syntax import Document, Ladder, Table
from .words import slice_of

ORDER = tuple(key.name for key in FRONT)
"""The keys of the front matter as they are written; others follow in the order of the text."""

_KEY = lazy(r"([A-Za-z_][\w.-]*)[ \t]*:(?:[ \t]+(\S.*?))?[ \t]*\Z")
_ENTRY = lazy(r"[ \t]*-[ \t]+(\S.*?)[ \t]*\Z")
_RULE_CELL = lazy(r"[ \t]*(:?)-+(:?)[ \t]*")
_CELL = lazy(r"(?:\\.|[^|\\]|\\\Z)*")
_ITEM = lazy(r"([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]+")


def edits(source: SourceFile, document: Document, front: Span | None) -> Mapping[str, list[Edit]]:
    """All edits by family; ``front`` is the inside of the front matter's fence."""
    makers: Mapping[str, Callable[[], Iterator[Edit]]] = {
        "front matter": lambda: _front(source, front),
        "tables": lambda: _tables(source, document),
        "lists": lambda: _lists(source, document),
        "drawings": lambda: _drawings(source, document),
        "end": lambda: _end(source),
    }
    feed = "\r\n" if "\r\n" in source.text else "\n"
    found: dict[str, list[Edit]] = {}
    for family, make in makers.items():
        made = [Edit(e.span, e.text.replace("\n", feed)) for e in make()]
        found[family] = [e for e in made if source.text[e.span.start : e.span.end] != e.text]
    return found


def applied(text: str, changes: Sequence[Edit]) -> str:
    """The text with edits that do not overlap."""
    parts: list[str] = []
    at = 0
    for edit in sorted(changes, key=lambda edit: edit.span.start):
        parts += [text[at : edit.span.start], edit.text]
        at = edit.span.end
    return "".join((*parts, text[at:]))


# --- front matter ---------------------------------------------------------------------------------


def _front(source: SourceFile, front: Span | None) -> Iterator[Edit]:
    if front is None or front.end <= front.start:
        return
    lines = source.text[front.start : front.end].replace("\r\n", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    chunks = _chunks(lines)
    if chunks is None:
        return
    ranked = sorted(enumerate(chunks), key=lambda each: (_rank(each[1][0]), each[0]))
    text = "".join(f"{line}\n" for _, (_, chunk) in ranked for line in chunk)
    yield Edit(front, text)


def _rank(key: str) -> int:
    return ORDER.index(key) if key in ORDER else len(ORDER)


def _chunks(lines: Sequence[str]) -> list[tuple[str, list[str]]] | None:
    """Each top-level key with its lines and the comments above it; None where it is no such."""
    chunks: list[tuple[str, list[str]]] = []
    names: set[str] = set()
    above: list[str] = []
    for line in lines:
        key = _KEY.match(line)
        if key and key[1] not in names:
            names.add(key[1])
            stated = f"{key[1]}: {key[2]}" if key[2] else f"{key[1]}:"
            chunks.append((key[1], [*above, stated]))
            above = []
        elif key or line.startswith(("---", "...", "{", "[", "?", "&", "!", "%")):
            return None
        elif not line.strip() or line.startswith("#"):
            above.append(line.rstrip())
        elif chunks and not above:
            chunks[-1][1].append(line)
        elif chunks:
            chunks[-1][1].extend([*above, line])
            above = []
        else:
            return None
    if above and not all(not line for line in above):
        return None
    return [(name, _sequence(chunk)) for name, chunk in chunks]


def _sequence(chunk: list[str]) -> list[str]:
    """A plain list of one-line entries, indented by two."""
    at = next(i for i, line in enumerate(chunk) if _KEY.match(line))
    head, body = chunk[: at + 1], chunk[at + 1 :]
    head = [line for line in head if line]  # no blank lines between keys
    entries = [_ENTRY.match(line) for line in body]
    if not body or not all(entries) or not head[-1].endswith(":"):
        return [*head, *body]
    if len({len(line) - len(line.lstrip()) for line in body}) > 1:
        return [*head, *body]
    return [*head, *(f"  - {entry[1]}" for entry in entries if entry)]


# --- tables ---------------------------------------------------------------------------------------


def _tables(source: SourceFile, document: Document) -> Iterator[Edit]:
    for section in document.sections:
        for table in section.tables:
            text = table_text(source, table)
            if text is not None:
                yield Edit(table.span, text)


def table_text(source: SourceFile, table: Table) -> str | None:
    """A pipe table with its columns beneath each other; None where it is not so simple."""
    raw = source.text[table.span.start : table.span.end]
    ended = raw.endswith("\n")
    lines = raw.replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(lines) < 2:
        return None  # of HTML
    lead = lines[0][: len(lines[0]) - len(lines[0].lstrip(" \t"))]
    if any(not line.startswith(lead) or line[len(lead) : len(lead) + 1] in " \t" for line in lines):
        return None
    rows = [_split(line) for line in lines]
    count = len(rows[0])
    rule = [_RULE_CELL.fullmatch(cell) for cell in rows[1]]
    if len(rows[1]) != count or not all(rule) or any(len(row) > count for row in rows):
        return None
    sides = [(bool(found[1]), bool(found[2])) for found in rule if found]
    body = [row + [""] * (count - len(row)) for at, row in enumerate(rows) if at != 1]
    widths = [max(3, *(_width(row[at]) for row in body)) for at in range(count)]
    made = [_line(row, widths, sides) for row in body]
    made.insert(
        1, "|" + "|".join(_rule(w, side) for w, side in zip(widths, sides, strict=True)) + "|"
    )
    return "\n".join(lead + line for line in made) + ("\n" if ended else "")


def _split(line: str) -> list[str]:
    """The cells of a row as they are written, blanks around them left out."""
    text = line.strip()
    at, cells = (1 if text.startswith("|") else 0), list[str]()
    while at <= len(text):
        found = _CELL.match(text, at)
        stop = found.end() if found else len(text)
        if stop < len(text) or text[at:stop].strip():
            cells.append(text[at:stop].strip())
        at = stop + 1
    return cells


def _line(row: Sequence[str], widths: Sequence[int], sides: Sequence[tuple[bool, bool]]) -> str:
    cells = [_padded(cell, w, side) for cell, w, side in zip(row, widths, sides, strict=True)]
    return "| " + " | ".join(cells) + " |"


def _padded(cell: str, room: int, side: tuple[bool, bool]) -> str:
    left = room - _width(cell)
    if side == (False, True):
        return " " * left + cell
    if side == (True, True):
        return " " * (left // 2) + cell + " " * (left - left // 2)
    return cell + " " * left


def _rule(room: int, side: tuple[bool, bool]) -> str:
    left, right = side
    inner = "-" * (room + 2 - left - right)
    return f"{':' if left else ''}{inner}{':' if right else ''}"


def _width(text: str) -> int:
    return sum(width(character) for character in text)


# --- lists ----------------------------------------------------------------------------------------


def _lists(source: SourceFile, document: Document) -> Iterator[Edit]:
    """The marks of a ladder's lists: numbers that count, dashes for the rest."""
    inside = _joined(ladder.span for ladder in document.ladders if _is_list(source, ladder))
    for section in document.sections:
        items = [item for item in section.items if _within(inside, item.span.start)]
        if len({_indent(source, item.span) for item in items}) > 1:
            continue
        for number, item in enumerate(items, 1):
            line = source.line_span(source.position(item.span.start).line)[0]
            text = slice_of(source, line, item.span.end)
            mark = _ITEM.match(source.text, line)
            if mark:
                stated = f"{mark[1]}{number}. " if item.ordered else f"{mark[1]}- "
                yield Edit(text.span.sub(0, mark.end() - line), stated)


def _joined(spans: Iterable[Span]) -> list[tuple[int, int]]:
    """The stretches that some spans cover together, in the order of the text."""
    found: list[tuple[int, int]] = []
    for span in sorted(spans):
        if found and span.start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], span.end)
        else:
            found.append((span.start, span.end))
    return found


def _within(stretches: list[tuple[int, int]], at: int) -> bool:
    near = bisect_right(stretches, at, key=lambda stretch: stretch[0])
    return near > 0 and at < stretches[near - 1][1]


def _is_list(source: SourceFile, ladder: Ladder) -> bool:
    return all(
        _ITEM.match(source.text, source.line_span(source.position(rung.span.start).line)[0])
        for rung in ladder.rungs
    )


def _indent(source: SourceFile, span: Span) -> int:
    return span.start - source.line_span(source.position(span.start).line)[0]


# --- drawings and the end -------------------------------------------------------------------------


def _drawings(source: SourceFile, document: Document) -> Iterator[Edit]:
    flows = {flow.span: flow for flow in document.flows}
    for section in document.sections:
        for fence in section.fences:
            flow = flows.get(fence.span)
            edit = redraw(source, fence, flow) if flow is not None else None
            if edit is not None:
                yield edit


def _end(source: SourceFile) -> Iterator[Edit]:
    text = source.text.rstrip()
    if text:
        yield Edit(source.span(len(text), len(source.text)), "\n")
