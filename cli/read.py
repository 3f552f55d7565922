"""``armada read``: what is understood of any Markdown document, workflow or not.

It reports and does not judge: nothing that stands in a file makes it fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from ..dsl.source import SourceFile, decode
from .exits import Exit
from .files import several_meant
from .inputs import Unreadable, read_bytes
from .options import STDIN_FILENAME, output_format

EXAMPLES = """\b
Examples:
  armada read README.md                   drawings, severities and escalation in it
  armada read docs/ --format json         of every Markdown file below a directory
  armada read 'runbooks/**/*.md'          the same of what a pattern matches
  cat notes.md | armada read - --stdin-filename notes.md
"""


@click.command(epilog=EXAMPLES)
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@STDIN_FILENAME
@output_format("text", "json")
def command(paths: tuple[str, ...], stdin_filename: str, form: str) -> int:
    """Print what is understood of any Markdown, workflow or not.

    FILE is a file, a pattern, a directory or `-` for standard input. What a document says never
    fails; a file that cannot be read ends with status 2.
    """
    from ..dsl.read import read

    names = tuple(dict.fromkeys(name for path in paths for name in _meant(path)))
    answer = read(*(_source(name, stdin_filename) for name in names))
    if form == "json":
        import json

        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        click.echo("\n\n".join("\n".join(_summary(entry)) for entry in answer))
    return Exit.DONE


def _source(name: str, stdin_filename: str) -> SourceFile:
    return decode(stdin_filename if name == "-" else name, read_bytes(name))[0]


def _meant(path: str) -> list[str]:
    """The files of one argument; a directory or a pattern without any is an error."""
    found = several_meant(path, anything=True)
    if found is None:
        return [path]
    if not found:
        raise Unreadable(f"no document found in {path}")
    return found


def _summary(entry: dict[str, Any]) -> Iterator[str]:
    yield entry["file"]
    if not any(entry[kind] for kind in ("flows", "severities", "ladders")):
        yield "  no drawing, severity table or escalation path"
    for flow in entry["flows"]:
        yield from _flow(flow)
    for table in entry["severities"]:
        yield f"  severities, {_where(table)}"
        yield from (f"    {level['name']}: {_response(level)}" for level in table["levels"])
    for ladder in entry["ladders"]:
        yield f"  escalation, {_where(ladder)}"
        yield from (f"    {_rung(rung)}" for rung in ladder["rungs"])


def _where(part: dict[str, Any]) -> str:
    first, last = part["lines"]
    return f"line {first}" if first == last else f"lines {first}-{last}"


def _flow(flow: dict[str, Any]) -> Iterator[str]:
    yield f"  {flow['form']}, {_where(flow)}, read: {flow['confidence']}"
    labels = {node["id"]: node["label"] or node["id"] for node in flow["nodes"]}
    for edge in flow["edges"]:
        label = f"  [{edge['label']}]" if edge["label"] else ""
        yield f"    {labels[edge['from']]} -> {labels[edge['to']]}{label}"
    for note in flow["notes"]:
        yield f"    note[{note['code']}] {_where(note)}: {note['message']}"


def _response(level: dict[str, Any]) -> str:
    if level["deferred"]:
        return "no clock runs"
    return "no time read" if level["response_ms"] is None else _minutes(level["response_ms"])


def _rung(rung: dict[str, Any]) -> str:
    start = "no time read" if rung["from_ms"] is None else f"from {_minutes(rung['from_ms'])}"
    end = "" if rung["to_ms"] is None else f" to {_minutes(rung['to_ms'])}"
    only = f" ({rung['condition']})" if rung["condition"] else ""
    return f"{start}{end}: {', '.join(rung['targets']) or 'nobody'}{only}"


def _minutes(time_ms: int) -> str:
    return f"{time_ms / 60_000:g} min"
