"""Whatever is killed, and whenever: one key runs at most once, and what happened is found out."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from shell_orders import count, counted, host, killed, order, shell, wait_for

from armada.compiler.plan import Effect
from armada.runtime.adapters import shell_supervisor as supervisor
from armada.runtime.adapters.contract import Order, Result

UNSAFE = Effect.UNSAFE


def reconciled(folder: Path, given: Order) -> tuple[bool | None, Result | None]:
    """What a new host finds out, and the answer it has in the end, as the kernel asks for it."""

    async def work() -> tuple[bool | None, Result | None]:
        adapter = shell(folder)
        happened = await adapter.observe(given)
        result = None if happened is None else await adapter.dispatch(given)
        await adapter.close()
        return happened, result

    return asyncio.run(work())


def claims(folder: Path) -> list[Path]:
    return list(folder.glob(f"*/{supervisor.CLAIM}"))


@pytest.mark.slow
@pytest.mark.parametrize("delay_ms", range(0, 132, 6))
def test_a_host_killed_at_any_moment_does_it_once(tmp_path: Path, delay_ms: int) -> None:
    """From before the claim to after the answer; the next host carries on without a person."""
    folder = tmp_path / "adapter"
    argv = counted(tmp_path, 0.01, 0.01)
    process = host(folder, "k", UNSAFE, json.dumps({"argv": argv}))
    time.sleep(delay_ms / 1000)
    killed(process)
    happened, result = reconciled(folder, order("k", effect=UNSAFE, argv=argv))
    assert happened in (True, False)
    assert result is not None and (result.answer, result.values["output"]) == ("ok", "done")
    assert count(tmp_path) == 1


POINTS = {
    "before the claim": lambda folder, work: True,
    "after the claim": lambda folder, work: claims(folder),
    "before the effect": lambda folder, work: (work / "begun").exists(),
    "after the effect": lambda folder, work: count(work) == 1,
    "after the result": lambda folder, work: list(folder.glob(f"*/{supervisor.RESULT}")),
}


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("effect", [Effect.IDEMPOTENT, Effect.UNSAFE])
def test_a_host_killed_at_this_point_does_it_once(
    tmp_path: Path, point: str, effect: Effect
) -> None:
    """What runs goes on, and the next host waits for it."""
    folder = tmp_path / "adapter"
    argv = counted(tmp_path, 0.3, 0.3)
    process = host(folder, "k", effect, json.dumps({"argv": argv}))
    wait_for(lambda: POINTS[point](folder, tmp_path))
    killed(process)
    happened, result = reconciled(folder, order("k", effect=effect, argv=argv))
    assert happened is True or point == "before the claim"
    assert result is not None and result.answer == "ok"
    assert count(tmp_path) == 1


@pytest.mark.slow
def test_many_hosts_with_one_key_do_it_once(tmp_path: Path) -> None:
    """All of them get the one answer."""
    folder = tmp_path / "adapter"
    arguments = json.dumps({"argv": counted(tmp_path, 0.2)})
    hosts = [host(folder, "k", UNSAFE, arguments) for _ in range(5)]
    answers = [process.stdout.readline() for process in hosts if process.stdout]
    for process in hosts:
        killed(process)
    assert answers == ["ok\n"] * 5
    assert count(tmp_path) == 1


@pytest.mark.parametrize(
    ("effect", "answer"), [(Effect.UNSAFE, "unknown"), (Effect.IDEMPOTENT, "failed")]
)
def test_a_supervisor_that_is_killed_leaves_a_doubt(
    tmp_path: Path, effect: Effect, answer: str
) -> None:
    """Nobody can tell, and it is not begun again under that key."""
    folder = tmp_path / "adapter"
    given = order("k", effect=effect, argv=counted(tmp_path, 0.5))

    async def work() -> tuple[Result, bool | None, Result]:
        adapter = shell(folder)
        running = asyncio.ensure_future(adapter.dispatch(given))
        while not claims(folder):
            await asyncio.sleep(0.005)
        claim = supervisor.read_json(str(claims(folder)[0])) or {}
        os.kill(claim["pid"], signal.SIGKILL)
        first = await running
        observed = await adapter.observe(given)
        again = await adapter.dispatch(given)
        await adapter.close()
        return first, observed, again

    first, observed, again = asyncio.run(work())
    assert (first.answer, observed, again.answer) == (answer, None, answer)
    time.sleep(0.7)  # what the supervisor had started is still there, and ends
    assert count(tmp_path) <= 1


def test_work_of_another_boot_is_over(tmp_path: Path) -> None:
    """A process id means nothing after a reboot."""
    claim = {"pid": os.getpid(), "boot": "another", "started": supervisor.started(os.getpid())}
    assert not supervisor.lives(claim)
    assert supervisor.lives({**claim, "boot": supervisor.boot_id()})
    assert not supervisor.lives({**claim, "boot": supervisor.boot_id(), "started": "1"})


def supervise(job: bytes) -> int:
    program = [sys.executable, "-I", "-S", "-X", "utf8", supervisor.__file__]
    return subprocess.run(program, input=job, check=False, timeout=20).returncode


def job(tmp_path: Path, **changes: object) -> dict[str, object]:
    folder = tmp_path / "adapter" / "key"
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "folder": str(folder),
        "until_s": time.monotonic() + 5,
        "pipeline": [counted(tmp_path)],
        "cwd": str(tmp_path),
        "env": {},
        "stdin": "",
        "limit_ms": 5_000,
        "grace_ms": 100,
        "max_output": 1_000,
        "secrets": [],
        **changes,
    }


def test_half_a_job_is_none(tmp_path: Path) -> None:
    """A host that is killed while it hands the job over has done nothing."""
    whole = json.dumps(job(tmp_path)).encode()
    for length in (0, 1, len(whole) // 2, len(whole) - 1):
        assert supervise(whole[:length]) == supervisor.NO_JOB
    assert not claims(tmp_path / "adapter") and count(tmp_path) == 0
    assert supervise(whole) == 0 and count(tmp_path) == 1
    assert supervise(whole) == supervisor.NO_CLAIM and count(tmp_path) == 1


def test_a_supervisor_that_comes_too_late_does_nothing(tmp_path: Path) -> None:
    """By then somebody may have been told that nothing had happened."""
    late = json.dumps(job(tmp_path, until_s=time.monotonic() - 0.001)).encode()
    assert supervise(late) == supervisor.TOO_LATE
    assert not claims(tmp_path / "adapter") and count(tmp_path) == 0


def test_a_host_that_stops_waiting_lets_it_go_on(tmp_path: Path) -> None:
    """Ctrl-C cancels the waiting; the effect is joined by whoever comes next."""
    given = order("k", effect=UNSAFE, argv=counted(tmp_path, 0.3))

    async def interrupted() -> None:
        adapter = shell(tmp_path / "adapter")
        running = asyncio.ensure_future(adapter.dispatch(given))
        while not (tmp_path / "begun").exists():
            await asyncio.sleep(0.005)
        running.cancel()
        assert isinstance((await asyncio.gather(running, return_exceptions=True))[0], BaseException)
        await adapter.close()

    asyncio.run(interrupted())
    assert count(tmp_path) == 0
    happened, result = reconciled(tmp_path / "adapter", given)
    assert happened is True and result is not None and result.answer == "ok"
    assert count(tmp_path) == 1


def test_what_only_reads_ends_with_the_host(tmp_path: Path) -> None:
    """Nobody wants its answer any more."""
    given = order("k", argv=counted(tmp_path, 0.4))

    async def interrupted() -> None:
        adapter = shell(tmp_path / "adapter")
        running = asyncio.ensure_future(adapter.dispatch(given))
        while not (tmp_path / "begun").exists():
            await asyncio.sleep(0.005)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await adapter.close()

    asyncio.run(interrupted())
    time.sleep(0.6)
    assert count(tmp_path) == 0
