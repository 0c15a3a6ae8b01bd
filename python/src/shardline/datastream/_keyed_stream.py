"""A stream whose values are grouped by key."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, NoReturn

from shardline._interfaces.functions import (
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
)
from shardline._interfaces.runtime_context import ReduceFunction
from shardline._publishing import published_in
from shardline.common.typeinfo import TypeInformation
from shardline.datastream._data_stream import DataStream, declared_type
from shardline.datastream._graph import Transformation


@published_in("shardline.datastream.data_stream")
class KeyedStream(DataStream):
    """A stream whose values are grouped by key. It has no settings: set those of the operators before and after it."""

    class AccumulateType(Enum):
        """The aggregates of a field."""

        MIN = 1
        MAX = 2
        MIN_BY = 3
        MAX_BY = 4
        SUM = 5

    def __init__(self, origin: DataStream, key_by: Transformation) -> None:
        super().__init__(origin._env, key_by, origin._type, "hash")
        self._origin = origin

    def process(  # type: ignore[override]
        self, func: KeyedProcessFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Makes any number of values of each value, by a function with state and timers for each key."""
        if not isinstance(func, KeyedProcessFunction):
            raise TypeError("KeyedProcessFunction is required for KeyedStream.")
        return self._function("process", "KEYED PROCESS", func, declared_type(output_type), sideOutputs={})

    def map(self, func: Callable[[Any], Any] | MapFunction, output_type: TypeInformation | None = None) -> DataStream:
        """As `DataStream.map`. `open()` of a MapFunction gets state by key."""
        if not isinstance(func, MapFunction) and not callable(func):
            raise TypeError("The input must be a MapFunction or a callable function")
        return self._function("process", "Map", func, declared_type(output_type), "map", sideOutputs={})

    def flat_map(
        self, func: Callable[[Any], Any] | FlatMapFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """As `DataStream.flat_map`. `open()` of a FlatMapFunction gets state by key."""
        if not isinstance(func, FlatMapFunction) and not callable(func):
            raise TypeError("The input must be a FlatMapFunction or a callable function")
        return self._function("process", "FlatMap", func, declared_type(output_type), "flat_map", sideOutputs={})

    def filter(self, func: Callable[[Any], bool] | FilterFunction) -> DataStream:
        """As `DataStream.filter`. `open()` of a FilterFunction gets state by key."""
        if not isinstance(func, FilterFunction) and not callable(func):
            raise TypeError("The input must be a FilterFunction or a callable function")
        return self._function("process", "Filter", func, self._type, "filter", sideOutputs={})

    def reduce(self, func: Callable[[Any, Any], Any] | ReduceFunction) -> DataStream:
        """Combines each value with the result so far of its key. Emits one result for each value, of the same type."""
        if not isinstance(func, ReduceFunction) and not callable(func):
            raise TypeError("The input must be a ReduceFunction or a callable function")
        return self._function("reduce", "Reduce", func, self._type)

    def sum(self, position_to_sum: int | str = 0) -> DataStream:
        """Emits for each value the sum so far of a field, by key. The other fields are those of the first value.

        The field is a position in a tuple, list or Row, or a name in a Row. Values without fields have position 0.
        """
        return self._accumulate(position_to_sum, KeyedStream.AccumulateType.SUM)

    def min(self, position_to_min: int | str = 0) -> DataStream:
        """Emits for each value the least field so far, by key. The other fields are those of the first value."""
        return self._accumulate(position_to_min, KeyedStream.AccumulateType.MIN)

    def max(self, position_to_max: int | str = 0) -> DataStream:
        """Emits for each value the greatest field so far, by key. The other fields are those of the first value."""
        return self._accumulate(position_to_max, KeyedStream.AccumulateType.MAX)

    def min_by(self, position_to_min_by: int | str = 0) -> DataStream:
        """Emits for each value the value with the least field so far, by key; the first of several with that field."""
        return self._accumulate(position_to_min_by, KeyedStream.AccumulateType.MIN_BY)

    def max_by(self, position_to_max_by: int | str = 0) -> DataStream:
        """Emits for each value the value with the greatest field so far, by key; the first of several with it."""
        return self._accumulate(position_to_max_by, KeyedStream.AccumulateType.MAX_BY)

    def _accumulate(self, position: int | str, acc_type: KeyedStream.AccumulateType) -> DataStream:
        if not isinstance(position, (int, str)):
            raise TypeError(
                "The field position must be of int or str type to locate the value to calculate for min, max, min_by, "
                f"max_by and sum.The given type is: {type(position)}"
            )
        return self._function(acc_type.name.lower(), "Reduce", position, self._type, position=position)

    def key_by(
        self, key_selector: Callable[[Any], Any] | KeySelector, key_type: TypeInformation | None = None
    ) -> KeyedStream:
        """Groups the values by another key instead."""
        return self._origin.key_by(key_selector, key_type)

    def rebalance(self) -> NoReturn:
        raise _fixed_partitioning()

    def forward(self) -> NoReturn:
        raise _fixed_partitioning()

    def get_name(self) -> NoReturn:
        raise _unsettable("Get name")

    def name(self, name: str) -> NoReturn:
        raise _unsettable("Set name")

    def uid(self, uid: str) -> NoReturn:
        raise _unsettable("Set uid")

    def set_uid_hash(self, uid_hash: str) -> NoReturn:
        raise _unsettable("Set uid hash")

    def set_parallelism(self, parallelism: int) -> NoReturn:
        raise _unsettable("Set parallelism")

    def set_max_parallelism(self, max_parallelism: int) -> NoReturn:
        raise _unsettable("Set max parallelism")

    def force_non_parallel(self) -> NoReturn:
        raise _unsettable("Set force non-parallel")

    def set_buffer_timeout(self, timeout_millis: int) -> NoReturn:
        raise _unsettable("Set buffer timeout")

    def start_new_chain(self) -> NoReturn:
        raise _unsettable("Start new chain")

    def disable_chaining(self) -> NoReturn:
        raise _unsettable("Disable chaining")

    def slot_sharing_group(self, slot_sharing_group: Any) -> NoReturn:
        raise _unsettable("Setting slot sharing group")


def _unsettable(what: str) -> Exception:
    return TypeError(f"{what} for KeyedStream is not supported.")


def _fixed_partitioning() -> Exception:
    return TypeError("Cannot override partitioning for KeyedStream.")
