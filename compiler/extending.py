"""Shared policy: what a document takes from the files that its ``extends:`` names.

A file is asked for by name of a ``Load`` that the caller passes in; nothing here looks at a file
system. Owns which file's statement counts: the document's own before those of the files that it
extends, of several the last. Each file is read once; a circle, a chain without end and a file that
cannot be read are findings at the value that names the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..dsl.diagnostics import Diagnostic, Label
from ..dsl.front import FRONT
from ..dsl.parse import parse_policy
from ..dsl.source import SourceFile, Span
from ..dsl.syntax import Document, Text
from .configuration import configured
from .fields import Fields, text_of
from .findings import Findings, listing
from .front import read_front
from .shared_path import named_from, refused
from .statements import Statement, stated, with_policy

Load = Callable[[str], SourceFile | str]
"""The file of a name, or in a few words why it cannot be read."""

LONGEST_CHAIN = 8
MOST_FILES = 64

_UNSHARED = frozenset(key.name for key in FRONT if not (key.policy or key.common)) - {"extends"}


@dataclass(frozen=True, slots=True)
class Shared:
    """A file that is extended: its text, and what it states together with those it extends."""

    source: SourceFile
    document: Document


@dataclass(frozen=True, slots=True)
class Extended:
    """A document with the policy that it takes, and the files this comes from, in order.

    ``through`` is for each of them the value in the document by which it came in.
    """

    document: Document
    shared: tuple[Shared, ...] = ()
    through: Mapping[str, Span] = field(default_factory=dict[str, Span])
    diagnostics: tuple[Diagnostic, ...] = ()


def extend(source: SourceFile, document: Document, load: Load | None) -> Extended:
    """The document with what it extends; as it is where it extends nothing."""
    if document.front is None or document.front.get("extends") is None:
        return Extended(document)
    walk = _Walk(load)
    whole = walk.whole(document, (source.name,))
    return Extended(whole, tuple(walk.shared), walk.through, walk.findings.listed())


class _Walk:
    """The files on the way, each once, and what is wrong with them."""

    def __init__(self, load: Load | None) -> None:
        self.load = load
        self.findings = Findings()
        self.fields = Fields(self.findings)
        self.shared: list[Shared] = []
        self.through: dict[str, Span] = {}
        self.known: dict[str, dict[str, Statement]] = {}
        self.root: Span | None = None

    def whole(self, document: Document, chain: tuple[str, ...]) -> Document:
        """The document with the policy of what it extends; an override is noted."""
        node = document.front.get("extends") if document.front is not None else None
        further: dict[str, Statement] = {}
        for scalar in self.fields.scalars(node, "the files to extend"):
            reference = text_of(scalar)
            if len(chain) == 1:
                self.root = reference.span
            self._add(further, self._policy(reference, chain), reference)
        for section, own in stated(document).items():
            if section in further:
                self._note_override(own, further[section])
        return with_policy(document, further)

    def _add(
        self, further: dict[str, Statement], more: Mapping[str, Statement], reference: Text
    ) -> None:
        """The sections of one more file, which count before those of the files named before it."""
        twice = [
            (further[section], statement)
            for section, statement in more.items()
            if section in further and further[section].span != statement.span
        ]
        if twice:
            before, after = twice[0]
            self.findings.add(
                "ARM331",
                f"an earlier file states {listing(one.section for one, _ in twice)}, too",
                reference.span,
                label="this one counts",
                secondary=(
                    Label(before.span, "does not count"),
                    Label(after.span, "counts"),
                ),
                help="let one file extend the other, or state it in one of them",
            )
        further.update(more)

    def _note_override(self, own: Statement, other: Statement) -> None:
        self.findings.add(
            "ARM330",
            f"{own.section} of this document replaces that of {other.span.file}",
            own.span,
            label="counts",
            secondary=(Label(other.span, "does not count here"),),
            help="remove it here to take the shared one",
        )

    # --- one file ---

    def _policy(self, reference: Text, chain: tuple[str, ...]) -> dict[str, Statement]:
        """What the file that a value names states, with what that file extends."""
        name = self._name(reference, chain)
        if name is None:
            return {}
        if name not in self.known:
            found = self._load(name, reference)
            if found is None:
                return {}
            self.known[name] = self._read(found, reference, chain)
        return self.known[name]

    def _name(self, reference: Text, chain: tuple[str, ...]) -> str | None:
        why = refused(reference.value)
        if why is not None:
            self.findings.add(
                "ARM133",
                f"'{reference.value}' {why}",
                reference.span,
                help="write the path from this file's folder, such as ../policy.md",
            )
            return None
        name = named_from(chain[-1], reference.value)
        if name in chain:
            path = " → ".join((*chain[chain.index(name) :], name))
            self.findings.add(
                "ARM131",
                f"the files extend each other in a circle: {path}",
                reference.span,
                help="remove one of these `extends:`",
            )
            return None
        if name not in self.known and (len(chain) > LONGEST_CHAIN or len(self.known) >= MOST_FILES):
            self.findings.add(
                "ARM132",
                f"'{name}' is one too many: a chain has at most {LONGEST_CHAIN} files,"
                f" and {MOST_FILES} are read in all",
                reference.span,
                help="state what is shared in fewer files",
            )
            return None
        return name

    def _load(self, name: str, reference: Text) -> SourceFile | None:
        loaded = "nothing here reads other files" if self.load is None else self.load(name)
        if isinstance(loaded, SourceFile):
            return SourceFile(name, loaded.text)
        self.findings.add(
            "ARM130",
            f"cannot read {name}: {loaded}",
            reference.span,
            help="name a file that is there, by its path from this file's folder",
        )
        return None

    def _read(
        self, source: SourceFile, reference: Text, chain: tuple[str, ...]
    ) -> dict[str, Statement]:
        document, found = parse_policy(source)
        self.findings.extend(found)
        document = configured(document, self.fields)
        if document.front is not None:
            read_front(document, self.fields)
        self._note_unshared(document)
        if self.root is not None:
            self.through[source.name] = self.root
        at = len(self.shared)
        whole = self.whole(document, (*chain, source.name))
        self.shared.insert(at, Shared(source, whole))
        statements = stated(whole)
        if not statements:
            self.findings.add(
                "ARM135",
                f"{source.name} states no policy",
                reference.span,
                help="state severities, an escalation path or a key such as `timezone:` there",
            )
        return statements

    def _note_unshared(self, document: Document) -> None:
        """What the file has besides policy; of a whole workflow its stages stand for all."""
        if document.stages:
            title = document.stages[0].title
            self.findings.add(
                "ARM134",
                "the stages of a file that is extended are not taken over",
                title.title.span if title.title.value else title.span,
                help="keep the stages in the document that they are of",
            )
            return
        for key, _ in document.front or ():
            if key.raw in _UNSHARED:
                self.findings.add(
                    "ARM134",
                    f"`{key.raw}` is not taken over from a file that is extended",
                    key.span,
                    help="state it in the document that it is of",
                )
