"""`sum`, `min`, `max`, `min_by` and `max_by` of a keyed stream: aggregates of a field, or of values without fields.

As in PyFlink, each of them is a reduction, and the second value of a key that a subtask sees decides how that subtask
combines values. In the place of a function, the setup has the position or the name of the field.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from copy import copy
from typing import Any

from shardline._functions.operators.keyed_reduce import KeyedReduce
from shardline.common.types import Row

_Reduce = Callable[[Any, Any], Any]


class _KeyedAggregate(KeyedReduce):
    def _reduce_function(self, function: Any) -> _Reduce:
        reduce_values: _Reduce | None = None

        def reduce(so_far: Any, value: Any) -> Any:
            nonlocal reduce_values
            if reduce_values is None:
                reduce_values = self._reduce_for(value, function)
            return reduce_values(so_far, value)

        return reduce

    @abstractmethod
    def _reduce_for(self, value: Any, position: int | str) -> _Reduce:
        """Returns the function that combines values of the same class as `value`."""


class _AggregatedField(_KeyedAggregate):
    """Emits the first value of the key with the aggregate in its field."""

    @staticmethod
    @abstractmethod
    def _combine(so_far: Any, value: Any) -> Any:
        """Returns the aggregate of two fields."""

    def _reduce_for(self, value: Any, position: Any) -> _Reduce:
        combine = self._combine

        def reduce_tuples(so_far: Any, value: Any) -> tuple[Any, ...]:
            fields = list(so_far)
            fields[position] = combine(so_far[position], value[position])
            return tuple(fields)

        def reduce_rows(so_far: Any, value: Any) -> Any:
            result = copy(so_far)  # values that were emitted stay as they are
            result[position] = combine(so_far[position], value[position])
            return result

        if isinstance(value, tuple):
            return reduce_tuples
        if isinstance(value, (list, Row)):
            return reduce_rows
        if position != 0:
            raise TypeError(
                f"The {position} field selected on a basic type. A field expression on a basic type can only select "
                "the 0th field (which means selecting the entire basic type)."
            )
        return combine


class KeyedSum(_AggregatedField):
    @staticmethod
    def _combine(so_far: Any, value: Any) -> Any:
        return so_far + value


class KeyedMin(_AggregatedField):
    @staticmethod
    def _combine(so_far: Any, value: Any) -> Any:
        return min(so_far, value)


class KeyedMax(_AggregatedField):
    @staticmethod
    def _combine(so_far: Any, value: Any) -> Any:
        return max(so_far, value)


class _SelectedValue(_KeyedAggregate):
    """Emits the value of the key whose field wins; the first of them when several fields are equal."""

    @staticmethod
    @abstractmethod
    def _wins(field: Any, so_far: Any) -> bool:
        """Returns whether a value with this field replaces the one so far."""

    def _reduce_for(self, value: Any, position: Any) -> _Reduce:
        wins = self._wins
        if isinstance(value, (tuple, list, Row)):
            return lambda so_far, value: value if wins(value[position], so_far[position]) else so_far
        return lambda so_far, value: value if wins(value, so_far) else so_far


class KeyedMinBy(_SelectedValue):
    @staticmethod
    def _wins(field: Any, so_far: Any) -> bool:
        return bool(field < so_far)


class KeyedMaxBy(_SelectedValue):
    @staticmethod
    def _wins(field: Any, so_far: Any) -> bool:
        return bool(field > so_far)
