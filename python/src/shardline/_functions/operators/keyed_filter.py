"""`filter` of a keyed stream: `open()` of the function gets state by key."""

from __future__ import annotations

from shardline._functions.operators.keyed import KeyedOperator
from shardline._functions.operators.operator import OperatorSetup, method_of
from shardline._interfaces.functions import FilterFunction


class KeyedFilter(KeyedOperator):
    def __init__(self, setup: OperatorSetup) -> None:
        keeps = method_of(setup.function, FilterFunction, "filter")
        super().__init__(setup, lambda value, context: (value,) if keeps(value) else None)
