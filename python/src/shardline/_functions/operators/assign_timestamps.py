"""`assign_timestamps`: gives each value the timestamp that a TimestampAssigner extracts from it."""

from __future__ import annotations

from operator import index as as_integer
from typing import Any

from shardline._functions.bundle_columns import NO_TIMESTAMP
from shardline._functions.failures import ValueFailure
from shardline._functions.operators.operator import Operator, OperatorSetup, Values
from shardline._functions.process_context import to_long


class AssignTimestamps(Operator):
    assigns_timestamps = True

    def __init__(self, setup: OperatorSetup) -> None:
        self._extract_timestamp = setup.function.extract_timestamp

    def process(self, values: list[Any], index: list[int] | None) -> Values:
        """Numbers the values anew: each keeps its timestamp through the operators that follow."""
        extract_timestamp = self._extract_timestamp
        columns = self.columns
        before = columns.timestamps
        assigned: list[float] = []
        try:
            for position, value in enumerate(values):
                at = position if index is None else index[position]
                own = NO_TIMESTAMP if before is None else before[at]
                assigned.append(float(as_integer(extract_timestamp(value, to_long(own)))))
        except BaseException as error:
            raise ValueFailure(error, len(assigned)) from error
        columns.timestamps = assigned
        columns.origin = index
        columns.max_timestamp = max(assigned, default=NO_TIMESTAMP)
        return values, None
