"""Runs one pipeline of processes, and writes down how it ended; outlives whoever asked for it.

Started as a program of its own (standard library only, ``python -I -S``), it reads a job from its
standard input, claims the job's folder, carries the job out and leaves ``result.json`` there. It
leads a session of its own, so that a kill -9 of Armada does not reach it. Orders that only read
are carried out by the same functions inside Armada, without folder and claim.

Invariant: of all supervisors that are ever given one folder, at most one runs its pipeline. The
claim is written whole, then linked into place (which fails where there is one), and both are on
the disk before the first process starts. The job itself is never written anywhere.

Nothing here is a shell: a program is looked up in PATH and is given its arguments as they are.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import selectors
import signal
import subprocess
import sys
import time

TYPE_CHECKING = False  # typing is not imported: it would take a quarter of the start
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

CLAIM = "claim"
RESULT = "result.json"
CLAIMED = b"c"
POLL_S = 0.05
DRAIN_S = 0.5
"""How long output is still read when all processes have ended but something holds the pipe."""

GONE_S = 2.0
"""How long a killed process may take to go before it is left behind."""

SHORTEST_SECRET = 4
HIDDEN = b"[secret]"
NO_CLAIM, TOO_LATE, NO_JOB = 3, 4, 5


# --- who is alive ---------------------------------------------------------------------------------


def boot_id() -> str:
    """This boot of this machine; empty where the system does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def started(pid: int) -> str:
    """When a process began, in ticks since boot; empty where it is gone or the system is silent."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in (b"Z", b"X") else fields[19].decode("ascii")


def lives(claim: Mapping[str, Any]) -> bool:
    """Whether the process that wrote this claim still runs."""
    if claim.get("boot") != boot_id():
        return False
    pid, ticks = int(claim.get("pid") or 0), claim.get("started")
    if ticks or os.path.isdir("/proc/self"):
        return started(pid) == ticks
    try:
        os.kill(pid, 0)
    except OSError as error:
        return error.errno == errno.EPERM
    return True


def terminate(claim: Mapping[str, Any]) -> None:
    """Ask the supervisor of this claim to stop; nothing where it has ended."""
    with contextlib.suppress(OSError):
        if hasattr(os, "pidfd_open"):
            handle = os.pidfd_open(int(claim["pid"]))
            try:
                if lives(claim):
                    signal.pidfd_send_signal(handle, signal.SIGTERM)
            finally:
                os.close(handle)
        elif lives(claim):
            os.kill(int(claim["pid"]), signal.SIGTERM)


# --- files that outlive us ------------------------------------------------------------------------


def read_json(path: str) -> dict[str, Any] | None:
    """What a file says; None where there is none, or none that is whole."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def write_json(path: str, data: Mapping[str, Any], *, exclusive: bool = False) -> bool:
    """Write a file whole and durably; False where it is ``exclusive`` and there is one already."""
    draft = f"{path}.{os.getpid()}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        json.dump(data, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        if exclusive:
            os.link(draft, path)
        else:
            os.replace(draft, path)
    except FileExistsError:
        return False
    finally:
        if exclusive:
            os.unlink(draft)
    sync_folder(os.path.dirname(path))
    return True


def sync_folder(path: str) -> None:
    """Have the names in a folder reach the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- output within limits -------------------------------------------------------------------------


class Kept:
    """The head and the tail of a stream, and how many bytes between them were let go."""

    def __init__(self, limit: int) -> None:
        self.head_limit = limit - limit // 2
        self.tail_limit = limit // 2
        self.head = bytearray()
        self.tail = bytearray()
        self.dropped = 0

    def add(self, data: bytes) -> None:
        """Take more of the stream."""
        room = self.head_limit - len(self.head)
        self.head += data[:room]
        self.tail += data[room:] if room > 0 else data
        excess = len(self.tail) - self.tail_limit
        if excess > 0:
            self.dropped += excess
            del self.tail[:excess]

    def text(self, secrets: Sequence[bytes]) -> str:
        """What was kept, secrets taken out, also those that the gap cuts in two."""
        head, tail = bytes(self.head), bytes(self.tail)
        if not self.dropped:
            return _hidden(head + tail, secrets).decode("utf-8", "replace")
        for secret in secrets:
            head = head[: len(head) - _overlap(head, secret)]
            tail = tail[_overlap(tail[::-1], secret[::-1]) :]
        gap = f"\n… {self.dropped} bytes left out …\n"
        parts = (_hidden(each, secrets).decode("utf-8", "replace") for each in (head, tail))
        return gap.join(parts)


def _hidden(data: bytes, secrets: Sequence[bytes]) -> bytes:
    for secret in secrets:
        data = data.replace(secret, HIDDEN)
    return data


def _overlap(data: bytes, secret: bytes) -> int:
    """How many of the last bytes of ``data`` are the beginning of the secret."""
    return next((n for n in range(len(secret) - 1, 0, -1) if data.endswith(secret[:n])), 0)


# --- a pipeline -----------------------------------------------------------------------------------


def encoded(text: str) -> bytes:
    """An argument's bytes; raises ValueError with a sentence where it can be none."""
    if "\0" in text:
        raise ValueError("An argument holds a NUL character, which no process can be given")
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ValueError("An argument holds half a character (a lone surrogate)") from None


