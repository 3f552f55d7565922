"""The Helm adapter: the program ``helm``, without a shell.

Owns which revision a rollback goes to, and how it is known afterwards whether it was made. The
program's own default is the revision before the newest: asked for twice it brings the bad release
back. Here the revision is named before it is approved, and nothing is done once the release has
moved on. What is about to be done is noted under its key first; whether it was, its revisions tell.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from .arguments import milliseconds, validated
from .cluster import cluster_of, lock
from .contract import Check, Description, Message, Order, Result, Surroundings, Use
from .helm_arguments import DESCRIPTION, Rollback, Settings, Upgrade
from .helm_foresight import permissions, refused
from .helm_manifest import objects
from .permissions import Ask, explained
from .shell_supervisor import read_json, write_json

MODELS: Mapping[str, type[Rollback | Upgrade]] = {"rollback": Rollback, "upgrade": Upgrade}
READ_S = 30.0
SLACK_S = 15.0
POLL_S = 0.5
LOOK_S = 0.05
KEEP_REVISIONS = ("--history-max", "0")
"""Helm's default throws old revisions away: one of them may be the good one, and the right to do
so is the right to delete any Secret of the namespace."""
START_S = 5.0
"""How long a helm may need from its start until its revision is there to be seen."""
_BACK = re.compile(r"Rollback to (\d+)")
TRANSIENT = (
    "another operation (install/upgrade/rollback) is in progress",
    "cluster unreachable",
    "connection refused",
    "TLS handshake timeout",
    "etcdserver: request timed out",
    "the server is currently unable",
)


_left: list[subprocess.Popen[bytes]] = []
"""Those that were started here and have not ended, so that their ends are taken notice of."""


class Revision(NamedTuple):
    """One revision of a release."""

    number: int
    status: str
    chart: str
    text: str


class Trouble(Exception):
    """Helm did not do it: what it said, and whether trying again can help."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
        self.passing = any(each in text for each in TRANSIENT)


