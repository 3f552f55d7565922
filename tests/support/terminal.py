"""A terminal of an engineer: the environment that a command has there."""

from __future__ import annotations

import os
from pathlib import Path


def environment(journal: Path, me: str | None = None, **more: str) -> dict[str, str]:
    """This process's own, with a journal and a name and nothing else of Armada's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARMADA")}
    return {**kept, "ARMADA_JOURNAL": str(journal), **({"ARMADA_ME": me} if me else {}), **more}
