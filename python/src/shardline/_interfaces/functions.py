"""The functions of operators."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from shardline._interfaces.runtime_context import Function
from shardline._interfaces.timers import TimeDomain, TimerService
from shardline._publishing import published_in


@published_in("shardline.datastream.functions")
class MapFunction(Function):
    @abstractmethod
    def map(self, value: Any) -> Any:
        """Returns one value for each value."""


@published_in("shardline.datastream.functions")
class FlatMapFunction(Function):
    @abstractmethod
    def flat_map(self, value: Any) -> Iterable[Any]:
        """Returns any number of values for each value."""


@published_in("shardline.datastream.functions")
class FilterFunction(Function):
    @abstractmethod
    def filter(self, value: Any) -> bool:
        """Returns whether the value is kept."""


@published_in("shardline.datastream.functions")
class KeySelector(Function):
    @abstractmethod
    def get_key(self, value: Any) -> Any:
        """Returns the key of a value. Equal values must have equal keys."""


@published_in("shardline.datastream.functions")
class ProcessFunction(Function):
    """A function that has access to timestamps and watermarks."""

    class Context(ABC):
        @abstractmethod
        def timer_service(self) -> TimerService: ...

        @abstractmethod
        def timestamp(self) -> int:
            """Returns the timestamp of the value in epoch milliseconds, or the smallest long if there is none."""

    @abstractmethod
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterable[Any] | None:
        """Returns the values to emit: an iterable, a generator, or None to emit no value."""


@published_in("shardline.datastream.functions")
class KeyedProcessFunction(Function):
    """A function of a keyed stream, with state and timers for each key."""

    class Context(ABC):
        @abstractmethod
        def get_current_key(self) -> Any: ...

        @abstractmethod
        def timer_service(self) -> TimerService: ...

        @abstractmethod
        def timestamp(self) -> int:
            """Returns the timestamp of the value or the timer in epoch milliseconds, or the smallest long if there is
            none."""

    class OnTimerContext(Context):
        @abstractmethod
        def time_domain(self) -> TimeDomain: ...

    @abstractmethod
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterable[Any] | None:
        """Returns the values to emit: an iterable, a generator, or None to emit no value."""

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterable[Any] | None:
        """Returns the values to emit when a timer fires, as `process_element` does. (On Flink, None is an error
        here.)"""
