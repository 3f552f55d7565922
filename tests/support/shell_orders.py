"""Orders for the shell adapter, a host that can be killed, and effects that can be counted."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order, Surroundings
from armada.runtime.adapters.shell import Shell

HOST = """
import asyncio, json, pathlib, sys
from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order, Surroundings
from armada.runtime.adapters.shell import Shell

folder, key, effect, arguments = sys.argv[1:]

async def main():
    kept = Surroundings(pathlib.Path(folder), lambda text: text, lambda text: text)
    shell = Shell(Shell.describe().settings(), kept)
    order = Order("r", "c", key, "run", json.loads(arguments), Effect(effect), timeout_ms=30_000)
    print("go", flush=True)
    result = await shell.dispatch(order)
    print(result.answer, flush=True)
    await asyncio.sleep(60)  # the answer is never recorded

asyncio.run(main())
"""

EFFECT = """
import os, sys, time
folder, before_s, after_s = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
open(f"{folder}/begun", "w").close()
time.sleep(before_s)
handle = os.open(f"{folder}/marks", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
os.write(handle, b"x")
time.sleep(after_s)
print("done")
"""


def shell(folder: Path, **settings: Any) -> Shell:
    """The adapter on this folder."""
    around = Surroundings(folder, lambda text: text, lambda text: text)
    return Shell(Shell.describe().settings.model_validate(settings), around)  # type: ignore[arg-type]


def order(
    key: str = "k", operation: str = "run", effect: Effect = Effect.READ, **arguments: Any
) -> Order:
    """An order; READ unless something else is said."""
    return Order("r", "c", key, operation, arguments, effect, timeout_ms=20_000)


def python(*program: str) -> list[str]:
    """The arguments of a process that runs this program, with what follows as its arguments."""
    return [sys.executable, "-c", *program]


def counted(folder: Path, before_s: float = 0.0, after_s: float = 0.0) -> list[str]:
    """The arguments of a process whose effect ``count`` counts."""
    return [sys.executable, "-I", "-S", "-c", EFFECT, str(folder), str(before_s), str(after_s)]


def count(folder: Path) -> int:
    """How often the effect has happened."""
    marks = folder / "marks"
    return len(marks.read_bytes()) if marks.exists() else 0


def host(folder: Path, key: str, effect: Effect, arguments: str) -> subprocess.Popen[str]:
    """A process that dispatches the order; it has said ``go`` and is about to."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOST, str(folder), key, effect.value, arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "go\n"
    return process


def killed(process: subprocess.Popen[str]) -> None:
    """Kill it as the kernel does when memory is short."""
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Until this holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.002)
