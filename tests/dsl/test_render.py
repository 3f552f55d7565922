"""How findings look: the source line, marks under the right columns, data for programs."""

from __future__ import annotations

from armada.dsl.diagnostics import Diagnostic, Edit, Fix, Label, Level
from armada.dsl.render import DETAILED, as_github, as_json, render_text
from armada.dsl.source import SourceFile

SOURCE = SourceFile("a.md", "first\n| 深刻 SEV-1 |\tvalue |\n\n\nlast line\n")
FOUND = Diagnostic(
    "ARM301",
    Level.WARNING,
    "something is off",
    SOURCE.span(19, 24),
    label="this value",
    secondary=(Label(SOURCE.span(0, 5), "first here"), Label(SOURCE.span(29, 33), "and here")),
    notes=("a note",),
    help="mend it",
    fix=Fix("Mend it", (Edit(SOURCE.span(19, 24), "other"),)),
)


def test_text() -> None:
    assert render_text({"a.md": SOURCE}, [FOUND], color=False, width=None) == (
        "a.md:2:14: warning[ARM301] something is off\n"
        "  |\n"
        "1 | first\n"
        "  | ----- first here\n"
        "2 | | 深刻 SEV-1 |  value |\n"
        "  |                 ^^^^^ this value\n"
        "...\n"
        "5 | last line\n"
        "  | ---- and here\n"
        "  = note: a note\n"
        "  = help: mend it\n"
    )


def test_a_long_line_is_cut_around_the_marks() -> None:
    source = SourceFile("b.md", "x" * 500 + "HERE" + "y" * 500)
    found = Diagnostic("ARM301", Level.ERROR, "long", source.span(500, 504))
    lines = render_text({"b.md": source}, [found], color=False, width=60).splitlines()
    assert max(map(len, lines)) <= 60
    at = lines[2].index("HERE")
    assert lines[3].index("^^^^") == at
    assert lines[2][4] == lines[2][-1] == "…"


def test_control_characters_never_reach_the_terminal() -> None:
    source = SourceFile("c.md", "a\x1b[31m\u202eb")
    found = Diagnostic("ARM301", Level.NOTE, "odd", source.span(0, 1))
    text = render_text({"c.md": source}, [found], color=False, width=None)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_data() -> None:
    (data,) = as_json({"a.md": SOURCE}, [FOUND])
    assert data["start"] == {"line": 2, "column": 14, "offset": 19}
    assert data["secondary"][0]["text"] == "first here"
    assert data["fix"]["edits"][0]["text"] == "other"


def test_github_escapes() -> None:
    found = Diagnostic("ARM301", Level.NOTE, "50%\nof it", SOURCE.span(0, 5))
    assert as_github({"a.md": SOURCE}, [found]) == (
        "::notice file=a.md,line=1,endLine=1,col=1,endColumn=6,title=ARM301::50%25%0Aof it\n"
    )


def test_findings_without_number_are_one_line_each_beyond_the_first() -> None:
    found = [FOUND] * (DETAILED + 3)
    text = render_text({"a.md": SOURCE}, found, color=False, width=None)
    assert text.count("1 | first\n") == DETAILED
    assert text.count("a.md:2:14: warning[ARM301] something is off\n") == DETAILED + 3
    assert text.endswith(3 * "a.md:2:14: warning[ARM301] something is off\n")


def test_of_a_very_long_line_only_what_is_shown_is_looked_at() -> None:
    before, after = 100_000, 200_000
    source = SourceFile("b.md", "\t" + "x" * before + "HERE" + "深" * after)
    found = Diagnostic("ARM301", Level.ERROR, "long", source.span(before + 1, before + 5))
    lines = render_text({"b.md": source}, [found], color=False, width=60).splitlines()
    assert lines[3].index("^^^^") == lines[2].index("HERE")
    assert lines[2][4] == lines[2][-1] == "…"
