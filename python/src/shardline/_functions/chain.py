"""One fused chain of functions, in one subtask: opened once, given bundles, closed once.

A bundle goes through the chain step by step, all of its values at a time, because a loop in C over the values costs
a fraction of one in Python. `list.extend(map(function, values))` keeps what it has appended when the function raises,
so the length of the list names the value that failed, and no function is ever called twice for one value.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from itertools import compress, repeat
from operator import truth
from typing import Any

from shardline._functions import operators, payloads, printing
from shardline._functions.collecting import collector
from shardline._functions.context import FunctionContext
from shardline._functions.conversion import converter
from shardline._functions.payloads import Encoded
from shardline.datastream.functions import FilterFunction, FlatMapFunction, Function, MapFunction

#: Values and, for each, its index in the bundle; None: value `i` is still value `i` of the bundle.
_Step = Callable[[list[Any], "list[int] | None"], "tuple[list[Any], list[int] | None]"]


class FunctionFailure(Exception):
    """A user function raised. `index` is the failing value's index in the bundle, None outside of bundles."""

    def __init__(self, cause: BaseException, operator: Mapping[str, Any], index: int | None) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.operator = operator
        self.index = index


class _Failure(Exception):
    """As above, before the operator and the index in the bundle are known."""

    def __init__(self, cause: BaseException, position: int) -> None:
        super().__init__()
        self.cause = cause
        self.position = position


class Chain:
    """`spec` is OPEN's JSON."""

    def __init__(self, spec: Mapping[str, Any], subtask: int, job_parameters: Mapping[str, str]) -> None:
        self._operators: list[Mapping[str, Any]] = spec["operators"]
        self._context = FunctionContext(spec, subtask, job_parameters)
        self._steps: list[_Step] = []
        self._functions: list[tuple[Function, Mapping[str, Any]]] = []
        self._output: str = self._operators[-1]["output"]
        self._ends_here = self._operators[-1]["operation"] in ("print", "collect")

    def open(self) -> None:
        type_info = None
        for operator in self._operators:
            try:
                function, type_info = operators.load(operator["pickle"])
                if isinstance(function, Function):
                    self._functions.append((function, operator))
                    function.open(self._context)
                self._steps.append(self._step(operator["operation"], function, type_info))
            except BaseException as error:
                raise FunctionFailure(error, operator, None) from error
        if not self._ends_here and self._output == "pickle" and (convert := converter(type_info)):
            self._steps.append(_map(convert))

    def process(self, values: list[Any]) -> Encoded:
        """The RESULT for the values of one bundle. Raises `FunctionFailure`."""
        index: list[int] | None = None
        for position, step in enumerate(self._steps):
            try:
                values, index = step(values, index)
            except _Failure as failure:
                raise self._failure(failure.cause, position, failure.position, index) from failure.cause
        if self._ends_here:
            return Encoded(0, 0, 0, b"")
        try:
            return payloads.encode(self._output, values, index)
        except payloads.UnencodableValue as unencodable:
            where = self._failure(unencodable.cause, len(self._steps), unencodable.position, index)
            raise where from unencodable.cause

    def close(self) -> None:
        """Closes every function, even if one of them raises; the first failure is raised at the end."""
        failure: FunctionFailure | None = None
        while self._functions:
            function, operator = self._functions.pop(0)
            try:
                function.close()
            except BaseException as error:  # noqa: BLE001 - a function may raise anything, and the others close too
                failure = failure or FunctionFailure(error, operator, None)
        if failure is not None:
            raise failure from failure.cause

    def _failure(self, cause: BaseException, step: int, position: int, index: list[int] | None) -> FunctionFailure:
        operator = self._operators[min(step, len(self._operators) - 1)]
        return FunctionFailure(cause, operator, position if index is None else index[position])

    def _step(self, operation: str, function: Any, type_info: Any) -> _Step:
        if operation == "map":
            return _map(function.map if isinstance(function, MapFunction) else function)
        if operation == "filter":
            return _filter(function.filter if isinstance(function, FilterFunction) else function)
        if operation == "flat_map":
            return _flat_map(function.flat_map if isinstance(function, FlatMapFunction) else function)
        if operation == "print":
            parallelism = self._context.get_number_of_parallel_subtasks()
            subtask = self._context.get_index_of_this_subtask()
            return _print(printing.prefix(function, parallelism, subtask), type_info)
        if operation == "collect":
            return _collect(function, type_info)
        raise ValueError(f"unknown operation {operation!r}: the engine is newer than this package")


def _apply(function: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    results: list[Any] = []
    try:
        results.extend(map(function, values))
    except BaseException as error:
        raise _Failure(error, len(results)) from error
    if len(results) < len(values):  # map() takes a function's StopIteration for the end of its input
        raise _Failure(RuntimeError("the function raised StopIteration"), len(results))
    return results


def _map(function: Callable[[Any], Any]) -> _Step:
    return lambda values, index: (_apply(function, values), index)


def _filter(function: Callable[[Any], Any]) -> _Step:
    def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
        verdicts: list[bool] = []
        try:
            verdicts.extend(map(truth, map(function, values)))
        except BaseException as error:
            raise _Failure(error, len(verdicts)) from error
        if len(verdicts) < len(values):
            raise _Failure(RuntimeError("the function raised StopIteration"), len(verdicts))
        kept = list(compress(values, verdicts))
        if len(kept) == len(values):
            return values, index
        return kept, list(compress(range(len(values)) if index is None else index, verdicts))

    return step


def _flat_map(function: Callable[[Any], Any]) -> _Step:
    def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
        results: list[Any] = []
        origins: list[int] = []
        for position, value in enumerate(values):
            before = len(results)
            try:
                produced = function(value)
                if produced is None:
                    raise TypeError("flat_map() needs an iterable for each value, and got None: return [] for nothing")
                results.extend(produced)
            except BaseException as error:
                raise _Failure(error, position) from error
            origins.extend(repeat(position if index is None else index[position], len(results) - before))
        return results, origins

    return step


def _print(prefix: str, type_info: Any) -> _Step:
    text = _formatted(type_info)

    def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
        lines = _apply(text, values)
        if lines:
            sys.stdout.write(prefix + f"\n{prefix}".join(lines) + "\n")
            sys.stdout.flush()
        return [], []

    return step


def _formatted(type_info: Any) -> Callable[[Any], str]:
    text = printing.formatter(type_info)
    convert = converter(type_info)
    return text if convert is None else lambda value: text(convert(value))


def _collect(collector_id: str, type_info: Any) -> _Step:
    convert = converter(type_info)

    def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
        target = collector(collector_id)
        if target is not None:
            target.put(values if convert is None else _apply(convert, values))
        return [], []

    return step
