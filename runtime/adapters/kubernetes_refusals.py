"""What a cluster refuses, in words and as an answer.

Owns the reading of errors: 408, 409, 429 and 5xx may pass; 401, 403, 404, 410 and 422 do not. A
missing permission is named as a rule would name it, verb, resource and namespace, whether the API
server says it to the client or through helm.
"""

from __future__ import annotations

import json
from typing import Any, cast

from .contract import Answer
from .permissions import forbidden

TRANSIENT = frozenset({408, 409, 429, 500, 502, 503, 504})
GONE = 410
_NEVER_SENT = ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError")


class Failure(Exception):
    """A request that did not succeed: what to answer, why, and the HTTP status if there was one."""

    def __init__(self, answer: Answer, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.answer: Answer = answer
        self.text = text
        self.status = status


def permission(said: str) -> str:
    """``needs patch on deployments/scale in namespace agents``; empty where it is none of that."""
    found = forbidden(said)
    if found is None:
        return ""
    where = f" in namespace {found['namespace']}" if found["namespace"] else ""
    where = where or (" in the whole cluster" if found["whole"] else "")
    return f"{found['user']} needs {found['verb']} on {found['resource']}{where}"


def refused(error: Any, changing: bool) -> Failure:
    """What the client raises, as an answer: what the server said, or what TLS did."""
    if not error.status:
        return _insecure(str(error.reason), changing)
    try:
        data: Any = json.loads(error.body or "{}")
        said = str(cast(dict[str, Any], data).get("message", "")) if isinstance(data, dict) else ""
    except ValueError:
        said = ""
    return refusal(int(error.status or 0), said or str(error.reason or "no reason"))


def _insecure(said: str, changing: bool) -> Failure:
    """TLS failed: for good where the certificate is wrong, else as any connection does."""
    words = " ".join(said.split())
    if "CERTIFICATE_VERIFY_FAILED" in words:
        return Failure("permanent", f"the cluster's certificate is not trusted: {words}")
    if changing and "handshake" not in words:
        return Failure("unknown", f"the connection broke before the cluster answered: {words}")
    return Failure("failed", f"the cluster cannot be reached: {words}")


def refusal(status: int, said: str) -> Failure:
    """A status and what was said with it, as an answer."""
    if status == 401:
        return Failure("permanent", "the cluster does not accept these credentials", status)
    if status == 403:
        needs = permission(said)
        text = f"not permitted: {needs}: {said}" if needs else f"the cluster refuses it: {said}"
        return Failure("permanent", text, status)
    word: Answer = "failed" if status in TRANSIENT else "permanent"
    return Failure(word, f"{said} (HTTP {status})", status)


def lost(error: Exception, changing: bool) -> Failure:
    """A connection that did not stand, or broke."""
    reason = getattr(error, "reason", None) or error
    if type(reason).__name__ in _NEVER_SENT or not changing:
        return Failure("failed", f"the cluster cannot be reached: {reason}")
    return Failure("unknown", f"the connection broke before the cluster answered: {reason}")
