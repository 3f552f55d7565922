"""A canary against the rest: what happened to the pods of both, and what that says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armada.runtime.adapters.kubernetes_judge import CANARY, Judgement, verdict

Pods = list[dict[str, Any]]


def pod(
    name: str,
    *,
    canary: bool = False,
    restarts: int = 0,
    ready: bool = True,
    phase: str = "Running",
) -> dict[str, Any]:
    labels = {CANARY: "true"} if canary else {}
    conditions = [{"type": "Ready", "status": str(ready)}]
    containers = [{"name": "main", "restartCount": restarts}]
    status = {"phase": phase, "conditions": conditions, "containerStatuses": containers}
    return {"metadata": {"name": name, "uid": name, "labels": labels}, "status": status}


def rest(count: int = 3, **how: Any) -> Pods:
    return [pod(f"r{n}", **how) for n in range(count)]


def judged(*looks: tuple[float, Pods], at_least: int = 1) -> tuple[str, str]:
    judgement = Judgement()
    for at, pods in looks:
        judgement.see(pods, at)
    return verdict(judgement, at_least)


def test_a_canary_that_does_as_well_as_the_rest_is_good() -> None:
    """And its real share is told."""
    pods = [*rest(), pod("c", canary=True)]
    answer, text = judged((0, pods), (60, pods))
    assert answer == "ok"
    assert text == (
        "in 60 s the canary had nothing, the rest nothing; 1 of 4 pods are canary: 25 %"
    )


@pytest.mark.parametrize(
    ("later", "word"),
    [
        (pod("c", canary=True, restarts=1), "1 restarts"),
        (pod("c", canary=True, ready=False, phase="Failed"), "1 failed pods"),
        (pod("c", canary=True, ready=False), "1 times unready"),
    ],
)
def test_trouble_of_the_canary_alone_is_the_canarys(later: dict[str, Any], word: str) -> None:
    """A restart, a failed pod, readiness that is lost."""
    answer, text = judged((0, [*rest(), pod("c", canary=True)]), (60, [*rest(), later]))
    assert answer == "false" and f"the canary had {word}" in text, text


def test_trouble_from_before_does_not_count() -> None:
    """Both sides are compared over the same time."""
    pods = [*rest(), pod("c", canary=True, restarts=7)]
    assert judged((0, pods), (60, pods))[0] == "ok"


def test_a_pod_that_takes_the_place_of_one_counts_from_its_beginning() -> None:
    """Its restarts are all within the time."""
    before, after = pod("c", canary=True), pod("c2", canary=True, restarts=2)
    assert judged((0, [*rest(), before]), (30, [*rest(), after]), (60, [*rest(), after]))[0] == (
        "false"
    )


def test_trouble_that_all_have_is_not_the_canarys() -> None:
    """A node that goes down takes the good with it."""
    before = [*rest(), pod("c", canary=True)]
    after = [*rest(restarts=1), pod("c", canary=True, restarts=1)]
    assert judged((0, before), (60, after))[0] == "ok"


def test_a_little_more_trouble_than_the_rest_may_be_chance_and_much_more_is_not() -> None:
    """Between one rate and another there is a wide field of *unknown*."""
    before = [*rest(9), pod("c", canary=True)]
    little = [*rest(8), pod("r8", restarts=1), pod("c", canary=True, restarts=1)]
    answer, text = judged((0, before), (60, little))
    assert answer == "unknown" and "may be chance" in text
    much = [*rest(8), pod("r8", restarts=1), pod("c", canary=True, restarts=9)]
    assert judged((0, before), (60, much))[0] == "false"


@pytest.mark.parametrize(
    ("pods", "at_least"),
    [
        (rest(), 1),
        ([pod("c", canary=True)], 1),
        ([*rest(), pod("c", canary=True)], 2),
        ([], 1),
    ],
)
def test_too_few_samples_are_unknown(pods: Pods, at_least: int) -> None:
    """No canary, nothing to compare it with, fewer than were asked for."""
    answer, text = judged((0, pods), (60, pods), at_least=at_least)
    assert answer == "unknown" and f"at least {at_least} of each" in text


def test_a_canary_that_came_late_was_not_seen_for_long_enough() -> None:
    """Half of the time is half a sample."""
    late = [*rest(), pod("c", canary=True)]
    assert judged((0, rest()), (40, late), (60, late))[0] == "unknown"


@given(
    canary=st.integers(0, 50),
    others=st.integers(0, 50),
    more=st.integers(1, 20),
    count=st.integers(1, 20),
)
def test_more_trouble_never_makes_a_canary_look_better(
    canary: int, others: int, more: int, count: int
) -> None:
    """ok, then unknown, then false, and never back."""
    order = ["ok", "unknown", "false"]

    def answer(troubles: int) -> int:
        before = [*rest(count), pod("c", canary=True)]
        after = [pod("r0", restarts=others), *rest(count)[1:]]
        after.append(pod("c", canary=True, restarts=troubles))
        return order.index(judged((0, before), (60, after))[0])

    assert answer(canary) <= answer(canary + more)
