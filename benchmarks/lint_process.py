"""A whole ``armada lint`` process, beside starts of Python and yamllint on the same file.

yamllint is no match for a Markdown file and says so; it is timed all the same, and once more on a
YAML file of the same size, which is what it is for. Then: what the imports of that process cost.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import SEED, alone, measure, row, title
from synthetic import document

LINT = ("-m", "armada", "lint", str(SEED))
BYTES_A_STAGE = 120
PARSERS = "python -c 'import lark, yaml'"
GOAL = 3
"""How many starts of Python with its two parsers one lint may cost, as a pre-commit hook."""


def report(briefly: bool) -> None:
    """Print the ratios and the heaviest imports."""
    title("lint_process: a whole `armada lint specs/incident-response.md`")
    with TemporaryDirectory() as folder:
        settings = _environment(folder)
        _ratios(folder, settings, rounds=7 if briefly else 31)
        _imports(settings)


def _environment(folder: str) -> dict[str, str]:
    """Bytecode is kept between processes as it is for an installed program, but not in the tree."""
    settings = {key: value for key, value in os.environ.items() if key not in _BYTECODE}
    return {**settings, "PYTHONPYCACHEPREFIX": str(Path(folder) / "bytecode")}


_BYTECODE = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONPROFILEIMPORTTIME")


def _ratios(folder: str, settings: dict[str, str], rounds: int) -> None:
    size = SEED.stat().st_size
    same_size = Path(folder) / "same-size.yaml"
    same_size.write_text(document("chain", max(3, size // BYTES_A_STAGE)), encoding="utf-8")
    relaxed = ("-m", "yamllint", "-d", "relaxed")
    commands: dict[str, Sequence[str]] = {
        "python -c pass": ("-c", "pass"),
        PARSERS: ("-c", "import lark, yaml"),
        "armada lint": LINT,
        "yamllint, the same Markdown file": (*relaxed, str(SEED)),
        f"yamllint, a YAML file of {same_size.stat().st_size} bytes": (*relaxed, str(same_size)),
    }
    candidates = {name: _process(arguments, settings) for name, arguments in commands.items()}
    for start in candidates.values():
        start()
    found = measure(candidates, rounds, processes=True)
    nothing, lint = found["python -c pass"], found["armada lint"]
    for timing in found.values():
        note = f"{timing.over(nothing):.2f} x python -c pass"
        row(timing.name, f"{timing.ms:.1f} ms", note)
    ratio = lint.over(found[PARSERS])
    row(f"armada lint / {PARSERS}", f"{ratio:.2f}", f"goal: at most {GOAL}")
    for name in list(commands)[3:]:
        row(f"armada lint / {name}", f"{lint.over(found[name]):.2f}", f"{size} bytes linted")


def _process(arguments: Sequence[str], settings: dict[str, str]) -> Callable[[], object]:
    command = [sys.executable, *arguments]

    def start() -> object:
        done = subprocess.run(command, env=settings, capture_output=True, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr.decode()}")
        return done

    return start


def _imports(settings: dict[str, str]) -> None:
    command = [sys.executable, "-X", "importtime", *LINT]
    done = subprocess.run(command, env=settings, capture_output=True, check=False)
    spent: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for line in done.stderr.decode().splitlines():
        own_us, _, name = line.removeprefix("import time:").partition("|")
        if line.startswith("import time:") and own_us.strip().isdigit():
            package = name.rpartition("|")[2].strip().partition(".")[0]
            spent[package] += int(own_us)
            modules[package] += 1
    row("imports, all together", f"{spent.total() / 1000:.1f} ms", f"{modules.total()} modules")
    for package, own_us in spent.most_common(8):
        row(f"  import {package}", f"{own_us / 1000:.1f} ms", f"{modules[package]} modules")


if __name__ == "__main__":
    alone(__doc__ or "", report)
