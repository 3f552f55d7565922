"""Taking secrets out of what is written or shown."""

from __future__ import annotations

from typing import Any, cast

HIDDEN = "[redacted]"


class Redactor:
    """Knows the secrets of a process."""

    def __init__(self) -> None:
        self._values: dict[str, None] = {}

    def remember(self, value: str) -> None:
        """Hide this value from now on."""
        if len(value) >= 4:
            self._values[value] = None

    def redact(self, text: str) -> str:
        """A text without the secrets that are known."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        return text

    def redact_data(self, data: Any) -> Any:
        """Plain JSON data without them."""
        if isinstance(data, str):
            return self.redact(data)
        if isinstance(data, dict):
            return {k: self.redact_data(v) for k, v in cast(dict[str, Any], data).items()}
        if isinstance(data, (list, tuple)):
            return [self.redact_data(each) for each in cast(list[Any], data)]
        return data
