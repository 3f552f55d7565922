"""A dry run: what the servers say to every change of a plan before anything is done.

Owns asking: each change that a program would make is put to its server as a trial, by the very
adapter that would carry it out, in the order of the plan and against the world as it is now. What
an earlier change would have altered is not altered, so a later one is judged without it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..compiler.plan import Effect
from .adapters.contract import Answer
from .adapters.secrets import Secrets
from .binding import HOST, PEOPLE, Bound
from .carriers import references
from .redaction import Redactor
from .view import RunView
from .workshop import Make, Workshop

RUN = "INC-DRY-RUN"
"""The name of the run that is never declared, where a template asks for it."""


class Tried(NamedTuple):
    """One change, and what its server says: ``ok`` (it would do it), a refusal, or why not."""

    action: str
    item: str
    shown: str
    answer: Answer
    text: str


async def try_out(
    bound: Bound, header: Mapping[str, Any], redactor: Redactor, make: Make | None = None
) -> tuple[Tried, ...]:
    """Ask the servers of all changes, one by one; what cannot be asked is left out.

    ``header`` is that of the run as it would be declared. Nothing is written but for the time of
    the asking, in a folder of its own.
    """
    view = RunView({**header, "run": RUN}, bound.plan)
    root = Path(str(header.get("bindings") or ".")).parent
    secrets = Secrets(redactor.remember, root, references(bound))
    found: list[Tried] = []
    with tempfile.TemporaryDirectory(prefix="armada-dry-run-") as folder:
        hide = redactor
        workshop = Workshop(view, bound, Path(folder), secrets, hide.redact, hide.redact_data, make)
        try:
            for (action, item), carrier in bound.carriers.items():
                if carrier.effect is Effect.READ or carrier.instance in (PEOPLE, HOST):
                    continue
                result = await workshop.try_out(action, item)
                if result is not None:
                    found.append(Tried(action, item, carrier.shown, result.answer, result.text))
        finally:
            await workshop.close()
    return tuple(found)
