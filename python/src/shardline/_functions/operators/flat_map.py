"""`flat_map`: any number of values for each value."""

from __future__ import annotations

from itertools import repeat
from typing import Any

from shardline._functions.failures import ValueFailure
from shardline._functions.operators.operator import Operator, OperatorSetup, Values, iterable, method_of
from shardline._interfaces.functions import FlatMapFunction


class FlatMap(Operator):
    def __init__(self, setup: OperatorSetup) -> None:
        self._flat_map = method_of(setup.function, FlatMapFunction, "flat_map")

    def process(self, values: list[Any], index: list[int] | None) -> Values:
        flat_map = self._flat_map
        results: list[Any] = []
        origins: list[int] = []
        for position, value in enumerate(values):
            before = len(results)
            try:
                results.extend(iterable(flat_map(value)))
            except BaseException as error:
                raise ValueFailure(error, position) from error
            origins.extend(repeat(position if index is None else index[position], len(results) - before))
        return results, origins
