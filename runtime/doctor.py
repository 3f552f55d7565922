"""Whether a run would work: asked of every adapter, and of every target by a real message.

A test page carries a code; that it arrived is proved by whoever types the code, and by nothing
else. Codes lie as files beside the journal, so any terminal that sees the journal can acknowledge.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .adapters.contract import Adapter, Check, Foreseeing, Surroundings, Use
from .adapters.registry import make
from .adapters.secrets import Secrets
from .binding import Bound
from .carriers import references
from .host import Declaration, header_of
from .messenger import Messenger, Told, with_person_channels
from .people import People
from .redaction import Redactor
from .uses import uses_of
from .view import RunView
from .workshop import Workshop

RUN = "DOCTOR"
"""What stands in a test page where a run's name stands in others."""
LIMIT_S = 120.0
"""How long one adapter may take to look around."""
CODE = re.compile(r"[A-Z2-7]{8}")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Finding(NamedTuple):
    """One thing that was looked at; ``help`` says what to do where it is not well."""

    ok: bool
    what: str
    help: str = ""


async def adapters(bound: Bound, folder: Path, root: Path) -> list[Finding]:
    """What every adapter of the bindings says of itself, and of what it will be asked."""
    found: list[Finding] = []
    asked = uses_of(bound)
    redactor = Redactor()
    known = Secrets(redactor.remember, root, references(bound))
    for name, instance in bound.instances.items():
        lent = Surroundings(folder / "adapters" / instance.adapter, known.resolve, redactor.redact)
        try:
            adapter = make(instance.adapter, instance.settings, lent)
            checks = await _checked(adapter, asked.get(name, ()))
        except Exception as error:  # an adapter of somebody else's may have bugs
            text = redactor.redact(f"{name} ({instance.adapter}): {error}")
            found.append(Finding(False, text, "see its settings in the bindings"))
            continue
        for check in checks:
            text = redactor.redact(f"{name} ({instance.adapter}): {check.what}")
            found.append(Finding(check.ok, text, "" if check.ok else redactor.redact(check.help)))
    return found


async def _checked(adapter: Adapter, uses: tuple[Use, ...]) -> tuple[Check, ...]:
    """Itself, then what is asked of it: without a connection the rest would say the same."""
    import asyncio

    async def whole() -> tuple[Check, ...]:
        checks = await adapter.check()
        if not uses or not all(check.ok for check in checks):
            return checks
        if isinstance(adapter, Foreseeing):
            return (*checks, *await adapter.foresee(uses))
        return (*checks, Check(True, f"its {len(uses)} orders cannot be looked at beforehand"))

    try:
        async with asyncio.timeout(LIMIT_S):
            return await whole()
    except TimeoutError:
        return (Check(False, f"no answer within {LIMIT_S:g} s", "see whether it can be reached"),)
    finally:
        await adapter.close()


class Test(NamedTuple):
    """A page that was sent to prove that pages arrive."""

    target: str
    code: str
    told: Told


async def page(
    bound: Bound, people: People | None, targets: tuple[str, ...], folder: Path, root: Path
) -> list[Test]:
    """Really tell the targets, each with a code of its own."""
    redactor = Redactor()
    wall_ms = time.time_ns() // 1_000_000
    header: dict[str, Any] = header_of(bound, Declaration("doctor"), "a test", wall_ms)
    view = RunView({**header, "run": RUN}, bound.plan)
    bound = with_person_channels(bound, people)
    known = Secrets(redactor.remember, root, references(bound))
    shop = Workshop(view, bound, folder, known, redactor.redact, redactor.redact_data)
    messenger = Messenger(view, bound, people, shop.send)
    found: list[Test] = []
    try:
        for target in targets:
            code = "".join(secrets.choice(_LETTERS) for _ in range(8))
            line = f"This is only a test. Prove that it arrived: armada ack --page {code}"
            _file(folder, code).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _file(folder, code).write_text(target, "utf-8")
            told = await messenger.tell(target, "page", code, "TEST PAGE", line, 0)
            found.append(Test(target, code, told))
    finally:
        await shop.close()
    return found


def acknowledge(folder: Path, code: str, by: str) -> str | None:
    """Prove that a test page arrived; the target it was for, None where no such page waits."""
    if not CODE.fullmatch(code) or not _file(folder, code).exists():
        return None
    target = _file(folder, code).read_text("utf-8")
    begun = _file(folder, code).with_suffix(".part")
    begun.write_text(by, "utf-8")
    begun.replace(_file(folder, code).with_suffix(".ack"))
    return target


def proved(
    folder: Path, tests: list[Test], wait_s: float, said: Callable[[str], None]
) -> list[Finding]:
    """Wait for the acknowledgements of test pages; whoever gave none is a finding."""
    left = {test.code: test for test in tests if test.told.reached}
    until = time.monotonic() + wait_s
    while left and time.monotonic() < until:
        for code, test in list(left.items()):
            if _file(folder, code).with_suffix(".ack").exists():
                by = _file(folder, code).with_suffix(".ack").read_text("utf-8")
                said(f"{test.target}: acknowledged by {by}")
                del left[code]
        time.sleep(0.05)
    found = [_finding(test, test.code not in left, wait_s) for test in tests]
    for test in tests:
        for end in ("", ".ack"):
            _file(folder, test.code).with_suffix(end).unlink(missing_ok=True)
    return found


def _finding(test: Test, answered: bool, wait_s: float) -> Finding:
    if not test.told.reached:
        return Finding(False, f"{test.target} cannot be told: {test.told.why}", "see its channels")
    by = f"{test.target} was told by {test.told.by}"
    if answered:
        return Finding(True, f"{by} and acknowledged")
    return Finding(False, f"{by}, and nobody acknowledged in {wait_s:g} s", "ask whether it came")


def _file(folder: Path, code: str) -> Path:
    return folder / "pages" / code
