"""The timers of one time domain, the earliest first. There is one timer for each key and time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

#: How many deleted timers the heap may hold in any case.
SLACK = 100


class TimerQueue:
    """Deleted timers are skipped at the top of the heap. They are removed from it once they are most of it."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, bytes]] = []
        self._registered: dict[tuple[int, bytes], int] = {}
        self._order = 0

    def register(self, timestamp: int, key: bytes) -> None:
        if (timestamp, key) not in self._registered:
            self._order += 1
            self._registered[timestamp, key] = self._order
            heapq.heappush(self._heap, (timestamp, self._order, key))

    def delete(self, timestamp: int, key: bytes) -> None:
        if self._registered.pop((timestamp, key), None) is not None and (
            len(self._heap) > 2 * len(self._registered) + SLACK
        ):
            self._heap = sorted(entry for entry in self._heap if self._is_registered(entry))

    def _is_registered(self, entry: tuple[int, int, bytes]) -> bool:
        timestamp, order, key = entry
        return self._registered.get((timestamp, key)) == order

    def next(self) -> int | None:
        """Returns the time of the earliest timer, or None if there is no timer."""
        while self._heap:
            if self._is_registered(self._heap[0]):
                return self._heap[0][0]
            heapq.heappop(self._heap)
        return None

    def take(self, until: int) -> tuple[int, bytes] | None:
        """Removes the earliest timer that is due at `until`. Returns its time and key, or None if no timer is due."""
        due = self.next()
        if due is None or due > until:
            return None
        timestamp, _, key = heapq.heappop(self._heap)
        del self._registered[timestamp, key]
        return timestamp, key

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        return iter(list(self._registered))
