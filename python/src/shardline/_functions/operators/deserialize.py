"""Operators that complete a deserialization schema. A value for which the function raises is a record that cannot be
read: it is reported with the reason, and the other values are processed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from typing import Any

from shardline._functions.conversion import converter
from shardline._functions.failures import ValueFailure
from shardline._functions.operators.operator import Operator, OperatorSetup, Values, iterable, method_of
from shardline._interfaces.functions import FlatMapFunction, MapFunction


class DeserializeFlatMap(Operator):
    """Makes any number of values of each value."""

    _problem = "The schema of the program failed: {0}: {1}"

    def __init__(self, setup: OperatorSetup) -> None:
        self._make = self._maker(setup.function)
        self._convert = converter(setup.type_info)

    def _maker(self, function: Any) -> Callable[[Any], list[Any]]:
        flat_map = method_of(function, FlatMapFunction, "flat_map")
        return lambda value: list(iterable(flat_map(value)))

    def process(self, values: list[Any], index: list[int] | None) -> Values:
        make, convert = self._make, self._convert
        results: list[Any] = []
        origins: list[int] = []
        for position, value in enumerate(values):
            try:
                made = make(value)
                if convert is not None:  # a value that is not of the declared type is an error of the record too
                    made = list(map(convert, made))
            except Exception as error:  # noqa: BLE001 - a schema may raise anything
                reason = self._problem.format(type(error).__name__, error)
                self.columns.poisoned.append((self.columns.in_bundle(position, index), reason))
                continue
            except BaseException as error:
                raise ValueFailure(error, position) from error
            results += made
            origins.extend(repeat(position if index is None else index[position], len(made)))
        return results, origins


class DeserializeMap(DeserializeFlatMap):
    """Makes one value of each value."""

    _problem = "The value does not become the program's object: {1}"

    def _maker(self, function: Any) -> Callable[[Any], list[Any]]:
        map_value = method_of(function, MapFunction, "map")
        return lambda value: [map_value(value)]

    def process(self, values: list[Any], index: list[int] | None) -> Values:
        results, origins = super().process(values, index)
        return results, index if len(results) == len(values) else origins
