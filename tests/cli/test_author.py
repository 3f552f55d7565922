"""The author's verbs: lint, compile, show, graph, rule, new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armada.cli.levels import parse_level
from armada.cli.main import VERBS, run

Command = Callable[..., tuple[int, str, str]]


# --- every verb -----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_every_verb_has_help_with_examples(verb: str, call: Command) -> None:
    """The first line of a verb's help is its line in the list of verbs."""
    status, out, _ = call(verb, "--help")
    assert status == 0
    assert "Examples:" in out and f"armada {verb}" in out
    summary = next(each.summary for each in VERBS if each.name == verb)
    assert summary in " ".join(out.split())


@pytest.mark.parametrize("verb", ["lint", "compile", "show", "graph"])
def test_a_file_that_cannot_be_read_is_status_2(verb: str, call: Command) -> None:
    """The message says which file and why."""
    status, out, err = call(verb, "nowhere.md")
    assert (status, out) == (2, "")
    assert "cannot read nowhere.md: No such file" in err


@pytest.mark.parametrize("verb", ["compile", "show", "graph"])
def test_a_document_without_a_plan_ends_with_its_errors(
    verb: str, call: Command, tmp_path: Path
) -> None:
    """On standard error, so that a pipe gets nothing that is no plan."""
    (tmp_path / "empty.md").write_text("# Nothing\n")
    status, out, err = call(verb, "empty.md")
    assert (status, out) == (1, "")
    assert "error[ARM" in err and "empty.md has no plan" in err


@pytest.mark.parametrize("verb", ["lint", "compile", "show", "graph"])
def test_no_spec_named_or_configured_is_status_2(verb: str, call: Command) -> None:
    """The way out is in the message."""
    status, _, err = call(verb)
    assert status == 2
    assert "[tool.armada]" in err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.armada]\nspec = "books/book.md"\n'),
        ("armada.toml", 'spec = "books/book.md"\n'),
    ],
)
def test_the_configured_spec_is_found_from_below(
    name: str, text: str, armada: Command, seed: Path, tmp_path: Path
) -> None:
    """Its path is relative to the configuration, wherever the command is run."""
    (tmp_path / name).write_text(text)
    (tmp_path / "books").mkdir()
    (tmp_path / "books/book.md").write_bytes(seed.read_bytes())
    below = tmp_path / "deep/er"
    below.mkdir(parents=True)
    status, out, _ = armada("compile", "--digest", cwd=below)
    assert (status, out) == armada("compile", "--digest", seed)[:2]


@pytest.mark.parametrize("text", ["spec = 3\n", 'sepc = "x"\n', "spec = \n"])
def test_a_wrong_configuration_is_status_2(text: str, call: Command, tmp_path: Path) -> None:
    """It is said, rather than passed over."""
    (tmp_path / "armada.toml").write_text(text)
    status, _, err = call("lint")
    assert status == 2
    assert "armada.toml" in err


# --- lint -----------------------------------------------------------------------------------------


def test_the_seed_has_warnings_and_fails_only_under_strict(call: Command, seed: Path) -> None:
    """Warnings say that the plan is what is written and perhaps not what is meant."""
    assert call("lint", seed).status == 0
    status, out, err = call("lint", "--strict", seed)
    assert status == 1
    assert "warning[ARM301]" in out
    assert "warnings" in err and "in 1 file" in err


def test_notes_never_fail(call: Command, seed: Path) -> None:
    """Not even under --strict."""
    assert call("lint", "--strict", "--select", "ARM502", seed).status == 0


def test_select_and_ignore_go_by_the_beginning_of_a_code(call: Command, seed: Path) -> None:
    """Several may be given at once or apart; what is ignored wins."""
    _, out, _ = call("lint", "--format", "json", "--select", "arm3,ARM1", "--ignore", "ARM30", seed)
    codes = {finding["code"] for finding in json.loads(out)["findings"]}
    assert codes
    assert all(code.startswith(("ARM31", "ARM1")) for code in codes)


def test_json_places_a_finding_by_line_column_and_offset(call: Command, seed: Path) -> None:
    """The offset counts characters of the file as it is."""
    _, out, _ = call("lint", "--format", "json", seed)
    text = seed.read_text(encoding="utf-8")
    data = json.loads(out)
    found = {f["code"]: text[f["start"]["offset"] : f["end"]["offset"]] for f in data["findings"]}
    assert found["ARM107"] == "tester"
    assert found["ARM105"] == "hierarchical-coordinator"
    assert data["files"] == 1
    assert data["errors"] + data["warnings"] + data["notes"] == len(data["findings"])


