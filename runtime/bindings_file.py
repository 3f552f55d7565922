"""Reading bindings files: YAML with places, a validated model, and findings (ARM61x, ARM62x).

Bad input never raises: whatever is wrong becomes a diagnostic at its characters. Bindings are
checked in two steps: on their own here, and against the plan they bind in bindings_check.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..dsl.diagnostics import Diagnostic, Level
from ..dsl.source import SourceFile
from ..dsl.syntax import YamlMapping, YamlNode, YamlScalar
from ..dsl.yaml_model import FileForm, Path, plain
from .rules import RULES

if TYPE_CHECKING:
    from .bindings import Bindings

SECTIONS = (
    "rehearsal",
    "speed",
    "durations",
    "people",
    "agents",
    "actions",
    "facts",
    "targets",
    "channels",
)
HELP = {
    "rehearsal": "write true or leave it out",
    "speed": "write a number of at least 1, such as 60",
    "timeout": "write a duration such as 30s or 5m",
    "valid": "write a duration such as 10m",
    "value": "write text, number or boolean",
    "do": "write adapter.operation, such as shell.run",
    "adapter": "name an adapter, such as shell or human",
}


@dataclass(frozen=True, slots=True)
class ReadBindings:
    """A bindings file: the model (None where it has errors), findings, and the places in it."""

    bindings: Bindings | None
    diagnostics: tuple[Diagnostic, ...]
    node: YamlMapping | None


def _help(path: Path) -> str:
    last = next((part for part in reversed(path) if isinstance(part, str) and part), "")
    return HELP.get(last, "see docs/bindings.md")


FORM = FileForm(
    RULES,
    (
        "ARM610",
        "bindings are a mapping of keys and values",
        f"start with one of {', '.join(SECTIONS)}",
    ),
    "ARM611",
    lambda _path: "ARM612",
    lambda _path: list(SECTIONS),
    _help,
)


def read_bindings(source: SourceFile) -> ReadBindings:
    """The bindings of a file."""
    node, found = FORM.read(source)
    if node is None:
        return ReadBindings(None, tuple(found), None)
    from pydantic import ValidationError

    from .bindings import Bindings

    bindings: Bindings | None = None
    try:
        bindings = Bindings.model_validate(plain(node))
    except ValidationError as error:
        found.extend(FORM.findings(map(dict, error.errors(include_url=False)), node))
    found.extend(_durations_out_of_rehearsal(node))
    if any(finding.level is Level.ERROR for finding in found):
        bindings = None
    return ReadBindings(bindings, tuple(sorted(found, key=lambda each: each.order)), node)


def _durations_out_of_rehearsal(node: YamlMapping) -> Iterator[Diagnostic]:
    """``speed`` and ``durations`` belong to a rehearsal."""
    said = node.get("rehearsal")
    if isinstance(said, YamlScalar) and said.value is True:
        return
    for key in ("speed", "durations"):
        name = node.key(key)
        if name is not None:
            yield FORM.report(
                "ARM620",
                name.span,
                f"{key!r} changes how long things take, and this is no rehearsal",
                "add `rehearsal: true`, or remove it",
                "in a rehearsal only",
            )


def text_nodes(node: YamlNode, path: Path = ()) -> Iterator[tuple[YamlScalar, Path]]:
    """Every text below a node, with the path of keys and indices that leads to it."""
    waiting: list[tuple[YamlNode, Path]] = [(node, path)]
    while waiting:
        here, where = waiting.pop()
        if isinstance(here, YamlMapping):
            below = [(value, (*where, key.raw)) for key, value in here.entries]
            waiting.extend(reversed(below))
        elif isinstance(here, YamlScalar):
            if isinstance(here.value, str):
                yield here, where
        else:
            listed: list[tuple[Any, Path]] = [(v, (*where, at)) for at, v in enumerate(here.items)]
            waiting.extend(reversed(listed))
