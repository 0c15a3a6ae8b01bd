"""Functions that states and streams both take; `shardline.datastream.functions` shows them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shardline.datastream.functions import RuntimeContext


class Function(ABC):  # noqa: B024 - abstract by its subclasses
    """Base class of all functions."""

    def open(self, runtime_context: RuntimeContext) -> None:  # noqa: B027 - optional
        """Called once in each parallel instance, before any value."""

    def close(self) -> None:  # noqa: B027 - optional
        """Called once at the end, also when the job fails."""


class ReduceFunction(Function):
    @abstractmethod
    def reduce(self, value1: Any, value2: Any) -> Any:
        """Both combined."""


class AggregateFunction(Function):
    @abstractmethod
    def create_accumulator(self) -> Any:
        """What nothing was added to."""

    @abstractmethod
    def add(self, value: Any, accumulator: Any) -> Any:
        """The accumulator with the value."""

    @abstractmethod
    def get_result(self, accumulator: Any) -> Any: ...

    @abstractmethod
    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        """Both together; only windows that merge ask for it."""


class FunctionWrapper(Function):
    """A callable as a Function."""

    def __init__(self, func: Any) -> None:
        self._func = func


class ReduceFunctionWrapper(FunctionWrapper):
    """A callable as a ReduceFunction."""

    def reduce(self, value1: Any, value2: Any) -> Any:
        return self._func(value1, value2)


for _class in (Function, ReduceFunction, AggregateFunction, FunctionWrapper, ReduceFunctionWrapper):
    _class.__module__ = "shardline.datastream.functions"
