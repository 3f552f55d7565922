"""A drill on the screen: the report's lines, coloured by what they mean, paced if asked.

The words are the simulator's; this owns colour, pace and the line that names the bundled example.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from shlex import quote
from typing import Any, NamedTuple

import click

from ...simulator import report
from ...simulator.drill import DrillResult

BUNDLED = "Bundled example: specs/incident-response.md, since no workflow is named or configured"
COLORS: dict[str, dict[str, Any]] = {
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "people": {"fg": "cyan"},
    "milestone": {"bold": True},
}
JUDGEMENTS = {"held": "good", "failed": "bad"}


class Printed(NamedTuple):
    """A line, and the moment of the drill at which it is due; None: at once."""

    at_ms: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A result and how it was asked for; ``spec`` None is the bundled example.

    ``resumed``: the journal it went on from, which is all that reproduces it.
    """

    result: DrillResult
    spec: str | None
    scenario: str
    remarks: tuple[str, ...]
    trace: bool
    resumed: str | None = None


def lines(shown: Shown, color: bool) -> Iterator[Printed]:
    """The whole report, line by line."""
    result = shown.result
    if shown.spec is None:
        yield Printed(None, BUNDLED)
    yield from _at_once(report.heading(result))
    yield Printed(None, "")
    yield from _entries(result) if shown.trace else _timeline(result, color)
    yield Printed(None, "")
    for text in report.summary(result):
        yield Printed(None, _judged(text) if color else text)
    yield Printed(None, "")
    yield from _at_once(f"Note: {remark}" for remark in shown.remarks)
    yield from _at_once(report.footnotes(result))
    yield Printed(None, f"Replay: {_replay(shown)}")
    marks = (f"{k.replace('_', ' ')} {v[:16]}" for k, v in report.fingerprint(result).items() if v)
    yield Printed(None, "  " + ", ".join(marks))


def _replay(shown: Shown) -> str:
    """The command to type again; without a spec for the bundled example."""
    if shown.resumed is not None:
        return f"armada sim --resume {quote(shown.resumed)}"
    spec = "" if shown.spec is None else quote(shown.spec)
    command = report.replay_line(shown.result, spec, quote(shown.scenario))
    return command.replace("armada sim  ", "armada sim ", 1)


def _at_once(texts: Iterable[str]) -> Iterator[Printed]:
    for text in texts:
        yield Printed(None, text)


def _timeline(result: DrillResult, color: bool) -> Iterator[Printed]:
    for line in result.timeline:
        text = report.line_text(result, line)
        styles = COLORS.get(line.tone) if color else None
        yield Printed(line.at_ms, click.style(text, **styles) if styles else text)


def _entries(result: DrillResult) -> Iterator[Printed]:
    """The journal: one entry a line, its header's plan and scenario left out."""
    import json

    for line in (result.journal or "").splitlines():
        entry = json.loads(line)
        payload = entry["payload"]
        if entry["kind"] == "header":
            payload = {key: payload[key] for key in payload if key not in ("plan", "scenario")}
        words = json.dumps(payload, ensure_ascii=False, sort_keys=True)
        yield Printed(
            entry["at_ms"], f"{entry['seq']:>5} {entry['at_ms']:>10} ms  {entry['kind']:<8} {words}"
        )


def _judged(text: str) -> str:
    tone = JUDGEMENTS.get(text.split(maxsplit=1)[0] if text.startswith("  ") else "")
    return click.style(text, **COLORS[tone]) if tone else text


def paced(printed: Iterable[Printed], speed: float | None) -> Iterator[str]:
    """The lines as they fall due at ``speed`` simulated seconds a second; None does not wait."""
    import time

    shown_ms = 0
    for line in printed:
        if speed is not None and line.at_ms is not None and line.at_ms > shown_ms:
            time.sleep((line.at_ms - shown_ms) / 1000 / speed)
            shown_ms = line.at_ms
        yield line.text


def as_json(shown: Shown) -> str:
    """The report as JSON, with the journal's entries under ``--trace``."""
    import json

    data = {
        "bundled_example": shown.spec is None,
        **report.report_data(shown.result, shown.spec or "", shown.scenario),
        "remarks": list(shown.remarks),
        "replay": _replay(shown),
    }
    if shown.trace:
        data["journal"] = [json.loads(line) for line in (shown.result.journal or "").splitlines()]
    return json.dumps(data, indent=2, ensure_ascii=False)
