"""The hooks, by the real pre-commit program on a repository of one's own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
ESCAPED = "\\`\\`\\`"


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=ada", "-c", "user.email=ada@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def pre_commit(folder: Path, hook: str, *arguments: str) -> tuple[int, str]:
    """How ``pre-commit run`` ended, and all it said."""
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", hook, "--color=never", *arguments],
        cwd=folder,
        env={**os.environ, "PRE_COMMIT_HOME": str(folder / "../home"), "PYTHONPATH": path()},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def path() -> str:
    return os.pathsep.join(each for each in sys.path if each)


def repository(folder: Path, files: Mapping[str, str], hooks: list[dict[str, Any]]) -> Path:
    """A repository with these files, staged, and the hooks as they ship."""
    folder.mkdir()
    git(folder, "init", "-q")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    configuration = {"repos": [{"repo": "local", "hooks": hooks}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(configuration))
    git(folder, "add", ".")
    return folder


def here(hook: dict[str, Any]) -> dict[str, Any]:
    """A hook that runs this checkout rather than one that it installs."""
    program, *options = shlex.split(hook["entry"])
    assert program == "armada"
    entry = shlex.join([sys.executable, "-m", "armada", *options])
    return {**hook, "entry": entry, "language": "system"}


@pytest.fixture
def workflow() -> str:
    return (ROOT / "specs/incident-response.md").read_text("utf-8")


def test_warnings_of_a_passing_hook_are_seen(tmp_path: Path, workflow: str) -> None:
    """Though pre-commit hides what a passing hook prints unless the hook is verbose."""
    files = {"notes/a.md": workflow, "README.md": "# Read me\n"}
    folder = repository(tmp_path / "r", files, [here(hook) for hook in HOOKS.values()])
    status, out = pre_commit(folder, "armada-lint")
    assert (status, "Passed" in out) == (0, True)
    assert "warning[ARM301]" in out and "README.md" not in out
    status, out = pre_commit(folder, "armada-lint-strict")
    assert (status, "Failed" in out) == (1, True)


def test_a_commit_without_a_workflow_passes_in_silence(tmp_path: Path) -> None:
    files = {"README.md": "# Read me\n", "skill.md": "---\nname: x\ndescription: y\n---\n"}
    folder = repository(tmp_path / "r", files, [here(HOOKS["armada-lint"])])
    for arguments in ([], ["--files", "skill.md"]):
        status, out = pre_commit(folder, "armada-lint", *arguments)
        assert (status, "Passed" in out) == (0, True)
        assert "skill.md" not in out and "no workflow" not in out


def test_a_hook_handed_a_workflow_reads_what_it_extends(tmp_path: Path) -> None:
    """And the shared file, handed over as well, is no workflow with everything missing."""
    policy = "## Escalation Path\n\nwhile: unresolved\n\n- 0-15 min: ada\n- 20+ min: ben\n"
    workflow = (
        "---\nname: x\nextends: shared/policy.md\nagents: [cleo]\n---\n## Stage 1: A (cleo)\n"
    )
    files = {"a.md": workflow, "shared/policy.md": policy}
    folder = repository(tmp_path / "r", files, [here(HOOKS["armada-lint"])])
    status, out = pre_commit(folder, "armada-lint")
    assert (status, out.count("shared/policy.md:6:3: warning[ARM311]")) == (0, 1)
    assert "error" not in out


def test_an_error_fails_the_hook(tmp_path: Path, workflow: str) -> None:
    files = {"a.md": workflow.replace("```", ESCAPED), "b.armada.yaml": "nmae: x\n"}
    folder = repository(tmp_path / "r", files, [here(HOOKS["armada-lint"])])
    status, out = pre_commit(folder, "armada-lint")
    assert (status, "error[ARM007]" in out, "b.armada.yaml:1" in out) == (1, True, True)


@pytest.mark.servers
def test_the_hook_installs_itself(tmp_path: Path, workflow: str) -> None:
    """From a clone, in an environment of its own; the package index is the server."""
    clone = tmp_path / "armada"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    folder = repository(tmp_path / "r", {"a.md": workflow, "README.md": "# x\n"}, [])
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=clone, text=True).strip()
    hooks = [{"id": "armada-lint"}]
    repos = {"repos": [{"repo": str(clone), "rev": head, "hooks": hooks}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(repos))
    git(folder, "add", ".")
    status, out = pre_commit(folder, "armada-lint")
    assert (status, "Passed" in out, "warning[ARM301]" in out) == (0, True, True)
