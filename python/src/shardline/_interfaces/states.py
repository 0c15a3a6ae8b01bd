"""States by key. A state belongs to the key of the value or the timer that its function is processing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from shardline._publishing import published_in

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN")
OUT = TypeVar("OUT")


@published_in("shardline.datastream.state")
class State(ABC):
    @abstractmethod
    def clear(self) -> None:
        """Removes the state of the current key."""


@published_in("shardline.datastream.state")
class ValueState(State, Generic[T]):
    @abstractmethod
    def value(self) -> T:
        """Returns the value, or None if it is not set."""

    @abstractmethod
    def update(self, value: T) -> None: ...


@published_in("shardline.datastream.state")
class AppendingState(State, Generic[IN, OUT]):
    @abstractmethod
    def get(self) -> OUT: ...

    @abstractmethod
    def add(self, value: IN) -> None: ...


@published_in("shardline.datastream.state")
class MergingState(AppendingState[IN, OUT]):
    pass


@published_in("shardline.datastream.state")
class ReducingState(MergingState[T, T]):
    """Combines the values that are added. `get()` returns None if no value was added."""


@published_in("shardline.datastream.state")
class AggregatingState(MergingState[IN, OUT]):
    """A ReducingState whose result may have another type than its values."""


@published_in("shardline.datastream.state")
class ListState(MergingState[T, Iterable[T]]):
    @abstractmethod
    def update(self, values: list[T]) -> None:
        """Replaces the list."""

    @abstractmethod
    def add_all(self, values: list[T]) -> None: ...

    def __iter__(self) -> Iterator[T]:
        return iter(self.get())


@published_in("shardline.datastream.state")
class MapState(State, Generic[K, V]):
    @abstractmethod
    def get(self, key: K) -> V:
        """Returns the value, or None if the map does not have the key."""

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
