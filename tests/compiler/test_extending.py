"""Shared policy: what a document takes from the files that it extends, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armada.compiler.compile import Compiled, check_source, compile_source
from armada.compiler.formatting import format_source
from armada.compiler.shared_path import named_from, refused
from armada.dsl.diagnostics import Diagnostic
from armada.dsl.fixes import apply_fixes
from armada.dsl.source import SourceFile

STAGE = """
### Stage 1: Triage (ada)

```yaml
actions:
  - look: {queries: ["up?"]}
  - verify: {checks: ["fine"]}
```
"""
TABLE = """
## Severity Levels

| Level | Criteria | Response time | Agents |
|-------|----------|---------------|--------|
| SEV-1 | All down | Immediate | All |
| SEV-2 | Some down | < 30 min | All |
"""
LADDER = """
## Escalation Path

1. **0-15 min:** On-call engineer
2. **15+ min:** Manager
"""
HEAD = "---\ntimezone: Europe/Berlin\nescalation: {while: unacknowledged, repeat: 2}\n---\n"
POLICY = f"{HEAD}{TABLE}{LADDER}"


def document(extends: str = "policy.md", head: str = "", body: str = "") -> str:
    return f"---\nname: x\nextends: {extends}\nagents: [ada]\n{head}---\n{body}{STAGE}"


def compiled(text: str, files: Mapping[str, str], name: str = "x.md") -> Compiled:
    """The document with these files beside it; every finding is within the text of its file."""

    def load(name: str) -> SourceFile | str:
        return SourceFile(name, files[name]) if name in files else "no such file"

    found = compile_source(SourceFile(name, text), load)
    sources = {source.name: source for source in found.sources}
    for one in found.diagnostics:
        for span in (one.span, *(label.span for label in one.secondary)):
            assert 0 <= span.start <= span.end <= len(sources[span.file].text)
    assert list(found.diagnostics) == sorted(found.diagnostics, key=lambda one: one.order)
    return found


def codes(found: Compiled) -> list[str]:
    return [one.code for one in found.diagnostics]


def the(code: str, found: Compiled) -> Diagnostic:
    """The one finding of a code."""
    (one,) = (each for each in found.diagnostics if each.code == code)
    return one


def words(found: Compiled, one: Diagnostic) -> tuple[str, str]:
    """The file that a finding points into, and the characters."""
    text = next(source.text for source in found.sources if source.name == one.span.file)
    return one.span.file, text[one.span.start : one.span.end]


# --- what is taken over ---


def digest(text: str, files: Mapping[str, str], name: str = "x.md") -> str:
    found = compiled(text, files, name)
    assert found.plan is not None
    assert [one for one in found.diagnostics if one.level.value != "note"] == []
    return found.plan.digest


WHOLE = f"---\nname: x\nagents: [ada]\n{HEAD[4:]}{TABLE}{LADDER}{STAGE}"


def test_a_document_with_shared_policy_means_what_it_would_mean_in_one_piece() -> None:
    assert digest(document(), {"policy.md": POLICY}) == digest(WHOLE, {})
    apart = {"a.md": TABLE, "b.md": HEAD + LADDER}
    assert digest(document("[a.md, b.md]"), apart) == digest(WHOLE, {})
    chain = {"a.md": f"---\nextends: b.md\n---\n{TABLE}", "b.md": HEAD + LADDER}
    assert digest(document("a.md"), chain) == digest(WHOLE, {})


def test_both_forms_extend_both_forms() -> None:
    policy = """
timezone: Europe/Berlin
severities:
  SEV-1: {criteria: All down, respond_within: Immediate, agents: All}
  SEV-2: {criteria: Some down, respond_within: "< 30 min", agents: All}
escalation:
  while: unacknowledged
  repeat: 2
  rungs: ["0-15 min: On-call engineer", "15+ min: Manager"]
"""
    assert digest(document("p.yaml"), {"p.yaml": policy}) == digest(WHOLE, {})
    data = """
name: x
extends: policy.md
agents: [ada]
stages:
  - name: Triage
    ordinal: 1
    agent: ada
    actions: [{look: {queries: ["up?"]}}, {verify: {checks: ["fine"]}}]
