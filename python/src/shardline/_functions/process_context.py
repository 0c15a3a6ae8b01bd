"""What process functions are given beside a value: its time, timers, its key."""

from __future__ import annotations

import time
from operator import index
from typing import Any, NoReturn

from shardline._functions.keyed_state import KeyedBackend
from shardline._interfaces.functions import KeyedProcessFunction, ProcessFunction
from shardline._interfaces.timers import TimeDomain, TimerService

#: Java's smallest and largest long: no timestamp, or no watermark yet; and the end of time.
MIN_LONG = -(1 << 63)
MAX_LONG = (1 << 63) - 1


def to_long(timestamp: float) -> int:
    """As it travels in a frame, where infinities are the ends of time."""
    if timestamp == float("-inf"):
        return MIN_LONG
    return MAX_LONG if timestamp == float("inf") else int(timestamp)


class Times:
    """What a chain's functions may ask: how far event time has come."""

    def __init__(self) -> None:
        self.watermark = MIN_LONG


class _Context(ProcessFunction.Context):
    """One for a function, told of each value before it. `time`: as in frames."""

    def __init__(self, times: Times, backend: KeyedBackend | None) -> None:
        self.time = float("-inf")
        self._timers = _Timers(times, backend)

    def timer_service(self) -> TimerService:
        return self._timers

    def timestamp(self) -> int:
        return to_long(self.time)

    def output(self, *arguments: Any) -> NoReturn:
        raise AttributeError("there is no ctx.output(), as in PyFlink: yield what is to be emitted")


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
