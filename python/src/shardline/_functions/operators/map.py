"""`map`: one value for each value."""

from __future__ import annotations

from typing import Any

from shardline._functions.operators.operator import Operator, OperatorSetup, Values, apply, method_of
from shardline._interfaces.functions import MapFunction


class Map(Operator):
    def __init__(self, setup: OperatorSetup) -> None:
        self._map = method_of(setup.function, MapFunction, "map")

    def process(self, values: list[Any], index: list[int] | None) -> Values:
        return apply(self._map, values), index