"""
    shared = digest(data, {"policy.md": POLICY}, "x.armada.yaml")
    assert shared == digest(data.replace("policy.md", "p.yaml"), {"p.yaml": policy}, "x.yaml")


def test_the_digest_covers_what_is_shared() -> None:
    later = POLICY.replace("0-15", "0-10").replace("15+", "10+")
    assert digest(document(), {"policy.md": POLICY}) != digest(document(), {"policy.md": later})


OWN = {
    "the severity table": ("", TABLE.replace("30 min", "20 min")),
    "the escalation path": ("", LADDER.replace("Manager", "Lead")),
    "`timezone`": ("timezone: UTC\n", ""),
    "`escalation.while`": ("escalation.while: unresolved\n", ""),
    "`escalation.repeat`": ("escalation: {repeat: 3}\n", ""),
}


@pytest.mark.parametrize("section", OWN)
def test_what_the_document_states_counts_alone_and_the_rest_is_shared(section: str) -> None:
    head, body = OWN[section]
    found = compiled(document(head=head, body=body), {"policy.md": POLICY})
    note = the("ARM330", found)
    assert note.message == f"{section} of this document replaces that of policy.md"
    assert (note.span.file, note.secondary[0].span.file) == ("x.md", "policy.md")
    plan, shared = found.plan, compiled(document(), {"policy.md": POLICY}).plan
    assert plan is not None and shared is not None
    parts = {
        "the severity table": (plan.severities, shared.severities),
        "the escalation path": (plan.escalation.rungs, shared.escalation.rungs),
        "`timezone`": (plan.timezone, shared.timezone),
        "`escalation.while`": (plan.escalation.clock, shared.escalation.clock),
        "`escalation.repeat`": (plan.escalation.repeat, shared.escalation.repeat),
    }
    assert [part for part, (own, other) in parts.items() if own != other] == [section]


def test_a_clock_under_the_documents_own_heading_counts_before_a_shared_key() -> None:
    body = LADDER.replace("Path\n", "Path\n\nwhile: unresolved\n")
    plan = compiled(document(body=body), {"policy.md": HEAD + TABLE}).plan
    assert plan is not None
    assert (plan.escalation.clock, plan.escalation.repeat) == ("unresolved", 2)


def test_a_document_whose_path_has_no_clock_takes_the_shared_one() -> None:
    shared = LADDER.replace("Path\n", "Path\n\nwhile: unacknowledged\n")
    found = compiled(document(body=LADDER), {"policy.md": shared})
    assert found.plan is not None and found.plan.escalation.clock == "unacknowledged"
    assert "ARM316" not in codes(found)


def test_of_several_files_the_last_counts() -> None:
    other = LADDER.replace("Manager", "Lead").replace("Path\n", "Path\n\nwhile: unresolved\n")
    found = compiled(document("[policy.md, other.md]"), {"policy.md": POLICY, "other.md": other})
    plan = found.plan
    assert plan is not None and plan.escalation.rungs[1].targets == ("Lead",)
    contested = the("ARM331", found)
    assert contested.message == (
        "an earlier file states the escalation path and `escalation.while`, too"
    )
    assert words(found, contested) == ("x.md", "other.md")


def test_one_file_on_two_ways_is_read_once_and_contests_nothing() -> None:
    files = {
        "a.md": "---\nextends: policy.md\n---\n",
        "b.md": "---\nextends: policy.md\n---\n",
        "policy.md": POLICY,
    }
    asked: list[str] = []

    def load(name: str) -> SourceFile:
        asked.append(name)
        return SourceFile(name, files[name])

    found = compile_source(SourceFile("x.md", document("[a.md, b.md]")), load)
    assert (found.diagnostics, asked) == ((), ["a.md", "policy.md", "b.md"])


def test_people_may_be_shared() -> None:
    """And not all of them need to work in each document; a shared level may engage others."""
    text = document().replace("agents: [ada]\n", "")
    people = POLICY.replace("---\n", "---\nagents: [ada, ben]\ncoordinator: ada\n", 1)
    found = compiled(text, {"policy.md": people})
    assert found.plan is not None and found.diagnostics == ()
    assert (found.plan.agents, found.plan.coordinator) == (("ada", "ben"), "ada")
    others = POLICY.replace("min | All", "min | ada, cleo")
    assert codes(compiled(document(), {"policy.md": others})) == []
    assert "ARM107" in codes(compiled(text, {"policy.md": others.replace(HEAD, people[:75])}))


# --- findings ---


BROKEN = POLICY.replace("15+ min", "20+ min")


def test_a_finding_in_the_shared_file_is_the_same_from_every_document() -> None:
    found = compiled(document(), {"policy.md": BROKEN})
    assert words(found, the("ARM311", found)) == ("policy.md", "20+ min")
    assert the("ARM311", found).secondary[0].span.file == "policy.md"
    alone = check_source(SourceFile("policy.md", BROKEN))
    other = compiled(document().replace("name: x", "name: y"), {"policy.md": BROKEN}, "y.md")
    assert the("ARM311", found) == the("ARM311", other) == the("ARM311", alone)


def test_a_finding_that_comes_of_both_says_which_document() -> None:
    policy = HEAD + LADDER.replace("Manager", "Manager for SEV-4")
    found = compiled(document(body=TABLE), {"policy.md": policy})
    level = the("ARM310", found)
    assert words(found, level) == ("policy.md", "SEV-4")
    assert [(each.span.file, each.text) for each in level.secondary] == [("x.md", "extended here")]


def test_it_is_ignored_where_it_stands_or_where_the_document_extends_it() -> None:
    ignore = "ignore[ARM311] nobody works then"
    inside = BROKEN.replace("2. **20", f"<!-- armada: {ignore} -->\n2. **20")
    assert codes(compiled(document(), {"policy.md": inside})) == []
    at = document(f"policy.md # armada: {ignore}")
    assert codes(compiled(at, {"policy.md": BROKEN})) == []
    assert codes(compiled(at, {"policy.md": POLICY})) == ["ARM190"]


def test_an_unused_ignore_in_a_shared_file_may_serve_another_document() -> None:
    idle = POLICY.replace("2. **15", "<!-- armada: ignore[ARM311] why -->\n2. **15")
    assert codes(compiled(document(), {"policy.md": idle})) == []


def test_errors_in_the_shared_file_forbid_the_plan() -> None:
    for broken in (POLICY.replace("timezone: E", "timezone: [E"), TABLE.replace("SEV-2", "SEV-1")):
        assert compiled(document(), {"policy.md": broken}).plan is None


def test_a_fix_within_the_shared_file_is_not_made_from_the_document() -> None:
    fenced = f"{POLICY}\n```text\nleft open\n"
    found = compiled(document(), {"policy.md": fenced})
    assert the("ARM006", found).fix is not None
    assert apply_fixes(found.source, found.diagnostics) == (document(), 0)


def test_a_circle_is_told_as_its_path() -> None:
    files = {"a.md": "---\nextends: b/c.md\n---\n", "b/c.md": "---\nextends: ../a.md\n---\n"}
    found = compiled(document("a.md"), files)
    cycle = the("ARM131", found)
    assert cycle.message == "the files extend each other in a circle: a.md → b/c.md → a.md"
    assert words(found, cycle) == ("b/c.md", "../a.md")
    assert the("ARM131", compiled(document("x.md"), {})).message.endswith("x.md → x.md")


def test_carriage_returns_and_a_byte_order_mark_of_the_shared_file_stay_its_own() -> None:
    text = "\ufeff" + BROKEN.replace("\n", "\r\n")
    found = compiled(document(), {"policy.md": text})
    assert words(found, the("ARM311", found)) == ("policy.md", "20+ min")
    assert found.sources[1].position(the("ARM311", found).span.start).line == 16


def test_without_a_loader_there_is_no_plan() -> None:
    found = compile_source(SourceFile("x.md", document()))
    assert found.plan is None
    assert the("ARM130", found).message.endswith("nothing here reads other files")


def test_stages_of_a_shared_workflow_are_passed_over_whatever_is_in_them() -> None:
    odd = STAGE.replace("actions:", "actions: {{")
    found = compiled(document(), {"policy.md": POLICY + odd})
    assert codes(found) == ["ARM134"] and found.plan is not None
    assert words(found, the("ARM134", found)) == ("policy.md", "Triage")


def test_values_of_another_kind_are_reported() -> None:
    wrong = the("ARM114", compiled(document("{a: b}"), {}))
    assert wrong.message == "each of the files to extend must be a text"
    assert codes(compiled(document("[]"), {})) == []
    assert "ARM102" in codes(
        compiled(document(), {"policy.md": "---\ntimezon: UTC\n---\n" + TABLE})
    )


# --- paths ---


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("x.md", "policy.md", "policy.md"),
        ("./x.md", "policy.md", "./policy.md"),
        ("./x.md", "../policy.md", "../policy.md"),
        ("a/x.md", "../policy.md", "policy.md"),
        ("./a/x.md", "./b/../../policy.md", "./policy.md"),
        ("a/b/x.md", "../../../policy.md", "../policy.md"),
        ("../x.md", "../policy.md", "../../policy.md"),
        ("/a/x.md", "../../../policy.md", "/policy.md"),
        ("<stdin>", "p/policy.md", "p/policy.md"),
    ],
)
def test_a_path_is_seen_from_the_folder_of_its_file(name: str, path: str, expected: str) -> None:
    assert named_from(name, path) == expected


@pytest.mark.parametrize(
    "path",
    ["/etc/policy.md", "~/p.md", "https://x/p.md", "file:p.md", "C:/p.md", "a\\p.md"]
    + ["..", "a/", "a\tb", "x" * 2000],
)
def test_other_paths_are_refused(path: str) -> None:
    assert refused(path)
    assert not refused("../shared/policy.md")


# --- shared policy by itself ---


def test_policy_is_checked_as_policy() -> None:
    for name, text in (("policy.md", POLICY), ("policy.md", TABLE), ("p.yaml", "timezone: UTC\n")):
        assert check_source(SourceFile(name, text)).diagnostics == ()
    assert codes(check_source(SourceFile("policy.md", BROKEN))) == ["ARM311"]
    assert "ARM112" in codes(check_source(SourceFile("x.md", f"---\nname: x\n---\n{TABLE}")))


def test_formatting_keeps_what_shared_policy_means() -> None:
    source = SourceFile("policy.md", POLICY)
    text = format_source(source).text
    before, after = check_source(source).policy, check_source(SourceFile("policy.md", text)).policy
    assert "| SEV-1 | All down  | Immediate     | All    |" in text
    assert before is not None and after is not None and before.digest == after.digest


def test_formatting_reads_what_is_extended() -> None:
    def load(name: str) -> SourceFile:
        return SourceFile(name, POLICY)

    text = "---\nagents: [ada]\nextends: policy.md\nname: x\n---\n" + STAGE
    found = format_source(SourceFile("x.md", text), load).text
    assert found.startswith("---\nname: x\nextends: policy.md\nagents: [ada]\n")


# --- any files ---

NAMES = ("a.md", "b.md", "d/c.md", "d/e.yaml")
PATHS = st.sampled_from((*NAMES, "c.md", "../a.md", "../b.md", "d/../a.md", "gone.md", "/a.md"))
BODIES = st.sampled_from(
    [POLICY[4:], TABLE, LADDER, STAGE, "timezone: UTC", "- [", "\ufeff", "```"]
)


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from(NAMES), st.tuples(st.lists(PATHS, max_size=3), BODIES)))
def test_any_files_that_extend_each_other_end_in_findings(
    given: Mapping[str, tuple[list[str], str]],
) -> None:
    files = {
        name: f"extends: [{', '.join(paths)}]\n{body}"
        if name.endswith("yaml")
        else f"---\nextends: [{', '.join(paths)}]\n---\n{body}"
        for name, (paths, body) in given.items()
    }
    found = compiled(document("[a.md, b.md, d/c.md, d/e.yaml]"), files)
    assert (found.plan is None) == any(one.level.value == "error" for one in found.diagnostics)
