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
        """One value for each."""


@published_in("shardline.datastream.functions")
class FlatMapFunction(Function):
    @abstractmethod
    def flat_map(self, value: Any) -> Iterable[Any]:
        """Any number of values for each."""


@published_in("shardline.datastream.functions")
class FilterFunction(Function):
    @abstractmethod
    def filter(self, value: Any) -> bool:
        """Whether the value stays."""


@published_in("shardline.datastream.functions")
class KeySelector(Function):
    @abstractmethod
    def get_key(self, value: Any) -> Any:
        """The same key for the same value, whenever it is asked."""


@published_in("shardline.datastream.functions")
class ProcessFunction(Function):
    """A function that sees more than a value."""

    class Context(ABC):
        @abstractmethod
        def timer_service(self) -> TimerService: ...

        @abstractmethod
        def timestamp(self) -> int:
            """The value's event time, epoch milliseconds; the smallest long if it has none."""

    @abstractmethod
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterable[Any] | None:
        """Values to emit: an iterable, a generator, or None for nothing."""


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
            """Of the value, or of the timer; epoch milliseconds; the smallest long if it has none."""

    class OnTimerContext(Context):
        @abstractmethod
        def time_domain(self) -> TimeDomain: ...

    @abstractmethod
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterable[Any] | None:
        """Values to emit: an iterable, a generator, or None for nothing."""

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterable[Any] | None:
        """As `process_element`, when a timer fires. (On Flink returning None from here fails.)"""
