"""`map` of a keyed stream: `open()` of the function gets state by key."""

from __future__ import annotations

from shardline._functions.operators.keyed import KeyedOperator
from shardline._functions.operators.operator import OperatorSetup, method_of
from shardline._interfaces.functions import MapFunction


class KeyedMap(KeyedOperator):
    def __init__(self, setup: OperatorSetup) -> None:
        map_value = method_of(setup.function, MapFunction, "map")
        super().__init__(setup, lambda value, context: (map_value(value),))
