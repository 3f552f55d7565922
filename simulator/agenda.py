"""What is going to happen: a heap ordered by what an entry is, never by when it was put in.

The key is ``(at_ms, class, plan ordinal, item, attempt)``. Two runs that plan the same happenings
in another order take them in the same order. Keys are unique: putting one in twice replaces it.
"""

from __future__ import annotations

from enum import IntEnum
from heapq import heappop, heappush
from typing import Generic, NamedTuple, TypeVar


class Class(IntEnum):
    """Which of two happenings at one instant comes first. Timers come after all of these."""

    DECLARATION = 0
    RESULT = 1
    PERSON = 2
    INTERVENTION = 3


class Key(NamedTuple):
    """The identity of an entry; ``ordinal`` is its place in the plan, -1 outside of it."""

    at_ms: int
    rank: int
    ordinal: int
    item: str
    attempt: int = 0


T = TypeVar("T")


class Agenda(Generic[T]):
    """Entries by key; ``cancel`` forgets one without a search."""

    __slots__ = ("_entries", "_heap")

    def __init__(self) -> None:
        self._heap: list[Key] = []
        self._entries: dict[Key, T] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, key: Key, entry: T) -> Key:
        """Add or replace an entry."""
        if key not in self._entries:
            heappush(self._heap, key)
        self._entries[key] = entry
        return key

    def cancel(self, key: Key) -> None:
        """Forget an entry, if it is still there."""
        self._entries.pop(key, None)

    def next_ms(self) -> int | None:
        """When the first entry is due."""
        while self._heap and self._heap[0] not in self._entries:
            heappop(self._heap)
        return self._heap[0].at_ms if self._heap else None

    def take(self) -> tuple[Key, T]:
        """Remove and return the first entry; ``next_ms`` must have said that there is one."""
        key = heappop(self._heap)
        return key, self._entries.pop(key)
