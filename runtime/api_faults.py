"""An answer of the API that is not what was asked for, as RFC 9457 words it."""

from __future__ import annotations


class Problem(Exception):
    """An answer that is not what was asked for."""

    def __init__(self, status: int, detail: str, help: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.help = help
