"""What a YAML scalar means and where its characters stand.

Values follow the YAML 1.2 core schema, so ``on``, ``yes`` and ``2026-01-01`` are text. Numbers that
no workflow needs (infinities, not-a-number, more than 18 digits) are text too: every value then has
one canonical JSON form.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import isinf

from .patterns import lazy

_NULL = lazy(r"|~|null|Null|NULL")
_TRUE = lazy(r"true|True|TRUE")
_FALSE = lazy(r"false|False|FALSE")
_INTEGER = lazy(r"[-+]?[0-9]{1,18}")
_OCTAL = lazy(r"0o[0-7]{1,20}")
_HEXADECIMAL = lazy(r"0x[0-9a-fA-F]{1,15}")
_FLOAT = lazy(r"[-+]?(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,3})?")

Value = str | int | float | bool | None


def resolve(raw: str) -> Value:
    """The value of a plain scalar."""
    if _NULL.fullmatch(raw):
        return None
    if _TRUE.fullmatch(raw):
        return True
    if _FALSE.fullmatch(raw):
        return False
    if _INTEGER.fullmatch(raw):
        return int(raw)
    if _OCTAL.fullmatch(raw):
        return int(raw[2:], 8)
    if _HEXADECIMAL.fullmatch(raw):
        return int(raw[2:], 16)
    return _float(raw) if _FLOAT.fullmatch(raw) else raw


def _float(raw: str) -> Value:
    if raw.lstrip("+-").isdigit():
        return raw
    number = float(raw)
    return raw if isinf(number) else number


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a file, their common indentation cut off, as YAML reads them.

    ``starts`` are the offsets of the lines in ``text``, ``origins`` those in the file. One entry
    each where nothing was cut.
    """

    text: str
    starts: tuple[int, ...]
    origins: tuple[int, ...]

    def offset(self, at: int) -> int:
        """The offset in the file of the character at ``at``."""
        line = bisect_right(self.starts, at) - 1
        return self.origins[line] + at - self.starts[line]

    def end(self, at: int, start: int) -> int:
        """The offset in the file just after the character before ``at``."""
        return self.offset(at - 1) + 1 if at > start else self.offset(start)


def excerpt(text: str, start: int, end: int, indent: int) -> Excerpt:
    """The characters from ``start`` to ``end`` with up to ``indent`` blanks cut off each line."""
    if not indent:
        return Excerpt(text[start:end], (0,), (start,))
    parts: list[str] = []
    starts, origins, length, at = [0], [start], 0, start
    while at < end:
        stop = text.find("\n", at, end) + 1 or end
        cut = 0
        while cut < indent and at + cut < stop and text[at + cut] in " \t":
            cut += 1
        starts.append(length)
        origins.append(at + cut)
        parts.append(text[at + cut : stop])
        length += stop - at - cut
        at = stop
    return Excerpt("".join(parts), tuple(starts), tuple(origins))


Pieces = tuple[tuple[int, int, int], ...]


def flow_pieces(source: Excerpt, start: int, end: int, raw: str) -> Pieces:
    """The one piece of a scalar that stands in the source just as it reads."""
    if raw and source.text[start:end] == raw:
        return ((0, source.offset(start), len(raw)),)
    return ()


def literal_pieces(source: Excerpt, start: int, raw: str) -> Pieces:
    """The pieces of a literal block: each line of ``raw`` ends a line of the source."""
    text = source.text
    at = text.find("\n", start) + 1
    pieces: list[tuple[int, int, int]] = []
    done = 0
    while done < len(raw):
        stop = raw.find("\n", done)
        line = raw[done:stop] if stop >= 0 else raw[done:]
        feed = text.find("\n", at) if at else -1
        bound = feed if feed >= 0 else len(text)
        last = bound - 1 if bound > at and text[bound - 1] == "\r" else bound
        if not at or not text.endswith(line, at, last):
            return ()
        if line:
            pieces.append((done, source.offset(last - len(line)), len(line)))
        if stop >= 0 and feed >= 0:
            pieces.append((stop, source.offset(feed), 1))
        done += len(line) + 1
        at = feed + 1
    return tuple(pieces)
