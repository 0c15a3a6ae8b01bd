"""The runtime context of functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from shardline._functions.keyed_state import KeyedBackend
from shardline._interfaces.runtime_context import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    RuntimeContext,
    ValueStateDescriptor,
)
from shardline._interfaces.states import AggregatingState, ListState, MapState, ReducingState, ValueState


class FunctionContext(RuntimeContext):
    """`backend` is that of the first function of a keyed chain, and None for every other function."""

    def __init__(
        self,
        spec: Mapping[str, Any],
        subtask: int,
        job_parameters: Mapping[str, str],
        backend: KeyedBackend | None = None,
    ) -> None:
        self._spec = spec
        self._subtask = subtask
        self._job_parameters = job_parameters
        self._backend = backend

    def get_task_name(self) -> str:
        return str(self._spec["taskName"])

    def get_number_of_parallel_subtasks(self) -> int:
        return int(self._spec["parallelism"])

    def get_max_number_of_parallel_subtasks(self) -> int:
        return int(self._spec["maxParallelism"])

    def get_index_of_this_subtask(self) -> int:
        return self._subtask

    def get_attempt_number(self) -> int:
        return int(self._spec["attempt"])

    def get_task_name_with_subtasks(self) -> str:
        return f"{self.get_task_name()} ({self._subtask + 1}/{self.get_number_of_parallel_subtasks()})"

    def get_job_parameter(self, key: str, default_value: str) -> str:
        return self._job_parameters.get(key, default_value)

    def get_metrics_group(self) -> NoReturn:
        raise NotImplementedError("get_metrics_group() is not in this version of Shardline (metrics of user functions)")

    def get_state(self, state_descriptor: ValueStateDescriptor) -> ValueState[Any]:
        return self._keyed().value_state(state_descriptor)

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        return self._keyed().list_state(state_descriptor)

    def get_map_state(self, state_descriptor: MapStateDescriptor) -> MapState[Any, Any]:
        return self._keyed().map_state(state_descriptor)

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> ReducingState[Any]:
        return self._keyed().reducing_state(state_descriptor)

    def get_aggregating_state(self, state_descriptor: AggregatingStateDescriptor) -> AggregatingState[Any, Any]:
        return self._keyed().aggregating_state(state_descriptor)

    def _keyed(self) -> KeyedBackend:
        if self._backend is None:
            raise NotImplementedError("This state is only accessible by functions executed on a KeyedStream.")
        return self._backend
