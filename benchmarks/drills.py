"""Drills a second of the seed, its journal on and off, beside a SimPy model of the same incident.

Both make the same draws, so their outcomes are compared number by number before anything is timed:
the final status, acknowledgement, mitigation and resolution, every rung, and each stage's status
and time, at every level and with a review that is voted on as well as waived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness import OUTAGE, SEED, alone, measure, row, title
from simpy_incident import check_plan, simulate

from armada.compiler.compile import compile_source
from armada.dsl.source import SourceFile
from armada.simulator.drill import drill, prepare
from armada.simulator.environment import Setting
from armada.simulator.scenario import load_scenario
from armada.simulator.scenario_file import read_scenario

UNDECLARED = {"name": "undeclared", "decisions": {"idle": ["resolve"]}}
"""Nobody names a level: classification proposes one, and the review is voted on."""


def settings() -> tuple[Setting, Setting]:
    """The seed brought together with the shipped outage, and with an undeclared incident."""
    seed = SourceFile("incident-response.md", SEED.read_text(encoding="utf-8"))
    plan = compile_source(seed).plan
    outage = read_scenario(SourceFile("outage", OUTAGE.read_text(encoding="utf-8"))).scenario
    if plan is None or outage is None:
        raise RuntimeError("the seed or its outage does not compile")
    check_plan(plan)
    return prepare(plan, outage), prepare(plan, load_scenario(UNDECLARED))


def compare(trials: int) -> int:
    """Assert that drill and model agree; how many trials were compared."""
    cases = tuple(_cases())
    for name, setting, level in cases:
        for trial in range(trials):
            ours = _drilled(setting, trial, level)
            theirs = simulate(setting, setting.scenario.seed, trial, level)
            if ours != theirs:
                raise AssertionError(f"{name}, trial {trial}: drill {ours}, SimPy {theirs}")
    return trials * len(cases)


def _cases() -> Iterator[tuple[str, Setting, int | None]]:
    outage, undeclared = settings()
    yield "outage", outage, None
    yield "undeclared", undeclared, None
    for level in (2, 3, 4):
        yield f"outage at SEV-{level}", outage, level


def _drilled(setting: Setting, trial: int, level: int | None) -> tuple[int, ...]:
    done = drill(
        setting.plan,
        setting.scenario,
        trial=trial,
        severity=level,
        journal=False,
        setting=setting,
    )
    return done.numbers


def report(briefly: bool) -> None:
    """Compare outcomes, then print drills a second and the ratios to SimPy."""
    title("drills: the seed's outage, beside a SimPy model of the same incident")
    trials = 40 if briefly else 200
    row("outcomes compared, all equal", f"{compare(trials):,}", "trials, to the millisecond")
    outage, _ = settings()
    count = 20 if briefly else 100
    seed = outage.scenario.seed
    candidates: dict[str, Callable[[], object]] = {
        "drill, journal on": lambda: [
            drill(outage.plan, outage.scenario, trial=trial, setting=outage)
            for trial in range(count)
        ],
        "drill, journal off": lambda: [_drilled(outage, trial, None) for trial in range(count)],
        "SimPy model": lambda: [simulate(outage, seed, trial, None) for trial in range(count)],
    }
    found = measure(candidates, rounds=5)
    peer = found["SimPy model"]
    for timing in found.values():
        note = "" if timing is peer else f"{timing.over(peer):.1f} x the model's time"
        row(timing.name, f"{timing.per_second(count):,.0f} /s", note)


if __name__ == "__main__":
    alone(__doc__ or "", report)
