"""Draws: the bits of Philox, exact uniforms, quantiles against known values."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armada.simulator import distributions as dist
from armada.simulator.random import Draws, philox, raw, stream, uniform

SEEDS = st.integers(0, 2**64 - 1)
UNITS = st.floats(1e-9, 1 - 1e-9)


@given(SEEDS, st.text(max_size=30))
def test_trials_are_the_bits_of_numpys_philox(seed: int, name: str) -> None:
    key = np.array([seed, stream(name)], dtype=np.uint64)
    expected = np.random.Philox(key=key).random_raw(9)
    assert [raw(seed, name, trial) for trial in range(9)] == [int(bits) for bits in expected]


@given(st.integers(0, 2**256 - 2), SEEDS, SEEDS)
def test_a_block_is_what_numpy_gives_after_adding_one_to_its_counter(
    counter: int, first: int, second: int
) -> None:
    words = [counter >> shift & (2**64 - 1) for shift in (0, 64, 128, 192)]
    generator = np.random.Philox(
        counter=np.array(words, dtype=np.uint64), key=np.array([first, second], dtype=np.uint64)
    )
    expected = tuple(int(bits) for bits in generator.random_raw(4))
    assert philox(counter + 1, (first, second)) == expected


@given(st.integers(0, 2**64 - 1))
def test_a_uniform_is_strictly_inside_and_exact(bits: int) -> None:
    u = uniform(bits)
    assert 0.0 < u < 1.0
    assert int(u * 2**53) % 2 == 1


def test_a_draw_depends_on_its_name_and_not_on_the_draws_before_it() -> None:
    one, other = Draws(9, 3), Draws(9, 3)
    one.uniform("somebody", "else")
    assert one.uniform("a", "b", 2) == other.uniform("a", "b", 2)
    assert one.uniform("a", "b", 2) != one.uniform("a", "b", 3)


@given(UNITS)
def test_own_logarithm_and_exponential_agree_with_the_library(u: float) -> None:
    assert math.isclose(dist.logarithm(u), math.log(u), rel_tol=1e-15)
    assert math.isclose(dist.exponential(60 * u - 30), math.exp(60 * u - 30), rel_tol=1e-14)


@given(UNITS)
def test_normal_quantile_agrees_with_the_library(u: float) -> None:
    expected = NormalDist().inv_cdf(u)
    assert math.isclose(dist.normal_quantile(u), expected, rel_tol=1e-12, abs_tol=1e-12)


@given(UNITS)
def test_symmetric_pert_inverts_its_polynomial(u: float) -> None:
    x = dist.Pert(0, 50_000_000, 100_000_000).at(u) / 100_000_000
    assert 10 * x**3 - 15 * x**4 + 6 * x**5 == pytest.approx(u, abs=2e-6)


@pytest.mark.parametrize(
    ("text", "u", "expected_ms"),
    [
        ("4m", 0.123, 240_000),
        ("uniform(1m, 2m)", 0.5, 90_000),
        ("triangular(0s, 1m, 2m)", 0.5, 60_000),
        ("exponential(10m)", 1 - math.exp(-1), 600_000),
        ("lognormal(4m, 12m)", 0.5, 240_000),
        ("lognormal(4m, 12m)", 0.95, 720_000),
        ("empirical(3m, 1m, 2m)", 0.5, 120_000),
        ("pert(2m, 2m, 2m)", 0.7, 120_000),
    ],
)
def test_a_quantile_has_its_known_value(text: str, u: float, expected_ms: int) -> None:
    assert dist.sample(dist.parse_distribution(text), u) == pytest.approx(expected_ms, abs=1)


@pytest.mark.parametrize("low, mode, high", [(0, 50, 100), (0, 10, 100), (0, 0, 100), (5, 90, 100)])
def test_pert_has_the_mean_of_the_three_point_estimate(low: int, mode: int, high: int) -> None:
    pert = dist.Pert(low * 1000, mode * 1000, high * 1000)
    points = 4000
    mean = sum(pert.at((n + 0.5) / points) for n in range(points)) / points
    assert mean == pytest.approx(1000 * (low + 4 * mode + high) / 6, rel=2e-4)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4",
        "four minutes",
        "lognormal(4m)",
        "uniform(2m, 1m)",
        "gamma(1m, 2m)",
        "4m x",
        "lognormal(0, 4m)",
        "empirical()",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        dist.parse_distribution(text)


@given(st.integers(0, 10**9))
def test_a_duration_in_words_is_never_empty(ms: int) -> None:
    assert dist.in_words(ms)