def found(program: str, path: str, cwd: str) -> str | None:
    """Where the program is: in PATH, or relative to the working directory where it has a slash."""
    if "/" in program:
        candidates = [os.path.join(cwd, program)]
    else:
        candidates = [os.path.join(cwd, each, program) for each in path.split(":") if each]
    for candidate in candidates:
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    return None


class NotStarted(Exception):
    """Nothing has run, and why, as a sentence for a person."""


class Pipeline:
    """The processes of one job, each reading what the one before it writes, in one group."""

    def __init__(self, job: Mapping[str, Any], stopped: Callable[[], bool]) -> None:
        self.job = job
        self.stopped = stopped
        self.processes: list[subprocess.Popen[bytes]] = []
        self.out, self.err = Kept(job["max_output"]), Kept(job["max_output"])
        self.pending = memoryview(job["stdin"].encode("utf-8", "surrogateescape"))
        self.selector = selectors.DefaultSelector()
        self.reading = 0
        self.handles: list[int] = []
        self.ended = "exit"
        self.kill_at = self.drained_at = float("inf")

    def run(self) -> None:
        """Start all processes and see them to their end."""
        try:
            self._start()
            deadline = time.monotonic() + self.job["limit_ms"] / 1000
            while not self._over():
                now = time.monotonic()
                if self.ended == "exit" and self._running():
                    if self.stopped():
                        self._end("cancelled", now)
                    elif now >= deadline:
                        self._end("timeout", now)
                if now >= self.kill_at:
                    self._signal(signal.SIGKILL)
                left = deadline - now if self.ended == "exit" else POLL_S
                for key, _ in self.selector.select(max(0.0, min(POLL_S, left))):
                    key.data()
        finally:
            self._let_go()

    def _start(self) -> None:
        job = self.job
        environment = {encoded(k): encoded(v) for k, v in job["env"].items()}
        programs = _programs(job)
        said, say = self._pipe()
        upstream, feed = self._pipe() if self.pending else (os.open(os.devnull, os.O_RDONLY), -1)
        if not self.pending:
            self.handles.append(upstream)
        for program, arguments in programs:
            downstream, output = self._pipe()
            try:
                process = subprocess.Popen(
                    arguments,
                    executable=program,
                    stdin=upstream,
                    stdout=output,
                    stderr=say,
                    cwd=job["cwd"],
                    env=environment,
                    process_group=self.processes[0].pid if self.processes else 0,
                )
            except OSError as error:
                self._fail(program, error)
                return
            self.processes.append(process)
            self._close(output)
            self._close(upstream)
            upstream = downstream
        self._close(say)
        self._watch(said, upstream, feed)

    def _fail(self, program: str, error: OSError) -> None:
        """A process could not be started: what already runs must not go on alone."""
        reason = f"{program} could not be started: {error.strerror or error}"
        if not self.processes:
            raise NotStarted(reason)
        self.ended = "broken"
        self.err.add(reason.encode())
        self._signal(signal.SIGKILL)
        self.kill_at = time.monotonic()

    def _watch(self, said: int, printed: int, feed: int) -> None:
        for handle, kept in ((said, self.err), (printed, self.out)):
            os.set_blocking(handle, False)
            self.selector.register(handle, selectors.EVENT_READ, self._reader(handle, kept))
            self.reading += 1
        if feed >= 0:
            os.set_blocking(feed, False)
            self.selector.register(feed, selectors.EVENT_WRITE, lambda: self._write(feed))
        for process in self.processes:
            if hasattr(os, "pidfd_open"):
                with contextlib.suppress(OSError):
                    handle = os.pidfd_open(process.pid)
                    self.handles.append(handle)
                    self.selector.register(handle, selectors.EVENT_READ, self._leave(handle))

    def _reader(self, handle: int, kept: Kept) -> Callable[[], None]:
        def read() -> None:
            with contextlib.suppress(BlockingIOError):
                data = os.read(handle, 65536)
                kept.add(data)
                if not data:
                    self.reading -= 1
                    self.selector.unregister(handle)

        return read

    def _write(self, handle: int) -> None:
        try:
            self.pending = self.pending[os.write(handle, self.pending) :]
        except BlockingIOError:
            return
        except OSError:  # nobody reads any more
            self.pending = self.pending[:0]
        if not self.pending:
            self.selector.unregister(handle)
            self._close(handle)

    def _leave(self, handle: int) -> Callable[[], None]:
        return lambda: (self.selector.unregister(handle), None)[1]

    def _over(self) -> bool:
        now = time.monotonic()
        if self._running():
            return now >= self.kill_at + GONE_S
        self.drained_at = min(self.drained_at, now + DRAIN_S)
        return not self.reading or now >= self.drained_at

    def _running(self) -> bool:
        return any(each.poll() is None for each in self.processes)

    def _end(self, how: str, now: float) -> None:
        self.ended = how
        self.kill_at = now + self.job["grace_ms"] / 1000
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        """Signal the whole group; it exists for certain only while one of ours is not reaped."""
        if self._running():
            with contextlib.suppress(OSError):
                os.killpg(self.processes[0].pid, number)

    def _pipe(self) -> tuple[int, int]:
        pair = os.pipe()
        self.handles += pair
        return pair

    def _close(self, handle: int) -> None:
        self.handles.remove(handle)
        os.close(handle)

    def _let_go(self) -> None:
        self.selector.close()
        for handle in self.handles:
            os.close(handle)
        for process in self.processes:
            # Its end was waited for as long as it makes sense; do not warn about it.
            process.returncode = process.returncode if process.returncode is not None else -9


