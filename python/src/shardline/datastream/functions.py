"""User functions.

A function is written as a class, with `open()` and `close()` around its work, or as any callable. It is pickled when
the operator is added: what cannot be pickled (clients, locks, files) is made in `open()`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from shardline._absent import module_getattr
from shardline.datastream._aggregation import (
    AggregateFunction,
    Function,
    FunctionWrapper,
    ReduceFunction,
    ReduceFunctionWrapper,
)
from shardline.datastream.state import (
    AggregatingState,
    AggregatingStateDescriptor,
    ListState,
    ListStateDescriptor,
    MapState,
    MapStateDescriptor,
    ReducingState,
    ReducingStateDescriptor,
    ValueState,
    ValueStateDescriptor,
)
from shardline.datastream.time_domain import TimeDomain
from shardline.datastream.timerservice import TimerService

__all__ = [
    "AggregateFunction",
    "FilterFunction",
    "FlatMapFunction",
    "Function",
    "FunctionWrapper",
    "KeySelector",
    "KeyedProcessFunction",
    "KeyedStateStore",
    "MapFunction",
    "ProcessFunction",
    "ReduceFunction",
    "ReduceFunctionWrapper",
    "RuntimeContext",
]


class KeyedStateStore(ABC):
    """State of the current key, by descriptor."""

    @abstractmethod
    def get_state(self, state_descriptor: ValueStateDescriptor) -> ValueState[Any]: ...

    @abstractmethod
    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]: ...

    @abstractmethod
    def get_map_state(self, state_descriptor: MapStateDescriptor) -> MapState[Any, Any]: ...

    @abstractmethod
    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> ReducingState[Any]: ...

    @abstractmethod
    def get_aggregating_state(self, state_descriptor: AggregatingStateDescriptor) -> AggregatingState[Any, Any]: ...


class RuntimeContext(KeyedStateStore):
    """Where a function runs: given to `open()`. State is for functions of keyed streams."""

    @abstractmethod
    def get_task_name(self) -> str: ...

    @abstractmethod
    def get_number_of_parallel_subtasks(self) -> int: ...

    @abstractmethod
    def get_max_number_of_parallel_subtasks(self) -> int: ...

    @abstractmethod
    def get_index_of_this_subtask(self) -> int:
        """From 0."""

    @abstractmethod
    def get_attempt_number(self) -> int:
        """From 0; one more after each restart of the job."""

    @abstractmethod
    def get_task_name_with_subtasks(self) -> str:
        """`Map (1/4)`"""

    @abstractmethod
    def get_job_parameter(self, key: str, default_value: str) -> str:
        """What `env.get_config().set_global_job_parameters()` set."""

    @abstractmethod
    def get_metrics_group(self) -> Any: ...


class MapFunction(Function):
    @abstractmethod
    def map(self, value: Any) -> Any:
        """One value for each."""


class FlatMapFunction(Function):
    @abstractmethod
    def flat_map(self, value: Any) -> Iterable[Any]:
        """Any number of values for each."""


class FilterFunction(Function):
    @abstractmethod
    def filter(self, value: Any) -> bool:
        """Whether the value stays."""


class KeySelector(Function):
    @abstractmethod
    def get_key(self, value: Any) -> Any:
        """The same key for the same value, whenever it is asked."""


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


__getattr__ = module_getattr(__name__)
