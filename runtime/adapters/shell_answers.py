"""What the shell adapter answers: how a run ended, as a word the kernel knows and as a sentence."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from typing import Any

from ...compiler.plan import Effect
from .contract import Answer, Result
from .shell_arguments import Expected

BROKEN_PIPE = (-signal.SIGPIPE, 128 + signal.SIGPIPE)
SAID_AT_MOST = 2_000

STOPPED: Mapping[str, str] = {
    "timeout": "It was stopped: it ran longer than it may",
    "cancelled": "It was stopped: nobody waited for it any more",
    "broken": "A later part of the pipeline could not be started, so the others were stopped",
}


def answer(
    outcome: Mapping[str, Any],
    expected: Expected,
    effect: Effect,
    redact: Callable[[str], str],
) -> Result:
    """The result of a run that has ended."""
    out, err = redact(outcome["stdout"]).rstrip("\n"), redact(outcome["stderr"]).rstrip("\n")
    code = exit_code(outcome["exits"])
    detail = {
        "ended": outcome["ended"],
        "exit": code,
        "exits": outcome["exits"],
        "dropped": outcome["dropped"],
        "took_ms": outcome["took_ms"],
    } | ({"stderr": err} if err else {})
    word = _word(outcome["ended"], code, expected, effect)
    if word in ("ok", "false"):
        values = {"output": out, "exit_code": str(code)}
        return Result(word, out or err, values, detail=detail)
    if outcome["ended"] == "not-started":
        return Result(word, err, detail=detail)
    said = _last(err or out)
    sentence = STOPPED.get(outcome["ended"]) or _how(code)
    text = f"{sentence}\n{said}" if said else sentence
    return Result(word, text, detail=detail | ({"stdout": out} if out else {}))


def gone(effect: Effect) -> Result:
    """The answer for a run of which no result is to be had."""
    text = (
        "It was begun, and there is no result: its supervisor is gone, or still runs after the"
        " time this order has"
    )
    return Result(_unless_unsafe("failed", effect, "unknown"), text, detail={"ended": "unknown"})


def exit_code(exits: list[int | None]) -> int | None:
    """The last code that is not 0, as of a shell's pipefail; None where one is not known.

    A process that nobody reads any more is ended by SIGPIPE; that is no failure of a pipeline.
    """
    told = [code for code in exits[:-1] if code not in BROKEN_PIPE] + exits[-1:]
    return next((code for code in reversed(told) if code != 0), 0 if told else None)


def _word(ended: str, code: int | None, expected: Expected, effect: Effect) -> Answer:
    if ended == "not-started":
        return "permanent"
    if ended != "exit" or code is None or code < 0:
        return _unless_unsafe("failed", effect, "unknown")
    if code in expected.false:
        return "false"
    if code in expected.ok:
        return "ok"
    return _unless_unsafe("failed", effect, "permanent")


def _unless_unsafe(word: Answer, effect: Effect, otherwise: Answer) -> Answer:
    return otherwise if effect is Effect.UNSAFE else word


def _how(code: int | None) -> str:
    if code is None:
        return "How it ended is not known"
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"It was ended by {name}"
    return f"It ended with exit code {code}"


def _last(text: str) -> str:
    return text if len(text) <= SAID_AT_MOST else "…" + text[-SAID_AT_MOST:]
