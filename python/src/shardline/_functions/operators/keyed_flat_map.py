"""`flat_map` of a keyed stream: `open()` of the function gets state by key."""

from __future__ import annotations

from shardline._functions.operators.keyed import KeyedOperator
from shardline._functions.operators.operator import OperatorSetup, iterable, method_of
from shardline._interfaces.functions import FlatMapFunction


class KeyedFlatMap(KeyedOperator):
    def __init__(self, setup: OperatorSetup) -> None:
        flat_map = method_of(setup.function, FlatMapFunction, "flat_map")
        super().__init__(setup, lambda value, context: iterable(flat_map(value)))
