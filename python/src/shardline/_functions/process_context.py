"""The contexts of process functions: timestamps, timers, and the current key."""

from __future__ import annotations

import time
from operator import index
from typing import Any, NoReturn

from shardline._functions.keyed_state import KeyedBackend
from shardline._interfaces.functions import KeyedProcessFunction, ProcessFunction
from shardline._interfaces.timers import TimeDomain, TimerService

#: Java's smallest long means that there is no timestamp or no watermark yet. The largest means the end of the input.
MIN_LONG = -(1 << 63)
MAX_LONG = (1 << 63) - 1


def to_long(timestamp: float) -> int:
    """Returns a timestamp of a frame as a long. In frames, infinities are the smallest and the largest long."""
    if timestamp == float("-inf"):
        return MIN_LONG
    return MAX_LONG if timestamp == float("inf") else int(timestamp)


class Times:
    """The watermark that a chain has reached."""

    def __init__(self) -> None:
        self.watermark = MIN_LONG


class _Context(ProcessFunction.Context):
    """The context of one function. Its operator sets `time`, as in frames, before each value."""

    def __init__(self, times: Times, backend: KeyedBackend | None) -> None:
        self.time = float("-inf")
        self._timers = _Timers(times, backend)

    def timer_service(self) -> TimerService:
        return self._timers

    def timestamp(self) -> int:
        return to_long(self.time)

    def output(self, *arguments: Any) -> NoReturn:
        raise AttributeError("there is no ctx.output(), as in PyFlink: yield the values to emit")


class PlainContext(_Context):
    def __init__(self, times: Times) -> None:
        super().__init__(times, None)


class KeyedContext(_Context, KeyedProcessFunction.OnTimerContext):
    def __init__(self, times: Times, backend: KeyedBackend) -> None:
        super().__init__(times, backend)
        self.domain = TimeDomain.EVENT_TIME
        self._backend = backend

    def get_current_key(self) -> Any:
        return self._backend.current_key()

    def time_domain(self) -> TimeDomain:
        return self.domain


class _Timers(TimerService):
    def __init__(self, times: Times, backend: KeyedBackend | None) -> None:
        self._times = times
        self._backend = backend

    def current_processing_time(self) -> int:
        return time.time_ns() // 1_000_000

    def current_watermark(self) -> int:
        return self._times.watermark

    def register_processing_time_timer(self, timestamp: int) -> None:
        backend = self._keyed()
        backend.processing_timers.register(index(timestamp), backend.key)

    def register_event_time_timer(self, timestamp: int) -> None:
        backend = self._keyed()
        backend.event_timers.register(index(timestamp), backend.key)

    def delete_processing_time_timer(self, timestamp: int) -> None:
        backend = self._keyed()
        backend.processing_timers.delete(index(timestamp), backend.key)

    def delete_event_time_timer(self, timestamp: int) -> None:
        backend = self._keyed()
        backend.event_timers.delete(index(timestamp), backend.key)

    def _keyed(self) -> KeyedBackend:
        if self._backend is None:
            raise NotImplementedError("Setting timers is only supported on a keyed streams.")
        return self._backend
