"""A bounded queue in the driver, from which the program takes the values of `execute_and_collect()`. A full queue
delays the bundle that fills it, and so holds the source back."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable
from threading import Condition
from typing import Any

MAX_VALUES = 10_000

_ids = itertools.count(1)
_collectors: dict[str, Collector] = {}


class Collector:
    """The thread of the runner fills it, and the thread of the program empties it."""

    def __init__(self) -> None:
        self.id = f"collector-{next(_ids)}"
        self._changed = Condition()
        self._values: deque[Any] = deque()
        self._ended = False
        self._error: BaseException | None = None
        self._closed = False
        _collectors[self.id] = self

    def put(self, values: Iterable[Any]) -> None:
        """Waits while the queue is full. Drops the values if the collector is closed."""
        for value in values:
            with self._changed:
                while len(self._values) >= MAX_VALUES and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                self._values.append(value)
                self._changed.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        """Marks the end of the job. Values in the queue can still be taken. Then iteration stops, or raises `error`."""
        with self._changed:
            self._ended = True
            self._error = error
            self._changed.notify_all()

    def take(self) -> Any:
        """Returns the next value. Raises StopIteration at the end, or the error of a failed job."""
        with self._changed:
            while not self._values:
                if self._ended or self._closed:
                    error, self._error = self._error, None
                    raise StopIteration if error is None else error
                self._changed.wait()
            value = self._values.popleft()
            self._changed.notify_all()
            return value

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._values.clear()
            self._changed.notify_all()
        _collectors.pop(self.id, None)


def close_all() -> None:
    """Closes all collectors at the end of the process, so that a bundle that waits for a reader does not delay it."""
    for open_collector in list(_collectors.values()):
        open_collector.close()


def collector(collector_id: str) -> Collector | None:
    """Returns the collector, or None if the program has closed it."""
    return _collectors.get(collector_id)
