"""Canonical form: the same meaning, and nothing left to change."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armada.compiler.compile import compile_source
from armada.compiler.formatting import format_source
from armada.dsl.source import SourceFile

ROOT = Path(__file__).resolve().parents[2]
SEED = (ROOT / "specs" / "incident-response.md").read_text("utf-8")
DOCUMENTS = sorted((*ROOT.glob("specs/*.md"), *ROOT.glob("tests/compiler/*.md")))


def formatted(text: str, name: str = "incident.md") -> str:
    """A text formatted, sure to mean the same and to be at its end."""
    source = SourceFile(name, text)
    found = format_source(source).text
    again = SourceFile(name, found)
    assert format_source(again).text == found
    before, after = compile_source(source).plan, compile_source(again).plan
    assert (before and before.digest) == (after and after.digest)
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_document_keeps_its_digest(path: Path) -> None:
    """And formatting it twice changes nothing."""
    formatted(path.read_text("utf-8"), path.name)


def test_the_seeds_drawing_is_left_as_it_was_laid_out() -> None:
    """Every line of it meets its box; only the table's columns are brought beneath each other."""
    found = formatted(SEED)
    assert found.split("## Severity Levels")[0] == SEED.split("## Severity Levels")[0]
    assert "| SEV-1 | Complete outage    | Immediate     | All " in found


def test_a_drawing_that_is_out_of_true_is_drawn_anew() -> None:
    """From what was read, with everything that stood in it."""
    text = SEED.replace("│  - Assess severity   ", "│  - Assess severity  ")
    text = text.replace(
        "              ▼                               ▼",
        "              ▼                              ▼",
    )
    found = formatted(text)
    assert found.count("┌─────────────────────────────────────────────┐") >= 7
    for words in (
        "- Assess severity",
        "(observability)",
        "INCIDENT DETECTED",
        "- Rollback if needed",
    ):
        assert words in found
    drawn = [line for line in found.split("```")[1].splitlines() if line.startswith("┌")]
    assert drawn


def test_a_drawing_that_says_more_than_boxes_and_edges_is_left() -> None:
    """Nothing that somebody wrote is lost."""
    text = SEED.replace(
        "              ▼                               ▼",
        "              ▼                              ▼     see the wiki for the old flow",
    )
    assert "see the wiki for the old flow" in formatted(text)


def test_front_matter_is_written_in_one_order() -> None:
    """Comments stay above their key, lists are indented by two, unknown keys come last."""
    text = (
        SEED.replace(
            "---\nname: incident-response\n",
            "---\nowner_team: sre\n# who is asked\npriority:   critical\nname: incident-response\n",
            1,
        )
        .replace("\npriority: critical\n---", "\n---", 1)
        .replace("  - incident-responder\n", "    - incident-responder\n", 1)
    )
    found = formatted(text).split("---")[1].strip().splitlines()
    keys = [line.partition(":")[0] for line in found if line[:1].isalpha()]
    assert keys == [
        "name",
        "description",
        "pattern",
        "coordinator",
        "agents",
        "priority",
        "owner_team",
    ]
    assert found[found.index("priority: critical") - 1] == "# who is asked"


def test_tables_keep_their_alignment_and_wide_characters_count_double() -> None:
    """As a terminal shows them."""
    text = SEED.replace(
        "| Level | Criteria | Response Time | Agents |\n"
        "|-------|----------|---------------|--------|",
        "Level|Criteria|Response Time|Agents\n:-|:-:|-:|---",
    ).replace("Complete outage | Immediate", "全部停止 \\| x | Immediate", 1)
    found = formatted(text)
    assert "| Level |      Criteria      | Response Time | Agents" in found
    assert "|:------|:------------------:|--------------:|-----" in found
    assert "| SEV-1 |   全部停止 \\| x    |     Immediate | All" in found


def test_line_endings_and_a_byte_order_mark_stay() -> None:
    """The printer writes what the file is written in."""
    found = formatted("\ufeff" + SEED.replace("\n", "\r\n"))
    assert found.startswith("\ufeff---\r\n")
    assert "\n" not in found.replace("\r\n", "")


def test_a_ladders_numbers_count() -> None:
    """One, two, three; and a star is a dash."""
    text = SEED.replace("2. **15-30", "1. **15-30").replace("3. **30-60", "7. **30-60")
    assert formatted(text).endswith(formatted(SEED)[-120:])


@given(st.text(alphabet=st.sampled_from("|-:# \n`┌─┐│└┘▼v+ab—*1."), max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    """Whatever it is, formatting it ends, and does so at once the second time."""
    formatted(f"---\nname: x\n---\n{text}")
    formatted(text)


@settings(max_examples=25)
@given(st.integers(0, len(SEED) - 1), st.sampled_from(("", " ", "\n", "|", "│", "-", "x")))
def test_a_damaged_document_means_what_it_meant(at: int, put: str) -> None:
    """Formatting mends nothing and breaks nothing."""
    formatted(SEED[:at] + put + SEED[at + 1 :])
