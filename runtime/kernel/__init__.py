"""The kernel: one pure function decides what happens next.

``step(plan, state, event)`` is the meaning of a plan. The drill and the live host carry out its
commands and feed it events; neither decides anything. The rules are in docs/kernel.md.
"""

from __future__ import annotations

from .codec import decode, decode_state, encode, encode_state, state_json
from .enabled import enabled
from .events import Event
from .outcome import Waiting, finished, outcome, outcome_name, why
from .state import State
from .step import Step, initial, step, timer_order
from .timers import RANK, Timer

__all__ = [
    "RANK",
    "Event",
    "State",
    "Step",
    "Timer",
    "Waiting",
    "decode",
    "decode_state",
    "enabled",
    "encode",
    "encode_state",
    "finished",
    "initial",
    "outcome",
    "outcome_name",
    "state_json",
    "step",
    "timer_order",
    "why",
]
