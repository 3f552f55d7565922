"""Reading YAML values of a stated form, each wrong one reported at its place.

Every reader takes the node, returns the value or None, and says what was expected where the node
is something else. Nothing is coerced silently: ``"3"`` is a text, and ``yes`` is not a number.
"""

from __future__ import annotations

from ..dsl.diagnostics import Diagnostic
from ..dsl.expression import read_condition
from ..dsl.patterns import lazy
from ..dsl.syntax import Text, YamlMapping, YamlNode, YamlScalar, YamlSequence
from ..dsl.timing import read_duration
from .findings import Findings
from .sites import GuardSite

_MOST = 1_000_000
_WORD = lazy(r"\w+")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text without case, white space and punctuation."""
    return tuple(_WORD.findall(text.casefold()))


def text_of(node: YamlScalar) -> Text:
    """The words of a scalar, trimmed, and where they stand."""
    raw = node.raw
    left = len(raw) - len(raw.lstrip())
    right = max(left, len(raw.rstrip()))
    return Text(raw[left:right], node.place(left, right) if right > left else node.span)


class Fields:
    """Readers that report to one collection of findings."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    def wrong(self, node: YamlNode, what: str, expected: str) -> None:
        """Report that ``what`` should have been ``expected``."""
        self.findings.add(
            "ARM114", f"{what} must be {expected}", node.span, help=f"write {expected}"
        )

    def text(self, node: YamlNode | None, what: str) -> Text | None:
        """Some words."""
        if node is None:
            return None
        if isinstance(node, YamlScalar) and node.value is not None and node.raw.strip():
            return text_of(node)
        self.wrong(node, what, "a text")
        return None

    def count(self, node: YamlNode | None, what: str, least: int = 0) -> int | None:
        """A whole number."""
        if node is None:
            return None
        value = node.value if isinstance(node, YamlScalar) else None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= _MOST:
            return value
        self.wrong(node, what, f"a whole number, {least} or more")
        return None

    def truth(self, node: YamlNode | None, what: str) -> bool | None:
        """True or false."""
        if node is None:
            return None
        if isinstance(node, YamlScalar) and isinstance(node.value, bool):
            return node.value
        self.wrong(node, what, "true or false")
        return None

    def duration(self, node: YamlNode | None, what: str, *, least_ms: int = 1) -> int | None:
        """A length of time in milliseconds; none at all only where ``least_ms`` is 0."""
        if node is None:
            return None
        value = read_duration(node.raw.strip()) if isinstance(node, YamlScalar) else None
        if value is not None and value >= least_ms:
            return value
        above = "" if value is None else " above 0"
        self.wrong(node, what, f"a duration{above} such as 30s, 5m or 2h")
        return None

    def word(self, node: YamlNode | None, what: str, known: tuple[str, ...]) -> str | None:
        """One of the known words."""
        if node is None:
            return None
        if isinstance(node, YamlScalar):
            said = node.raw.strip().lower()
            if said in known:
                return said
            message = f"{what} cannot be '{node.raw.strip()}'"
            help = self.findings.suggest(said, known)
            self.findings.add("ARM114", message, node.span, help=help)
            return None
        self.wrong(node, what, f"one of {', '.join(known)}")
        return None

    def scalars(self, node: YamlNode | None, what: str) -> tuple[YamlScalar, ...]:
        """A list of texts; one text counts as a list of one."""
        if node is None:
            return ()
        items = node.items if isinstance(node, YamlSequence) else (node,)
        found: list[YamlScalar] = []
        for item in items:
            if isinstance(item, YamlScalar) and item.value is not None and item.raw.strip():
                found.append(item)
            else:
                self.wrong(item, f"each of {what}", "a text")
        return tuple(found)

    def texts(self, node: YamlNode | None, what: str) -> tuple[Text, ...]:
        """The words of a list of texts."""
        return tuple(text_of(item) for item in self.scalars(node, what))

    def mapping(self, node: YamlNode | None, what: str) -> YamlMapping | None:
        """Keys and values."""
        if node is None or isinstance(node, YamlMapping):
            return node
        self.wrong(node, what, "keys and values")
        return None

    def guard(self, node: YamlNode | None, what: str) -> GuardSite | None:
        """A condition; what is wrong inside it is reported at its characters."""
        if node is None:
            return None
        if not isinstance(node, YamlScalar):
            self.wrong(node, what, "a condition")
            return None
        read = read_condition(node.raw, node.place)
        if isinstance(read, Diagnostic):
            self.findings.extend((read,))
            return None
        return GuardSite(read, node)

    def unknown_keys(
        self, mapping: YamlMapping, known: tuple[str, ...], code: str, of: str
    ) -> None:
        """Report each key that is not known, with the nearest that is."""
        for key, _ in mapping:
            if key.raw not in known:
                self.unknown_key(key, known, code, of)

    def unknown_key(self, key: YamlScalar, known: tuple[str, ...], code: str, of: str) -> None:
        """Report one key that is not known."""
        self.findings.add(
            code,
            f"'{key.raw}' is not a key of {of}",
            key.span,
            notes=(f"{of} takes {', '.join(known)}",),
            help=self.findings.suggest(key.raw, known),
        )
