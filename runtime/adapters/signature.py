"""The signature of what Armada sends: who has the secret can tell that it is genuine and recent.

``X-Armada-Signature: t=<seconds since 1970>,v1=<hex>`` where the hex is the HMAC-SHA256 of
``<t>.<body>`` under the secret. ``verify`` is what a receiver does; it is here so that a receiver
in Python can use it and any other can be written after it.
"""

from __future__ import annotations

import hashlib
import hmac

HEADER = "X-Armada-Signature"
TOLERANCE_S = 300


def sign(secret: str, at_s: int, body: bytes) -> str:
    """The header's value for a body that is sent at this time."""
    return f"t={at_s},v1={_digest(secret, at_s, body)}"


def verify(
    secret: str, header: str, body: bytes, now_s: float, tolerance_s: float = TOLERANCE_S
) -> bool:
    """Whether this header was made with the secret for this body, not long ago."""
    pairs = (part.strip().partition("=") for part in header.split(","))
    parts = {name: value for name, _, value in pairs}
    stamp = parts.get("t", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 16):
        return False
    if abs(now_s - int(stamp)) > tolerance_s:
        return False
    expected = _digest(secret, int(stamp), body)
    return hmac.compare_digest(expected.encode(), parts.get("v1", "").encode("utf-8", "replace"))


def _digest(secret: str, at_s: int, body: bytes) -> str:
    message = b"%d." % at_s + body
    return hmac.new(secret.encode("utf-8", "surrogatepass"), message, hashlib.sha256).hexdigest()