def _programs(job: Mapping[str, Any]) -> list[tuple[str, list[bytes]]]:
    """Every program's file with its arguments; all are found before the first one is started."""
    cwd, path = job["cwd"], job["env"].get("PATH", os.defpath)
    if not os.path.isdir(cwd):
        raise NotStarted(f"The working directory {cwd} is not there")
    programs: list[tuple[str, list[bytes]]] = []
    for arguments in job["pipeline"]:
        program = found(arguments[0], path, cwd)
        if program is None:
            raise NotStarted(f"The program {arguments[0]!r} was not found, or may not be run")
        programs.append((program, [encoded(each) for each in arguments]))
    return programs


def carry_out(job: Mapping[str, Any], stopped: Callable[[], bool]) -> dict[str, Any]:
    """Run the job's pipeline; the result as plain data. ``stopped`` is asked while it runs.

    ``ended`` is ``exit``, ``timeout``, ``cancelled``, ``broken`` (a later process could not be
    started) or ``not-started``; ``exits`` are the exit codes, a signal's negative.
    """
    began = time.monotonic()
    told: list[bytes] = [each.encode("utf-8", "surrogateescape") for each in job["secrets"]]
    secrets = sorted((s for s in told if len(s) >= SHORTEST_SECRET), key=len, reverse=True)
    pipeline, reason = Pipeline(job, stopped), ""
    try:
        pipeline.run()
    except (NotStarted, ValueError) as error:
        pipeline.ended, reason = "not-started", str(error)
    return {
        "ended": pipeline.ended,
        "exits": [each.returncode for each in pipeline.processes],
        "stdout": pipeline.out.text(secrets),
        "stderr": pipeline.err.text(secrets) or reason,
        "dropped": pipeline.out.dropped + pipeline.err.dropped,
        "took_ms": round((time.monotonic() - began) * 1000),
    }


# --- the program ----------------------------------------------------------------------------------


def supervise(job: Mapping[str, Any]) -> int:
    """Claim the folder, carry the job out, leave the result; the exit code of this process."""
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stop.append(number))
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    folder, pid = job["folder"], os.getpid()
    mine = {"pid": pid, "boot": boot_id(), "started": started(pid)}
    if time.monotonic() > job["until_s"]:
        return TOO_LATE
    if not write_json(f"{folder}/{CLAIM}", mine, exclusive=True):
        return NO_CLAIM
    sync_folder(os.path.dirname(folder))
    if time.monotonic() > job["until_s"]:  # somebody may have been told that nothing runs
        os.unlink(f"{folder}/{CLAIM}")
        return TOO_LATE
    with contextlib.suppress(OSError):
        os.write(1, CLAIMED)
    write_json(f"{folder}/{RESULT}", carry_out(job, lambda: bool(stop)))
    return 0


def main() -> int:
    """A job that did not arrive whole is none."""
    try:
        job = json.loads(sys.stdin.buffer.read())
    except ValueError:
        return NO_JOB
    return supervise(job)


if __name__ == "__main__":
    sys.exit(main())
