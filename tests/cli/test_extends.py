"""Documents that extend a file, by the command: every verb, every form, one file or forty."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from armada.cli.loading import LARGEST, load_file
from armada.dsl.source import SourceFile

Call = Callable[..., "tuple[int, str, str]"]


class Answer(Protocol):
    """How a process ended, and what it said."""

    status: int
    out: str
    err: str


POLICY = """---
unstaffed: omit
escalation:
  while: unacknowledged
---

## Severity Levels

| Level | Criteria  | Response Time | Agents |
|-------|-----------|---------------|--------|
| SEV-1 | All down  | Immediate     | All    |
| SEV-2 | Some down | < 30 min      | All    |

## Escalation Path

1. **0-15 min:** On-call engineer
2. **20+ min:** Manager
"""
DOCUMENT = """---
name: x
extends: ../policy.md
agents:
  - ada
---

### Stage 1: Triage (ada)

```yaml
actions:
  - look: {queries: ["up?"]}
  - verify: {checks: ["fine"]}
```
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A policy with a gap in its ladder, and four documents that extend it."""
    (tmp_path / "policy.md").write_text(POLICY)
    (tmp_path / "runbooks").mkdir()
    for number in range(4):
        (tmp_path / f"runbooks/{number:02}.md").write_text(DOCUMENT)
    return tmp_path


def codes(out: str) -> list[tuple[str, str, int]]:
    found = json.loads(out)["findings"]
    return [(one["file"], one["code"], one["start"]["line"]) for one in found]


def test_a_finding_in_a_shared_file_is_reported_once_in_a_run(call: Call, folder: Path) -> None:
    """With the file's own lines, whether it is linted itself or not, and wherever one stands."""
    status, out, _ = call("lint", "--format", "json", "runbooks")
    assert (status, codes(out)) == (0, [("policy.md", "ARM311", 17)])
    assert json.loads(out)["files"] == 4
    assert codes(call("lint", "--format", "json", "policy.md", "runbooks")[1]) == codes(out)
    assert codes(call("lint", "--format", "json", ".")[1]) == [("./policy.md", "ARM311", 17)]
    assert codes(call("lint", "--format", "json", "policy.md")[1]) == codes(out)
    assert codes(call("lint", "--format", "json", "runbooks/03.md")[1]) == codes(out)


def test_forty_documents_on_all_cores_are_no_different(call: Call, folder: Path) -> None:
    for number in range(4, 40):
        (folder / f"runbooks/{number:02}.md").write_text(DOCUMENT)
    _, out, _ = call("lint", "--format", "json", "runbooks")
    assert (codes(out), json.loads(out)["files"]) == ([("policy.md", "ARM311", 17)], 40)


def test_every_form_shows_the_shared_files_own_line(call: Call, folder: Path) -> None:
    text = call("lint", "runbooks/00.md")[1]
    assert text.startswith("policy.md:17:6: warning[ARM311]")
    assert "\n17 | 2. **20+ min:** Manager\n" in text
    github = call("lint", "--format", "github", "runbooks/00.md")[1]
    assert github.startswith("::warning file=policy.md,line=17,endLine=17,col=6,")
    (result,) = json.loads(call("lint", "--format", "sarif", "runbooks/00.md")[1])["runs"][0][
        "results"
    ]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("policy.md", 17)
    assert call("lint", "--statistics", "runbooks")[1].split()[:2] == ["1", "ARM311"]


def test_two_processes_and_one_find_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from armada.cli.many import compile_paths

    monkeypatch.chdir(folder)
    paths = ["policy.md", *sorted(str(p.relative_to(folder)) for p in folder.glob("*/*.md"))]
    alone = list(compile_paths(paths, "-", processes=1))
    together = list(compile_paths(paths, "-", processes=2))
    assert [one.diagnostics for one in together] == [one.diagnostics for one in alone]
    assert [source.name for source in together[-1].sources] == ["runbooks/03.md", "policy.md"]


def test_a_baseline_and_files_of_the_configuration_know_the_shared_file(
    call: Call, folder: Path
) -> None:
    assert call("lint", "--baseline", "b.json", "--write-baseline", "runbooks")[1] == ""
    assert "policy.md" in (folder / "b.json").read_text()
    assert call("lint", "--baseline", "b.json", "runbooks/01.md")[1] == ""
    (folder / "armada.toml").write_text('[lint.per-file-ignores]\n"policy.md" = ["ARM311"]\n')
    assert call("lint", "runbooks")[1] == ""


@pytest.mark.parametrize(
    ("verb", "status"), [("compile", 0), ("show", 0), ("graph", 0), ("sim", 4)]
)
def test_verbs_that_need_a_plan_read_the_shared_file(
    armada: Callable[..., Answer], folder: Path, verb: str, status: int
) -> None:
    """From the folder of the document, wherever one stands; this drill is left waiting."""
    found = armada(verb, folder / "runbooks/00.md", cwd=Path("/"))
    assert (found.status, "Traceback" in found.err) == (status, False), found.err
    assert "On-call engineer" in found.out or verb == "graph"


