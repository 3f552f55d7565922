"""The findings that reading a document can bring, one row each.

``ARM0xx`` is syntax. The compiler has the further tables, of the same shape. Every row has a page
``docs/rules/<code>.md`` whose bad example gives the finding and whose good example does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .clear_text import masked
from .diagnostics import Diagnostic, Fix, Label, Level
from .source import Span


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of defect: its stable code, its name, how much it matters, and what it is.

    A rule begins as ``preview``: it is looked for where somebody asks, so that an upgrade reddens
    nothing. Such a rule is never an error.
    """

    code: str
    name: str
    level: Level
    summary: str
    preview: bool = False


ROWS: tuple[Rule, ...] = (
    Rule("ARM001", "not-utf8", Level.ERROR, "the file is not UTF-8"),
    Rule("ARM002", "no-front-matter", Level.ERROR, "the document does not open with front matter"),
    Rule("ARM003", "unclosed-front-matter", Level.ERROR, "the front matter is never closed"),
    Rule("ARM004", "yaml-syntax", Level.ERROR, "a block of YAML cannot be read"),
    Rule("ARM005", "duplicate-key", Level.ERROR, "a key stands twice in one mapping"),
    Rule("ARM006", "unclosed-fence", Level.ERROR, "a fenced block is never closed"),
    Rule("ARM007", "escaped-fence", Level.ERROR, "backslashes keep fences from being fences"),
    Rule("ARM008", "yaml-alias", Level.ERROR, "YAML anchors, aliases and own tags are refused"),
    Rule("ARM009", "too-deep", Level.ERROR, "a value or a condition is nested too deeply"),
    Rule("ARM010", "drawing-partly-read", Level.WARNING, "part of a drawing leads nowhere"),
    Rule("ARM011", "drawing-unread", Level.NOTE, "a drawing gives no stage order"),
    Rule("ARM012", "bad-condition", Level.ERROR, "a condition cannot be read"),
    Rule("ARM013", "bad-time", Level.ERROR, "a time cannot be read"),
    Rule("ARM014", "not-a-mapping", Level.ERROR, "keys and values were expected"),
    Rule("ARM015", "yaml-documents", Level.ERROR, "a block holds more than one YAML document"),
    Rule("ARM016", "yaml-key", Level.ERROR, "a key is not a word"),
    Rule("ARM017", "unclosed-comment", Level.ERROR, "an HTML comment is never closed"),
    Rule("ARM018", "bad-invocation", Level.WARNING, "an example call cannot be read"),
    Rule("ARM019", "empty-rung", Level.WARNING, "a line of the escalation path names nobody"),
    Rule("ARM020", "bad-ignore", Level.WARNING, "an ignore names no code or gives no reason"),
    Rule("ARM021", "unclear-time", Level.NOTE, "a time or an order of the policy is unclear"),
    Rule("ARM022", "chart-partly-read", Level.WARNING, "part of a Mermaid chart cannot be read"),
    Rule("ARM023", "unfinished-merge", Level.WARNING, "the marks of a merge were left", True),
    Rule(
        "ARM024", "dead-anchor", Level.WARNING, "a link leads to a heading that is not there", True
    ),
    Rule("ARM025", "secret-in-document", Level.WARNING, "a secret stands in the document", True),
    Rule("ARM026", "unseen-character", Level.WARNING, "a character is read and not seen", True),
)

RULES: Mapping[str, Rule] = {rule.code: rule for rule in ROWS}


def report(
    code: str,
    span: Span,
    message: str,
    *,
    label: str = "",
    secondary: tuple[Label, ...] = (),
    notes: tuple[str, ...] = (),
    help: str = "",
    fix: Fix | None = None,
    secret: bool = False,
) -> Diagnostic:
    """A finding of one of these rules, at the level its row states."""
    level = RULES[code].level
    message = masked(message)
    return Diagnostic(code, level, message, span, label, secondary, notes, help, fix, secret)
