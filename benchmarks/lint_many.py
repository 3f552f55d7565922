"""``armada lint`` over 1,000 documents, one process and all cores, beside yamllint and actionlint.

Every document is a workflow of its own: the seed under another name. The peers get as many files of
the kind they are for, of the same size: both the same GitHub workflows, and actionlint is spared
what other programs do for it (shellcheck, pyflakes). It is found on PATH, or where
``go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12`` puts it, and is left out, by name,
where it is not installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import SEED, alone, measure, row, title

JOB = """\
  job-{at}:
    runs-on: ubuntu-latest
{needs}    steps:
      - uses: actions/checkout@v4
      - name: Step {at}
        run: make target-{at}
"""


def report(briefly: bool) -> None:
    """Print documents a second."""
    count = 60 if briefly else 1_000
    size = SEED.stat().st_size
    title(f"lint_many: whole processes over {count} files of {size} bytes each")
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_documents(folder, count)
        workflows = _workflows(folder, count, size)
        _rates(_candidates(folder, workflows), count, 1 if briefly else 3)


def _write_documents(folder: Path, count: int) -> None:
    text = SEED.read_text(encoding="utf-8")
    (folder / "documents").mkdir()
    for at in range(count):
        path = folder / f"documents/incident-{at:04}.md"
        path.write_text(text.replace("incident-response", f"incident-{at}", 1), encoding="utf-8")


def _workflows(folder: Path, count: int, size: int) -> list[str]:
    (folder / "workflows").mkdir()
    paths = [folder / f"workflows/workflow-{at:04}.yml" for at in range(count)]
    for at, path in enumerate(paths):
        path.write_text(_workflow(at, size), encoding="utf-8")
    return [str(path) for path in paths]


def _workflow(number: int, size: int) -> str:
    """A valid GitHub workflow of about so many bytes: a chain of jobs."""
    parts = [f"---\nname: workflow-{number}\non: push\njobs:\n"]
    at = 0
    while sum(map(len, parts)) < size:
        parts.append(JOB.format(at=at, needs=f"    needs: job-{at - 1}\n" if at else ""))
        at += 1
    return "".join(parts)


def _candidates(folder: Path, workflows: Sequence[str]) -> dict[str, Callable[[], object]]:
    armada = [sys.executable, "-m", "armada", "lint", "--quiet"]
    lint = [*armada, str(folder / "documents")]
    yamllint = [sys.executable, "-m", "yamllint", "-d", "relaxed", str(folder / "workflows")]
    found: dict[str, Callable[[], object]] = {
        "armada lint, all cores": _process(lint),
        "armada lint, one core": _process(lint, one_core=True),
        "yamllint": _process(yamllint),
    }
    actionlint = _actionlint()
    if actionlint is None:
        row("actionlint", "left out", "not installed")
    else:
        found["actionlint"] = _process([actionlint, "-shellcheck=", "-pyflakes=", *workflows])
    return found


def _actionlint() -> str | None:
    found = shutil.which("actionlint")
    if found is None and shutil.which("go") is not None:
        done = subprocess.run(["go", "env", "GOPATH"], capture_output=True, text=True, check=False)
        found = shutil.which("actionlint", path=os.path.join(done.stdout.strip(), "bin"))
    return found


def _process(command: Sequence[str], *, one_core: bool = False) -> Callable[[], object]:
    def restrict() -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    def start() -> object:
        done = subprocess.run(
            command, capture_output=True, check=False, preexec_fn=restrict if one_core else None
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[:6]} ended with {done.returncode}: {done.stdout[:500]!r}")
        return done

    return start


def _rates(candidates: dict[str, Callable[[], object]], count: int, rounds: int) -> None:
    found = measure(candidates, rounds, processes=True)
    ours = found["armada lint, all cores"]
    for timing in found.values():
        note = "" if timing is ours else f"armada on all cores: {timing.over(ours):.2f} x its rate"
        row(timing.name, f"{timing.per_second(count):,.0f} files/s", note)


if __name__ == "__main__":
    alone(__doc__ or "", report)
