"""Where the values of `execute_and_collect()` wait for the program to take them: a bounded queue in the driver.
A full queue delays the receipt of its bundle, and so holds the source back."""

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
    """Filled by the runner's thread, emptied by the program's."""

    def __init__(self) -> None:
        self.id = f"collector-{next(_ids)}"
        self._changed = Condition()
        self._values: deque[Any] = deque()
        self._ended = False
        self._error: BaseException | None = None
        self._closed = False
        _collectors[self.id] = self

    def put(self, values: Iterable[Any]) -> None:
        """Waits while the queue is full; drops the values once nobody reads any more."""
        for value in values:
            with self._changed:
                while len(self._values) >= MAX_VALUES and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                self._values.append(value)
                self._changed.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        """The job ended: what is queued can still be taken, then iteration stops, or raises `error`."""
        with self._changed:
            self._ended = True
            self._error = error
            self._changed.notify_all()

    def take(self) -> Any:
        """The next value. Raises StopIteration at the end, or what made the job fail."""
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
    """At the end of the process: a bundle that waits for a reader must not hold it up."""
    for open_collector in list(_collectors.values()):
        open_collector.close()


def collector(collector_id: str) -> Collector | None:
    """None: the program has closed it."""
    return _collectors.get(collector_id)