def test_standard_input_has_the_folder_of_its_name(
    armada: Callable[..., Answer], folder: Path
) -> None:
    named = ("-", "--stdin-filename", folder / "runbooks/new.md")
    found = armada("compile", *named, stdin=DOCUMENT.encode(), cwd=Path("/"))
    assert (found.status, "Manager" in found.out) == (0, True)


def test_the_plan_needs_the_shared_file_no_more(call: Call, folder: Path) -> None:
    before = call("compile", "--digest", "runbooks/00.md")[1]
    plan = json.loads(call("compile", "runbooks/00.md")[1])
    assert [rung["targets"] for rung in plan["escalation"]["rungs"]] == [
        ["On-call engineer"],
        ["Manager"],
    ]
    (folder / "policy.md").write_text(POLICY.replace("20+ min", "15+ min"))
    assert call("compile", "--digest", "runbooks/00.md")[1] != before
    (folder / "policy.md").unlink()
    status, _, err = call("compile", "runbooks/00.md")
    assert status == 1
    assert "runbooks/00.md:3:10: error[ARM130] cannot read policy.md: No such file" in err


def test_a_shared_file_is_mended_and_formatted_where_it_is_named(call: Call, folder: Path) -> None:
    left_open = f"{POLICY}\n```text\nleft open\n"
    (folder / "policy.md").write_text(left_open)
    status, _, err = call("lint", "--fix", "runbooks/00.md")
    assert (status, "can be mended" in err) == (1, False)
    assert (folder / "policy.md").read_text() == left_open
    status, out, _ = call("lint", "--fix", "--format", "json", "runbooks", "policy.md")
    assert (status, "ARM006" in out) == (0, False)
    assert (folder / "policy.md").read_text() == f"{left_open}```\n"
    assert codes(out) == [("policy.md", "ARM311", 17)]


def test_the_formatter_writes_policy_as_it_writes_workflows(call: Call, folder: Path) -> None:
    assert call("fmt", "--check", "runbooks", "policy.md") == (0, "", "")
    head, rest = POLICY.split("unstaffed: omit\n")
    (folder / "policy.md").write_text(f"{head}{rest}".replace("n\n---", "n\n---", 1))
    moved = POLICY.replace("unstaffed: omit\n", "").replace("ed\n---", "ed\nunstaffed: omit\n---")
    (folder / "policy.md").write_text(moved)
    assert call("fmt", "policy.md")[0] == 0
    assert (folder / "policy.md").read_text() == POLICY


def test_the_hooks_may_be_handed_any_shared_file(call: Call, folder: Path) -> None:
    """Policy is linted as policy where it is known by its head, and passed over elsewhere."""
    plain = POLICY[POLICY.index("## Sev") :]
    (folder / "plain.md").write_text(plain)
    (folder / "p.armada.yaml").write_text("unstaffed: omit\nextends: plain.md\n")
    status, _, err = call("lint", "--skip-others", "plain.md", "policy.md", "p.armada.yaml")
    assert (status, "in 2 files; 1 Markdown file" in err) == (0, True)
    assert {code for _, code, _ in codes(call("lint", "--format", "json", "p.armada.yaml")[1])} == {
        "ARM311",
        "ARM316",
    }
    assert call("lint", "--skip-others", "plain.md") == (0, "", "")
    assert "plain.md:11:6: warning[ARM311]" in call("lint", "plain.md")[1]


def test_what_cannot_be_read_is_a_finding_with_the_reason(call: Call, folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    (folder / "latin.md").write_bytes(b"# Caf\xe9\n")
    (folder / "large.md").write_bytes(b"x" * (LARGEST + 1))
    reasons = {
        "gone.md": "No such file or directory",
        "runbooks": "it is a folder",
        "pipe.md": "it is no file",
        "latin.md": "it is not UTF-8 (byte 5)",
        "large.md": "it is larger than 1,000,000 bytes",
        "a\0b.md": "",
    }
    for name, reason in reasons.items():
        loaded = load_file(name)
        assert isinstance(loaded, str) and reason in loaded
    (folder / "x.md").write_text(DOCUMENT.replace("../policy.md", "pipe.md"))
    status, out, _ = call("lint", "x.md")
    assert (status, "error[ARM130] cannot read pipe.md: it is no file" in out) == (1, True)


def test_the_loader_is_part_of_the_public_interface(folder: Path, call: Call) -> None:
    import armada

    source = SourceFile("runbooks/00.md", DOCUMENT)
    compiled = armada.compile_source(source, armada.load_file)
    assert compiled.plan is not None and len(compiled.plan.severities) == 2
    assert [source.name for source in compiled.sources] == ["runbooks/00.md", "policy.md"]
