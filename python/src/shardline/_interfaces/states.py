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
        """Forgets what is kept for the current key."""


@published_in("shardline.datastream.state")
class ValueState(State, Generic[T]):
    @abstractmethod
    def value(self) -> T:
        """None: not set."""

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
    """Combines what is added; `get()` is None before anything was."""


@published_in("shardline.datastream.state")
class AggregatingState(MergingState[IN, OUT]):
    """As ReducingState, with a result of another type."""


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
