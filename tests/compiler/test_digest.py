"""The digest is of the meaning: not of line endings, file name or process; but of every minute."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from armada.compiler.compile import compile_source
from armada.dsl.source import SourceFile

SEED = (Path(__file__).parents[2] / "specs" / "incident-response.md").read_bytes().decode()
SCRIPT = """
import sys
from armada.compiler.compile import compile_source
from armada.dsl.source import SourceFile
plan = compile_source(SourceFile("other", sys.stdin.read())).plan
print(plan.digest, plan.json)
"""


def digest(text: str, name: str = "seed.md") -> str:
    plan = compile_source(SourceFile(name, text)).plan
    assert plan is not None
    return plan.digest


def test_line_endings_file_name_and_byte_order_mark_do_not_count() -> None:
    assert digest(SEED.replace("\n", "\r\n")) == digest(SEED)
    assert digest(SEED, "copies/of.md") == digest(SEED)
    assert digest("\ufeff" + SEED) == digest(SEED)


def test_a_changed_minute_counts() -> None:
    assert digest(SEED.replace("< 30 min", "< 31 min")) != digest(SEED)
    assert digest(SEED.replace("15-30 min", "15-29 min")) != digest(SEED)
    assert digest(SEED.replace('"30m"', '"31m"')) != digest(SEED)


def test_every_process_gives_the_same_bytes() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=SEED,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(outputs) == 1
    assert outputs.pop().startswith(digest(SEED))


def test_lint_imports_nothing_heavy() -> None:
    script = SCRIPT + "print([n for n in sys.modules if n.split('.')[0] in HEAVY])"
    heavy = "networkx pydantic rich numpy jinja2 asyncio httpx socket sqlite3 immutables click"
    script = script.replace("HEAVY", repr(heavy.split())).replace("plan.digest, plan.json", "")
    done = subprocess.run(
        [sys.executable, "-c", script], input=SEED, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["[]"]
