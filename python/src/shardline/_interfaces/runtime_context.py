"""What a function and the runtime know of each other: `open()` gets a RuntimeContext, which returns states by their
descriptors, and some descriptors hold functions. These classes refer to each other, so they share one module."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from shardline._absent import AbsentMethods
from shardline._interfaces.states import AggregatingState, ListState, MapState, ReducingState, ValueState
from shardline._publishing import published_in
from shardline.common.typeinfo import TypeInformation, Types


@published_in("shardline.datastream.functions")
class Function(ABC):  # noqa: B024 - its subclasses are abstract
    """Base class of all functions."""

    def open(self, runtime_context: RuntimeContext) -> None:  # noqa: B027 - optional
        """Called once in each subtask, before the first value."""

    def close(self) -> None:  # noqa: B027 - optional
        """Called once at the end, also when the job fails."""


@published_in("shardline.datastream.functions")
class ReduceFunction(Function):
    @abstractmethod
    def reduce(self, value1: Any, value2: Any) -> Any:
        """Returns both values combined."""


@published_in("shardline.datastream.functions")
class AggregateFunction(Function):
    @abstractmethod
    def create_accumulator(self) -> Any:
        """Returns an accumulator without values."""

    @abstractmethod
    def add(self, value: Any, accumulator: Any) -> Any:
        """Returns the accumulator with the value added."""

    @abstractmethod
    def get_result(self, accumulator: Any) -> Any: ...

    @abstractmethod
    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        """Returns both accumulators merged. Only merging windows call it."""


@published_in("shardline.datastream.functions")
class FunctionWrapper(Function):
    """Wraps a callable as a Function."""

    def __init__(self, func: Any) -> None:
        self._func = func


@published_in("shardline.datastream.functions")
class ReduceFunctionWrapper(FunctionWrapper):
    """Wraps a callable as a ReduceFunction."""

    def reduce(self, value1: Any, value2: Any) -> Any:
        return self._func(value1, value2)


@published_in("shardline.datastream.state")
class StateDescriptor(AbsentMethods, ABC):
    """Names a state of a function, and declares the type of its values."""

    def __init__(self, name: str, type_info: TypeInformation) -> None:
        self.name = name
        self.type_info = type_info

    def get_name(self) -> str:
        return self.name


@published_in("shardline.datastream.state")
class ValueStateDescriptor(StateDescriptor):
    def __init__(self, name: str, value_type_info: TypeInformation) -> None:
        _check(value_type_info, "value_type_info")
        super().__init__(name, value_type_info)


@published_in("shardline.datastream.state")
class ListStateDescriptor(StateDescriptor):
    def __init__(self, name: str, elem_type_info: TypeInformation) -> None:
        _check(elem_type_info, "elem_type_info")
        super().__init__(name, Types.LIST(elem_type_info))
        self.element_type_info = elem_type_info


@published_in("shardline.datastream.state")
class MapStateDescriptor(StateDescriptor):
    def __init__(self, name: str, key_type_info: TypeInformation, value_type_info: TypeInformation) -> None:
        _check(key_type_info, "key_type_info")
        _check(value_type_info, "value_type_info")
        super().__init__(name, Types.MAP(key_type_info, value_type_info))
        self.key_type_info = key_type_info
        self.value_type_info = value_type_info


@published_in("shardline.datastream.state")
class ReducingStateDescriptor(StateDescriptor):
    def __init__(
        self, name: str, reduce_function: ReduceFunction | Callable[[Any, Any], Any], type_info: TypeInformation
    ) -> None:
        _check(type_info, "type_info")
        super().__init__(name, type_info)
        if not isinstance(reduce_function, ReduceFunction) and not callable(reduce_function):
            raise TypeError("The input must be a ReduceFunction or a callable function!")
        is_function = isinstance(reduce_function, ReduceFunction)
        self._reduce_function: Any = reduce_function if is_function else ReduceFunctionWrapper(reduce_function)

    def get_reduce_function(self) -> Any:
        return self._reduce_function


@published_in("shardline.datastream.state")
class AggregatingStateDescriptor(StateDescriptor):
    def __init__(self, name: str, agg_function: AggregateFunction, state_type_info: TypeInformation) -> None:
        _check(state_type_info, "state_type_info")
        super().__init__(name, state_type_info)
        if not isinstance(agg_function, AggregateFunction):
            raise TypeError("The input must be a pyflink.datastream.functions.AggregateFunction!")
        self._agg_function = agg_function

    def get_agg_function(self) -> AggregateFunction:
        return self._agg_function


def _check(type_info: object, parameter: str) -> None:
    if not isinstance(type_info, TypeInformation):
        raise TypeError(f"{parameter} must be a type such as Types.LONG(), not {type_info!r:.200}")


@published_in("shardline.datastream.functions")
class KeyedStateStore(ABC):
    """Returns states of the current key, by descriptor."""

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


@published_in("shardline.datastream.functions")
class RuntimeContext(KeyedStateStore):
    """Describes where a function runs. Only functions of keyed streams have state."""

    @abstractmethod
    def get_task_name(self) -> str: ...

    @abstractmethod
    def get_number_of_parallel_subtasks(self) -> int: ...

    @abstractmethod
    def get_max_number_of_parallel_subtasks(self) -> int: ...

    @abstractmethod
    def get_index_of_this_subtask(self) -> int:
        """Returns the index of the subtask, from 0."""

    @abstractmethod
    def get_attempt_number(self) -> int:
        """Returns the number of restarts of the job so far."""

    @abstractmethod
    def get_task_name_with_subtasks(self) -> str:
        """Returns a text such as `Map (1/4)`."""

    @abstractmethod
    def get_job_parameter(self, key: str, default_value: str) -> str:
        """Returns a parameter that `env.get_config().set_global_job_parameters()` has set."""

    @abstractmethod
    def get_metrics_group(self) -> Any: ...
