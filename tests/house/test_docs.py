"""What the documents say of the project is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from armada.cli.catalogue import BY_NAME, CATALOGUE
from armada.cli.main import VERBS

DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def documents(root: Path) -> Iterator[Path]:
    yield from (root / name for name in DOCUMENTS)
    yield from sorted((root / "docs").rglob("*.md"))


def test_relative_links_lead_to_files(root: Path) -> None:
    """A link is broken where its file is not there; a fragment must be a heading of it."""
    broken: list[str] = []
    for document in documents(root):
        for target in LINK.findall(FENCE.sub("", document.read_text(encoding="utf-8"))):
            if "://" in target or target.startswith("mailto:"):
                continue
            path, _, fragment = target.partition("#")
            file = (document.parent / path).resolve() if path else document
            if not file.exists() or (fragment and fragment not in anchors(file)):
                broken.append(f"{document.relative_to(root)}: {target}")
    assert not broken


def anchors(document: Path) -> set[str]:
    """The fragments by which a document's headings are linked to."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_readme_names_every_verb_and_no_other(root: Path) -> None:
    """Who reads README learns of every verb; each verb in it exists."""
    text = (root / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\barmada ([a-z]+(?:-[a-z]+)*)\b", text))
    assert named == {verb.name for verb in VERBS}


def test_ci_runs_the_commands_that_readme_states(root: Path) -> None:
    """CI takes its install commands out of README itself, so neither can drift."""
    readme = (root / "README.md").read_text(encoding="utf-8").splitlines()
    ci = (root / ".ci/run").read_text(encoding="utf-8")
    for fragment in re.findall(r"\$\(readme '([^']+)'\)", ci):
        line = next(line for line in readme if fragment in line)
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert ci.count("$(readme ") == 2


def test_every_code_has_a_page_and_every_page_a_code(root: Path) -> None:
    """A finding that cannot be looked up is of little use, and so is a page for none."""
    assert sorted(path.stem for path in (root / "docs/rules").glob("ARM*.md")) == list(CATALOGUE)


def test_codes_are_unique_and_names_too() -> None:
    """One code a kind of defect, one name a code."""
    assert len(BY_NAME) == len(CATALOGUE)
