"""A configuration block compared with the text around it: when two values are one, and what is said
of those that differ.

Owns the comparison and its finding, ``ARM332``; which values are held against each other is
``configuration``'s and ``configured_stages``'.
"""

from __future__ import annotations

from ..dsl.diagnostics import Label
from ..dsl.names import slug
from ..dsl.source import Span
from ..dsl.syntax import Text, YamlMapping, YamlNode, YamlScalar, YamlSequence
from ..dsl.timing import read_duration
from .findings import Findings

ALIASES = {"depends_on": "needs", "condition": "when"}
"""Keys that mean the same as another."""

_ALIASES_OF = {name: (alias,) for alias, name in ALIASES.items()}
_SHOWN = 60
_HELP = "state the same in both places, or remove it from the configuration"


class Agreement:
    """Compares values and collects where they differ; the text counts."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    def names(self, what: str, block: YamlNode, text: YamlNode) -> None:
        """Compare two lists of names, in any order."""
        if _names(block) != _names(text):
            self.differ(what, _as_text(block), _as_text(text))

    def merged(self, what: str, block: YamlNode, text: YamlNode) -> YamlNode:
        """The value of the text, with the keys that only the block has; compared on the way."""
        if not isinstance(block, YamlMapping) or not isinstance(text, YamlMapping):
            if not alike(block, text):
                self.differ(what, _as_text(block), _as_text(text))
            return text
        entries = {key.raw: (key, value) for key, value in text}
        for key, value in block:
            name = ALIASES.get(key.raw, key.raw)
            own = next(
                (each for each in (name, *_ALIASES_OF.get(name, ())) if each in entries), None
            )
            if own is None:
                entries[key.raw] = (key, value)
            else:
                of = f"`{key.raw}` of {what}"
                entries[own] = (entries[own][0], self.merged(of, value, entries[own][1]))
        return YamlMapping(tuple(entries.values()), text.span)

    def differ(self, what: str, block: Text, text: Text) -> None:
        """Report that the two places say different things."""
        self.findings.add(
            "ARM332",
            f"{what} is '{_shown(block)}' in the configuration and '{_shown(text)}' in the text",
            block.span,
            label="does not count",
            secondary=(Label(text.span, "counts"),),
            help=_HELP,
        )

    def alone(
        self, what: str, span: Span, other: Span, *, in_block: bool, counts: bool = True
    ) -> None:
        """Report what stands in one of the two places, though the other states its like."""
        here, there = "configuration", "text"
        if not in_block:
            here, there = there, here
        self.findings.add(
            "ARM332",
            f"{what} stands in the {here} and not in the {there}",
            span,
            label="counts" if counts else "does not count",
            secondary=(Label(other, f"the {there}"),),
            help="state it in both places, or in neither",
        )


def alike(one: YamlNode, other: YamlNode) -> bool:
    """Whether two values mean the same: blanks and the spelling of durations do not matter."""
    if isinstance(one, YamlMapping) and isinstance(other, YamlMapping):
        pairs = [(value, other.get(key.raw)) for key, value in one]
        return len(one.entries) == len(other.entries) and all(
            second is not None and alike(first, second) for first, second in pairs
        )
    if isinstance(one, YamlMapping) or isinstance(other, YamlMapping):
        return False
    first, second = _items(one), _items(other)
    if len(first) != len(second):
        return False
    if isinstance(one, YamlScalar) and isinstance(other, YamlScalar):
        return _meaning(one) == _meaning(other)
    return all(alike(a, b) for a, b in zip(first, second, strict=True))


def _items(node: YamlScalar | YamlSequence) -> tuple[YamlNode, ...]:
    """A list, or one value as a list of one."""
    return node.items if isinstance(node, YamlSequence) else (node,)


def _meaning(node: YamlScalar) -> str | int:
    words = " ".join(node.raw.split())
    duration = read_duration(words) if len(words) < 40 and words[:1].isdigit() else None
    return words if duration is None else duration


def _names(node: YamlNode) -> set[str]:
    """Names in a list, as one word, or as the keys of a mapping."""
    if isinstance(node, YamlMapping):
        return {slug(key.raw) for key, _ in node}
    return {slug(item.raw) for item in _items(node) if isinstance(item, YamlScalar)}


def _as_text(node: YamlNode) -> Text:
    return Text(_words(node), node.span)


def _words(node: YamlNode) -> str:
    if isinstance(node, YamlScalar):
        return node.raw
    if isinstance(node, YamlSequence):
        return ", ".join(_words(item) for item in node.items[:8])
    return ", ".join(f"{key.raw}: {_words(value)}" for key, value in node.entries[:8])


def _shown(text: Text) -> str:
    words = " ".join(text.value.split())
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
