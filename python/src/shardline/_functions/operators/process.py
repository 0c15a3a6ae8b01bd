"""`process` of a stream that is not keyed: a function that sees the timestamp of each value and the watermark."""

from __future__ import annotations

from itertools import repeat
from typing import Any

from shardline._functions.bundle_columns import NO_TIMESTAMP
from shardline._functions.failures import ValueFailure
from shardline._functions.operators.operator import Operator, OperatorSetup, Values
from shardline._functions.process_context import PlainContext


class Process(Operator):
    def __init__(self, setup: OperatorSetup) -> None:
        self._process_element = setup.function.process_element
        self._context = PlainContext(setup.times)

    def process(self, values: list[Any], index: list[int] | None) -> Values:
        process_element, context = self._process_element, self._context
        timestamps = self.columns.timestamps
        results: list[Any] = []
        origins: list[int] = []
        for position, value in enumerate(values):
            at = position if index is None else index[position]
            context.time = NO_TIMESTAMP if timestamps is None else timestamps[at]
            before = len(results)
            try:
                if produced := process_element(value, context):
                    results.extend(produced)
            except BaseException as error:
                raise ValueFailure(error, position) from error
            origins.extend(repeat(at, len(results) - before))
        return results, origins
