"""The shell adapter: processes on this machine, without a shell.

Owns what becomes of an order. One that only reads runs inside Armada and ends with it. Any other
is handed to a supervisor process (``shell_supervisor``), which outlives a kill -9 of Armada and
leaves its result in a folder named after the order's key. Whoever is given the key again joins:
waits for that result, or repeats it. One key therefore runs at most once, with two hosts too.

What it answers, where the world leaves a choice:

* an exit code that is no expected one: ``failed`` where the order may be repeated, ``permanent``
  where it is unsafe (it ran, and a person has to see what it did);
* a timeout, a kill or a supervisor that is gone without a result: ``failed`` where the order may
  be repeated, ``unknown`` where it is unsafe;
* a program, folder or variable that is not there: ``permanent``; nothing was started.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ...compiler.plan import Effect
from . import shell_supervisor as supervisor
from .arguments import milliseconds, size, validated
from .contract import Answer, Check, Description, Message, Order, Result, Surroundings, Use
from .permissions import is_open
from .secrets import is_reference
from .shell_answers import answer, exit_code, gone
from .shell_arguments import DESCRIPTION, PASSED_THROUGH, Run, Settings, codes
from .shell_folders import Folders
from .shell_start import gate, start

WAIT_MS = 60_000
"""How long ``observe`` waits for what still runs when the order names no timeout."""

LONGEST_GRACE_MS = 2_000
SHORTEST_POLL_S, LONGEST_POLL_S = 0.01, 0.2
ORDER = (Effect.READ, Effect.IDEMPOTENT, Effect.UNSAFE)


class NothingRan(Exception):
    """An order that was not carried out: why, as a sentence, and what to answer."""

    def __init__(self, reason: str, word: Answer = "permanent") -> None:
        super().__init__(reason)
        self.reason = reason
        self.word: Answer = word


class Shell:
    """Runs argument lists and pipelines of them."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._folders = Folders(surroundings.folder)
        self._threads = ThreadPoolExecutor(256, thread_name_prefix="shell")
        self._direct: dict[str, list[threading.Event]] = {}

    @classmethod
    def describe(cls) -> Description:
        """Its operations and settings."""
        return DESCRIPTION

    async def check(self) -> tuple[Check, ...]:
        """The folder can be written, the working directory and the message program are there."""
        cwd = self._cwd(None)
        checks = [
            Check(os.path.isdir(cwd), f"working directory {cwd}", "create it, or set `cwd`"),
            self._folders.check(),
        ]
        if self._settings.message:
            program = self._settings.message[0]
            path = self._environment({}).get("PATH", os.defpath)
            there = supervisor.found(program, path, cwd) is not None
            checks.append(Check(there, f"program {program}", "install it, or correct its name"))
        return tuple(checks)

    async def foresee(self, uses: tuple[Use, ...]) -> tuple[Check, ...]:
        """Every program that will be started is there."""
        wanted: dict[tuple[str, str, str], list[str]] = {}
        for use in uses:
            try:
                run = validated(Run, use.arguments, use.where)
            except ValueError as error:
                return (Check(False, str(error), "see the bindings"),)
            path = self._environment(run.env).get("PATH", os.defpath)
            for argv in run.processes:
                if not any(map(is_open, (argv[0], run.cwd, path))):
                    place = (argv[0], path, self._cwd(run.cwd))
                    wanted.setdefault(place, []).append(use.where)
        return tuple(
            Check(True, f"program {place[0]}")
            if supervisor.found(*place) is not None
            else Check(False, f"{wheres[0]}: there is no program {place[0]}", "install it")
            for place, wheres in wanted.items()
        )

    async def prepare(self, order: Order) -> Mapping[str, Any]:
        """The arguments, with the whole path of the working directory."""
        try:
            run = validated(Run, order.arguments, order.operation)
        except ValueError:
            return dict(order.arguments)
        return {**order.arguments, "cwd": self._cwd(run.cwd)}

    async def dispatch(self, order: Order) -> Result:
        """Run it, or join the one that runs or ran under this key."""
        operation = DESCRIPTION.operation(order.operation)
        if operation is None:
            names = ", ".join(each.name for each in DESCRIPTION.operations)
            return Result(
                "permanent", f"shell has no operation {order.operation!r}; it has {names}"
            )
        effect = min(order.effect, operation.effect, key=ORDER.index)
        try:
            if effect is Effect.READ:
                outcome = await self._run_here(order, self._job(order))
            elif self._folders.claim(order.key):
                outcome = await self._join(order.key, _until(order.timeout_ms))
            else:
                outcome = await self._run_apart(order)
        except NothingRan as error:
            return Result(error.word, self._surroundings.redact(error.reason))
        if outcome is None:
            return gone(effect)
        expected = codes(order.arguments, order.operation)
        return answer(outcome, expected, effect, self._surroundings.redact)

    async def observe(self, order: Order) -> bool | None:
        """Whether it ran to its end; waits for it within the order's timeout while it runs.

        After True, ``dispatch`` under the same key gives the answer, exit code and all.
        """
        until = _until(order.timeout_ms or WAIT_MS)
        while (left := self._folders.may_still_be_claimed_s(order.key)) > 0:
            if _now() >= until:
                return None
            await asyncio.sleep(min(left, LONGEST_POLL_S))
        if not self._folders.claim(order.key):
            return False
        outcome = await self._join(order.key, until)
        if outcome is None:
            return None
        return {"exit": True, "not-started": False}.get(outcome["ended"])

    async def cancel(self, key: str) -> None:
        """Stop the processes of this key: SIGTERM to their group, SIGKILL two seconds later."""
        for stop in self._direct.get(key, ()):
            stop.set()
        claim = self._folders.claim(key)
        if claim and not self._folders.result(key):
            supervisor.terminate(claim)

    async def send(self, message: Message) -> Result:
        """Give the message to the program of the settings, once for each key."""
        program = self._settings.message
        if program is None:
            return Result("permanent", "The shell adapter has no `message` program in its settings")
        about = {
            "ARMADA_KIND": message.kind,
            "ARMADA_KEY": message.key,
            "ARMADA_THREAD": message.thread,
            "ARMADA_TO": message.to,
            "ARMADA_LEVEL": str(message.level),
        }
        text = f"{message.subject}\n\n{message.body}\n"
        order = Order(
            message.incident.get("incident_id", ""),
            message.key,
            self._unsent(message.key),
            "apply",
            {"argv": program, "env": about, "stdin": text},
            Effect.IDEMPOTENT,
        )
        return await self.dispatch(order)

    def _unsent(self, key: str) -> str:
        """The key of the last try to send this, or of a new one where that is known to be vain."""
        tried = 0
        while outcome := self._folders.result(f"message:{key}:{tried}"):
            if outcome["ended"] == "exit" and exit_code(outcome["exits"]) == 0:
                break
            tried += 1
        return f"message:{key}:{tried}"

    async def close(self) -> None:
        """Stop what only reads; what changes something goes on and is joined by the next host."""
        for stops in self._direct.values():
            for stop in stops:
                stop.set()
        await asyncio.to_thread(self._threads.shutdown)

    # --- inside Armada ---

    async def _run_here(self, order: Order, job: Mapping[str, Any]) -> dict[str, Any]:
        stop = threading.Event()
        self._direct.setdefault(order.key, []).append(stop)
        try:
            return await self._in_thread(lambda: supervisor.carry_out(job, stop.is_set))
        finally:
            stop.set()
            self._direct[order.key].remove(stop)
            if not self._direct[order.key]:
                del self._direct[order.key]

    async def _in_thread(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    # --- under a supervisor ---

    async def _run_apart(self, order: Order) -> dict[str, Any] | None:
        job = self._job(order)
        try:
            async with gate():
                # The time in which it may claim counts from here, not from when it queued.
                started = await start(job | self._folders.enter(order.key))
                try:
                    await started.claimed()
                except asyncio.CancelledError:
                    started.close()
                    raise
        except OSError as error:
            reason = f"No supervisor could be started: {error.strerror or error}"
            raise NothingRan(reason, "failed") from None
        try:
            await started.ended()
        finally:
            started.close()
        if not self._folders.claim(order.key):
            raise NothingRan("The supervisor ended before anything was run", "failed")
        return await self._join(order.key, _until(order.timeout_ms))

    async def _join(self, key: str, until: float) -> dict[str, Any] | None:
        """The result under a claimed key; None where there will be none, or not in time."""
        pause = SHORTEST_POLL_S
        while True:
            lives = supervisor.lives(self._folders.claim(key) or {})
            if (outcome := self._folders.result(key)) is not None:
                return outcome
            if not lives or _now() >= until:
                return None
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL_S)

    # --- the job ---

    def _job(self, order: Order) -> dict[str, Any]:
        try:
            run = validated(Run, order.arguments, f"Arguments of shell.{order.operation}")
            secrets: list[str] = []
            environment = {name: self._value(text, secrets) for name, text in run.env.items()}
            stdin = self._value(run.stdin, secrets)
            for text in (*environment.values(), *(each for argv in run.processes for each in argv)):
                supervisor.encoded(text)
            stdin.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise NothingRan("`stdin` holds half a character (a lone surrogate)") from None
        except (ValueError, LookupError) as error:
            raise NothingRan(str(error.args[0])) from None
        limit_ms, grace_ms = self._limits(run, order.timeout_ms)
        return {
            "pipeline": run.processes,
            "cwd": self._cwd(run.cwd),
            "env": self._environment(environment),
            "stdin": stdin,
            "limit_ms": limit_ms,
            "grace_ms": grace_ms,
            "max_output": size(self._settings.max_output),
            "secrets": secrets,
        }

    def _limits(self, run: Run, timeout_ms: int | None) -> tuple[int, int]:
        """When to terminate and, after that, to kill, so that the answer comes in time."""
        limit = milliseconds(run.timeout or self._settings.timeout)
        if timeout_ms is None:
            return limit, LONGEST_GRACE_MS
        spare = min(LONGEST_GRACE_MS + 500, timeout_ms // 5)
        return min(limit, timeout_ms - spare), min(LONGEST_GRACE_MS, spare * 4 // 5)

    def _value(self, text: str, secrets: list[str]) -> str:
        if not is_reference(text):
            return text
        secrets.append(self._surroundings.secret(text))
        return secrets[-1]

    def _cwd(self, stated: str | None) -> str:
        try:
            here = os.getcwd()
        except OSError:  # it was removed; what is relative to it will not be found
            here = ""
        return os.path.normpath(os.path.join(here, self._settings.cwd or "", stated or ""))

    def _environment(self, stated: Mapping[str, str]) -> dict[str, str]:
        passed = (*PASSED_THROUGH, *self._settings.env)
        return {name: os.environ[name] for name in passed if name in os.environ} | dict(stated)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _until(timeout_ms: int | None) -> float:
    return float("inf") if timeout_ms is None else _now() + timeout_ms / 1000
