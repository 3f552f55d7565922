"""How time grows with the plan: 10,000 stages beside 1,000, in three shapes.

Compiling is from the text to the plan; a full drill is from the declaration to the verdict, with
its journal. Ten times the stages may take at most twelve times as long. Python's cyclic collector
visits whatever lives, again and again, so a part of what is beyond ten is its work: the ratio is
printed as it is in an ordinary process, and once more with the collector paused.
"""

from __future__ import annotations

from collections.abc import Callable

from harness import alone, measure, row, title
from synthetic import SCENARIO, SHAPES, document

from armada.compiler.compile import compile_source
from armada.compiler.plan import Plan
from armada.dsl.source import SourceFile
from armada.simulator.drill import drill
from armada.simulator.scenario import load_scenario

GOAL = 12.0
TIMES = 10


def report(briefly: bool) -> None:
    """Print, for each shape, the time of ten times the stages over the time of once."""
    small = 200 if briefly else 1_000
    title(f"scaling: {small * TIMES:,} stages beside {small:,} (ten times; goal: at most {GOAL:g})")
    _compiled("chain", small)
    for shape in SHAPES:
        works = {"compile": _compiling(shape, small), "drill": _drilling(shape, small)}
        for name, (little, much) in works.items():
            _compare(f"{name}, {shape}", little, much, rounds=1 if briefly else 3)


def _compare(
    name: str, little: Callable[[], object], much: Callable[[], object], rounds: int
) -> None:
    candidates = {"little": little, "much": much}
    usual = measure(candidates, rounds)
    paused = measure(candidates, rounds, collecting=False)
    ratio = usual["much"].over(usual["little"])
    verdict = "" if ratio <= GOAL else f"over the goal of {GOAL:g}; "
    without = paused["much"].over(paused["little"])
    times = f"{usual['little'].ms:.0f} ms, {usual['much'].ms:.0f} ms"
    row(name, f"{ratio:.1f} x", f"{times}; {verdict}collector paused: {without:.1f} x")


def _compiling(shape: str, small: int) -> tuple[Callable[[], object], Callable[[], object]]:
    few, many = _source(shape, small), _source(shape, small * TIMES)
    return (lambda: compile_source(few)), (lambda: compile_source(many))


def _drilling(shape: str, small: int) -> tuple[Callable[[], object], Callable[[], object]]:
    few, many = _compiled(shape, small), _compiled(shape, small * TIMES)
    return (lambda: _drill(few)), (lambda: _drill(many))


def _source(shape: str, count: int) -> SourceFile:
    return SourceFile(f"{shape}.armada.yaml", document(shape, count))


def _compiled(shape: str, count: int) -> Plan:
    plan = compile_source(_source(shape, count)).plan
    if plan is None or len(plan.stages) != count:
        raise RuntimeError(f"the {shape} of {count} stages does not compile as it should")
    return plan


def _drill(plan: Plan) -> None:
    result = drill(plan, load_scenario(SCENARIO))
    if result.outcome != "resolved":
        raise RuntimeError(f"the drill of {plan.name} ended {result.outcome}")


if __name__ == "__main__":
    alone(__doc__ or "", report)