class Helm:
    """Runs helm."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @classmethod
    def describe(cls) -> Description:
        """Its operations and settings."""
        return DESCRIPTION

    async def check(self) -> tuple[Check, ...]:
        """The program is there; whether the cluster answers it, its releases tell."""
        name = self._settings.program
        if shutil.which(name) is None:
            return (Check(False, f"program {name}", "install helm, or set `program`"),)
        return (Check(True, f"program {name}"),)

    async def foresee(self, uses: tuple[Use, ...]) -> tuple[Check, ...]:
        """Each release is there, and whatever will be done to its objects is permitted."""
        releases: dict[tuple[str, str], list[Use]] = {}
        for use in uses:
            space = str(use.arguments.get("namespace") or self._settings.namespace)
            releases.setdefault((str(use.arguments.get("release")), space), []).append(use)
        found: list[Check] = []
        for (release, space), by in releases.items():
            found += await self._foreseen(release, space, by)
        return tuple(found)

    async def _foreseen(self, release: str, space: str, by: list[Use]) -> tuple[Check, ...]:
        where = _in_namespace({"namespace": space})
        try:
            text = await self._helm(["get", "manifest", release, *where], READ_S)
            known = {release: objects(text)}
            found = await asyncio.to_thread(permissions, self._settings, by, known)
        except Trouble as trouble:
            return (refused(release, space, by, self._surroundings.redact(trouble.text)),)
        except ValueError as error:
            return (refused(release, space, by, f"its manifest {error}"),)
        return (Check(True, " ".join(["release", release, *where])), *found)

    async def prepare(self, order: Order) -> Mapping[str, Any]:
        """A rollback's revision by its number, and the revision that it starts from."""
        if order.operation not in ("rollback", "upgrade"):
            return dict(order.arguments)
        begun = self._begun(order.key)
        if begun is not None:
            return begun
        try:
            known = await self._history(order.arguments)
        except Trouble as trouble:
            kind = ConnectionError if trouble.passing else ValueError
            raise kind(self._explained(trouble.text, order)) from None
        found = dict(order.arguments)
        found.setdefault("from_revision", known[-1].number)
        if order.operation == "rollback":
            found["to_revision"] = found.get("to_revision") or good_before(known)
        return found

    async def locks(self, order: Order) -> tuple[str, ...]:
        """The release, and where it is."""
        if order.operation not in ("rollback", "upgrade"):
            return ()
        stated = self._settings
        cluster = await asyncio.to_thread(cluster_of, stated.kubeconfig, stated.context)
        namespace = order.arguments.get("namespace") or stated.namespace
        namespace = namespace or os.environ.get("HELM_NAMESPACE") or cluster.namespace
        return (lock("release", namespace, str(order.arguments["release"]), cluster.server),)

    async def dispatch(self, order: Order) -> Result:
        """Carry the order out, or say what came of it when its key was given before."""
        operation = DESCRIPTION.operation(order.operation)
        if operation is None:
            return Result("permanent", f"helm has no operation {order.operation!r}")
        try:
            if order.operation in ("status", "history"):
                validated(operation.arguments, order.arguments, order.operation)
                return await self._read(order)
            whole = await self.prepare(order)
            given = validated(operation.arguments, whole, order.operation)
            return await self._change(order, cast("Rollback | Upgrade", given))
        except ConnectionError as error:
            return Result("failed", str(error))
        except Trouble as trouble:
            word = "failed" if trouble.passing else "permanent"
            return Result(word, self._explained(trouble.text, order))
        except (ValueError, OSError) as error:
            return Result("permanent", self._surroundings.redact(str(error)))

    def _explained(self, said: str, order: Order) -> str:
        """What helm said; a refusal by the cluster with the permission that it is about."""
        operation = DESCRIPTION.operation(order.operation)
        assert operation is not None and operation.needs is not None
        try:
            given = validated(operation.arguments, order.arguments, order.operation)
        except ValueError:
            return self._surroundings.redact(said)
        needed = operation.needs(Ask(self._settings, given)).access
        return self._surroundings.redact(explained(said, f"helm.{order.operation}", needed))

    async def try_out(self, order: Order) -> Result:
        """What helm says beforehand: of an upgrade the API server has its say, too."""
        try:
            whole = await self.prepare(order)
            given = validated(MODELS[order.operation], whole, order.operation)
            may_begin(given, await self._history(whole))
            said = "--dry-run" if isinstance(given, Rollback) else "--dry-run=server"
            command = [each for each in _command(given, order.key) if each != "--wait"]
            await self._helm([*command, said], READ_S)
        except ConnectionError as error:
            return Result("failed", str(error))
        except Trouble as trouble:
            word = "failed" if trouble.passing else "permanent"
            return Result(word, self._explained(trouble.text, order))
        except (ValueError, OSError) as error:
            return Result("permanent", self._surroundings.redact(str(error)))
        to = f"to revision {given.to_revision} " if isinstance(given, Rollback) else ""
        made = int(given.from_revision or 0) + 1
        return Result("ok", f"{order.operation} of {given.release} {to}would make revision {made}")

    async def observe(self, order: Order) -> bool | None:
        """Whether a revision of this order is there; waits while one is being made."""
        begun = self._begun(order.key)
        if begun is None:
            return False if order.operation in ("rollback", "upgrade") else None
        until = asyncio.get_running_loop().time() + (order.timeout_ms or 60_000) / 1000
        while True:
            try:
                made = _made(await self._history(begun), order.operation, begun, order.key)
            except Trouble:
                return None
            if made is None and self._age_s(order.key) >= START_S:
                return False
            if made is not None and not made.status.startswith("pending"):
                return True if made.status in ("deployed", "superseded") else None
            if asyncio.get_running_loop().time() >= until:
                return None
            await asyncio.sleep(POLL_S)

    async def cancel(self, key: str) -> None:
        """Ask helm to stop, as Ctrl-C would: it then marks the release as failed."""
        running = self._running.get(key)
        if running is not None:
            with suppress(ProcessLookupError):
                running.send_signal(signal.SIGINT)

    async def send(self, message: Message) -> Result:
        """It carries no messages."""
        return Result("permanent", "The helm adapter carries no messages")

    async def close(self) -> None:
        """Nothing is held; a helm that changes something is left to finish."""

    # --- doing --------------------------------------------------------------------------------

    async def _read(self, order: Order) -> Result:
        known = await self._history(order.arguments)
        if order.operation == "history":
            lines = [f"{r.number} {r.status} {r.chart} {r.text}" for r in known]
            return Result("ok", "\n".join(lines))
        last = known[-1]
        text = (
            f"{order.arguments['release']}: revision {last.number} is {last.status}, {last.chart}"
        )
        return Result("ok", text, {"revision": str(last.number)}, detail=last._asdict())

    async def _change(self, order: Order, given: Rollback | Upgrade) -> Result:
        plain = given.model_dump(exclude_none=True)
        known = await self._history(plain)
        made = _made(known, order.operation, plain, order.key)
        if made is not None:
            return self._told(order.operation, plain, made)
        if self._age_s(order.key) < START_S:
            return Result("unknown", "a helm under this key was started a moment ago")
        may_begin(given, known)
        self._begin(order.key, plain)
        wait_s = milliseconds(given.wait) / 1000
        try:
            await self._helm(_command(given, order.key), wait_s + SLACK_S, order.key)
        except Trouble as trouble:
            made = _made(await self._history(plain), order.operation, plain, order.key)
            if made is None:
                raise
            return self._told(order.operation, plain, made, self._explained(trouble.text, order))
        made = _made(await self._history(plain), order.operation, plain, order.key)
        if made is None:
            return Result("unknown", "helm says that it is done, and no revision of it is there")
        return self._told(order.operation, plain, made)

    def _told(
        self, operation: str, given: Mapping[str, Any], made: Revision, said: str = ""
    ) -> Result:
        name = given["release"]
        what = f"{operation} of {name} made revision {made.number}, which is {made.status}"
        detail = {"from": given["from_revision"], "revision": made.number, "status": made.status}
        text = self._surroundings.redact(f"{what}. {said}" if said else what)
        if made.status in ("deployed", "superseded"):
            return Result("ok", text, {"revision": str(made.number)}, detail=detail)
        return Result("unknown" if made.status.startswith("pending") else "permanent", text)

    # --- helm itself --------------------------------------------------------------------------

    async def _history(self, given: Mapping[str, Any]) -> list[Revision]:
        """The revisions of a release, the oldest first; raises ``Trouble``."""
        command = ["history", str(given["release"]), "--output", "json", "--max", "256"]
        text = await self._helm([*command, *_in_namespace(given)], READ_S)
        try:
            rows = cast(list[dict[str, Any]], json.loads(text))
            found = [
                Revision(r["revision"], r["status"], r.get("chart", ""), r.get("description", ""))
                for r in rows
            ]
        except (ValueError, KeyError, TypeError):
            raise Trouble("helm history answers something that is no history") from None
        return sorted(found)

    async def _helm(self, arguments: Sequence[str], limit_s: float, key: str = "") -> str:
        """Run helm; its output. Raises ``Trouble`` with what it says."""
        stated = self._settings
        command = [stated.program, *arguments]
        command += ["--kubeconfig", stated.kubeconfig] if stated.kubeconfig else []
        command += ["--kube-context", stated.context] if stated.context else []
        if stated.namespace and "--namespace" not in command:
            command += ["--namespace", stated.namespace]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            try:
                running = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,  # a Ctrl-C for Armada is none for a rollback
                )
            except OSError as error:
                raise Trouble(f"{stated.program} cannot be started: {error.strerror}") from None
            self._running[key] = running
            try:
                ended = await _ended(running, limit_s)
            finally:
                self._running.pop(key, None)
            if not ended:
                raise Trouble(f"helm {arguments[0]} took longer than {limit_s:.0f} s")
            if running.returncode:
                said = _text(err).strip().splitlines() or ["no reason given"]
                raise Trouble(said[-1].removeprefix("Error: "))
            return _text(out)

    # --- what was begun -----------------------------------------------------------------------

    def _path(self, key: str) -> Path:
        name = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return self._surroundings.folder / f"{name}.json"

    def _begun(self, key: str) -> dict[str, Any] | None:
        found: Any = read_json(str(self._path(key)))
        return cast(dict[str, Any], found) if isinstance(found, dict) else None

    def _age_s(self, key: str) -> float:
        """How long ago a helm was started under this key."""
        try:
            return time.time() - self._path(key).stat().st_mtime
        except OSError:
            return START_S

    def _begin(self, key: str, given: Mapping[str, Any]) -> None:
        self._surroundings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_json(str(self._path(key)), dict(given))


