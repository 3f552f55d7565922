"""The pages of the rules as data, and what is found in their examples.

A page states its rule, then shows it: ``## Bad``, ``## Finding`` (what is printed of it),
``## Good`` and one ``## Near miss`` or more. An example may have files beside it, each in a fence
that names it (``markdown policy.md``). Owns how such a page is read and written anew, and by which
reader the examples of a family of codes are judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from seed_plan import seed_plan

from armada.compiler.compile import compile_source
from armada.dsl.diagnostics import Diagnostic
from armada.dsl.parse import parse_bytes
from armada.dsl.render import render_text
from armada.dsl.source import SourceFile, decode
from armada.runtime.adapters.registry import known_adapters
from armada.runtime.bindings_check import check_bindings
from armada.runtime.bindings_file import read_bindings
from armada.runtime.inbound_file import read_inbound
from armada.runtime.people_file import check_people, read_people
from armada.simulator.scenario_file import check_scenario, read_scenario

PAGES = Path(__file__).resolve().parents[2] / "docs" / "rules"

_SECTION = re.compile(
    r"^## (?P<title>[^\n]+)\n\n(?P<words>(?:(?!`{3})[^\n]*\n)*?)"
    r"(?P<fence>`{3,})(?P<language>\w+)\n(?P<text>.*?)^(?P=fence)\n"
    r"(?P<files>(?:\n`[^`\n]+`:\n\n````\w+ [^\n]+\n.*?^````\n)*)",
    re.MULTILINE | re.DOTALL,
)
_FILE = re.compile(r"^````\w+ (\S+)\n(.*?)^````$", re.MULTILINE | re.DOTALL)
_FINDING = re.compile(r"^## Finding\n\n```text\n.*?^```\n\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """A fence of a page under its heading, the words between the two, and the files beside it."""

    title: str
    words: str
    language: str
    text: str
    files: str

    def load(self, name: str) -> SourceFile | str:
        """The file of this name."""
        return load_from(files(self.files), name)


@dataclass(frozen=True, slots=True)
class Found:
    """An example as it was read, and all that was found in it."""

    source: SourceFile
    diagnostics: tuple[Diagnostic, ...]
    shared: tuple[SourceFile, ...] = ()

    @property
    def codes(self) -> list[str]:
        return [each.code for each in self.diagnostics]

    def printed(self, code: str) -> str:
        """The findings of one code, as ``armada lint`` prints them into a file."""
        own = [each for each in self.diagnostics if each.code == code]
        sources = {source.name: source for source in (self.source, *self.shared)}
        return render_text(sources, own, color=False, width=None)


def page(code: str) -> str:
    """The text of a code's page."""
    return (PAGES / f"{code}.md").read_text("utf-8")


def examples(text: str) -> list[Example]:
    """Every example of a page, in its order."""
    fields = ("title", "words", "language", "text", "files")
    return [Example(*(match[name] for name in fields)) for match in _SECTION.finditer(text)]


def files(text: str) -> dict[str, str]:
    """The fences that name a file, by its name."""
    return dict(_FILE.findall(text))


def load_from(files: Mapping[str, str], name: str) -> SourceFile | str:
    """One of these files, as a document that extends it is given it."""
    return SourceFile(name, files[name]) if name in files else "No such file or directory"


def unread(text: str) -> list[str]:
    """The headings of a page below which no example was recognised."""
    return re.findall(r"^## .+$", _SECTION.sub("", text), re.MULTILINE)


def with_finding(text: str, printed: str) -> str:
    """The page with this text as what is found, behind the bad example."""
    section = f"## Finding\n\n```text\n{printed}```\n\n"
    return _FINDING.sub("", text).replace("## Good\n", section + "## Good\n", 1)


def judge(code: str, example: Example) -> Found:
    """What the reader of the code's family finds in an example."""
    return next(read for start, read in _READERS if code.startswith(start))(example)


def _document(example: Example) -> Found:
    if example.language == "text":
        return _bytes(bytes.fromhex(re.sub(r"(?m) {3}.*$", "", example.text)))
    name = "example.armada.yaml" if example.language == "yaml" else "example.md"
    source = SourceFile(name, example.text)
    compiled = compile_source(source, example.load)
    return Found(source, compiled.diagnostics, compiled.sources[1:])


def _bytes(data: bytes) -> Found:
    """A few bytes, written as hexadecimal numbers: no whole document, but whether it is text."""
    found = parse_bytes("example.md", data)[1]
    return Found(decode("example.md", data)[0], tuple(d for d in found if d.code == "ARM001"))


def _scenario(example: Example) -> Found:
    source = SourceFile("scenario.yaml", example.text)
    read = read_scenario(source)
    return Found(source, (*read.diagnostics, *check_scenario(read, seed_plan())))


def _bindings(example: Example) -> Found:
    source = SourceFile("bindings.yaml", example.text)
    read = read_bindings(source)
    found = (*read.diagnostics, *check_bindings(read, seed_plan(), known_adapters()))
    return Found(source, found)


def _people(example: Example) -> Found:
    source = SourceFile("people.yaml", example.text)
    read = read_people(source)
    return Found(source, (*read.diagnostics, *check_people(read, seed_plan())))


def _inbound(example: Example) -> Found:
    source = SourceFile("inbound.yaml", example.text)
    return Found(source, read_inbound(source).diagnostics)


_READERS: tuple[tuple[str, Callable[[Example], Found]], ...] = (
    ("ARM60", _scenario),
    ("ARM65", _scenario),
    ("ARM61", _bindings),
    ("ARM62", _bindings),
    ("ARM63", _people),
    ("ARM64", _inbound),
    ("ARM", _document),
)
"""The readers by how a code begins; the first that fits."""
