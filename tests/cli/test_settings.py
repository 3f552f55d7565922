"""What ``[tool.armada.lint]`` says, and what the command line says over it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from armada.cli.catalogue import CATALOGUE
from armada.dsl.diagnostics import Level

Call = Callable[..., "tuple[int, str, str]"]

WORKFLOW = """\
---
name: ovens
agents: [baker, nobody]
---
### Stage 1: Bake (baker)

```yaml
actions:
  - turn:
      command: "kubectl edit deploy/oven"
```
"""


@pytest.fixture
def codes(call: Call, tmp_path: Path) -> Callable[..., list[str]]:
    """The codes found in a document under a configuration and options."""

    def found(settings: str, *options: str, path: str = "a.md") -> list[str]:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(WORKFLOW)
        (tmp_path / "armada.toml").write_text(f"[lint]\n{settings}\n")
        _, out, err = call("lint", "--format", "json", *options, path)
        return [one["code"] for one in json.loads(out)["findings"]] if out else [err]

    return found


ALL = ["ARM108", "ARM505", "ARM503"]


@pytest.mark.parametrize(
    ("settings", "options", "wanted"),
    [
        ("", [], ALL),
        ('select = ["ARM5"]', [], ["ARM505", "ARM503"]),
        ('select = ["ARM5"]', ["--select", "ARM1"], ["ARM108"]),
        ('select = ["ARM5"]', ["--extend-select", "unused-agent"], ALL),
        ('select = ["ARM5"]\nextend-select = ["ARM108"]', [], ALL),
        ('ignore = ["no-verification"]', [], ["ARM108", "ARM503"]),
        ('ignore = ["ARM5"]', ["--ignore", "ARM1"], ["ARM505", "ARM503"]),
        ("preview = true", [], [*ALL, "ARM512"]),
        ("", ["--preview"], [*ALL, "ARM512"]),
        ("preview = true", ["--no-preview"], ALL),
        ('extend-select = ["ARM512"]', [], [*ALL, "ARM512"]),
        ("", ["--extend-select", "interactive-command"], [*ALL, "ARM512"]),
        ('select = ["ARM51"]', [], []),
        ('preview = true\nignore = ["ARM51"]', [], ALL),
        ('[lint.per-file-ignores]\n"*.md" = ["ARM5"]', [], ["ARM108"]),
        ('[lint.per-file-ignores]\n"other/*.md" = ["ARM5"]', [], ALL),
    ],
)
def test_which_rules_are_wanted(
    codes: Callable[..., list[str]], settings: str, options: list[str], wanted: list[str]
) -> None:
    assert sorted(codes(settings, *options)) == sorted(wanted)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('selct = ["ARM1"]', "unknown key 'selct' in [lint]; did you mean 'select'?"),
        ('colour = "red"', "unknown key 'colour' in [lint]; the keys are: select"),
        ('select = "ARM1"', "'select' must be a list of strings"),
        ("select = [1]", "'select' must be a list of strings"),
        ('strict = "yes"', "'strict' must be true or false"),
        ("baseline = 3", "'baseline' is a path"),
        ("per-file-ignores = 3", "'per-file-ignores' must be a table"),
        ('ignore = ["ARM1", "unused-agnt"]', "no rule 'unused-agnt'; did you mean 'unused-agent'?"),
        ('[lint.per-file-ignores]\n"a.md" = ["nonsense"]', "there is no rule 'nonsense'"),
    ],
)
def test_what_is_wrong_there_is_said(call: Call, tmp_path: Path, settings: str, words: str) -> None:
    (tmp_path / "a.md").write_text(WORKFLOW)
    (tmp_path / "armada.toml").write_text(f"[lint]\n{settings}\n")
    status, out, err = call("lint", "a.md")
    assert (status, out) == (2, "")
    assert "armada.toml: " in err and words in " ".join(err.split())


def test_strictness_and_the_baseline_are_configured(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(WORKFLOW)
    table = '[tool.armada.lint]\nstrict = true\nbaseline = "known.json"\n'
    (tmp_path / "pyproject.toml").write_text(table)
    assert call("lint", "--write-baseline", "a.md")[0] == 0
    assert (tmp_path / "known.json").exists()
    assert call("lint", "a.md")[:2] == (0, "")
    (tmp_path / "pyproject.toml").write_text("[tool.armada.lint]\nstrict = true\n")
    assert call("lint", "a.md")[0] == 1
    assert call("lint", "--no-strict", "a.md")[0] == 0


def test_files_are_included_and_excluded(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From wherever it is called; the one file named is linted though it is excluded."""
    for name in ("books/a.md", "books/drafts/b.md", "notes/c.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(WORKFLOW)
    (tmp_path / "notes/c.md").write_text("# No front matter\n")
    table = '[lint]\ninclude = ["notes/*.md"]\nexclude = ["drafts/"]\n'
    (tmp_path / "armada.toml").write_text(table)
    _, out, err = call("lint", ".")
    assert "a.md" in out and "b.md" not in out and "c.md:1:1: error[ARM002]" in out
    assert "1 Markdown file" in err
    assert "b.md" in call("lint", "books/drafts/b.md")[1]
    assert call("lint", "--skip-others", "books/drafts/b.md") == (0, "", "")
    monkeypatch.chdir(tmp_path / "books")
    assert "b.md" not in call("lint", ".")[1]


def test_rules_of_the_preview_never_forbid_a_plan() -> None:
    assert any(rule.preview for rule in CATALOGUE.values())
    assert all(rule.level is not Level.ERROR for rule in CATALOGUE.values() if rule.preview)


def test_every_rule_is_listed_for_programs(call: Call) -> None:
    rows = json.loads(call("rule", "--all", "--format", "json")[1])
    assert [row["code"] for row in rows] == list(CATALOGUE)
    assert all(row["page"].startswith(f"# {row['code']} {row['name']}\n") for row in rows)
    early = [row["code"] for row in rows if row["preview"]]
    assert early == [code for code, rule in CATALOGUE.items() if rule.preview]
    assert "ARM512  interactive-command  (preview)" in call("rule")[1]
    assert call("rule", "--all", "ARM301")[0] == 2