async def _ended(running: subprocess.Popen[bytes], limit_s: float) -> bool:
    """Wait for a helm; at the limit it is asked to stop, as by Ctrl-C, and False is returned.

    Where nobody waits any more (the host goes) it is left to finish: half a rollback helps nobody.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + limit_s
    _left[:] = [each for each in _left if each.poll() is None]
    _left.append(running)
    while running.poll() is None:
        if loop.time() >= until:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGINT)
            await asyncio.to_thread(running.wait)
            return False
        await asyncio.sleep(LOOK_S)
    return True


def may_begin(given: Rollback | Upgrade, known: Sequence[Revision]) -> None:
    """Raises ``Trouble`` or ``ValueError`` where the release is not as it has to be for this."""
    last = known[-1]
    if last.status.startswith("pending"):
        raise Trouble(
            f"revision {last.number} of {given.release} is {last.status}: another operation"
            " (install/upgrade/rollback) is in progress, or was killed; in that case"
            f" `helm rollback {given.release} {good_before(known)}` frees it"
        )
    if last.number != given.from_revision:
        raise ValueError(
            f"{given.release} is at revision {last.number} by now, and not at"
            f" {given.from_revision} as it was shown; look at it before anything is done"
        )
    if isinstance(given, Rollback) and given.to_revision not in {r.number for r in known}:
        numbers = ", ".join(str(each.number) for each in known)
        raise ValueError(f"there is no revision {given.to_revision}; there are {numbers}")


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def good_before(known: Sequence[Revision]) -> int:
    """The newest revision before the last that worked and was not itself rolled back from.

    Raises ``ValueError`` where there is none.
    """
    left = {
        before.number
        for before, after in pairwise(known)
        if (back := _BACK.match(after.text)) and int(back[1]) < before.number
    }
    good = [
        each.number
        for each in known[:-1]
        if each.status in ("superseded", "deployed") and each.number not in left
    ]
    if not good:
        raise ValueError("there is no earlier revision that worked")
    return good[-1]


def _made(
    known: Sequence[Revision], operation: str, given: Mapping[str, Any], key: str
) -> Revision | None:
    """The revision that an order has made; None where there is none."""
    after = [each for each in known if each.number > int(given.get("from_revision") or 0)]
    if operation == "rollback":
        text = f"Rollback to {given['to_revision']}"
        return next((r for r in after if r.text == text or r.status == "pending-rollback"), None)
    mark = _mark(key)
    return next((r for r in after if mark in r.text or r.status == "pending-upgrade"), None)


def _mark(key: str) -> str:
    return f"armada {sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:20]}"


def _in_namespace(given: Mapping[str, Any]) -> list[str]:
    return ["--namespace", str(given["namespace"])] if given.get("namespace") else []


def _command(given: Rollback | Upgrade, key: str) -> list[str]:
    plain = given.model_dump()
    waiting = ["--wait", "--timeout", f"{milliseconds(given.wait)}ms", *_in_namespace(plain)]
    waiting += KEEP_REVISIONS
    if isinstance(given, Rollback):
        return ["rollback", given.release, str(given.to_revision), *waiting]
    command = ["upgrade", given.release, given.chart, "--description", _mark(key), *waiting]
    command += ["--version", given.version] if given.version else []
    command += ["--reuse-values"] if given.reuse_values else []
    for name, value in sorted(given.values.items()):
        escaped = value.replace("\\", "\\\\").replace(",", "\\,")
        command += ["--set-string", f"{name}={escaped}"]
    return command