def test_github_annotations_name_file_and_line(call: Command, seed: Path) -> None:
    """One workflow command a line."""
    _, out, _ = call("lint", "--format", "github", seed)
    assert all(line.startswith(("::warning ", "::notice ")) for line in out.splitlines())
    assert f"file={seed}" in out


def test_statistics_count_rules_by_code_and_name(call: Command, seed: Path) -> None:
    """In text and as JSON, the most frequent first."""
    rows = json.loads(call("lint", "--statistics", "--format", "json", seed).out)
    assert rows[0] == {"code": "ARM502", "name": "prose-command", "count": 6, "fixable": False}
    lines = [line.split() for line in call("lint", "--statistics", seed).out.splitlines()]
    assert lines == [[str(row["count"]), row["code"], row["name"]] for row in rows]


def test_statistics_mark_what_can_be_mended(call: Command, seed: Path, tmp_path: Path) -> None:
    """As --fix would."""
    (tmp_path / "a.md").write_text(seed.read_text("utf-8").replace("```", "\\`\\`\\`"))
    assert "    1  ARM007  [*] escaped-fence\n" in call("lint", "--statistics", "a.md").out


def test_quiet_leaves_the_findings_alone(call: Command, seed: Path) -> None:
    """No summary; the status is the same."""
    loud, quiet = call("lint", "--strict", seed), call("lint", "--strict", "-q", seed)
    assert (quiet.status, quiet.out, quiet.err) == (loud.status, loud.out, "")
    assert loud.err


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_findings_go_into_a_file(form: str, armada: Command, seed: Path, tmp_path: Path) -> None:
    """Without colour, and whole; the status and the summary stay."""
    plain = armada("lint", "--format", form, seed)
    filed = armada("lint", "--format", form, "-o", "found", seed, FORCE_COLOR="1")
    assert (filed.status, filed.out, filed.err) == (plain.status, "", plain.err)
    assert (tmp_path / "found").read_text("utf-8") == plain.out
    assert armada("lint", "-o", "no/found", seed).status == 2
    assert armada("lint", "--format", form, "-o", "/dev/stdout", seed).out == plain.out


def test_a_directory_stands_for_the_workflows_in_it(
    call: Command, seed: Path, tmp_path: Path
) -> None:
    """A README is no workflow; how many files were passed over is said."""
    folder = tmp_path / "runbooks"
    (folder / "sub").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "sub/a.md").write_bytes(seed.read_bytes())
    (folder / ".hidden/b.md").write_bytes(seed.read_bytes())
    (folder / "README.md").write_text("# Read me\n")
    status, out, err = call("lint", "runbooks", "runbooks/sub/a.md")
    assert status == 0
    assert "README.md" not in out
    assert "in 1 file; 1 Markdown file that is no workflow passed over" in err


def test_a_directory_without_a_workflow_is_status_2(call: Command, tmp_path: Path) -> None:
    """Nothing looked at is not nothing found."""
    (tmp_path / "empty").mkdir()
    assert call("lint", "empty").status == 2


def test_standard_input_has_the_name_it_is_given(armada: Command, seed: Path) -> None:
    """The name's ending chooses the surface."""
    data = seed.read_bytes()
    status, out, _ = armada("lint", "-", "--stdin-filename", "book.md", stdin=data)
    assert status == 0
    assert out.startswith("book.md:")
    assert (
        armada("compile", "--digest", "-", stdin=data).out
        == armada("compile", "--digest", seed).out
    )


def test_bytes_that_are_not_utf8_are_a_finding(armada: Command, seed: Path) -> None:
    """With its place; everything else in the file is still checked."""
    status, out, _ = armada("lint", "-", stdin=seed.read_bytes() + b"\n\xff\n")
    assert status == 1
    assert "ARM001" in out and "ARM301" in out


@given(st.binary(max_size=300))
@settings(max_examples=60)
def test_any_bytes_end_in_findings(data: bytes) -> None:
    """Never in an exception, whatever verb reads them; most are no workflow to lint."""
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".md") as file:
        file.write(data)
        file.flush()
        for verb in ("lint", "compile", "show", "graph"):
            assert run([verb, file.name]) in ((0, 1, 2) if verb == "lint" else (0, 1))


# --- compile --------------------------------------------------------------------------------------


def test_compile_prints_canonical_json_and_its_digest(call: Command, seed: Path) -> None:
    """The digest is the SHA-256 of what is printed, less the line's end."""
    status, out, _ = call("compile", seed)
    assert status == 0
    assert call("compile", "--digest", seed).out.strip() == digest(out)


def digest(printed: str) -> str:
    return hashlib.sha256(printed.rstrip("\n").encode()).hexdigest()


