"""State by key: what a function remembers of the key of the value, or the timer, that it works on.

A state is named by its descriptor, made in `open()` with `runtime_context.get_state(descriptor)`, and found again under
its name after a restart. Values are pickled for checkpoints: restoring one runs what it holds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from shardline._absent import AbsentMethods, module_getattr
from shardline.common.typeinfo import TypeInformation, Types
from shardline.datastream._aggregation import AggregateFunction, ReduceFunction, ReduceFunctionWrapper

__all__ = [
    "AggregatingState",
    "AggregatingStateDescriptor",
    "AppendingState",
    "ListState",
    "ListStateDescriptor",
    "MapState",
    "MapStateDescriptor",
    "MergingState",
    "ReducingState",
    "ReducingStateDescriptor",
    "State",
    "StateDescriptor",
    "ValueState",
    "ValueStateDescriptor",
]

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN")
OUT = TypeVar("OUT")


class State(ABC):
    @abstractmethod
    def clear(self) -> None:
        """Forgets what is kept for the current key."""


class ValueState(State, Generic[T]):
    @abstractmethod
    def value(self) -> T:
        """None: not set."""

    @abstractmethod
    def update(self, value: T) -> None: ...


class AppendingState(State, Generic[IN, OUT]):
    @abstractmethod
    def get(self) -> OUT: ...

    @abstractmethod
    def add(self, value: IN) -> None: ...


class MergingState(AppendingState[IN, OUT]):
    pass


class ReducingState(MergingState[T, T]):
    """Combines what is added; `get()` is None before anything was."""


class AggregatingState(MergingState[IN, OUT]):
    """As ReducingState, with a result of another type."""


class ListState(MergingState[T, Iterable[T]]):
    @abstractmethod
    def update(self, values: list[T]) -> None:
        """Replaces the list."""

    @abstractmethod
    def add_all(self, values: list[T]) -> None: ...

    def __iter__(self) -> Iterator[T]:
        return iter(self.get())


class MapState(State, Generic[K, V]):
    @abstractmethod
    def get(self, key: K) -> V:
        """None: the map has no such key."""

    @abstractmethod
    def put(self, key: K, value: V) -> None: ...

    @abstractmethod
    def put_all(self, dict_value: dict[K, V]) -> None: ...

    @abstractmethod
    def remove(self, key: K) -> None: ...

    @abstractmethod
    def contains(self, key: K) -> bool: ...

    @abstractmethod
    def items(self) -> Iterable[tuple[K, V]]: ...

    @abstractmethod
    def keys(self) -> Iterable[K]: ...

    @abstractmethod
    def values(self) -> Iterable[V]: ...

    @abstractmethod
    def is_empty(self) -> bool: ...

    def __getitem__(self, key: K) -> V:
        return self.get(key)

    def __setitem__(self, key: K, value: V) -> None:
        self.put(key, value)

    def __delitem__(self, key: K) -> None:
        self.remove(key)

    def __contains__(self, key: K) -> bool:
        return self.contains(key)

    def __iter__(self) -> Iterator[K]:
        return iter(self.keys())


class StateDescriptor(AbsentMethods, ABC):
    """Names a state of a function, and declares what it holds."""

    def __init__(self, name: str, type_info: TypeInformation) -> None:
        self.name = name
        self.type_info = type_info

    def get_name(self) -> str:
        return self.name


class ValueStateDescriptor(StateDescriptor):
    def __init__(self, name: str, value_type_info: TypeInformation) -> None:
        _check(value_type_info, "value_type_info")
        super().__init__(name, value_type_info)


class ListStateDescriptor(StateDescriptor):
    def __init__(self, name: str, elem_type_info: TypeInformation) -> None:
        _check(elem_type_info, "elem_type_info")
        super().__init__(name, Types.LIST(elem_type_info))
        self.element_type_info = elem_type_info


class MapStateDescriptor(StateDescriptor):
    def __init__(self, name: str, key_type_info: TypeInformation, value_type_info: TypeInformation) -> None:
        _check(key_type_info, "key_type_info")
        _check(value_type_info, "value_type_info")
        super().__init__(name, Types.MAP(key_type_info, value_type_info))
        self.key_type_info = key_type_info
        self.value_type_info = value_type_info


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


__getattr__ = module_getattr(__name__)
