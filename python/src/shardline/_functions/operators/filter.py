"""`filter`: the values for which the function returns something true."""

from __future__ import annotations

from itertools import compress
from operator import truth
from typing import Any

from shardline._functions.failures import ValueFailure
from shardline._functions.operators.operator import Operator, OperatorSetup, Values, method_of
from shardline._interfaces.functions import FilterFunction


class Filter(Operator):
    def __init__(self, setup: OperatorSetup) -> None:
        self._filter = method_of(setup.function, FilterFunction, "filter")

    def process(self, values: list[Any], index: list[int] | None) -> Values:
        verdicts: list[bool] = []
        try:
            verdicts.extend(map(truth, map(self._filter, values)))
        except BaseException as error:
            raise ValueFailure(error, len(verdicts)) from error
        if len(verdicts) < len(values):  # map() takes a StopIteration of the function for the end of its input
            raise ValueFailure(RuntimeError("the function raised StopIteration"), len(verdicts))
        kept = list(compress(values, verdicts))
        if len(kept) == len(values):
            return values, index
        return kept, list(compress(range(len(values)) if index is None else index, verdicts))
