"""What a validating model finds wrong with YAML, at the characters that it speaks of.

A file of keys and values is read with its places, validated as plain data, and every problem that
the model reports by a path of keys becomes a finding at the node on that path. Owns that way for
all files of this kind; which model it is, and which codes it brings, its reader says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from .codes import Rule
from .diagnostics import Diagnostic
from .source import SourceFile, Span
from .syntax import YamlMapping, YamlNode, YamlSequence
from .yaml_nodes import read_yaml

Path = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class FileForm:
    """One kind of file: its rules, and how problems of its model become findings.

    ``known_keys`` are the keys that may stand in the mapping at a path; ``code`` is the code of a
    wrong value at a path, and ``see`` its help line; ``is_branch`` says which parts of a path the
    model made up.
    """

    rules: Mapping[str, Rule]
    not_a_mapping: tuple[str, str, str]
    unknown_key: str
    code: Callable[[Path], str]
    known_keys: Callable[[Path], list[str]]
    see: Callable[[Path], str]
    is_branch: Callable[[int | str], bool] = lambda _part: False

    def report(
        self,
        code: str,
        span: Span,
        message: str,
        help: str = "",
        label: str = "",
        *,
        secret: bool = False,
    ) -> Diagnostic:
        """A finding of one of these rules, at the level its row states."""
        level = self.rules[code].level
        return Diagnostic(code, level, message, span, label=label, help=help, secret=secret)

    def read(self, source: SourceFile) -> tuple[YamlMapping | None, list[Diagnostic]]:
        """The mapping of a file, None where it holds none, and what is wrong with its YAML."""
        start = 1 if source.text.startswith("\ufeff") else 0
        block = read_yaml(source, start, len(source.text))
        found = list(block.diagnostics)
        if isinstance(block.node, YamlMapping):
            return block.node, found
        span = block.node.span if block.node is not None else source.span(0, 0)
        code, message, help_line = self.not_a_mapping
        found.append(self.report(code, span, message, help_line))
        return None, found

    def findings(
        self, problems: Iterable[Mapping[str, Any]], node: YamlMapping
    ) -> Iterator[Diagnostic]:
        """Problems as ``ValidationError.errors()`` lists them; one of a code at a place."""
        seen: set[tuple[int, str]] = set()
        for problem in problems:
            path: Path = problem["loc"]
            if problem["type"] == "extra_forbidden":
                finding = self._unknown_key(path, node)
            else:
                where = ".".join(
                    str(part) for part in path if part != "" and not self.is_branch(part)
                )
                message = f"{where}: {words_of(problem)}"[:2000]
                finding = self.report(
                    self.code(path), place(node, path).span, message, self.see(path)
                )
            if (finding.span.start, finding.code) not in seen:
                seen.add((finding.span.start, finding.code))
                yield finding

    def _unknown_key(self, path: Path, node: YamlMapping) -> Diagnostic:
        key = str(path[-1])
        help_line = nearest_or_all(key, self.known_keys(path[:-1]))
        message = f"unknown key {key!r}"
        return self.report(
            self.unknown_key, key_place(node, path), message, help_line, "means nothing here"
        )


def words_of(problem: Mapping[str, Any]) -> str:
    """What a model says of a value, in the words of a finding."""
    if problem["type"] == "missing":
        return f"{problem['loc'][-1]!r} is missing"
    return str(problem["msg"]).removeprefix("Value error, ")


def nearest_or_all(name: str, known: Iterable[str]) -> str:
    """A help line: the nearest of the known names, else all of them."""
    known = list(known)
    nearest = get_close_matches(name, known, 1) if len(name) <= 200 else []
    return f"write {nearest[0]!r}" if nearest else f"use one of: {', '.join(known)}"


def plain(node: YamlNode) -> Any:
    """The value of a node without its places."""
    if isinstance(node, YamlMapping):
        return {key.raw: plain(value) for key, value in node.entries}
    if isinstance(node, YamlSequence):
        return [plain(item) for item in node.items]
    return node.value


def place(node: YamlNode, path: Path) -> YamlNode:
    """The deepest node on a path of keys and indices."""
    for part in path:
        below: YamlNode | None = None
        if isinstance(node, YamlMapping) and isinstance(part, str):
            below = node.get(part)
        elif isinstance(node, YamlSequence) and isinstance(part, int):
            below = node.items[part] if part < len(node.items) else None
        if below is not None:
            node = below
    return node


def key_place(node: YamlNode, path: Path) -> Span:
    """The span of the key that ends a path; the mapping's where it has no such key."""
    parent = place(node, path[:-1])
    name = parent.key(str(path[-1])) if isinstance(parent, YamlMapping) else None
    return name.span if name is not None else parent.span
