"""Reading files, and what the project's configuration says.

Owns all reading by the command: named files, ``-`` for standard input, what ships with Armada, and
the spec that the project's configuration names. Trouble with a file is ``Unreadable``, which
ends the command with status 2; whatever stands in a file is never trouble here.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any, cast

import click

from .exits import Exit

SEED = "specs/incident-response.md"
CONFIGURED = {
    "spec": "a path",
    "bindings": "a path",
    "people": "a path",
    "journal": "a path",
    "inbound": "a path",
    "me": "the name of a person",
    "heartbeat": "the address of a dead-man switch, or a reference to it",
    "heartbeat_done": "the address that sets the switch at rest, or a reference to it",
    "heartbeat_every": "a duration",
    "public_url": "the address of the API as people reach it",
}
"""The keys of the configuration, and what each is."""
AS_WRITTEN = frozenset({"me", "heartbeat", "heartbeat_done", "heartbeat_every", "public_url"})
"""Those that name no file."""

TABLES = ("lint",)
"""Its tables, each read where it is used."""


class Unreadable(click.ClickException):
    """A file that cannot be read, or a configuration that says something else than it may."""

    exit_code = Exit.USAGE


def package_path(relative: str) -> str:
    """The path of a file that ships with Armada."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(root, *relative.split("/"))


def read_bytes(path: str) -> bytes:
    """The bytes of a file, of standard input for ``-``."""
    try:
        if path == "-":
            return sys.stdin.buffer.read()
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unreadable(f"cannot read {path}: {reason}") from None


# --- the spec that the configuration names --------------------------------------------------------


def configured_spec() -> str | None:
    """The spec named by the configuration."""
    return configured("spec")


@dataclass(frozen=True, slots=True)
class Configuration:
    """A file of configuration and its table for Armada."""

    path: str
    table: dict[str, Any]


def configured(key: str) -> str | None:
    """What the configuration says under a key of ``CONFIGURED``; its paths are relative to it."""
    found = configuration()
    return _stated(found.path, found.table, key) if found is not None else None


def configuration() -> Configuration | None:
    """``armada.toml``, or ``[tool.armada]`` of ``pyproject.toml``.

    The nearest of them counts, from the working directory upwards.
    """
    folder = os.getcwd()
    while True:
        for name in ("armada.toml", "pyproject.toml"):
            path = os.path.join(folder, name)
            table = _configuration(path) if os.path.isfile(path) else None
            if table is not None:
                return Configuration(path, table)
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _configuration(path: str) -> dict[str, Any] | None:
    import tomllib

    try:
        data = tomllib.loads(read_bytes(path).decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Unreadable(f"cannot read {path}: {error}") from None
    if os.path.basename(path) == "armada.toml":
        return data
    tool: Any = data.get("tool", {})
    table: Any = cast(dict[str, Any], tool).get("armada") if isinstance(tool, dict) else None
    return cast(dict[str, Any], table) if isinstance(table, dict) else None


def _stated(path: str, table: dict[str, Any], key: str) -> str | None:
    known = ", ".join((*CONFIGURED, *TABLES))
    for name, value in table.items():
        if name in TABLES:
            continue
        if name not in CONFIGURED:
            raise Unreadable(f"{path}: unknown key {name!r} for armada; the keys are: {known}")
        if not isinstance(value, str) or not value.strip():
            raise Unreadable(f"{path}: {name!r} is {CONFIGURED[name]}, so it must be a string")
    value = cast(str | None, table.get(key))
    if value is None or key in AS_WRITTEN:
        return value
    return os.path.relpath(os.path.join(os.path.dirname(path), value))


def spec_or_configured(path: str | None) -> str:
    """The spec of the command line, else the configured one; neither is a usage error."""
    spec = path or configured_spec()
    if spec is None:
        raise click.UsageError(
            "name a workflow document, or set `spec` under [tool.armada] in pyproject.toml"
        )
    return spec
