"""How long things take: durations drawn by inverse CDF from one uniform number.

Every sample uses exactly one draw and is rounded to whole milliseconds. Only addition,
subtraction, multiplication, division and square root touch the sample (``frexp`` and ``ldexp`` are
exact), which IEEE 754 rounds the same everywhere: a vectorised engine that uses the same operations
gets the same bits, and no library's last bit of ``log`` or ``exp`` matters.

Sources: normal quantile: Wichura 1988, algorithm AS241. PERT: the beta distribution with
``a = 1 + 4 (mode-low)/(high-low)``, ``b = 1 + 4 (high-mode)/(high-low)``; as its inverse has no
closed form, the CDF is integrated (Simpson) on ``_PERT_CELLS`` equal cells and inverted by search
and linear interpolation.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import frexp, ldexp, sqrt
from typing import cast

_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10
_HALF_ROOT = 0.7071067811865476
_Z95 = 1.6448536269514722
_PERT_CELLS = 1024
_LOG_TERMS = tuple(1.0 / (2 * n + 1) for n in range(11, -1, -1))
_EXP_TERMS = 16


def logarithm(x: float) -> float:
    """The natural logarithm of a positive number, within two units in the last place."""
    mantissa, exponent = frexp(x)
    if mantissa < _HALF_ROOT:
        mantissa, exponent = mantissa * 2.0, exponent - 1
    s = (mantissa - 1.0) / (mantissa + 1.0)
    square, total = s * s, 0.0
    for term in _LOG_TERMS:
        total = total * square + term
    return exponent * _LN2_HIGH + (2.0 * s * total + exponent * _LN2_LOW)


def exponential(x: float) -> float:
    """e to the power of x."""
    if x < -700.0:
        return 0.0
    x = min(x, 700.0)
    shift = int(x / (_LN2_HIGH + _LN2_LOW) + (0.5 if x >= 0 else -0.5))
    rest = (x - shift * _LN2_HIGH) - shift * _LN2_LOW
    total = 1.0
    for n in range(_EXP_TERMS, 0, -1):
        total = total * rest / n + 1.0
    return ldexp(total, shift)


_CENTRE = (
    (
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
    ),
    (
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ),
)
_NEAR_TAIL = (
    (
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ),
    (
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ),
)
_FAR_TAIL = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e0,
        5.46378491116411436990e0,
        6.65790464350110377720e0,
    ),
    (
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ),
)


def _ratio(tables: tuple[tuple[float, ...], tuple[float, ...]], r: float) -> float:
    above = below = 0.0
    for top, bottom in zip(*tables, strict=True):
        above, below = above * r + top, below * r + bottom
    return above / below


def normal_quantile(p: float) -> float:
    """The z for which a standard normal variable is at most z with probability p (0 < p < 1)."""
    q = p - 0.5
    if -0.425 <= q <= 0.425:
        return q * _ratio(_CENTRE, 0.180625 - q * q)
    r = sqrt(-logarithm(p if q < 0 else 1.0 - p))
    z = _ratio(_NEAR_TAIL, r - 1.6) if r <= 5.0 else _ratio(_FAR_TAIL, r - 5.0)
    return -z if q < 0 else z


# --- the distributions ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same."""

    ms: int

    def at(self, u: float) -> float:
        """The quantile of ``u``."""
        return self.ms


@dataclass(frozen=True, slots=True)
class Uniform:
    """Anything between two bounds, equally likely."""

    low_ms: int
    high_ms: int

    def at(self, u: float) -> float:
        """The quantile of ``u``."""
        return self.low_ms + u * (self.high_ms - self.low_ms)


@dataclass(frozen=True, slots=True)
class Triangular:
    """Between two bounds, most likely at the mode."""

    low_ms: int
    mode_ms: int
    high_ms: int

    def at(self, u: float) -> float:
        """The quantile of ``u``."""
        width = self.high_ms - self.low_ms
        if width == 0:
            return self.low_ms
        rise = self.mode_ms - self.low_ms
        if u * width < rise:
            return self.low_ms + sqrt(u * width * rise)
        return self.high_ms - sqrt((1.0 - u) * width * (self.high_ms - self.mode_ms))


@dataclass(frozen=True, slots=True)
class Pert:
    """Between two bounds, around the mode, with thin tails: the planner's three-point estimate."""

    low_ms: int
    mode_ms: int
    high_ms: int

    def at(self, u: float) -> float:
        """The quantile of ``u``."""
        width = self.high_ms - self.low_ms
        if width == 0:
            return self.low_ms
        table = _beta_table(
            1.0 + 4.0 * (self.mode_ms - self.low_ms) / width,
            1.0 + 4.0 * (self.high_ms - self.mode_ms) / width,
        )
        cell = min(max(bisect_left(table, u), 1), _PERT_CELLS)
        below, above = table[cell - 1], table[cell]
        part = (u - below) / (above - below) if above > below else 0.0
        return self.low_ms + width * ((cell - 1 + part) / _PERT_CELLS)


