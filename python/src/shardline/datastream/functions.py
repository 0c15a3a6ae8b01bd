"""User functions.

A function is written as a class, with `open()` and `close()` around its work, or as any callable. It is pickled when
the operator is added: what cannot be pickled (clients, locks, files) is made in `open()`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from shardline._absent import module_getattr

__all__ = ["FilterFunction", "FlatMapFunction", "Function", "FunctionWrapper", "MapFunction", "RuntimeContext"]


class RuntimeContext(ABC):
    """Where a function runs: given to `open()`."""

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

    @abstractmethod
    def get_state(self, state_descriptor: Any) -> Any: ...

    @abstractmethod
    def get_list_state(self, state_descriptor: Any) -> Any: ...

    @abstractmethod
    def get_map_state(self, state_descriptor: Any) -> Any: ...

    @abstractmethod
    def get_reducing_state(self, state_descriptor: Any) -> Any: ...

    @abstractmethod
    def get_aggregating_state(self, state_descriptor: Any) -> Any: ...


class Function(ABC):  # noqa: B024 - abstract by its subclasses
    """Base class of all functions."""

    def open(self, runtime_context: RuntimeContext) -> None:  # noqa: B027 - optional
        """Called once in each parallel instance, before any value."""

    def close(self) -> None:  # noqa: B027 - optional
        """Called once at the end, also when the job fails."""


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


class FunctionWrapper(Function):
    """A callable as a Function."""

    def __init__(self, func: Any) -> None:
        self._func = func


__getattr__ = module_getattr(__name__)