def test_the_same_bytes_under_any_hash_seed_line_ending_and_name(
    armada: Command, seed: Path, tmp_path: Path
) -> None:
    """Not so with a changed minute."""
    outs = {armada("compile", seed, PYTHONHASHSEED=str(number)).out for number in (0, 1, 77)}
    (tmp_path / "other name.md").write_bytes(seed.read_bytes().replace(b"\n", b"\r\n"))
    outs.add(armada("compile", "other name.md").out)
    assert len(outs) == 1
    (tmp_path / "later.md").write_bytes(seed.read_bytes().replace(b"< 30 min", b"< 31 min"))
    assert armada("compile", "later.md").out not in outs


def test_the_plan_fits_its_schema(call: Command, seed: Path) -> None:
    """The schema is itself a valid one."""
    schema = json.loads(call("compile", "--schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(call("compile", seed).out), schema)


def test_compile_writes_a_file(call: Command, seed: Path, tmp_path: Path) -> None:
    """And a folder that is not there is status 2."""
    assert call("compile", seed, "-o", "plan.json") == (0, "", "")
    assert (tmp_path / "plan.json").read_text(encoding="utf-8") == call("compile", seed).out
    assert call("compile", seed, "-o", "no/plan.json").status == 2


# --- show, graph ----------------------------------------------------------------------------------


def test_show_says_what_the_seed_means(
    call: Command, seed: Path, golden: Callable[[str, str], None]
) -> None:
    """Stages, actions, owed names, severities with what they omit, the ladder."""
    golden("show.txt", call("show", seed).out)


def test_show_as_json_says_what_levels_omit(call: Command, seed: Path) -> None:
    """A reader who scripts asks the same."""
    data = json.loads(call("show", "--format", "json", seed).out)
    omits = {severity["name"]: severity["omits"] for severity in data["severities"]}
    assert omits["SEV-1"] == []
    assert omits["SEV-2"] == ["mitigate", "deploy"]
    assert [rung["from_ms"] for rung in data["escalation"]["rungs"]] == [
        0,
        900000,
        1800000,
        3600000,
    ]


@pytest.mark.parametrize("form", ["terminal", "mermaid", "dot"])
def test_graph_draws_the_seed(
    form: str, call: Command, seed: Path, golden: Callable[[str, str], None]
) -> None:
    """In three notations."""
    status, out, err = call("graph", "--format", form, seed)
    assert (status, err) == (0, "")
    golden(f"graph.{form}.txt", out)


# --- rule -----------------------------------------------------------------------------------------


def test_rule_lists_and_explains(call: Command) -> None:
    """Small letters will do."""
    listed = call("rule").out
    assert "ARM301  undelivered-change" in listed
    assert call("rule", "arm301").out.startswith("# ARM301")
    assert "ARM301" in json.loads(call("rule", "--format", "json").out)
    assert json.loads(call("rule", "ARM301", "--format", "json").out)["code"] == "ARM301"


def test_an_unknown_code_names_the_nearest(call: Command) -> None:
    """And is status 2."""
    status, _, err = call("rule", "ARM3001")
    assert status == 2
    assert "did you mean ARM301" in err


# --- new ------------------------------------------------------------------------------------------


def test_a_new_document_lints_clean(call: Command, tmp_path: Path) -> None:
    """Not even a note; and it says what to do next."""
    status, _, err = call("new", "checkout-outage")
    assert status == 0
    assert "armada sim checkout-outage.md" in err
    status, out, err = call("lint", "--strict", "checkout-outage.md")
    assert (status, out) == (0, "")
    assert "no findings" in err


def test_new_refuses_to_overwrite(call: Command, tmp_path: Path) -> None:
    """Status 3, and the file is as it was; --force replaces it."""
    (tmp_path / "mine.md").write_text("mine\n")
    status, _, err = call("new", "mine")
    assert status == 3
    assert "--force" in err
    assert (tmp_path / "mine.md").read_text() == "mine\n"
    assert call("new", "mine", "--force").status == 0
    assert (tmp_path / "mine.md").read_text() == call("new", "mine", "-o", "-").out


@pytest.mark.parametrize("name", ["Upper", "two--hyphens", "a b", "../x", "", "é"])
def test_a_name_that_is_no_slug_is_status_2(name: str, call: Command, tmp_path: Path) -> None:
    """Nothing is written."""
    assert call("new", name).status == 2
    assert not list(tmp_path.iterdir())


# --- levels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["1", "SEV-1", "sev1", "SEV 1", "P1", "p-1", "S1", "severity 1", " 1 "]
)
def test_a_level_has_many_spellings(text: str) -> None:
    """All of them are level 1."""
    assert parse_level(text) == 1


@pytest.mark.parametrize("text", ["", "one", "-1", "1.5", "SEV", "Q1", "1111"])
def test_what_is_no_level(text: str) -> None:
    """It is refused, never guessed."""
    assert parse_level(text) is None