@dataclass(frozen=True, slots=True)
class Exponential:
    """Without memory: how long it has taken says nothing about how long it will."""

    mean_ms: int

    def at(self, u: float) -> float:
        """The quantile of ``u``."""
        return -self.mean_ms * logarithm(1.0 - u)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Mostly short with a long tail, as repair and response times are; by median and 95 % point."""

    median_ms: int
    p95_ms: int

    def at(self, u: float) -> float:
        """The quantile of ``u``."""
        sigma = logarithm(self.p95_ms / self.median_ms) / _Z95
        return self.median_ms * exponential(sigma * normal_quantile(u))


@dataclass(frozen=True, slots=True)
class Empirical:
    """One of the durations observed, each as likely; sorted."""

    values_ms: tuple[int, ...]

    def at(self, u: float) -> float:
        """The quantile of ``u``."""
        return self.values_ms[int(u * len(self.values_ms))]


Distribution = Fixed | Uniform | Triangular | Pert | Exponential | Lognormal | Empirical


def sample(distribution: Distribution, u: float) -> int:
    """A duration in whole milliseconds, never negative."""
    return max(0, int(distribution.at(u) + 0.5))


@lru_cache(maxsize=256)
def _beta_table(a: float, b: float) -> tuple[float, ...]:
    """The CDF of a beta distribution at the edges of equal cells."""

    def density(x: float) -> float:
        left = _power(x, a - 1.0)
        return left * _power(1.0 - x, b - 1.0)

    step = 1.0 / _PERT_CELLS
    edge, total, sums = density(0.0), 0.0, [0.0]
    for cell in range(_PERT_CELLS):
        after = density((cell + 1) * step)
        total += edge + 4.0 * density((cell + 0.5) * step) + after
        edge = after
        sums.append(total)
    return tuple(value / total for value in sums)


def _power(x: float, exponent: float) -> float:
    if exponent == 0.0:
        return 1.0
    return 0.0 if x <= 0.0 else exponential(exponent * logarithm(x))


# --- as people write them -------------------------------------------------------------------------

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?(ms|min|s|m|h|d)(?![a-z]) ?")
_CALL = re.compile(r"([a-z]{1,20}) ?\(([^()]{0,4000})\)")
FORMS: dict[str, tuple[type[Distribution], int]] = {
    "fixed": (Fixed, 1),
    "uniform": (Uniform, 2),
    "triangular": (Triangular, 3),
    "pert": (Pert, 3),
    "exponential": (Exponential, 1),
    "lognormal": (Lognormal, 2),
    "empirical": (Empirical, 0),
}


def parse_duration(text: str) -> int:
    """Milliseconds of ``4m``, ``1h 30m``, ``90s``; raises ValueError on anything else."""
    rest, total, found = text.strip().lower(), 0.0, False
    while match := _AMOUNT.match(rest):
        total += float(match[1]) * _UNITS_MS[match[2]]
        rest, found = rest[match.end() :], True
    if rest == "0" and not found:
        return 0
    if rest or not found:
        raise ValueError(f"not a duration: {text!r}; write 90s, 4m or 1h 30m")
    return int(total + 0.5)


@lru_cache(maxsize=1024)
def parse_distribution(text: str) -> Distribution:
    """The distribution of ``4m`` or ``lognormal(4m, 12m)``; raises ValueError on anything else."""
    match = _CALL.fullmatch(text.strip().lower())
    if match is None:
        return Fixed(parse_duration(text))
    if match[1] not in FORMS:
        raise ValueError(f"no distribution {match[1]!r}; expected one of {', '.join(FORMS)}")
    form, count = FORMS[match[1]]
    times = tuple(parse_duration(part) for part in match[2].split(","))
    if form is Empirical:
        return Empirical(tuple(sorted(times)))
    if len(times) != count:
        raise ValueError(f"{match[1]} takes {count} durations, not {len(times)}")
    if list(times) != sorted(times) or (form is Lognormal and times[0] == 0):
        raise ValueError(f"the durations of {match[1]} must not decrease (a median not be 0)")
    return cast(Callable[..., Distribution], form)(*times)


def in_words(ms: int) -> str:
    """A duration for a reader: ``1h 05m``, ``4m 10s``, ``12s``, ``300ms``."""
    if 0 < ms < 1000:
        return f"{ms}ms"
    seconds = (ms + 500) // 1000
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours:
        return f"{hours}h {minutes:02}m" if minutes else f"{hours}h"
    if minutes:
        return f"{minutes}m {seconds:02}s" if seconds else f"{minutes}m"
    return f"{seconds}s"
