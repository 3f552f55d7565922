"""Random draws that depend on their name only, never on how many were made before.

Owns Philox4x64-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
SC 2011). Key: ``(seed, stream)``, where ``stream`` is the first 64 bits, big-endian, of the SHA-256
of the canonical name ``entity/purpose/draw``. Trial ``t`` is lane ``t % 4`` of block ``t // 4``, so
a million trials of one draw are one contiguous vector and trial ``t`` alone is one block.

Agreement with NumPy: ``numpy.random.Philox`` adds one to its counter *before* it makes a block.
``raw(seed, name, t)`` therefore equals ``Philox(key=[seed, stream]).random_raw(t + 1)[t]``: block
``b`` has the counter ``b + 1``.
"""

from __future__ import annotations

from hashlib import sha256

MASK_64 = (1 << 64) - 1
_MULTIPLIER_0 = 0xD2E7470EE14C6C93
_MULTIPLIER_1 = 0xCA5A826395121157
_WEYL_0 = 0x9E3779B97F4A7C15
_WEYL_1 = 0xBB67AE8584CAA73B
_ROUNDS = 10
_UNIT = 2.0**-52


def philox(counter: int, key: tuple[int, int]) -> tuple[int, int, int, int]:
    """The four 64-bit lanes of one block; ``counter`` has up to 256 bits, low ones first."""
    c0, c1 = counter & MASK_64, counter >> 64 & MASK_64
    c2, c3 = counter >> 128 & MASK_64, counter >> 192 & MASK_64
    k0, k1 = key
    for _ in range(_ROUNDS):
        left, right = _MULTIPLIER_0 * c0, _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (
            (right >> 64) ^ c1 ^ k0,
            right & MASK_64,
            (left >> 64) ^ c3 ^ k1,
            left & MASK_64,
        )
        k0 = k0 + _WEYL_0 & MASK_64
        k1 = k1 + _WEYL_1 & MASK_64
    return c0, c1, c2, c3


def stream(name: str) -> int:
    """The stream of a canonical name."""
    return int.from_bytes(sha256(name.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def raw(seed: int, name: str, trial: int) -> int:
    """The 64 random bits of one draw in one trial."""
    block, lane = divmod(trial, 4)
    return philox(block + 1, (seed & MASK_64, stream(name)))[lane]


def uniform(bits: int) -> float:
    """A number strictly between 0 and 1: an odd multiple of 2**-53, exact as a float."""
    return ((bits >> 12) + 0.5) * _UNIT


class Draws:
    """The draws of one trial."""

    __slots__ = ("_block", "_lane", "seed", "trial")

    def __init__(self, seed: int, trial: int = 0) -> None:
        self.seed = seed & MASK_64
        self.trial = trial
        self._block, self._lane = divmod(trial, 4)

    def uniform(self, entity: str, purpose: str, draw: int | str = 0) -> float:
        """The draw of this name, strictly between 0 and 1."""
        key = (self.seed, stream(f"{entity}/{purpose}/{draw}"))
        return uniform(philox(self._block + 1, key)[self._lane])
