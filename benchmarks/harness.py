"""Measuring side by side: rounds in turn, medians, ratios, and the context they were taken in.

Owns how a figure is taken and printed; the programs beside it own what is measured. Candidates take
turns within each round, so whatever else the machine does falls on all of them alike, and a figure
is the median over the rounds. Only ratios between candidates of one run mean anything elsewhere.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter_ns, process_time_ns

ROOT = Path(__file__).resolve().parents[1]
SEED = ROOT / "specs" / "incident-response.md"
OUTAGE = ROOT / "specs" / "scenarios" / "outage.yaml"


@dataclass(frozen=True, slots=True)
class Timing:
    """The times one candidate took, in nanoseconds, in the order of the rounds."""

    name: str
    rounds_ns: tuple[int, ...]

    @property
    def ms(self) -> float:
        """The median, in milliseconds."""
        return median(self.rounds_ns) / 1e6

    @property
    def spread(self) -> float:
        """How far the slowest round lies from the fastest, as a share of the median."""
        return (max(self.rounds_ns) - min(self.rounds_ns)) / median(self.rounds_ns)

    def per_second(self, count: int) -> float:
        """How many a second, where one round does ``count``."""
        return count * 1e9 / median(self.rounds_ns)

    def over(self, other: Timing) -> float:
        """The median, over the rounds, of how many times longer this took than the other."""
        pairs = zip(self.rounds_ns, other.rounds_ns, strict=True)
        return median(mine / theirs for mine, theirs in pairs)


def measure(
    candidates: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    collecting: bool = True,
    processes: bool = False,
) -> dict[str, Timing]:
    """Time the candidates in turn, ``rounds`` times, the order reversed in every other round.

    The time is that of this process on the processor, which others' load disturbs least; with
    ``processes``, where the work is done in others, it is the time that passes. ``collecting``
    False: the cyclic garbage collector is paused while a candidate runs.
    """
    clock = perf_counter_ns if processes else process_time_ns
    found: dict[str, list[int]] = {name: [] for name in candidates}
    order = list(candidates)
    for _ in range(rounds):
        for name in order:
            found[name].append(once_ns(candidates[name], clock, collecting))
        order.reverse()
    return {name: Timing(name, tuple(times)) for name, times in found.items()}


def once_ns(work: Callable[[], object], clock: Callable[[], int], collecting: bool) -> int:
    """The time of one call, with the garbage of what came before collected first."""
    gc.collect()
    if not collecting:
        gc.disable()
    try:
        start = clock()
        work()
        return clock() - start
    finally:
        gc.enable()


def context() -> str:
    """Where these figures come from: without it they say nothing."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores{load}"


def title(text: str) -> None:
    """Begin the report of one program."""
    print(f"\n== {text} ==")


def row(name: str, figure: str, note: str = "") -> None:
    """One line of a report."""
    print(f"  {name:<46}{figure:>16}  {note}".rstrip())
    sys.stdout.flush()


def quick(description: str) -> bool:
    """Read the one option of every program."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller loads")
    return bool(parser.parse_args().quick)


def alone(description: str, report: Callable[[bool], None]) -> None:
    """Run one program from the command line."""
    briefly = quick(description)
    print(context())
    report(briefly)
